"""The pages tell the truth: every Python example runs, against a server of this process, and links lead somewhere.

Examples talk to https://api.example.com; a stand-in sends that over loopback, through the real network code.
An example with tests in it runs under pytest twice: recording, then with the network blocked.
"""

from __future__ import annotations

import json
import re
import runpy
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import requests

import understudy

if TYPE_CHECKING:
    from collections.abc import Iterator

# Loaded before an inner run of pytest, which forgets the modules that it was first to load.
PRELOADED = (understudy.Client, understudy.cassettes, understudy.mock, requests.Session)

pytest_plugins = ["pytester"]

REPOSITORY = Path(__file__).parent.parent


class Example(NamedTuple):
    """One block of code: the page that it is on, the line that it starts at, its text."""

    page: str
    line: int
    text: str


def examples() -> list[Example]:
    found: list[Example] = []
    for path in (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("**/*.md"))):
        page = path.read_text("utf-8")
        for block in re.finditer(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
            line = page.count("\n", 0, block.start(1)) + 1
            found.append(Example(path.relative_to(REPOSITORY).as_posix(), line, block.group(1)))
    return found


class Users(BaseHTTPRequestHandler):
    """A small API: users are numbered and all called Ada; what is posted comes back."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.answer(200, {"id": int(self.path.rpartition("/")[2]), "name": "Ada"})

    def do_POST(self) -> None:
        self.answer(201, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, status: int, value: object) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests say what went wrong."""


class Reroute(understudy.BaseTransport, understudy.AsyncBaseTransport):
    """Sends what would go to the network to one port of this machine, whatever host it names."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.network = understudy.HTTPTransport()

    def in_front_of(self, transport: object, *, production: bool = True) -> object:
        return self if isinstance(transport, (understudy.HTTPTransport, understudy.AsyncHTTPTransport)) else transport

    def here(self, request: understudy.Request) -> understudy.Request:
        url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        return understudy.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )

    def handle_request(self, request: understudy.Request) -> understudy.Response:
        return self.network.handle_request(self.here(request))

    async def handle_async_request(self, request: understudy.Request) -> understudy.Response:
        # A connection belongs to its event loop, and each example has its own.
        async with understudy.AsyncHTTPTransport() as network:
            response = await network.handle_async_request(self.here(request))
            await response.aread()
        return response


@pytest.fixture
def api() -> Iterator[None]:
    """https://api.example.com, on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Users)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    transport = Reroute(server.server_port)
    try:
        with understudy.stand_in(transport):
            yield
    finally:
        transport.network.close()
        server.shutdown()
        server.server_close()


def test_the_examples_are_found() -> None:
    assert [example.page for example in examples()].count("README.md") >= 3


def test_the_page_of_examples_lists_every_program() -> None:
    folder = REPOSITORY / "examples"
    page = (folder / "README.md").read_text("utf-8")

    assert [path.name for path in sorted(folder.glob("*.py")) if f"]({path.name})" not in page] == []


@pytest.mark.parametrize("name", ["cassette_once", "cassette_routes", "cassette_swapping"])
def test_the_examples_of_cassettes_run_and_run_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = str(REPOSITORY / "examples" / f"{name}.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [program])
    wise = understudy.MockTransport(lambda request: understudy.Response(200, text="Keep it logically awesome."))

    with understudy.stand_in(wise):
        runpy.run_path(program, run_name="__main__")
        runpy.run_path(program, run_name="__main__")

    assert capsys.readouterr().out in (
        "'Keep it logically awesome.': recorded into zen.yaml\n'Keep it logically awesome.': replayed from zen.yaml\n",
        "[503, 201]\n[503, 201]\n",
        "['Ada', 'Keep it logically awesome.', 'GET https://tracker.example.com/ is blocked (`\"*\": block`)']\n" * 2,
    )


def test_every_link_to_a_file_of_this_repository_leads_somewhere() -> None:
    link = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
    dead = [
        f"{page.name}: {target}"
        for page in [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("*/*.md")]
        for target in link.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]

    assert dead == []


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.page}:{example.line}")
def test_every_example_runs(example: Example, pytester: pytest.Pytester) -> None:
    if "def test_" in example.text:
        (pytester.path / "test_example.py").write_text(example.text, "utf-8")
        tests = example.text.count("def test_")

        pytester.runpytest("--record-mode=once").assert_outcomes(passed=tests)
        pytester.runpytest("--block-network").assert_outcomes(passed=tests)
    else:
        # Empty lines in front make a traceback point into the page.
        code = compile("\n" * (example.line - 1) + example.text, example.page, "exec")
        exec(code, {"__name__": "__main__"})
