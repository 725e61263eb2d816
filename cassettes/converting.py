"""Tapes from one format into another: everything that can be replayed into a cassette, and into HAR."""

from __future__ import annotations

import base64
import datetime
import json
import os
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..client import URL, __version__, codes
from .cassette import Cassette
from .errors import CassetteError, CassetteNotWritten, NotACassette, SecretFound
from .expiry import today
from .files.blobs import Blobs
from .files.folders import converted_name, no_tape_in, tapes_within
from .files.tape import check_name
from .settings import Settings
from .using import load
from .yaml.writer import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .interactions import Interaction, RecordedError, RecordedResponse
    from .secrets.redaction import Fields
    from .secrets.rules import RedactTypes


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    redact: Sequence[RedactTypes] | RedactTypes | None = None,
    allow_secrets: Sequence[str] | None = None,
) -> int:
    """Write what a tape holds into a new file, and return how many interactions that are.

    `source` is a cassette, a tape of vcrpy, pytest-recording, Ruby VCR, betamax, go-vcr or cassetter, or a HAR file;
    or a folder, of which every tape is converted into the folder `target`; those that cannot be are named at the end.
    `target` is a new cassette; or, where its name ends with `.har`, a HAR file that every browser opens.
    Secrets are redacted on the way, as if the interactions were recorded now;
    `redact` and `allow_secrets` add to what is known of them, and what can be said in a file stands in the new one.
    A cassette made from a tape of another tool is matched as that tool matches, by method and URL:
    remove the line `match:` in it to compare bodies as well.
    """
    name, path = os.fspath(source), os.fspath(target)
    rules = Settings().changed(redact=redact, allow_secrets=allow_secrets)
    return _convert_tree(name, path, rules) if os.path.isdir(name) else _convert(name, path, rules)


def _convert_tree(source: str, target: str, rules: Settings) -> int:
    if target.endswith(".har"):
        raise CassetteError(
            "a folder is converted into a folder of cassettes, and not into one HAR file",
            path=target,
            mend="Name a new folder; or convert its tapes one by one.",
        )
    counts: list[int] = []
    taken: set[str] = set()
    failures: list[CassetteError] = []
    for path in tapes_within(source):
        try:
            new = os.path.join(target, converted_name(os.path.relpath(path, source), taken))
            counts.append(_convert(path, new, rules))
        except NotACassette:
            continue
        except CassetteError as error:
            failures.append(error)
    if failures:
        raise failures[0] if len(failures) == 1 else _several(failures, source)
    if not counts:
        raise no_tape_in(source)
    return sum(counts)


def _several(failures: list[CassetteError], source: str) -> CassetteError:
    """Return one error for the tapes that could not be converted; the others were."""
    told = "\n".join(map(str, failures))
    return CassetteError(f"{len(failures)} tapes of this folder could not be converted:\n{told}", path=source)


def _convert(source: str, path: str, rules: Settings) -> int:
    check_name(path)
    if os.path.isdir(path):
        raise CassetteError(
            "this is a folder", path=path, mend=f"Name the new file, such as {os.path.join(path, 'tape.yaml')}"
        )
    if os.path.exists(path):
        raise CassetteError("there is such a file already", path=path, mend="Name a new one, or remove this one first.")
    tape = load(source)
    if not path.endswith(".har"):
        return _record(tape, path, rules)
    # What a browser is shown holds no more than a cassette would.
    with tempfile.TemporaryDirectory(prefix="understudy-har-") as folder:
        redacted = os.path.join(folder, os.path.basename(path) + ".yaml")
        count = _record(tape, redacted, rules)
        interactions = [_held(interaction, redacted) for interaction in Cassette(redacted, "none").interactions]
    text = json.dumps(_har(interactions, tape.settings.recorded), indent=2, ensure_ascii=False)
    _write(path, f"{text}\n".encode())
    return count


def _record(tape: Cassette, path: str, rules: Settings) -> int:
    """Record what a tape holds into a new cassette."""
    interactions = [_held(interaction, tape.path) for interaction in tape.interactions]
    _write(path, _header(tape, rules))
    try:
        # What the new file says already is not said again.
        cassette = Cassette(path, "new_episodes", redact=[rule for rule in rules.redact if not isinstance(rule, str)])
        for interaction in interactions:
            cassette.record(interaction)
        cassette.close()
    except BaseException as error:
        os.unlink(path)  # half of a tape is worse than none
        if isinstance(error, SecretFound):
            error.path = tape.path  # the new file is not there any more
        raise
    return len(interactions)


