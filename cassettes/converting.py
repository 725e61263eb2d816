"""Tapes from one format into another: everything that can be replayed into a cassette, and into HAR."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any

from ..client import URL, __version__, codes
from .cassette import Cassette
from .errors import CassetteError

if TYPE_CHECKING:
    from .interactions import Interaction, RecordedResponse
    from .redaction import Fields


def convert(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> int:
    """Write what a tape holds into a new file, and return how many interactions that are.

    `source` is a cassette, or a tape of vcrpy, pytest-recording, Ruby VCR, cassetter or a HAR file.
    `target` is a new cassette; or, where its name ends with `.har`, a HAR file that every browser opens.
    Secrets are redacted on the way, as if the interactions were recorded now.
    """
    path = os.fspath(target)
    if os.path.exists(path):
        raise CassetteError("there is such a file already", path=path, mend="Name a new one, or remove this one first.")
    interactions = Cassette(source, "none").interactions
    if path.endswith(".har"):
        with open(path, "x", encoding="utf-8", newline="\n") as file:
            json.dump(_har(interactions), file, indent=2, ensure_ascii=False)
            file.write("\n")
        return len(interactions)
    cassette = Cassette(path, "once")
    for interaction in interactions:
        cassette.record(interaction)
    cassette.close()
    return len(interactions)


def _har(interactions: list[Interaction]) -> dict[str, Any]:
    entries = [_entry(item, item.response) for item in interactions if item.response is not None]
    return {"log": {"version": "1.2", "creator": {"name": "understudy", "version": __version__}, "entries": entries}}


def _entry(interaction: Interaction, response: RecordedResponse) -> dict[str, Any]:
    request = interaction.request
    took = round((interaction.took or 0.0) * 1000, 3)
    version = f"HTTP/{response.version}"
    said: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": version,
        "cookies": [],
        "headers": _pairs(request.headers),
        "queryString": _pairs(list(URL(request.url).params.multi_items())),
        "headersSize": -1,
        "bodySize": len(request.content),
    }
    if request.content:
        said["postData"] = {"mimeType": request.header("content-type"), **_text(request.content)}
    content = {"size": len(response.content), "mimeType": response.header("content-type"), **_text(response.content)}
    reason = response.reason if response.reason is not None else codes.get_reason_phrase(response.status)
    return {
        "startedDateTime": "1970-01-01T00:00:00.000Z",
        "time": took,
        "request": said,
        "response": {
            "status": response.status,
            "statusText": reason,
            "httpVersion": version,
            "cookies": [],
            "headers": _pairs(response.headers),
            "content": content,
            "redirectURL": response.header("location"),
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
    }


def _pairs(fields: Fields) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields]


def _text(content: bytes) -> dict[str, str]:
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(content).decode("ascii"), "encoding": "base64"}
