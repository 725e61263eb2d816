"""One request and what came of it, as the recorder saw them and as a document says them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

from ..client import codes
from .bodies.kinds import (
    KINDS,
    Reader,
    Writer,
    fields_from_document,
    fields_to_document,
    media_type,
    times_from_document,
)
from .data.codings import CODINGS, done, undone
from .data.numbers import Number
from .data.plain import is_mapping
from .files.blobs import Blobs, Spool
from .yaml.writer import Flow, write

if TYPE_CHECKING:
    from .bodies.event_streams import Times
    from .secrets.redaction import Fields

_DROPPED = frozenset({"host", "connection", "accept-encoding", "content-length", "transfer-encoding"})
_OWN_AGENT = ("python-understudy/", "understudy/")


def _no_fields() -> Fields:
    return []


def _no_times() -> Times:
    return []


@dataclass
class RecordedRequest:
    """A request as it was sent.

    A body that does not fit into memory is in `file`, and `content` is empty; `digest` is its SHA-256.
    `content` is decoded; `encoding` is the content coding it had on the wire, such as `gzip`.
    """

    method: str
    url: str
    headers: Fields = field(default_factory=_no_fields)
    content: bytes = b""
    file: Spool | str | None = None
    digest: str | None = None
    encoding: str | None = None

    def header(self, name: str) -> str:
        """Return the value of the first field of this name, else nothing."""
        return _first(self.headers, name)

    @property
    def sent_content(self) -> bytes:
        """The body as it goes over the wire: encoded again."""
        encoded = None if self.encoding is None else done(self.content, self.encoding)
        return self.content if encoded is None else encoded


@dataclass
class RecordedError:
    """What was raised instead of a response, or in the middle of its body."""

    type: str
    message: str = ""


@dataclass
class RecordedResponse:
    """A response as it was received.

    Where `encoding` names a content coding, `content` is without it.
    `times` says in which pieces the body came: where each ended, and when.
    `longest_wait` is the longest silence of the server, where that is less than the whole time.
    A body that does not fit into memory is in `file`, and `content` is empty.
    """

    status: int
    headers: Fields = field(default_factory=_no_fields)
    content: bytes = b""
    reason: str | None = None
    version: str = "1.1"
    encoding: str | None = None
    is_cut: bool = False
    times: Times = field(default_factory=_no_times)
    longest_wait: float | None = None
    file: Spool | str | None = None
    digest: str | None = None
    trailers: Fields = field(default_factory=_no_fields)

    def header(self, name: str) -> str:
        """Return the value of the first field of this name, else nothing."""
        return _first(self.headers, name)


@dataclass
class Interaction:
    """One request, and the response or the error that followed, or both where the body broke off."""

    request: RecordedRequest
    response: RecordedResponse | None = None
    error: RecordedError | None = None
    took: float | None = None
    # Counting lines costs more than reading one document: it is done for those who ask.
    where: Callable[[], int] | None = field(default=None, repr=False, compare=False)

    @property
    def line(self) -> int | None:
        """The line of the file on which the interaction begins; `None` for one that is in no file yet."""
        return None if self.where is None else self.where()

    @property
    def summary(self) -> str:
        """The line that heads the document: `POST /v1/orders -> 201`."""
        path = self.request.url.partition("://")[2].partition("?")[0].partition("/")[2]
        outcome = self.error.type if self.error is not None else ""
        if self.response is not None:
            outcome = f"{self.response.status}{f', then {outcome}' if outcome else ''}"
        return f"{self.request.method} /{path[:100]} -> {outcome}"


def _first(fields: Fields, name: str) -> str:
    name = name.lower()
    for other, value in fields:
        if other.lower() == name:
            return value
    return ""


# What the recorder writes.


def to_text(document: dict[str, Any], summary: str) -> str:
    """Return a document with its marks and the comment line that heads it."""
    return f"--- # {summary}\n{write(document)}...\n"


def describe(interaction: Interaction, writer: Writer) -> tuple[dict[str, Any], str]:
    """Return an interaction as plain data without secrets, and its summary."""
    redactor = writer.redactor
    # Fields first: they teach the redactor what to look for everywhere else.
    request = interaction.request
    headers = _request_headers(request.headers, writer)
    said: dict[str, Any] = {"method": request.method, "url": redactor.url(request.url)}
    if headers:
        said["headers"] = headers
    if isinstance(request.file, Spool):
        said.update(writer.blobs.keep_spool(request.file, media_type(request.header("content-type"))))
    elif request.content:
        said.update(writer.said(request.content, request.header("content-type"), []))
    if request.encoding is not None:
        said["wire"] = Flow(encoding=request.encoding)
    document: dict[str, Any] = {"request": said}
    if interaction.response is not None:
        document["response"] = _describe_response(interaction.response, interaction.took, writer)
    if interaction.error is not None:
        error: dict[str, Any] = {"type": interaction.error.type}
        if interaction.error.message:
            error["message"] = redactor.text(interaction.error.message)
        if interaction.response is None and interaction.took:
            error["took"] = interaction.took
        document["error"] = error
    return document, redactor.url(interaction.summary)


def _request_headers(fields: Fields, writer: Writer) -> dict[str, Any] | list[Any]:
    """Return what is said of the fields of a request; requests share theirs, as long as these are the client's."""
    redactor, known = writer.redactor, writer.last_headers
    learned = redactor.learned
    if known is None or known[0] is not fields or known[1] != learned:  # what is learned meanwhile counts as well
        known = writer.last_headers = fields, learned, fields_to_document(redactor.fields(caller_fields(fields)))
    return known[2]


