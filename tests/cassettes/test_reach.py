"""Which hosts the network may answer for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy import cassettes
from understudy.cassettes.reach import Reach

if TYPE_CHECKING:
    from .conftest import Stage


@pytest.mark.parametrize(
    ("said", "url", "allowed"),
    [
        (("allow",), "https://api.test/", True),
        (("deny",), "https://api.test/", False),
        (("localhost",), "http://localhost:8000/", True),
        (("localhost",), "http://shop.localhost/", True),
        (("localhost",), "http://127.0.0.7/", True),
        (("localhost",), "http://[::1]/", True),
        (("localhost",), "http://10.0.0.1/", False),
        (("api.test",), "https://API.test/", True),
        (("api.test",), "https://www.api.test/", False),
        (("*.api.test", "localhost"), "https://www.api.test/", True),
        (("*.api.test", "localhost"), "https://api.test/", False),
        (("::1", "10.0.0.1"), "http://10.0.0.1/", True),
        (("api.test",), "https://api.test./", True),
    ],
)
def test_hosts_are_named_exactly_by_pattern_or_as_this_machine(said: tuple[str, ...], url: str, allowed: bool) -> None:
    assert Reach(said).allows(url) is allowed


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ((), "names no host: say deny"),
        (("alow",), "did you mean 'allow'"),
        (("deny", "api.test"), "not 'deny' among them"),
        (("https://api.test",), "without scheme, port and path"),
        (("api.test:8000",), "without scheme, port and path"),
    ],
)
def test_what_names_no_host_is_refused(said: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Reach(said)


def test_what_the_cassette_does_not_let_out_is_not_sent(stage: Stage) -> None:
    stage.written(header="cassette: 1\nnetwork: [api.test]\n")

    with stage.use("new_episodes"):
        stage.client.get("https://api.test/users")
        with pytest.raises(cassettes.NetworkDenied, match=r"`network: api.test` keeps it from being sent") as caught:
            stage.client.get("https://other.test/users")

    assert [str(request.url) for request in stage.server.asked] == ["https://api.test/users"]
    assert caught.value.request is not None
    assert "name the host other.test there" in str(caught.value)
    assert len(cassettes.load(stage.path)) == 1


def _try(stage: Stage) -> None:
    with pytest.raises(cassettes.NetworkDenied):
        stage.client.get("https://api.test/users")


@pytest.mark.parametrize("mode", ["all", "update"])
def test_a_cassette_that_lets_nothing_out_is_not_recorded_anew(stage: Stage, mode: str) -> None:
    with stage.use("once"):
        stage.client.get("https://api.test/users")
    before = stage.text

    denied = stage.use(mode, network="deny")
    with pytest.raises(cassettes.NetworkDenied, match="or replay with mode='none'"), denied:
        _try(stage)

    assert len(stage.server.asked) == 1
    assert stage.text == before


def test_in_strict_order_too_nothing_is_sent_that_may_not_be(stage: Stage) -> None:
    with stage.use("new_episodes", network="localhost", order="strict"), pytest.raises(cassettes.NetworkDenied):
        stage.client.get("https://api.test/users")

    assert stage.server.asked == []
