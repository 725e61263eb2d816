"""Connections that differ in anything that authenticates, or in where they end, are never shared (C50)."""

# trustme says part of its types in terms of a package that is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from understudy import AsyncMemoryNetwork, MemoryNetwork

from .authorities import authority, client_context, demanding_context, server_context, trusting
from .invariants import SECRET, check_pool
from .server import HostileServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from understudy import MemoryEnd

pytestmark = pytest.mark.anyio


class Pair(NamedTuple):
    """What two transports are told; both reach the server, and differ in one thing."""

    first: dict[str, Any]
    second: dict[str, Any]


def trusting_both() -> ssl.SSLContext:
    context = client_context()
    authority("nobody").configure_trust(context)
    return context


def plain() -> None:
    return None


def trusted() -> ssl.SSLContext:
    return server_context("127.0.0.1")


# Name -> (the server's TLS, the pair; `{port}` is the server's, which is its own proxy as well).
PAIRS: dict[str, tuple[Callable[[], ssl.SSLContext | None], Callable[[], Pair]]] = {
    "verify": (trusted, lambda: Pair({"verify": False}, {"verify": trusting()})),
    "authorities": (trusted, lambda: Pair({"verify": trusting_both()}, {"verify": trusting()})),
    "client certificate": (
        demanding_context,
        lambda: Pair({"verify": client_context("trusted")}, {"verify": client_context("trusted")}),
    ),
    "ALPN": (trusted, lambda: Pair({"verify": trusting(), "http2": True}, {"verify": trusting(), "http2": False})),
    "proxy": (plain, lambda: Pair({}, {"proxy": "http://127.0.0.1:{port}"})),
    "proxy credentials": (
        plain,
        lambda: Pair(
            {"proxy": f"http://ada:{SECRET}@127.0.0.1:{{port}}"}, {"proxy": f"http://eve:{SECRET}@127.0.0.1:{{port}}"}
        ),
    ),
    "local address": (plain, lambda: Pair({"local_address": "127.0.0.1"}, {"local_address": "127.0.0.2"})),
    "socket options": (plain, lambda: Pair({}, {"socket_options": [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]})),
    "pins": (plain, lambda: Pair({}, {"pins": {"other.test": "sha256/" + base64.b64encode(bytes(32)).decode()}})),
    "resolver": (plain, lambda: Pair({}, {"resolver": {"127.0.0.1": "127.0.0.1"}})),
    "environment": (plain, lambda: Pair({"trust_env": True}, {"trust_env": False})),
}


@pytest.mark.parametrize("differ", list(PAIRS))
async def test_c50_transports_that_differ_share_no_connection(differ: str, side: Any) -> None:
    tls, pair = PAIRS[differ]
    with HostileServer(tls=tls()) as server:
        first, second = (side.transport(**{"trust_env": False, **told(one, server.port)}) for one in pair())
        # The second client knows both: what decides is the transport, not the client.
        mounts = {"all://": first, "all://127.0.0.1": second}
        async with side.client(transport=first) as client, side.client(transport=second, mounts=mounts) as other:
            for one in (client, other, client, other):
                assert (await side.call(one.get, server.url())).content == b"good"

        assert [len(connection.heads) for connection in server.connections] == [2, 2]


def told(options: dict[str, Any], port: int) -> dict[str, Any]:
    return {name: said.format(port=port) if name == "proxy" else said for name, said in options.items()}


async def test_c50_a_certificate_is_shown_by_the_transport_that_was_given_it_and_by_no_other(side: Any) -> None:
    context = demanding_context()
    context.verify_mode = ssl.CERT_OPTIONAL  # whoever shows none is served as well
    with HostileServer(tls=context) as server:
        shown = side.transport(verify=client_context("trusted"), trust_env=False)
        hidden = side.transport(verify=client_context(), trust_env=False)
        async with side.client(transport=shown) as client, side.client(transport=hidden) as other:
            for one in (client, other, client, other):
                assert (await side.call(one.get, server.url())).content == b"good"

        assert [bool(connection.certificate) for connection in server.connections] == [True, False]