def caller_fields(headers: Fields) -> Fields:
    """Return the fields that the caller set: what every client adds by itself says nothing."""
    return [
        (name, value)
        for name, value in headers
        if (lowered := name.lower()) not in _DROPPED
        and not (lowered == "user-agent" and value.startswith(_OWN_AGENT))
        and not (lowered == "accept" and value == "*/*")
    ]


def _describe_response(response: RecordedResponse, took: float | None, writer: Writer) -> dict[str, Any]:
    said: dict[str, Any] = {"status": response.status}
    if response.reason is not None and response.reason != codes.get_reason_phrase(response.status):
        if response.reason:
            said["status"] = f"{response.status} {writer.redactor.text(response.reason)}"
        else:
            said["reason"] = ""
    if response.version != "1.1":
        said["http"] = int(response.version) if response.version.isdigit() else response.version
    if response.headers:
        said["headers"] = fields_to_document(writer.redactor.fields(response.headers))
    content_type = response.header("content-type")
    if isinstance(response.file, Spool):
        said.update(writer.blobs.keep_spool(response.file, media_type(content_type)))
    else:
        said.update(writer.said(response.content, content_type, response.times))
    if response.trailers:
        said["trailers"] = fields_to_document(writer.redactor.fields(response.trailers))
    if response.encoding is not None:
        said["wire"] = Flow(encoding=response.encoding)
    if response.is_cut:
        said["closed_early"] = True
    if took:
        said["took"] = took
    if response.longest_wait is not None:
        said["longest_wait"] = response.longest_wait
    return said


# What the reader understands.


def request_from(said: Any, reader: Reader, blobs: Blobs | None = None) -> RecordedRequest:
    """Return the request that `request:` says; `ValueError` says what is wrong with it."""
    said = _members(said, "request", REQUEST_WORDS)
    method, url = said.get("method"), said.get("url")
    if not isinstance(method, str) or not isinstance(url, str):
        raise ValueError("`request:` needs `method:` and `url:`, both text")
    headers = fields_from_document(said.get("headers"))
    if "form" in said and not _first(headers, "content-type"):  # written by hand
        headers = [*headers, ("Content-Type", "application/x-www-form-urlencoded")]
    if "file" in said and "sha256" in said and blobs is not None and blobs.is_long(said["file"]):
        return RecordedRequest(method.upper(), url, headers, b"", said["file"], str(said["sha256"]))
    content, encoding = _content(said, headers, reader), _encoding(said)
    if content and encoding is None and headers:  # recorded as it came, once
        content, encoding = undone(content, _first(headers, "content-encoding"))
    return RecordedRequest(method.upper(), url, headers, content, encoding=encoding)


def _encoding(said: dict[str, Any]) -> str | None:
    """Return the coding that `wire:` says."""
    if "wire" not in said:
        return None
    encoding: str | None = _members(said["wire"] or {}, "wire", {"encoding"}).get("encoding")
    if encoding is not None and encoding not in CODINGS:
        raise ValueError(f"`encoding:` is one of {', '.join(CODINGS)}, not {encoding!r}")
    return encoding


