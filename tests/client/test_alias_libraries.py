"""Libraries built on httpx, as they are, over this client; those that are not installed are skipped.

Each runs in a process of its own, because `alias_httpx` is for a whole process and for good.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLY = {"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}


class Handler(BaseHTTPRequestHandler):
    """As much of three services as the tests below ask for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/v1/users/me":
            self.reply({"object": "user", "id": self.headers["Authorization"]})
        elif self.path == "/user":
            self.reply({"login": self.headers["Authorization"]})
        else:
            self.reply({"message": "Not Found"}, 404)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["model"] == "none":
            self.reply({"error": {"message": "no such model"}}, 400)
        elif asked.get("stream"):
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for word in ("hel", "lo"):
                choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
                self.chunk(json.dumps({**self.completion(), "object": "chat.completion.chunk", "choices": [choice]}))
            self.chunk("[DONE]")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.reply({**self.completion(), "object": "chat.completion", "choices": [REPLY]})

    def completion(self) -> dict[str, Any]:
        return {"id": "c", "created": 1, "model": "m"}

    def chunk(self, data: str) -> None:
        event = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.flush()

    def reply(self, body: Any, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def said(library: str, url: str, program: str) -> list[str]:
    """Return the lines that a program prints, in a process where httpx is an alias."""
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed: pip install {library.replace('_', '-')}")
    start = f"import understudy; understudy.alias_httpx(); url = {url!r}\n"
    done = subprocess.run([sys.executable, "-c", start + dedent(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_openai(url: str) -> None:
    program = """
        import asyncio, openai

        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        with openai.OpenAI(api_key="k", base_url=url + "/v1", max_retries=0) as client:
            print(client.chat.completions.create(**asked).choices[0].message.content)
            stream = client.chat.completions.create(**asked, stream=True)
            print("+".join(part.choices[0].delta.content for part in stream))
            with client.chat.completions.with_streaming_response.create(**asked) as response:
                print(len(response.read()) > 20)
            try:
                client.chat.completions.create(**{**asked, "model": "none"})
            except openai.BadRequestError as error:
                print(type(error.response) is understudy.Response, error.message)

        async def main():
            async with openai.AsyncOpenAI(api_key="k", base_url=url + "/v1", max_retries=0) as client:
                print((await client.chat.completions.create(**asked)).choices[0].message.content)
                stream = await client.chat.completions.create(**asked, stream=True)
                print("+".join([part.choices[0].delta.content async for part in stream]))

        asyncio.run(main())
        try:
            openai.OpenAI(api_key="k", base_url="http://127.0.0.1:9/v1", max_retries=0).models.list()
        except openai.APIConnectionError as error:
            print(type(error.__cause__) is understudy.ConnectError)
    """

    lines = said("openai", url, program)

    assert lines[:3] == ["hello", "hel+lo", "True"]
    assert lines[3].startswith("True Error code: 400")
    assert lines[4:] == ["hello", "hel+lo", "True"]


def test_notion_client(url: str) -> None:
    program = """
        import asyncio, notion_client

        with notion_client.Client(auth="t", base_url=url) as client:
            print(client.users.me()["id"])
            try:
                client.users.retrieve("nobody")
            except notion_client.errors.HTTPResponseError as error:
                print(error.status)

        async def main():
            async with notion_client.AsyncClient(auth="t", base_url=url) as client:
                print((await client.users.me())["id"])

        asyncio.run(main())
    """

    assert said("notion_client", url, program) == ["Bearer t", "404", "Bearer t"]


def test_githubkit(url: str) -> None:
    program = """
        import asyncio, githubkit, githubkit.exception

        with githubkit.GitHub("t", base_url=url) as client:
            print(client.request("GET", "/user").json()["login"])
            try:
                client.request("GET", "/nothing")
            except githubkit.exception.RequestFailed as error:
                print(error.response.status_code)

        async def main():
            async with githubkit.GitHub("t", base_url=url) as client:
                print((await client.arequest("GET", "/user")).json()["login"])

        asyncio.run(main())
    """

    assert said("githubkit", url, program) == ["token t", "404", "token t"]


def test_starlette(url: str) -> None:
    program = """
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, RedirectResponse, StreamingResponse
        from starlette.routing import Route, WebSocketRoute
        from starlette.testclient import TestClient

        async def home(request):
            return JSONResponse({"query": dict(request.query_params), "cookies": request.cookies})

        async def form(request):
            return JSONResponse(sorted(await request.form()))

        async def parts(request):
            async def numbers():
                for number in range(3):
                    yield f"{number},"
            return StreamingResponse(numbers())

        async def away(request):
            return RedirectResponse("/")

        async def echo(socket):
            await socket.accept()
            await socket.send_text("you said " + await socket.receive_text())
            await socket.close()

        async def fail(request):
            raise ValueError("planted")

        app = Starlette(routes=[
            Route("/", home), Route("/form", form, methods=["POST"]), Route("/parts", parts), Route("/away", away),
            Route("/fail", fail), WebSocketRoute("/echo", echo),
        ])
        with TestClient(app, cookies={"a": "b"}) as client:
            print(client.get("/", params={"q": 1}).json())
            print(client.post("/form", data={"name": "Ada"}, files={"file": b"abc"}).json())
            print(client.get("/parts").text)
            print(client.get("/away").url)
            with client.websocket_connect("/echo") as socket:
                socket.send_text("hi")
                print(socket.receive_text())
            try:
                client.get("/fail")
            except ValueError as error:
                print(error)
    """
    if find_spec("multipart") is None and find_spec("python_multipart") is None:
        pytest.skip("starlette reads forms with python-multipart: pip install python-multipart")

    assert said("starlette", url, program) == [
        "{'query': {'q': '1'}, 'cookies': {'a': 'b'}}",
        "['file', 'name']",
        "0,1,2,",
        "http://testserver/",
        "you said hi",
        "planted",
    ]


def test_anthropic(url: str) -> None:
    program = """
        import anthropic

        message = {
            "id": "m", "type": "message", "role": "assistant", "model": "x", "stop_reason": "end_turn",
            "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
            "content": [{"type": "text", "text": "hello"}],
        }
        with understudy.stand_in(understudy.MockTransport(lambda request: understudy.Response(200, json=message))):
            client = anthropic.Anthropic(api_key="k", max_retries=0)
            asked = [{"role": "user", "content": "hi"}]
            print(client.messages.create(model="x", max_tokens=3, messages=asked).content[0].text)
    """

    assert said("anthropic", url, program) == ["hello"]


def test_litestar() -> None:
    program = """
        import asyncio
        from litestar import Litestar, get, post
        from litestar.enums import RequestEncodingType
        from litestar.testing import AsyncTestClient, RequestFactory, TestClient

        @get("/")
        async def home(q: int) -> dict:
            return {"q": q}

        @post("/")
        async def echo(data: dict) -> dict:
            return data

        app = Litestar([home, echo])
        with TestClient(app) as client:
            print(client.get("/", params={"q": 1}).json(), client.post("/", json={"a": 1}).json())

        async def main():
            async with AsyncTestClient(app) as client:
                print((await client.get("/", params={"q": 1})).json())

        asyncio.run(main())
        for kind in RequestEncodingType.JSON, RequestEncodingType.URL_ENCODED:
            print(asyncio.run(RequestFactory().post("/", data={"a": "1"}, request_media_type=kind).body()))
    """

    assert said("litestar", "", program) == ["{'q': 1} {'a': 1}", "{'q': 1}", 'b\'{"a":"1"}\'', "b'a=1'"]
