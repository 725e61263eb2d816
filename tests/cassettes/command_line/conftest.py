"""Tapes to look at, and `understudy cassette` as a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from understudy.cassettes.command_line import group

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = """\
# Written by hand, and dear to its author.
cassette: 1
recorder: understudy 0.1.0
recorded: 2026-11-22  # a Sunday
...
"""
USERS = """\
--- # GET /users -> 200
request:
  method: GET
  url: https://api.test/users?page=1
response:
  status: 200
  headers:
    Content-Type: application/json
    Date: Sun, 22 Nov 2026 16:59:06 GMT
  json:
    users:
      - {id: 7, name: Ada}
      - {id: 8, name: Grace}
    total: 2.0
  took: 0.18
...
"""
ORDER = """\
# The one that pays.
--- # POST /orders -> 201
request:
  method: POST
  url: https://api.test/orders
  headers:
    Content-Type: application/json
  json: {tea: 2, nonce: abc}
response:
  status: 201
  headers:
    Content-Type: text/plain
  text: |
    thanks
    a lot
...
"""
LOST = """\
--- # GET /lost -> ConnectError
request:
  method: GET
  url: https://api.test/lost
error:
  type: ConnectError
  message: nobody there
...
"""


class Printed(NamedTuple):
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wishes about colors, and a terminal of one size."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Printed]:
    """Run `understudy cassette ARGUMENTS`."""

    def running(*arguments: object) -> Printed:
        status = group.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Printed(status, said.out, said.err)

    return running


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a cassette: a name, and what stands in it behind the usual first document."""

    def writing(name: str, *documents: str, header: str = HEADER) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(header + "".join(documents), encoding="utf-8")
        return path

    return writing


@pytest.fixture
def tape(write: Callable[..., Path]) -> Path:
    """A cassette with two answers and an error."""
    return write("tape.yaml", USERS, ORDER, LOST)
