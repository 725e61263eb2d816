"""Functions that make one request with a client of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .client import Client
from .signatures import module_request, module_verb, refuse_unknown, shown_as

if TYPE_CHECKING:
    from collections.abc import Generator

    from typing_extensions import Unpack

    from .arguments import URLTypes
    from .messages.response import Response
    from .request_options import CallOptions

# What belongs to the client; everything else belongs to the request.
_OF_THE_CLIENT = ("cookies", "proxy", "verify", "cert", "timeout", "trust_env")


def _client(options: CallOptions) -> Client:
    refuse_unknown(options, module_request)
    said: dict[str, Any] = {name: options.pop(name) for name in _OF_THE_CLIENT if name in options}  # type: ignore[misc]  # names are its keys
    if "auth" in options and options["auth"] is None:
        # As for httpx: a function without a client of the caller's has nothing that None could switch off.
        del options["auth"]
    return Client(**said)


@shown_as(module_request)
def request(method: str, url: URLTypes, **options: Unpack[CallOptions]) -> Response:
    """Send one request and return its response, read and closed.

    Options are those of `Client.request`, and of the client that it takes: `proxy`, `verify`, `cert`, `trust_env`.
    A program that sends more than one request keeps a `Client`, which keeps its connections.

        >>> understudy.request("GET", "https://api.test/users").status_code
        200
    """
    with _client(options) as client:
        return client.request(method, url, **options)  # type: ignore[misc]  # the client's options are gone by now


@shown_as(module_request)
@contextmanager
def stream(method: str, url: URLTypes, **options: Unpack[CallOptions]) -> Generator[Response]:
    """Send one request and yield its response before its body is read; it is closed when the block ends."""
    with _client(options) as client, client.stream(method, url, **options) as response:  # type: ignore[misc]  # as above
        yield response


@shown_as(module_verb)
def get(url: URLTypes, **options: Unpack[CallOptions]) -> Response:
    """Send a `GET` request; options as in `request`."""
    return request("GET", url, **options)


@shown_as(module_verb)
def head(url: URLTypes, **options: Unpack[CallOptions]) -> Response:
    """Send a `HEAD` request; options as in `request`."""
    return request("HEAD", url, **options)


@shown_as(module_verb)
def options(url: URLTypes, **options: Unpack[CallOptions]) -> Response:
    """Send an `OPTIONS` request; options as in `request`."""
    return request("OPTIONS", url, **options)


@shown_as(module_verb)
def post(url: URLTypes, **options: Unpack[CallOptions]) -> Response:
    """Send a `POST` request; options as in `request`."""
    return request("POST", url, **options)


@shown_as(module_verb)
def put(url: URLTypes, **options: Unpack[CallOptions]) -> Response:
    """Send a `PUT` request; options as in `request`."""
    return request("PUT", url, **options)


@shown_as(module_verb)
def patch(url: URLTypes, **options: Unpack[CallOptions]) -> Response:
    """Send a `PATCH` request; options as in `request`."""
    return request("PATCH", url, **options)


@shown_as(module_verb)
def delete(url: URLTypes, **options: Unpack[CallOptions]) -> Response:
    """Send a `DELETE` request; options as in `request`."""
    return request("DELETE", url, **options)


@shown_as(module_verb)
def query(url: URLTypes, **options: Unpack[CallOptions]) -> Response:
    """Send a `QUERY` request; options as in `request`."""
    return request("QUERY", url, **options)
