"""The newcomer's first minute: production, recording, replay and mock, against a server of this process."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..client import AsyncClient, Client, ConnectError, Response, __version__
from ..mock import Router
from .demo_server import CREDENTIALS, PIXEL, VERSE, DemoServer
from .using import use

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Session = Callable[[str], list["Outcome"]]


class Step(NamedTuple):
    """One request of the session that production, cassette and mock all answer."""

    shows: str
    method: str
    path: str
    status: int
    options: dict[str, Any]


class Outcome(NamedTuple):
    """What came back for one step, as far as the session uses it."""

    status: int
    kind: str
    content: bytes

    @classmethod
    def of(cls, response: Response) -> Outcome:
        return cls(response.status_code, response.headers.get("content-type", ""), response.content)


LOGIN = {name: values[0] for name, values in CREDENTIALS.items()}
STEPS = (
    Step("JSON", "GET", "/users/1", 200, {}),
    Step("JSON sent, and a counter", "POST", "/orders", 201, {"json": {"tea": 2}}),
    Step("a form, answered by a cookie", "POST", "/login", 200, {"data": LOGIN}),
    Step("the cookie, sent back", "GET", "/me", 200, {}),
    Step("compressed text", "GET", "/verse", 200, {}),
    Step("bytes", "GET", "/pixel.gif", 200, {}),
    Step("an error status", "GET", "/nowhere", 404, {}),
    Step("a stream in chunks", "GET", "/countdown", 200, {}),
)


def blocking_session(url: str) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with Client(base_url=url) as client:
        for step in STEPS:
            with client.stream(step.method, step.path, **step.options) as response:
                response.read()
            outcomes.append(Outcome.of(response))
    return outcomes


async def asynchronous_session(url: str) -> list[Outcome]:
    outcomes: list[Outcome] = []
    async with AsyncClient(base_url=url) as client:
        for step in STEPS:
            async with client.stream(step.method, step.path, **step.options) as response:
                await response.aread()
            outcomes.append(Outcome.of(response))
    return outcomes


def asyncio_session(url: str) -> list[Outcome]:
    import asyncio

    return asyncio.run(asynchronous_session(url))


def trio_session(url: str) -> list[Outcome]:
    import trio

    return trio.run(asynchronous_session, url)


def sessions() -> dict[str, Session]:
    """Return the same session for each client that is installed here."""
    found: dict[str, Session] = {"Client": blocking_session, "AsyncClient on asyncio": asyncio_session}
    if importlib.util.find_spec("trio") is None:
        return found
    return {**found, "AsyncClient on trio": trio_session}


class Story:
    """What the demonstration prints, and whether every comparison held so far."""

    def __init__(self) -> None:
        self.held: bool = True
        self._colors = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def chapter(self, title: str, sentence: str) -> None:
        print(f"\n{self._paint('1', title)}: {sentence}")

    def line(self, *columns: str) -> None:
        widths = (28, 16, 5)
        padded = [f"{column:<{width}}" for column, width in zip(columns, widths)]
        print(("   " + " ".join([*padded, *columns[len(widths) :]])).rstrip())

    def quote(self, text: str) -> None:
        for line in text.splitlines():
            print(f"   {self._paint('2', '|')} {line}".rstrip())

    def compare(self, who: str, got: Sequence[object], expected: Sequence[object], milliseconds: float) -> None:
        """Print one line about a session, and one more for each answer that is not what it should be."""
        same = sum(mine == theirs for mine, theirs in zip(got, expected))
        held = same == len(expected) == len(got)
        self.held = self.held and held
        verdict = self._paint("32", "ok") if held else self._paint("31", "DIFFERENT")
        print(f"   {who:<28} {same} of {len(expected)} answers as expected {milliseconds:5.0f} ms  {verdict}")
        for step, mine, theirs in zip(STEPS, got, expected):
            if mine != theirs:
                print(f"      {step.method} {step.path}\n         expected {theirs}\n         got      {mine}")

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colors else text


def timed(session: Session, url: str) -> tuple[list[Outcome], float]:
    started = time.perf_counter()
    outcomes = session(url)
    return outcomes, (time.perf_counter() - started) * 1000


def excerpt(outcome: Outcome) -> str:
    if outcome.kind.startswith("image/"):
        return f"{len(outcome.content)} bytes of {outcome.kind}"
    return " ".join(outcome.content.decode().split())


def production(story: Story, server: DemoServer) -> None:
    story.chapter("1. Production", f"{len(STEPS)} requests to a real server, {server.url}")
    first: list[Outcome] = []
    for who, session in sessions().items():
        outcomes, milliseconds = timed(session, server.url)
        steady = [uncounted(outcome) for outcome in outcomes]
        if first:
            story.compare(who, steady, first, milliseconds)
        else:
            first = steady
            statuses = [outcome.status for outcome in outcomes]
            story.compare(who, statuses, [step.status for step in STEPS], milliseconds)


def uncounted(outcome: Outcome) -> Outcome:
    """Return an outcome without the number of its order, which the server counts up from session to session."""
    return outcome._replace(content=re.sub(rb'"order": [0-9]+', b'"order": 0', outcome.content))


def recording(story: Story, server: DemoServer, path: Path) -> list[Outcome]:
    before = server.answered
    with use(path, mode="once"):
        outcomes = blocking_session(server.url)
    answered = server.answered - before
    story.held = story.held and answered == len(STEPS)
    story.chapter("2. Record", f"the same once more, on tape; the server answered {answered} requests")
    for step, outcome in zip(STEPS, outcomes):
        story.line(step.shows, f"{step.method} {step.path}", str(outcome.status), excerpt(outcome))
    print(f"\n   {path} is the cassette. It is meant to be read; this is one of its {len(STEPS)} documents:")
    story.quote(interaction(path.read_text("utf-8"), "/login"))
    return outcomes


def interaction(text: str, path: str) -> str:
    """Return the document of a cassette that has this path."""
    documents = [f"---{document}" for document in text.split("\n---")]
    return next((document for document in documents if f"{path}\n" in document), "").rstrip()


def replay(story: Story, server: DemoServer, path: Path, recorded: list[Outcome]) -> None:
    server.stop()
    story.chapter("3. Replay", "the server is stopped, the cassette answers")
    try:
        blocking_session(server.url)
    except ConnectError as error:
        story.line("without the cassette", f"{type(error).__name__}: {error}")
    else:
        story.held = False
        story.line("without the cassette", "something still answers, though the server is stopped")
    for who, session in sessions().items():
        with use(path, mode="none"):
            outcomes, milliseconds = timed(session, server.url)
        story.compare(who, outcomes, recorded, milliseconds)


def script(url: str) -> tuple[Router, list[Outcome]]:
    """Return the routes that play the server's part, and what they make the session see."""
    router = Router(base_url=url)
    router.get("/users/{id:int}").respond(json={"id": 1, "name": "Grace"})
    router.post("/orders").respond(201, json={"order": 1815, "you_sent": {"tea": 2}})
    router.post("/login").respond(json={"welcome": "grace"}, headers={"set-cookie": "session=scripted; Path=/"})
    router.get("/me").respond(json={"signed_in_as": "grace"})
    router.get("/verse").respond(text=VERSE)
    router.get("/pixel.gif").respond(content=PIXEL, headers={"content-type": "image/gif"})
    router.get("/nowhere").respond(404, json={"error": "not in the script"})
    router.get("/countdown").respond(text="curtain up\n")
    text, data = "text/plain; charset=utf-8", "application/json"
    return router, [
        Outcome(200, data, compact({"id": 1, "name": "Grace"})),
        Outcome(201, data, compact({"order": 1815, "you_sent": {"tea": 2}})),
        Outcome(200, data, compact({"welcome": "grace"})),
        Outcome(200, data, compact({"signed_in_as": "grace"})),
        Outcome(200, text, VERSE.encode()),
        Outcome(200, "image/gif", PIXEL),
        Outcome(404, data, compact({"error": "not in the script"})),
        Outcome(200, text, b"curtain up\n"),
    ]


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def mocking(story: Story, url: str) -> None:
    story.chapter("4. Mock", "the same code, answered by routes written in Python")
    story.quote('with mock.Router() as api:\n    api.get("/users/{id:int}").respond(json={"id": 1, "name": "Grace"})')
    for who, session in sessions().items():
        router, expected = script(url)
        with router:
            outcomes, milliseconds = timed(session, url)
        story.compare(who, outcomes, expected, milliseconds)


def main(arguments: Sequence[str] = ()) -> int:
    """Show production, recording, replay and mock against a server of this process."""
    parser = argparse.ArgumentParser(prog="understudy demo", description=main.__doc__)
    parser.add_argument(
        "--cassette", type=Path, metavar="FILE", help="where to record (default: a new folder for temporary files)"
    )
    options = parser.parse_args(arguments)
    path: Path = options.cassette or Path(tempfile.mkdtemp(prefix="understudy-demo-")) / "session.yaml"
    if path.exists():
        parser.error(f"{path} exists: the demonstration records anew and overwrites nothing")
    story = Story()
    print(f"understudy {__version__}: one client, four ways to be answered")
    with DemoServer() as server:
        production(story, server)
        recorded = recording(story, server, path)
        replay(story, server, path, recorded)
        mocking(story, server.url)
    print("\nEvery comparison held." if story.held else "\nSomething differed: see above.")
    return 0 if story.held else 1
