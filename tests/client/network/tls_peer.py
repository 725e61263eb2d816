"""A server with TLS, in memory."""

# trustme says part of its types in terms of a package that is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import contextlib
import functools
import ssl
from typing import Any, Callable

import trustme

from understudy.client.network.tls import create_ssl_context

AUTHORITY: Any = trustme.CA()


@functools.cache
def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("h.test", "next.test").configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    context = create_ssl_context()
    AUTHORITY.configure_trust(context)
    return context


class TLSPeer:
    """One connection; `react(peer, heard)` decides what it says."""

    def __init__(self, end: Any, context: ssl.SSLContext, react: Callable[[TLSPeer, bytes], None]) -> None:
        self.end = end
        self.react = react
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def received(self, data: bytes) -> None:
        self.incoming.write(data)
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            self.tls.do_handshake()
            while True:
                self.react(self, self.tls.read(1_000_000))
        self.flush()

    def say(self, *records: bytes) -> None:
        for record in records:
            self.tls.write(record)

    def flush(self) -> None:
        self.end.send(self.outgoing.read())

    def sealed(self, record: bytes) -> bytes:
        self.flush()
        self.tls.write(record)
        return self.outgoing.read()