def _held(interaction: Interaction, path: str) -> Interaction:
    """Return an interaction with its bodies in it, where they are in files."""
    blobs = Blobs(path)
    request, response = interaction.request, interaction.response
    if isinstance(request.file, str):
        request = replace(request, content=blobs.read(request.file, request.digest), file=None, digest=None)
    if response is not None and isinstance(response.file, str):
        response = replace(response, content=blobs.read(response.file, response.digest), file=None, digest=None)
    return replace(interaction, request=request, response=response)


def _header(tape: Cassette, rules: Settings) -> bytes:
    """Return the first document of the new cassette."""
    recorded = tape.settings.recorded or today()
    source = "" if tape.tool is None else f"  # converted from a tape of {tape.tool}"
    match = (
        ""
        if tape.tool is None
        else "match: [method, url]  # as that tool does; without this line, bodies count as well\n"
    )
    said = {
        "redact": [rule for rule in rules.redact if isinstance(rule, str)],
        "allow_secrets": sorted(rules.allow_secrets),
    }
    lists = write({name: items for name, items in said.items() if items})
    return (
        f"cassette: 1\nrecorder: understudy {__version__}{source}\nrecorded: {recorded}\n{match}{lists}...\n"
    ).encode()


def _write(path: str, data: bytes) -> None:
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "xb") as file:
            file.write(data)
    except OSError as error:
        raise CassetteNotWritten(
            f"the file could not be written: {error.strerror or error}",
            path=path,
            mend="Name another one; or mend the disk or its permissions.",
        ) from error


# HAR 1.2


def _har(interactions: list[Interaction], recorded: str | None) -> dict[str, Any]:
    try:
        moment = datetime.datetime.fromisoformat(recorded or "").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        moment = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
    entries: list[dict[str, Any]] = []
    for interaction in interactions:
        entries.append(_entry(interaction, moment))
        # Cassettes do not say when each request was sent: one follows the other.
        moment += datetime.timedelta(seconds=interaction.took or 0.0)
    return {"log": {"version": "1.2", "creator": {"name": "understudy", "version": __version__}, "entries": entries}}


def _entry(interaction: Interaction, started: datetime.datetime) -> dict[str, Any]:
    request, response = interaction.request, interaction.response
    took = round((interaction.took or 0.0) * 1000, 3)
    first = took if response is None or not response.times else min(round(response.times[0][1] * 1000, 3), took)
    version = f"HTTP/{'1.1' if response is None else response.version}"
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
    return {
        "startedDateTime": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": took,
        "request": said,
        "response": _failure(interaction) if response is None else _response(interaction, response, version),
        "cache": {},
        "timings": {"send": 0, "wait": first, "receive": round(took - first, 3)},
    }


def _response(interaction: Interaction, response: RecordedResponse, version: str) -> dict[str, Any]:
    reason = response.reason if response.reason is not None else codes.get_reason_phrase(response.status)
    return {
        "status": response.status,
        "statusText": reason,
        "httpVersion": version,
        "cookies": [],
        "headers": _pairs(response.headers),
        "content": {
            "size": len(response.content),
            "mimeType": response.header("content-type"),
            **_text(response.content),
        },
        "redirectURL": response.header("location"),
        "headersSize": -1,
        "bodySize": -1,
        **({} if interaction.error is None else {"_error": _said(interaction.error)}),
    }


def _failure(interaction: Interaction) -> dict[str, Any]:
    """Return the response of a request that had none, as browsers say it."""
    error = interaction.error
    return {
        "status": 0,
        "statusText": "",
        "httpVersion": "",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": ""},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "_error": "" if error is None else _said(error),
    }


def _said(error: RecordedError) -> str:
    return f"{error.type}: {error.message}"


def _pairs(fields: Fields) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields]


def _text(content: bytes) -> dict[str, str]:
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(content).decode("ascii"), "encoding": "base64"}