def interaction_from(
    document: Any,
    reader: Reader,
    blobs: Blobs,
    request: RecordedRequest | None = None,
    where: Callable[[], int] | None = None,
) -> Interaction:
    """Return the interaction that a document says; `ValueError` says what is wrong with it.

    Where the request is known already, the document may leave it out.
    """
    document = _members(document, "an interaction", _WORDS)
    if ("request" not in document and request is None) or not ("response" in document or "error" in document):
        raise ValueError("an interaction is `request:` and then `response:` or `error:`")
    took: Any = None
    response: RecordedResponse | None = None
    error: RecordedError | None = None
    if "response" in document:
        said = _members(document["response"], "response", RESPONSE_WORDS)
        took = said.get("took")
        response = _response_from(said, reader, blobs)
    if "error" in document:
        said = _members(document["error"], "error", _ERROR_WORDS)
        took = said.get("took", took)
        if not isinstance(said.get("type"), str):
            raise ValueError("`error:` needs `type:`, the name of an exception such as ReadTimeout")
        error = RecordedError(said["type"], str(said.get("message") or ""))
    took = _seconds("took", took)
    if request is None:
        request = request_from(document["request"], reader, blobs)
    return Interaction(request, response, error, took, where)


_WORDS = {"request", "response", "error"}
_ERROR_WORDS = {"type", "message", "took"}
_BODY = {*KINDS, "style", "eol", "charset", "sha256"}
REQUEST_WORDS = {"method", "url", "headers", "wire", *_BODY}
RESPONSE_WORDS = {
    "status",
    "reason",
    "http",
    "headers",
    "trailers",
    "wire",
    "closed_early",
    "took",
    "chunks",
    "longest_wait",
    *_BODY,
}


_PLAIN_ANSWER = {"status", "headers", "took", "style", *(kind for kind in KINDS if kind not in ("file", "sse"))}


def _members(said: Any, what: str, known: set[str]) -> dict[str, Any]:
    if not is_mapping(said):
        raise ValueError(f"`{what}` is a mapping, not {type(said).__name__}")
    if said.keys() <= known:
        return said
    for name in said:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean `{near[0]}:`?" if near else f"; known are {', '.join(sorted(known))}"
            raise ValueError(f"`{what}` has no member `{name}:`{hint}")
    return said


def _seconds(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, Number)) or float(value) < 0:
        raise ValueError(f"`{name}:` is a number of seconds, not {value!r}")
    return float(value)


def _response_from(said: dict[str, Any], reader: Reader, blobs: Blobs) -> RecordedResponse:
    status, reason = _status(said.get("status"))
    if said.keys() <= _PLAIN_ANSWER:  # what most responses are
        headers = fields_from_document(said.get("headers"))
        return RecordedResponse(status, headers, _content(said, headers, reader), reason)
    version = str(said.get("http", "1.1"))
    if reason is None:
        reason = said.get("reason")
        if reason is not None and not isinstance(reason, str):
            raise ValueError(f"`reason:` is the phrase behind the status, not {reason!r}")
    headers = fields_from_document(said.get("headers"))
    file: str | None = None
    if "file" in said and blobs.is_long(said["file"]):
        file = said["file"]
    return RecordedResponse(
        status=status,
        headers=headers,
        content=b"" if file else _content(said, headers, reader),
        reason=reason,
        version=version,
        encoding=_encoding(said),
        is_cut=bool(said.get("closed_early", False)),
        times=times_from_document(said) if "chunks" in said or "sse" in said else [],
        longest_wait=_seconds("longest_wait", said.get("longest_wait")),
        file=file,
        digest=said.get("sha256"),
        trailers=fields_from_document(said.get("trailers")),
    )


def _content(said: dict[str, Any], headers: Fields, reader: Reader) -> bytes:
    # Only the boundary between the parts of a form is said by the type.
    return reader.content(said, _first(headers, "content-type") if "multipart" in said else "")


def _status(said: Any) -> tuple[int, str | None]:
    """Return code and phrase of `201` or `422 Bad Picture`."""
    if said.__class__ is int and 100 <= said <= 999:
        return said, None
    code, _, reason = str(said).partition(" ")
    if isinstance(said, bool) or not (code.isascii() and code.isdigit()) or not 100 <= int(code) <= 999:
        raise ValueError(f"`status:` is a code such as 200, with its phrase where that is unusual, not {said!r}")
    return int(code), reason or None
