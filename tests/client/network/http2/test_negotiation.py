"""Which protocol is spoken: what TLS agrees on, what the settings allow, what a server asks for."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any

import pytest
import trustme

import understudy
from tests.hostile.http2_server import Http2Server, ListeningServer

if TYPE_CHECKING:
    from collections.abc import Sequence

HTTP_1_1_REQUIRED = 0xD


class BothProtocols:
    """A server on a socket that speaks whatever TLS agrees on."""

    def __init__(self, http2: Http2Server) -> None:
        self.http2 = http2
        self.http1_requests = 0

    def __call__(self, end: Any) -> Any:
        connected = end._socket
        if connected.selected_alpn_protocol() == "h2":
            return self.http2(end)
        server = self

        class Peer:
            def received(self, data: bytes) -> None:
                server.http1_requests += 1
                end.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")

            def ended(self) -> None:
                pass

        return Peer()


class Place:
    """The server, and clients that trust it."""

    def __init__(self, alpn: Sequence[str], http2: Http2Server) -> None:
        authority: Any = trustme.CA()
        self.server = BothProtocols(http2)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.context)
        self.context.set_alpn_protocols(list(alpn))
        self.trusting = ssl.create_default_context()
        authority.configure_trust(self.trusting)

    def listening(self) -> ListeningServer:
        return ListeningServer(self.server, self.context)  # type: ignore[arg-type]  # as good as an Http2Server here


@pytest.mark.parametrize(
    ("alpn", "options", "version"),
    [
        (["h2", "http/1.1"], {"http2": True}, "HTTP/2"),
        (["http/1.1"], {"http2": True}, "HTTP/1.1"),
        (["h2", "http/1.1"], {}, "HTTP/1.1"),
        (["h2"], {"http2": True, "http1": False}, "HTTP/2"),
    ],
)
def test_tls_agrees_on_a_protocol(alpn: list[str], options: dict[str, Any], version: str) -> None:
    place = Place(alpn, Http2Server())

    with place.listening() as base, understudy.Client(verify=place.trusting, **options) as client:
        responses = [client.get(base) for _ in range(2)]

    assert [response.http_version for response in responses] == [version] * 2


@pytest.mark.anyio
async def test_tls_agrees_on_http2_for_tasks() -> None:
    place = Place(["h2"], Http2Server())

    with place.listening() as base:
        async with understudy.AsyncClient(verify=place.trusting, http2=True) as client:
            response = await client.get(base)

    assert (response.http_version, response.text) == ("HTTP/2", "ok")


def test_http2_alone_is_not_to_be_had_everywhere() -> None:
    place = Place(["http/1.1"], Http2Server())

    transport = understudy.HTTPTransport(verify=place.trusting, http2=True, http1=False)

    with place.listening() as base, understudy.Client(transport=transport) as client:
        with pytest.raises(understudy.ConnectError, match="does not speak HTTP/2, and http1=False"):
            client.get(base)
        assert transport.snapshot().open == 0


def test_two_clients_with_one_context_speak_each_its_own() -> None:
    place = Place(["h2", "http/1.1"], Http2Server())

    two, one = understudy.Client(verify=place.trusting, http2=True), understudy.Client(verify=place.trusting)

    with place.listening() as base, two, one:
        assert two.get(base).http_version == "HTTP/2"
        assert one.get(base).http_version == "HTTP/1.1"
        with understudy.Client(verify=place.trusting, http2=True) as again:
            assert again.get(base).http_version == "HTTP/2"


def test_a_server_that_requires_http11_gets_it_from_then_on() -> None:
    http2 = Http2Server(on_request=lambda peer, request: peer.reset(request.stream_id, HTTP_1_1_REQUIRED))
    place = Place(["h2", "http/1.1"], http2)

    with place.listening() as base, understudy.Client(verify=place.trusting, http2=True) as client:
        answers = [client.post(base, content=b"x").text for _ in range(3)]

    assert answers == ["one"] * 3
    assert len(http2.peers) == 1


def test_threads_that_find_http11_each_get_a_connection() -> None:
    place = Place(["http/1.1"], Http2Server())
    texts: list[str] = []

    with place.listening() as base, understudy.Client(verify=place.trusting, http2=True) as client:

        def ask() -> None:
            texts.append(client.get(base).text)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

    assert texts == ["one"] * 8
