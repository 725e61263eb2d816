"""The same request once more, with other credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..messages.request import Request

if TYPE_CHECKING:
    from ..messages.response import Response


def with_authorization(request: Request, authorization: str, answer: Response) -> Request:
    """Return a copy of the request that carries other credentials and the cookies that `answer` has set.

    A copy, because whoever kept the first request, as `response.history` and mock calls do, sees it as it was sent.
    """
    again = Request(
        request.method, request.url, headers=request.headers, stream=request.stream, extensions=request.extensions
    )
    authorize(again, authorization)
    if "Set-Cookie" in answer.headers and "Cookie" not in again.headers:
        answer.cookies.set_cookie_header(again)
    return again


def authorize(request: Request, authorization: str) -> None:
    """Set the Authorization field, whose value is text as it was received, one character for each byte."""
    value: str | bytes = authorization if authorization.isascii() else authorization.encode("latin-1")
    request.headers["Authorization"] = value  # type: ignore[assignment]  # bytes are what is not ASCII


def leads_elsewhere(request: Request, answer: Response) -> bool:
    """Whether redirects have carried the request to another origin, whose questions are not ours to answer."""
    return answer._request is not None and answer._request.url.origin != request.url.origin
