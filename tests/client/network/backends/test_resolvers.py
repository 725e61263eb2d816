"""Other ways to find a host: tables, functions, a memory; said to a transport, or to a backend."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from understudy import AsyncHTTPTransport, ConnectError, DNSCache, HTTPTransport
from understudy.client.bridge import run
from understudy.client.network.backends.addresses import Address
from understudy.client.network.backends.resolvers import resolver_from
from understudy.client.network.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

from ..proxy_server import HTTPProxyServer, Origin, listening

pytestmark = pytest.mark.anyio


async def system(host: str, port: int) -> list[Address]:
    """Know one name."""
    if host != "known.test":
        raise socket.gaierror(f"{host} is not known")
    return [Address(socket.AF_INET, ("192.0.2.1", port))]


def resolved(said: Any, host: str, port: int = 80) -> list[tuple[Any, ...]]:
    return [address.sockaddr for address in run(resolver_from(said).over(system)(host, port))]


def beside_its_port(host: str, port: int) -> str:
    return "127.0.0.1:8443"


def third(host: str, port: int) -> str:
    return "127.0.0.3"


@pytest.mark.parametrize(
    ("said", "host", "places"),
    [
        ({"h.test": "127.0.0.1"}, "h.test", [("127.0.0.1", 80)]),
        ({"H.Test": "::1"}, "h.test", [("::1", 80, 0, 0)]),
        ({"h.test": ("127.0.0.1", 8080)}, "h.test", [("127.0.0.1", 8080)]),
        ({"h.test": ["127.0.0.1", "127.0.0.2"]}, "h.test", [("127.0.0.1", 80), ("127.0.0.2", 80)]),
        ({"h.test": "::1", "h.test:80": "127.0.0.1"}, "h.test", [("127.0.0.1", 80)]),
        ({"h.test:81": "127.0.0.1"}, "known.test", [("192.0.2.1", 80)]),
        ({"h.test": "known.test"}, "h.test", [("192.0.2.1", 80)]),
        ({"h.test": Address(socket.AF_INET, ("127.0.0.9", 9))}, "h.test", [("127.0.0.9", 9)]),
        ({"h.test": []}, "h.test", []),
        ({"M\u00fcller.test:80": "127.0.0.1"}, "xn--mller-kva.test", [("127.0.0.1", 80)]),
        (third, "h.test", [("127.0.0.3", 80)]),
    ],
)
def test_a_table_or_a_function_says_where_a_host_is(said: Any, host: str, places: Any) -> None:
    assert resolved(said, host) == places


def test_a_host_that_nobody_knows_is_the_systems_error() -> None:
    with pytest.raises(socket.gaierror, match="not known"):
        resolved({"h.test": "127.0.0.1"}, "other.test")


def test_a_name_to_which_a_resolver_leads_is_in_the_error_about_it() -> None:
    with pytest.raises(socket.gaierror, match=r"'typo\.test', where the resolver leads"):
        resolved({"h.test": "typo.test"}, "h.test")


@pytest.mark.parametrize(
    "place", ["127.0.0.1:8443", "[::1]", "http://h.test", ["127.0.0.1", "h.test:80"], 5, ("h", "x")]
)
def test_a_table_refuses_at_once_what_is_no_place(place: Any) -> None:
    with pytest.raises(TypeError, match=r"a pair such as \('127.0.0.1', 8443\)"):
        resolver_from({"h.test": place})


def test_a_port_beside_the_host_that_a_function_says_is_a_mistake_that_is_named() -> None:
    with pytest.raises(TypeError, match=r"'127\.0\.0\.1:8443': a place is an address"):
        resolved(beside_its_port, "h.test")


@pytest.mark.parametrize("host", ["*.test", "http://h.test", 5])
def test_a_table_refuses_at_once_what_is_no_host(host: Any) -> None:
    with pytest.raises(ValueError, match="a table has hosts one by one"):
        resolver_from({host: "127.0.0.1"})


def test_anything_else_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="a mapping of hosts"):
        resolver_from(5)  # type: ignore[arg-type]  # the mistake


def test_a_cache_asks_once_and_forgets_in_time() -> None:
    asked: list[str] = []
    now = 0.0

    def ask(host: str, port: int) -> str:
        asked.append(host)
        return "127.0.0.1"

    cache = DNSCache(ask, ttl=10.0, most=2, now=lambda: now)

    for host in ("a", "a"):
        assert resolved(cache, host) == [("127.0.0.1", 80)]
    assert asked == ["a"]
    now = 10.0
    resolved(cache, "a")
    assert asked == ["a", "a"]
    assert repr(cache) == "<DNSCache of 1 names>"
    for host in ("b", "c", "c", "a"):
        resolved(cache, host)
    assert asked == ["a", "a", "b", "c", "a"]
    cache.forget()
    resolved(cache, "a")
    assert asked[3:] == ["c", "a", "a"]


def test_threads_share_a_cache_that_is_emptied_in_any_moment() -> None:
    cache = DNSCache({f"{name}.test": "127.0.0.1" for name in range(8)}, most=2)
    found: list[Any] = []

    def work() -> None:
        for name in range(200):
            found.append(resolved(cache, f"{name % 8}.test"))
            if not name % 5:
                cache.forget()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [[("127.0.0.1", 80)]] * 800


def test_a_cache_does_not_remember_that_there_was_no_address() -> None:
    answers: list[list[str]] = [[], ["192.0.2.1"]]
    cache = DNSCache(lambda host, port: answers.pop(0))

    assert resolved(cache, "api.test") == []
    assert resolved(cache, "api.test") == resolved(cache, "api.test") == [("192.0.2.1", 80)]


def test_a_cache_without_a_resolver_remembers_what_the_system_said() -> None:
    cache = DNSCache()

    assert resolved(cache, "known.test") == resolved(cache, "known.test") == [("192.0.2.1", 80)]
    with pytest.raises(socket.gaierror):
        resolved(cache, "other.test")


def transport(side: Any, **options: Any) -> Any:
    return HTTPTransport(**options) if side.is_blocking else AsyncHTTPTransport(**options)


def ways(port: int) -> dict[str, Callable[[Any], Any]]:
    def function(host: str, asked: int) -> tuple[str, int]:
        return ("127.0.0.1", port)

    async def coroutine(host: str, asked: int) -> tuple[str, int]:
        return ("127.0.0.1", port)

    return {
        "table": lambda side: {"nowhere.invalid": ("127.0.0.1", port)},
        "function": lambda side: function,
        "coroutine function": lambda side: function if side.is_blocking else coroutine,
        "memory": lambda side: DNSCache({"nowhere.invalid": ("127.0.0.1", port)}),
    }


@pytest.mark.parametrize("way", list(ways(0)))
async def test_a_transport_finds_hosts_as_it_was_told(side: Any, way: str) -> None:
    origin = Origin()

    with listening(origin) as port:
        client = side.client(transport=transport(side, resolver=ways(port)[way](side)))
        response = await side.call(client.get, "http://nowhere.invalid/")
        await side.close(client)

    assert b"\r\nHost: nowhere.invalid\r\n" in origin.heads[0]
    assert response.timings.dns is not None


async def test_a_proxy_is_found_in_the_same_way(side: Any) -> None:
    proxy = HTTPProxyServer()

    with listening(proxy) as port:
        through = Proxy(f"http://proxy.invalid:{port}")
        client = side.client(transport=transport(side, proxy=through, resolver={"proxy.invalid": "127.0.0.1"}))
        response = await side.call(client.get, "http://nowhere.invalid/")
        await side.close(client)

    assert response.text.startswith("forwarded: GET http://nowhere.invalid/")


async def test_a_host_without_addresses_is_a_connect_error(side: Any) -> None:
    client = side.client(transport=transport(side, resolver={"h.test": []}))
    with pytest.raises(ConnectError, match="has no address"):
        await side.call(client.get, "http://h.test/")
    await side.close(client)


@pytest.mark.parametrize("kind", [HTTPTransport, AsyncHTTPTransport])
def test_a_network_of_ones_own_resolves_names_itself(kind: Any) -> None:
    with pytest.raises(ValueError, match="resolves names itself"):
        kind(network=object(), resolver={})


@pytest.mark.parametrize("said", [5, [5], [None], [("127.0.0.1",)], [("127.0.0.1", "80")], [(b"127.0.0.1", 80)]])
def test_what_is_no_place_is_named(said: Any) -> None:
    def answer(host: str, port: int) -> Any:
        return said

    with pytest.raises(TypeError, match=r"the resolver says .*: a place is an address such as"):
        resolved(answer, "api.test")
