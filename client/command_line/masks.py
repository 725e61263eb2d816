"""Header fields and URLs as they may be shown to whoever looks over a shoulder, or reads the log of a CI job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..messages.headers import SECRET_HEADERS, Headers
from ..urls.redaction import without_secrets

if TYPE_CHECKING:
    from ..urls import URL

MASK = "[secure]"


def shown_target(url: URL, *, with_secrets: bool) -> str:
    """Return the path and the query as the request line says them, the values of secret parameters masked."""
    target = url.raw_path.decode("ascii")
    return target if with_secrets else without_secrets(target)


def shown_fields(headers: Headers, *, with_secrets: bool) -> list[tuple[str, str]]:
    """Return the fields as they were written, the values of secret ones masked, and what is secret in URLs."""
    fields = [(name.decode("ascii"), value.decode("latin-1")) for name, value in headers.raw]
    if with_secrets:
        return fields
    return [(name, _masked(name.lower(), value)) for name, value in fields]


def _masked(name: str, value: str) -> str:
    if name not in SECRET_HEADERS:
        return without_secrets(value)
    if name == "set-cookie":
        pair, semicolon, attributes = value.partition(";")
        return f"{_cookie(pair)}{semicolon}{attributes}"
    if name == "cookie":
        return "; ".join(_cookie(pair.strip()) for pair in value.split(";"))
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} {MASK}" if blank and name.endswith("authorization") else MASK


def _cookie(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={MASK}" if equals else MASK
