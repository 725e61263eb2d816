"""What an answer was that is no JSON: said in the parser's error, which knows only where it stumbled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..status import codes

if TYPE_CHECKING:
    from json import JSONDecodeError

    from .headers import Headers


def tell(error: JSONDecodeError, asked: str, status: int, headers: Headers, size: int) -> None:
    """Add to an error which request was answered how, and with what kind of body; never the body itself."""
    answered = f"{status} {codes.get_reason_phrase(status)}".rstrip()
    kind = headers.get("Content-Type", "").partition(";")[0].strip() or "no Content-Type"
    body = f"{size} {'byte' if size == 1 else 'bytes'} of {kind}" if size else "an empty body"
    error.args = (f"{error}; {f'{asked} answered ' if asked else ''}{answered} with {body}",)
