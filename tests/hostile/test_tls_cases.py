"""The TLS matrix (C47 to C52): which servers are connected to, and what is said about the others."""

# trustme says part of its types in terms of a package that is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import ssl
import warnings
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import pytest

from understudy import (
    ConnectError,
    ConnectTimeout,
    DeadlineExceeded,
    IncompleteBody,
    ReadError,
    RemoteProtocolError,
    Timeout,
    TransportError,
    WriteError,
)

from .authorities import DAY, NOW, client_context, demanding_context, odd_context, server_context, trusting
from .cases import GOOD, OK, head
from .invariants import Stopwatch, check_error, check_pool, in_time
from .server import HostileServer
from .steps import BeGood, Cut, Drip, Read, Reset, Send, Stall

if TYPE_CHECKING:
    from .steps import Script

pytestmark = pytest.mark.anyio


class TLSCase(NamedTuple):
    """A server, and whether it is to be trusted."""

    name: str
    context: Callable[[], ssl.SSLContext]
    words: str | None = None
    """What the error says; `None` where the server is good."""
    host: str | None = None
    """The name that the client insists on, where it is not the address."""
    verify: Callable[[], ssl.SSLContext | bool] = trusting


def _old_versions_only() -> ssl.SSLContext:
    context = server_context("127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def _version(most: ssl.TLSVersion) -> Callable[[], ssl.SSLContext]:
    def make() -> ssl.SSLContext:
        context = server_context("127.0.0.1")
        context.maximum_version = most
        return context

    return make


def _no_common_cipher() -> ssl.SSLContext:
    context = server_context("127.0.0.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA")
    return context


def _strict_client() -> ssl.SSLContext:
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
    return context


def named(*names: str, **options: Any) -> Callable[[], ssl.SSLContext]:
    return lambda: server_context(*names, **options)


def odd(kind: str) -> Callable[[], ssl.SSLContext]:
    return lambda: odd_context(kind)


MATRIX = [
    TLSCase("an address", named("127.0.0.1")),
    TLSCase("a name", named("api.test"), host="api.test"),
    TLSCase("one of several names", named("a.test", "api.test"), host="api.test"),
    TLSCase("a wildcard", named("*.api.test"), host="a.api.test"),
    TLSCase("TLS 1.2", _version(ssl.TLSVersion.TLSv1_2)),
    TLSCase("TLS 1.3", _version(ssl.TLSVersion.TLSv1_3)),
    TLSCase("a client that shows its certificate", demanding_context, verify=lambda: client_context("trusted")),
    TLSCase("no verification", named("elsewhere.test", by="nobody"), verify=lambda: False),
    TLSCase("expired", named("127.0.0.1", not_before=NOW - 9 * DAY, not_after=NOW - DAY), "has expired"),
    TLSCase("not yet valid", named("127.0.0.1", not_before=NOW + DAY, not_after=NOW + 9 * DAY), "not yet valid"),
    TLSCase("another name", named("other.test"), "mismatch", host="api.test"),
    TLSCase("another address", named("127.0.0.2"), "mismatch"),
    TLSCase("a name for an address", named("api.test"), "mismatch"),
    TLSCase("a wildcard two deep", named("*.api.test"), "mismatch", host="a.b.api.test"),
    TLSCase("a wildcard for the domain itself", named("*.api.test"), "mismatch", host="api.test"),
    TLSCase("a name that only begins right", named("api.test.evil.test"), "mismatch", host="api.test"),
    TLSCase("an unknown authority", named("127.0.0.1", by="nobody"), "unable to get local issuer"),
    TLSCase("the system's authorities", named("127.0.0.1"), "unable to get local issuer", verify=lambda: True),
    TLSCase("self-signed", odd("self-signed"), "self"),
    TLSCase("a name in the subject alone", odd("no names"), "mismatch"),
    TLSCase("a key of 1024 bits", odd("weak key"), "too weak"),
    TLSCase("a certificate for clients", odd("for clients only"), "purpose"),
    TLSCase("an unknown critical extension", odd("unknown critical extension"), "critical extension"),
    TLSCase("only old versions", _old_versions_only, ""),
    TLSCase("no common cipher", _no_common_cipher, "", verify=_strict_client),
]


@pytest.mark.parametrize("case", MATRIX, ids=lambda case: case.name)
async def test_c48_only_servers_that_prove_their_name_are_connected_to(case: TLSCase, side: Any) -> None:
    extensions = {} if case.host is None else {"sni_hostname": case.host}
    with HostileServer(*[(BeGood(),)], tls=case.context()) as server:
        async with side.client(transport=side.transport(verify=case.verify(), trust_env=False)) as client:
            if case.words is None:
                response = await side.call(client.get, server.url(), extensions=extensions)
                assert response.content == b"good"
                check_pool(client._transport.snapshot())
                return

            with pytest.raises(ConnectError) as caught:
                await side.call(client.get, server.url(), extensions=extensions)

            assert case.words in str(caught.value)
            check_error(caught.value)
            check_pool(client._transport.snapshot())
        assert not server.heard


@pytest.mark.parametrize("presents", [None, "nobody"])
async def test_c48_a_server_that_does_not_accept_the_client_is_an_error(presents: str | None, side: Any) -> None:
    # In TLS 1.3 the client has finished before the server has looked at its certificate: reading tells.
    with HostileServer(tls=demanding_context()) as server:
        async with side.client(transport=side.transport(verify=client_context(presents))) as client:
            with pytest.raises((ConnectError, ReadError, WriteError, RemoteProtocolError)) as caught:
                await side.call(client.get, server.url())

            check_error(caught.value)
            check_pool(client._transport.snapshot())


NOT_TLS: dict[str, tuple[Script, type[TransportError]]] = {
    "an HTTP answer": ((Send(GOOD),), ConnectError),
    "an alert": ((Send(b"\x15\x03\x03\x00\x02\x02\x28"),), ConnectError),
    "a close": ((), ConnectError),
    "a reset": ((Reset(),), ConnectError),
    "silence": ((Stall(),), ConnectTimeout),
    "a drip": ((Drip(b"\x16\x03\x03\x40\x00" + bytes(500)),), DeadlineExceeded),
}


@in_time
@pytest.mark.parametrize("name", list(NOT_TLS))
async def test_c48_c52_what_is_not_tls_is_an_error_in_time(name: str, side: Any) -> None:
    script, error = NOT_TLS[name]
    timeout, most = Timeout(2.0), 2.0
    if error is ConnectTimeout:
        timeout, most = Timeout(2.0, connect=0.1), 0.1
    elif error is DeadlineExceeded:
        timeout, most = Timeout(2.0, total=0.15), 0.15
    with HostileServer(script) as server:
        transport = side.transport(verify=trusting(), trust_env=False)
        async with side.client(transport=transport, timeout=timeout) as client:
            with Stopwatch(most), pytest.raises(error) as caught:
                await side.call(client.get, server.url().replace("http:", "https:"))

            assert type(caught.value) is error
            check_error(caught.value)
            check_pool(transport.snapshot())
            assert (await side.call(client.get, server.url(), timeout=5.0)).content == b"good"


TLS_ENDS: dict[str, tuple[Script, type[TransportError] | None]] = {
    "C47 until the close, cut": ((Read(), Send(OK + b"\r\nhalf"), Cut()), IncompleteBody),
    "C47 until the close, ended": ((Read(), Send(OK + b"\r\ngood")), None),
    "C47 with a length, cut in the middle": (
        (Read(), Send(head(b"Content-Length: 9") + b"half"), Cut()),
        IncompleteBody,
    ),
    "C47 with a length, cut after it": ((Read(), Send(GOOD), Cut()), None),
    "C47 cut in the head": ((Read(), Send(OK), Cut()), ReadError),
    "C47 cut before the head": ((Read(), Cut()), ReadError),
}


@pytest.mark.parametrize("name", list(TLS_ENDS))
async def test_c47_a_cut_is_not_an_end(name: str, side: Any) -> None:
    script, error = TLS_ENDS[name]
    with HostileServer(script, tls=server_context("127.0.0.1")) as server:
        async with side.client(transport=side.transport(verify=trusting())) as client:
            if error is None:
                assert (await side.call(client.get, server.url())).content == b"good"
            else:
                with pytest.raises((error, RemoteProtocolError)) as caught:
                    await side.call(client.get, server.url())
                check_error(caught.value)
            check_pool(client._transport.snapshot())

            assert (await side.call(client.get, server.url())).content == b"good"


OLD_ENDS: dict[str, tuple[Script, bytes | None]] = {
    "until the close": ((Read(), Send(OK + b"\r\nhalf"), Cut()), b"half"),
    "with a length": ((Read(), Send(head(b"Content-Length: 9") + b"half"), Cut()), None),
    "in chunks": ((Read(), Send(head(b"Transfer-Encoding: chunked") + b"4\r\nhalf\r\n"), Cut()), None),
    "in the head": ((Read(), Send(OK), Cut()), None),
}


@pytest.mark.parametrize("name", list(OLD_ENDS))
async def test_c47_a_cut_may_be_taken_for_an_end(name: str, side: Any) -> None:
    # Only where nothing else says where the body ends.
    script, body = OLD_ENDS[name]
    with HostileServer(script, tls=server_context("127.0.0.1")) as server:
        async with side.client(transport=side.transport(verify=trusting(), accepts_unclean_end=True)) as client:
            if body is not None:
                assert (await side.call(client.get, server.url())).content == body
            else:
                with pytest.raises((ReadError, RemoteProtocolError)) as caught:
                    await side.call(client.get, server.url())
                check_error(caught.value)
            check_pool(client._transport.snapshot())


async def fail_to_connect(side: Any, times: int) -> None:
    """Let handshakes fail in three ways, again and again."""
    options = {"verify": trusting(), "trust_env": False}
    scripts: list[Script] = [(Send(GOOD),), (Reset(),)] * times
    with (
        HostileServer(tls=server_context("elsewhere.test")) as untrusted,
        HostileServer(*scripts) as broken,
    ):
        async with side.client(transport=side.transport(**options)) as client:
            for _ in range(times):
                for url in (untrusted.url(), *[broken.url().replace("http:", "https:")] * 2):
                    with pytest.raises(ConnectError):
                        await side.call(client.get, url)

            assert client._transport.snapshot().open == 0


async def test_c51_failing_handshakes_leave_nothing(side: Any) -> None:
    # What is left of sockets and threads is counted after every test.
    await fail_to_connect(side, 10)
