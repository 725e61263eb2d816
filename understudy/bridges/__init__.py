"""Our transports inside other clients, and theirs inside ours.

A suite that is still on httpx, httpx2 or requests can use a router or a cassette today:

    httpx.Client(transport=bridges.to_httpx(router))
    httpx2.AsyncClient(transport=bridges.to_httpx2(CassetteTransport("github.yaml", mode="once")))
    session.mount("https://", bridges.to_requests(router))

and a transport that was written for one of them works in our client:

    understudy.Client(transport=bridges.from_httpx(their_transport))
    understudy.Client(transport=bridges.from_requests(their_adapter))

Nothing is patched. The other library is imported when a bridge to it is built, and is never a dependency of ours.
Errors cross as their counterparts: our `ReadTimeout` is their `ReadTimeout`, with ours as its cause.
An `AssertionError`, such as a router's miss report, crosses as it is.
"""

from .httpx_family import from_httpx, from_httpx2, to_httpx, to_httpx2
from .requests_adapters import from_requests, to_requests

__all__ = [
    "from_httpx",
    "from_httpx2",
    "from_requests",
    "to_httpx",
    "to_httpx2",
    "to_requests",
]
