"""Requests as vcrpy shows them to matchers and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from ...cassettes import RecordedRequest, RecordedResponse


class VCRRequest:
    """One request: `method`, `uri`, `body`, `headers`, and the parts of its URI; the first four may be changed."""

    def __init__(self, method: str, uri: str, body: bytes | None, headers: Any) -> None:
        from ...client import Headers

        self.method = method
        self.uri = uri
        self.body = body
        self.headers: Headers = Headers(headers)

    @property
    def url(self) -> str:
        """The URI, by its other name."""
        return self.uri

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return urlsplit(self.uri).scheme

    protocol = scheme

    @property
    def host(self) -> str:
        """The host, without a port."""
        return urlsplit(self.uri).hostname or ""

    @property
    def port(self) -> int:
        """The port, that of the scheme where none is written."""
        return urlsplit(self.uri).port or {"https": 443}.get(self.scheme, 80)

    @property
    def path(self) -> str:
        """The path, without the query."""
        return urlsplit(self.uri).path

    @property
    def query(self) -> list[tuple[str, str]]:
        """The pairs of the query, sorted."""
        return sorted(parse_qsl(urlsplit(self.uri).query))

    def __repr__(self) -> str:
        return f"<Request ({self.method}) {self.uri}>"


def shown(request: RecordedRequest) -> VCRRequest:
    """Return a request of ours as vcrpy shows it."""
    return VCRRequest(request.method, request.url, request.sent_content or None, request.headers)


def taken_back(changed: VCRRequest, request: RecordedRequest) -> RecordedRequest:
    """Return ours with what was changed in the other."""
    from dataclasses import replace

    body = changed.body
    content = b"" if body is None else body.encode() if isinstance(body, str) else bytes(body)
    headers = [(name, value) for name, value in _fields(changed.headers)]
    if content == request.sent_content:
        return replace(request, method=changed.method, url=changed.uri, headers=headers)
    return replace(request, method=changed.method, url=changed.uri, headers=headers, content=content, encoding=None)


def _fields(headers: Any) -> list[tuple[str, str]]:
    if hasattr(headers, "raw"):
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw]
    return [(name, value) for name, value in headers.items()]


def response_shown(response: RecordedResponse) -> dict[str, Any]:
    """Return a response of ours as vcrpy shows it to `before_record_response`."""
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        headers.setdefault(name, []).append(value)
    return {
        "status": {"code": response.status, "message": response.reason or ""},
        "headers": headers,
        "body": {"string": response.content},
    }


def response_taken_back(changed: dict[str, Any], response: RecordedResponse) -> RecordedResponse:
    """Return ours with what was changed in the other."""
    from dataclasses import replace

    body: Any = changed["body"]["string"]
    fields: dict[str, Any] = changed["headers"]
    headers: list[tuple[str, str]] = []
    for name, said in fields.items():
        values = cast("list[str]", said if isinstance(said, (list, tuple)) else [said])
        headers.extend((name, value) for value in values)
    return replace(
        response,
        status=changed["status"]["code"],
        headers=headers,
        content=body.encode() if isinstance(body, str) else body,
    )