async def test_c50_server_names_share_no_connection(side: Any) -> None:
    with HostileServer(tls=server_context("a.test", "b.test")) as server:
        async with side.client(transport=side.transport(verify=trusting())) as client:
            for name in ("a.test", "b.test", "a.test", "b.test"):
                response = await side.call(client.get, server.url(), extensions={"sni_hostname": name})
                assert response.content == b"good"

        assert [len(connection.heads) for connection in server.connections] == [2, 2]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no Unix sockets here")
async def test_c50_unix_sockets_share_no_connection(side: Any, tmp_path: Path) -> None:
    # One URL, and three places where it may lead to.
    paths = [str(tmp_path / "first"), str(tmp_path / "second")]
    with HostileServer() as server, HostileServer(uds=paths[0]) as one, HostileServer(uds=paths[1]) as two:
        async with contextlib.AsyncExitStack() as entered:
            clients = [
                await entered.enter_async_context(side.client(transport=side.transport(trust_env=False, **options)))
                for options in ({}, {"uds": paths[0]}, {"uds": paths[1]})
            ]
            for number in (1, 2):
                for place, client in enumerate(clients):
                    assert (await side.call(client.get, server.url(f"/{place}/{number}"))).content == b"good"
                    check_pool(client._transport.snapshot())

        for place, listener in enumerate((server, one, two)):
            assert [head.split(b" ")[1] for head in listener.requests] == [b"/%d/1" % place, b"/%d/2" % place]
            assert len(listener.connections) == 1


class Answering:
    """A server in memory that answers everything, and keeps what it hears."""

    def __init__(self) -> None:
        self.ends: list[MemoryEnd] = []
        self.heard: list[bytes] = []

    def __call__(self, end: MemoryEnd) -> Any:
        answering = self
        answering.ends.append(end)
        answering.heard.append(b"")
        place = len(answering.heard) - 1

        class Peer:
            def received(self, data: bytes) -> None:
                answering.heard[place] += data
                end.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")

        return Peer()


async def test_c50_zones_of_one_ipv6_address_share_no_connection(side: Any) -> None:
    server = Answering()
    network = MemoryNetwork(server) if side.is_blocking else AsyncMemoryNetwork(server)
    async with side.client(transport=side.transport(network=network)) as client:
        for zone in ("eth0", "eth1", "eth0", "eth1"):
            assert (await side.call(client.get, f"http://[fe80::1%25{zone}]/{zone}")).content == b"good"
        kept = {kept.origin for kept in client.pool.kept}

    assert [end.host for end in server.ends] == ["fe80::1%eth0", "fe80::1%eth1"]
    assert [heard.count(b"GET /eth%d" % place) for place, heard in enumerate(server.heard)] == [2, 2]
    assert kept == {"http://[fe80::1%eth0]:80", "http://[fe80::1%eth1]:80"}
    # What a zone is called is nobody's business but this machine's.
    assert all(heard.count(b"Host: [fe80::1]\r\n") == 2 for heard in server.heard)


def link_local() -> str | None:
    """Return an address of this machine that is one only together with its zone."""
    with contextlib.suppress(OSError), open("/proc/net/if_inet6", encoding="ascii") as addresses:
        for line in addresses:
            digits, _, _, scope, _, name = line.split()
            if scope == "20":
                address = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))
                with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as tried:
                    tried.bind(socket.getaddrinfo(f"{address}%{name}", 0, type=socket.SOCK_STREAM)[0][4])
                    return f"{address}%25{name}"
    return None


async def test_c50_a_zone_decides_where_a_connection_leads(side: Any) -> None:
    address = link_local()
    if address is None:
        pytest.skip("this machine has no link-local IPv6 address")
    with HostileServer(host="::") as server:
        async with side.client() as client:
            for _ in range(2):
                assert (await side.call(client.get, f"http://[{address}]:{server.port}/")).content == b"good"
            check_pool(client._transport.snapshot())

        assert len(server.connections) == 1
        assert address.partition("%")[2].encode() not in server.heard
