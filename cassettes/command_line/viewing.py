"""`understudy cassette view`: a tape as one page of HTML, to look at, to search in, and to send to somebody.

1. The page needs nothing but itself: no network, no other file. A policy inside it forbids the rest.
2. What was recorded is data in it, shown as text: nothing of a tape is ever markup or script.
3. Secrets are hidden as they would be in a cassette, also those of a tape of another tool.
4. A body that is too large for a page is named, and not shown.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import webbrowser
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from ..bodies.kinds import media_type
from ..data import json_text, paths
from ..data.charsets import encoded, text_of
from ..secrets.redaction import Redactor
from .comparing import Pair, _Judge, _pairs
from .opening import Opened, opened
from .showing import as_curl
from .terminal import counted, harmless, line, out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..interactions import RecordedRequest, RecordedResponse
    from ..matching.episodes import Episode

_MOST_OF_A_BODY = 512 * 1024
_MOST_OF_ALL = 64 * 1024 * 1024


@click.command(short_help="Look at a tape, or at two of them, in a browser.")
@click.argument("file", metavar="FILE[:LINE]")
@click.argument("other", metavar="[NEW]", required=False)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="PAGE", help="Where to write; - is standard output."
)
@click.option(
    "--open/--no-open", "opens", default=None, help="Open it in the browser; by default, unless PAGE is given."
)
def view(file: str, other: str | None, output: str | None, opens: bool | None) -> int:
    """Write a tape as one page of HTML that needs nothing but itself, and open it.

    With a second tape the page shows what differs.
    """
    tape = opened(file if other is None else other)
    page = page_of(tape) if other is None else page_of(tape, opened(file))
    if output == "-":
        click.echo(page, nl=False)
        return 0
    target = Path(output) if output is not None else _default(other or file)
    # Not `write_text`: on Python 3.9 it cannot leave line ends alone.
    target.write_bytes(page.encode("utf-8"))
    line(out(), "wrote ", (str(target), "cyan"))
    if opens if opens is not None else output is None:
        at = f"#line-{tape.episodes[0].line}" if len(tape.episodes) == 1 else ""
        webbrowser.open(f"{target.resolve().as_uri()}{at}")
    return 0


def _default(file: str) -> Path:
    """Return a place in the folder for temporary files: beside the tape nobody wants a page by accident."""
    from tempfile import mkdtemp

    return Path(mkdtemp(prefix="understudy-")) / f"{Path(file.rpartition(':')[0] or file).stem}.html"


def page_of(tape: Opened, before: Opened | None = None) -> str:
    """Return the page of a tape; with another one, of what differs from that."""
    # Not a path beside this file, which there is none of inside a zip.
    here = files(__package__ or "")
    script = (here / "page.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    # Inside a script element nothing may look like its end, nor like a comment.
    data = json.dumps(_data(tape, before), ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    page = (here / "page.html").read_text("utf-8")
    parts = {"TITLE": html.escape(os.path.basename(tape.path)), "SCRIPT_HASH": f"'sha256-{digest}'"}
    for name, text in {**parts, "SCRIPT": script, "DATA": data.replace("\u2029", "\\u2029")}.items():
        page = page.replace(f"%%{name}%%", text, 1)
    return page


def _data(tape: Opened, before: Opened | None) -> dict[str, Any]:
    room = _Room(_MOST_OF_ALL)
    shower = _Shower(Redactor(tape.cassette.settings.rules), room)
    if before is None:
        interactions = [shower.interaction(episode) for episode in tape.episodes]
        changed = ""
    else:
        interactions = list(_compared(tape, before, shower))
        counts = [
            f"{count} {kind}"
            for kind in ("changed", "added", "removed")
            if (count := sum(1 for one in interactions if one["change"] is not None and one["change"]["kind"] == kind))
        ]
        changed = f"; {', '.join(counts) or 'no differences'}"
    took = sum(one["took"] or 0 for one in interactions)
    hosts = len({one["origin"] for one in interactions})
    summary = f"{counted(len(interactions), 'interaction')} with {counted(hosts, 'host')}{changed}"
    return {
        "path": tape.path,
        "other": None if before is None else before.path,
        "summary": summary + (f"; {took:.3g} s of waiting recorded" if took else ""),
        "interactions": interactions,
    }


def _compared(tape: Opened, before: Opened, shower: _Shower) -> Iterator[dict[str, Any]]:
    volatile = (*before.cassette.settings.volatile, *tape.cassette.settings.volatile)
    judge = _Judge(tuple(map(paths.parse, volatile)), everything=False)
    for pair in _pairs(before, tape):
        shown = pair.new or pair.old
        if shown is not None:
            yield {**shower.interaction(shown), "change": _change(judge, pair)}


def _change(judge: _Judge, pair: Pair) -> dict[str, Any] | None:
    if pair.old is None or pair.new is None:
        return {"kind": "added" if pair.old is None else "removed", "places": []}
    places = [{"name": each.name, "old": each.old, "new": each.new} for each in judge.changes(pair)]
    return {"kind": "changed", "places": places} if places else None


class _Room:
    """How much of all bodies a page still takes."""

    def __init__(self, size: int) -> None:
        self._left = size

    def takes(self, size: int) -> bool:
        """Take this much, if there is room."""
        if size > min(self._left, _MOST_OF_A_BODY):
            return False
        self._left -= size
        return True


class _Shower:
    """Turns interactions into what the page shows, without their secrets."""

    def __init__(self, redactor: Redactor, room: _Room) -> None:
        self._redactor = redactor
        self._room = room

    def interaction(self, episode: Episode) -> dict[str, Any]:
        """Return one interaction as data."""
        found = episode.interaction
        url = self._redactor.url(found.request.url)
        parts = urlsplit(url)
        response, error = found.response, found.error
        fields, content = self._redactor.fields(found.request.headers), self._without_secrets(found.request)
        shown = replace(found.request, url=url, headers=fields, content=content)
        return {
            "line": episode.line,
            "method": found.request.method,
            "url": url,
            "origin": f"{parts.scheme}://{parts.netloc}",
            "path": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            "took": found.took,
            "request": self._message(found.request),
            "response": None if response is None else self._response(response),
            "error": None if error is None else {"type": error.type, "message": self._redactor.text(error.message)},
            "curl": self._redactor.known(harmless(as_curl(episode, shown))),
            "change": None,
        }

    def _response(self, response: RecordedResponse) -> dict[str, Any]:
        return {
            **self._message(response),
            "status": response.status,
            "reason": response.reason,
            "times": [[end, at] for end, at in response.times],
        }

    def _message(self, message: RecordedRequest | RecordedResponse) -> dict[str, Any]:
        fields = [[name, value] for name, value in self._redactor.fields(message.headers)]
        return {"headers": fields, "body": self._body(message)}

    def _body(self, message: RecordedRequest | RecordedResponse) -> dict[str, Any]:
        content = message.content
        media = media_type(message.header("content-type"))
        said: dict[str, Any] = {"size": len(content), "media": media}
        if isinstance(message.file, str):
            return {**said, "size": 1, "omitted": f"in the file {message.file}, beside the cassette"}
        if not content:
            return said
        if not self._room.takes(len(content)):
            return {**said, "omitted": f"{len(content):,} bytes: too large for this page"}
        content = self._without_secrets(message)
        found = text_of(content, message.header("content-type"))
        if found is None:
            return {**said, "base64": base64.b64encode(content).decode("ascii")}
        return {**said, "text": found.text}

    def _without_secrets(self, message: RecordedRequest | RecordedResponse) -> bytes:
        content, content_type = message.content, message.header("content-type")
        media = media_type(content_type)
        if media == "multipart/form-data":
            content = self._redactor.parts(content)
        parsed = json_text.parse(content)
        if parsed is not None:
            return json_text.render(self._redactor.data(parsed[0]), parsed[1])
        found = text_of(content, content_type)
        return (
            self._redactor.unread(content, media)
            if found is None
            else encoded(self._redactor.body(found.text, media), found.charset)
        )
