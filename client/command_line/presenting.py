"""Requests and responses as people read them on a terminal."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ..bodies.media_type import parse_media_type
from .json_layout import laid_out
from .masks import shown_fields, shown_target
from .terminal import harmless, line

if TYPE_CHECKING:
    from rich.console import Console

    from ..messages.headers import Headers
    from ..messages.request import Request
    from ..messages.response import Response

_THEME = "ansi_dark"  # the sixteen colors that every terminal has, as its owner has chosen them
_MOST_COLORED = 1_000_000
_LEXERS = {"javascript": "javascript", "css": "css", "html": "html", "xml": "xml", "xhtml": "html", "yaml": "yaml"}


def request_head(console: Console, request: Request, version: str, *, with_secrets: bool) -> None:
    """Print the request line and the header fields as they were sent."""
    target = shown_target(request.url, with_secrets=with_secrets)
    line(console, (request.method, "bold magenta"), f" {harmless(target)} ", (version, "dim"))
    _fields(console, request.headers, with_secrets)


def response_head(console: Console, response: Response, *, with_secrets: bool) -> None:
    """Print the status line and the header fields as they came."""
    status = f"{response.status_code} {harmless(response.reason_phrase)}".rstrip()
    line(console, (response.http_version, "dim"), " ", (status, f"bold {status_color(response.status_code)}"))
    _fields(console, response.headers, with_secrets)


def status_color(status: int) -> str:
    """Return the color of a status."""
    return {2: "green", 3: "cyan", 4: "yellow", 5: "red"}.get(status // 100, "default")


def _fields(console: Console, headers: Headers, with_secrets: bool) -> None:
    for name, value in shown_fields(headers, with_secrets=with_secrets):
        line(console, (name, "cyan"), (": ", "dim"), harmless(value))
    console.print()


def body(console: Console, content: bytes, text: str, content_type: str) -> None:
    """Print a body: laid out and colored where its kind is known, named only where it is no text."""
    if not content:
        return
    media = parse_media_type(content_type)[0]
    if is_binary(content, media):
        what = f"{len(content):,} bytes of {harmless(media) or 'something binary'}"
        line(console, (f"<{what}; --download FILE keeps them, and so does a pipe>", "dim italic"))
        return
    console.print(colored(text, media), soft_wrap=True)


def is_binary(content: bytes, media: str) -> bool:
    """Whether a body is nothing that a terminal could show."""
    if media.startswith("text/") or media.endswith(("json", "xml", "javascript", "yaml", "urlencoded")):
        return b"\0" in content and content[:2] not in (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)
    try:
        return "\0" in content.decode("utf-8")
    except UnicodeDecodeError:
        return True


def colored(text: str, media: str) -> Text:
    """Return text as its media type is read best."""
    kind = media.partition("/")[2].rpartition("+")[2].removeprefix("x-") if media else ""
    if kind == "json" or text[:1] in ("{", "["):
        found = laid_out(text)
        if found is not None:
            return _highlighted(found, "json")
    lexer = _LEXERS.get(kind)
    return _highlighted(text, lexer) if lexer else Text(harmless(text).removesuffix("\n"))


def _highlighted(text: str, lexer: str) -> Text:
    text = harmless(text)
    if len(text) > _MOST_COLORED:
        return Text(text)
    from rich.syntax import Syntax

    syntax: Any = Syntax("", lexer, theme=_THEME, background_color="default")
    result: Text = syntax.highlight(text)
    result.rstrip()  # the lexer ends with a line of its own
    return result
