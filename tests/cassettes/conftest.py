"""What tests of cassettes share: a server that is a function, and clients that reach nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

import understudy
from understudy import cassettes

TAPES = Path(__file__).with_name("tapes")
HOST = "http://127.0.0.1:18080"
# Of the tapes there: those that hold the same four interactions, as they were recorded by so many tools.
OF_FOUR = [
    "vcr_httpx.yaml",
    "vcr_requests.yaml",
    "vcr_aiohttp.yaml",
    "vcr6_httpx.yaml",
    "vcr8_httpx.yaml",
    "betamax.json",
    "ruby_vcr.yml",
    "ruby_vcr_base64.yml",
    "ruby_vcr_compressed.zz",
    "ruby_vcr_json.json",
    "ruby_vcr_typhoeus.yml",
    "cassetter.yaml",
    "cassetter.toml",
    "understudy.har",
    "mitmproxy.har",
    "playwright.har",
]


class Server:
    """Counts what it is asked; `reply` decides what it says."""

    def __init__(self) -> None:
        self.asked: list[understudy.Request] = []
        self.reply: Callable[[understudy.Request], understudy.Response] = lambda request: understudy.Response(
            200, json={"path": request.url.path}
        )

    def __call__(self, request: understudy.Request) -> understudy.Response:
        self.asked.append(request)
        return self.reply(request)


class Stage:
    """A server, a client of it, and a cassette between them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.server = Server()
        self.client = understudy.Client(transport=understudy.MockTransport(self.server))
        self.async_client = understudy.AsyncClient(transport=understudy.MockTransport(self.server))

    def written(self, *documents: str, header: str = "cassette: 1\n") -> Path:
        """Write a cassette by hand."""
        self.path.write_text(header + "".join(documents), encoding="utf-8")
        return self.path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def use(self, mode: str = "once", **settings: object) -> cassettes.use:
        return cassettes.use(self.path, mode, **settings)  # type: ignore[arg-type]  # tests pass wrong ones, too


EPISODE = """--- # GET /users -> 200
request:
  method: GET
  url: https://api.test/users
response:
  status: 200
  headers:
    Content-Type: application/json
  json: [ada, grace]
...
"""


@pytest.fixture(autouse=True)
def _no_secrets_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the machine's environment holds out of the tests."""
    for name in list(os.environ):
        if any(word in name.upper() for word in ("TOKEN", "SECRET", "PASS", "KEY", "CREDENTIAL")):
            monkeypatch.delenv(name)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Return a server, clients of it, and a path for a cassette."""
    return Stage(tmp_path / "tape.yaml")
