"""`live`: requests that are always sent, and never recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import AsyncClient, Client, MockTransport, Response, cassettes

if TYPE_CHECKING:
    from pathlib import Path

    from understudy.cassettes import Mode


def counting() -> tuple[MockTransport, list[str]]:
    asked: list[str] = []

    def answer(request: Any) -> Response:
        asked.append(request.url.host)
        return Response(200, text=request.url.host)

    return MockTransport(answer), asked


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_live_hosts_are_asked_and_not_recorded(mode: Mode, tmp_path: Path) -> None:
    behind, asked = counting()

    tape = cassettes.use(tmp_path / "t.yaml", mode, live=["localhost", "*.internal"])
    with tape as opened, Client(transport=behind) as client:
        for host in ("127.0.0.1:9", "a.internal", "api.test"):
            client.get(f"http://{host}/")

    assert asked == ["127.0.0.1", "a.internal", "api.test"]
    assert opened.recorded == ["GET / -> 200"]


def test_live_hosts_are_asked_on_replay_too(tmp_path: Path) -> None:
    behind, asked = counting()
    path = tmp_path / "t.yaml"
    path.write_text("cassette: 1\nlive: localhost\n")

    with cassettes.use(path, "none"), Client(transport=behind) as client:
        client.get("http://localhost/")
        with pytest.raises(cassettes.NoMatch):
            client.get("http://api.test/")

    assert asked == ["localhost"]


def test_a_function_says_which_requests_are_live(tmp_path: Path) -> None:
    behind, asked = counting()

    used = cassettes.use(tmp_path / "t.yaml", live=lambda request: request.url.path == "/health")
    with used as tape, Client(transport=behind) as client:
        client.get("http://a.test/health")
        client.get("http://a.test/")

    assert len(asked) == 2
    assert tape.recorded == ["GET / -> 200"]


@pytest.mark.anyio
async def test_live_hosts_of_a_transport_are_asked_by_asynchronous_clients(tmp_path: Path) -> None:
    behind, asked = counting()
    transport = cassettes.CassetteTransport(tmp_path / "t.yaml", inner=behind, live="localhost")

    async with AsyncClient(transport=transport) as client:
        await client.get("http://localhost/")

    assert asked == ["localhost"]
    assert transport.cassette.recorded == []


@pytest.mark.parametrize(
    ("live", "message"),
    [
        ([3], "not 3"),
        (3, "not 3"),
        ("localhots", "did you mean 'localhost'"),
        ("http://a/", "names hosts"),
        (["deny"], "not 'deny' among them"),
    ],
)
def test_a_host_that_is_none_is_refused_where_it_is_written(live: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"`live` .*{message}"):
        cassettes.use(tmp_path / "t.yaml", live=live)
