"""Copies of a response: what one call is given may be given again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..client import ByteStream, Response

if TYPE_CHECKING:
    from ..client import Request


def copy_of(response: Response, request: Request, extensions: dict[str, Any] | None = None) -> Response:
    """Return a copy for one call, with the body as it would travel."""
    headers, stream = response.headers, response.stream
    if response.is_stream_consumed and not getattr(stream, "is_replayable", False) and _is_read(response):
        # Only what was read is left of the body, and that is decoded.
        headers = headers.copy()
        headers.pop("content-encoding", None)
        stream = ByteStream(response.content)
    return Response(
        response.status_code,
        headers=headers.raw,
        stream=stream,
        request=request,
        extensions={**(extensions or {}), **response.extensions},
    )


def _is_read(response: Response) -> bool:
    return isinstance(getattr(response, "_content", None), bytes)
