"""Whether the real thing still answers as it was recorded: the safe requests of a cassette, sent live and compared.

Nothing is written. What is compared is structure (`shapes`): the difference between a field that is gone,
one that is new, and one that merely has another value.
A network that fails says nothing about the server: it is told apart from what the server has changed,
and a server that nobody reaches is asked once.
"""

from __future__ import annotations

import contextlib
import json
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..client import (
    URL,
    Client,
    ConnectError,
    ConnectTimeout,
    Headers,
    HTTPError,
    HTTPStatusError,
    NetworkError,
    ProxyError,
    Request,
    TimeoutException,
)
from .bodies.kinds import media_type
from .data import paths
from .data.shapes import Difference, DriftKind, differences
from .errors import CassetteExpired
from .filling import Filling
from .matching.keys import Matcher
from .secrets.redaction import BLANK, MARK, STAND_IN, Redactor
from .using import load

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from ..client import Response
    from .cassette import Cassette
    from .filling import Filled
    from .interactions import Interaction, RecordedRequest, RecordedResponse
    from .settings import Settings

SAFE = ("GET", "HEAD", "OPTIONS")
# What a program follows or reads by; other header fields say more about the machines in between.
_HEADERS = ("content-type", "location")
_UNANSWERED = (NetworkError, TimeoutException, ProxyError)
_UNREACHED = (ConnectError, ConnectTimeout, ProxyError)


@dataclass(frozen=True)
class Drift:
    """One way in which the live answer differs from the recorded one.

    `kind` is `breaking`, `additive` or `value`; `place` says where, as in `status`, `header.location`, `json.total`.
    """

    kind: DriftKind
    place: str
    recorded: str
    live: str


@dataclass(frozen=True)
class Checked:
    """One recorded request, and how its live answer differs.

    `skipped` says why it was not sent, `unanswered` which failure of the network took the place of an answer.
    Where a secret was missing, `wanted` names it as `secrets` of `verify` does.
    """

    interaction: Interaction
    drifts: tuple[Drift, ...] = ()
    skipped: str | None = None
    wanted: str | None = None
    unanswered: str | None = None

    @property
    def name(self) -> str:
        """What was asked: `GET /users/1`."""
        return self.interaction.summary.rpartition(" -> ")[0]

    def _remark(self, mend: Callable[[str], str]) -> str:
        """Return why nothing could be compared, as the end of a line; `mend` says how a missing secret is given."""
        if self.unanswered is not None:
            return f"  no answer: {self.unanswered}"
        if self.skipped is None:
            return ""
        return f"  not sent: {self.skipped}" + (f": {mend(self.wanted)}" if self.wanted else "")


@dataclass(frozen=True)
class Verification:
    """What became of all requests of a cassette. True where nothing is breaking, and what was sent was answered."""

    path: str
    checked: tuple[Checked, ...]

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return sum(1 for checked in self.checked if checked.skipped is None)

    @property
    def unanswered(self) -> int:
        """How many of them the network left without an answer."""
        return sum(1 for checked in self.checked if checked.unanswered is not None)

    def drifts(self, kind: DriftKind | None = None) -> list[Drift]:
        """Return the differences, or those of one kind."""
        return [drift for checked in self.checked for drift in checked.drifts if kind in (None, drift.kind)]

    def __bool__(self) -> bool:
        return not self.drifts("breaking") and not self.unanswered

    @property
    def _counts(self) -> str:
        """How much was found, as a line says it."""
        said = ", ".join(f"{len(self.drifts(kind))} {kind}" for kind in _KINDS)
        skipped = len(self.checked) - self.sent
        rest = [(self.unanswered, "without an answer"), (skipped, "not sent")]
        return "; ".join([said, *(f"{number} {what}" for number, what in rest if number)])

    def as_data(self) -> dict[str, Any]:
        """Return everything as JSON could say it."""
        return {
            "path": self.path,
            "sent": self.sent,
            "unanswered": self.unanswered,
            **{kind: len(self.drifts(kind)) for kind in _KINDS},
            "requests": [
                {
                    "line": checked.interaction.line,
                    "request": checked.name,
                    "url": checked.interaction.request.url,
                    "skipped": checked.skipped,
                    "wanted": checked.wanted,
                    "unanswered": checked.unanswered,
                    "drifts": [vars(drift) for drift in checked.drifts],
                }
                for checked in self.checked
            ],
        }

    def __str__(self) -> str:
        return self.as_text(lambda wanted: f"pass secrets={{{wanted!r}: ...}}")

    def as_text(self, mend: Callable[[str], str]) -> str:
        """Return the report; `mend` says how a secret that was missing is given."""
        return "\n".join(self._lines(mend))

    def _lines(self, mend: Callable[[str], str]) -> Iterator[str]:
        noun = "request" if self.sent == 1 else "requests"
        yield f"{self.path}: {self.sent} {noun} sent, {self._counts}"
        for checked in self.checked:
            if checked.drifts or checked._remark(mend):
                yield f"  line {checked.interaction.line}  {checked.name}{checked._remark(mend)}"
            width = max((len(drift.place) for drift in checked.drifts), default=0)
            for drift in checked.drifts:
                kind = drift.kind.upper() if drift.kind == "breaking" else drift.kind
                yield f"    {kind:<9} {drift.place:<{width}}  {drift.recorded} -> {drift.live}"


_KINDS: tuple[DriftKind, ...] = ("breaking", "additive", "value")


def verify(
    path: str | os.PathLike[str],
    *,
    client: Client | None = None,
    secrets: Mapping[str, str] | None = None,
    methods: Sequence[str] = SAFE,
    volatile: Sequence[str] = (),
) -> Verification:
    """Send the safe requests of a cassette to the real server, and say how its answers differ from the recorded ones.

        result = understudy.cassettes.verify("tapes/orders.yaml")
        assert result, str(result)

    `client` sends them: give it the `auth`, the headers and the cookies that a recording does not hold.
    `secrets` says what was redacted: `{"header.authorization": os.environ["TOKEN"]}` stands behind `Bearer` wherever
    that was recorded, `query.key` is a parameter, `api.example.com header.x-api-key` goes to that host only,
    and `__REDACTED_token_1__` is everything with this mark.
    What a request cannot be sent without is a reason to skip it; so is a method that may change something,
    and a server that an earlier request has not reached.
    What the cassette ignores and calls volatile is compared by its type alone; `volatile` adds to that.
    """
    if client is not None and not isinstance(client, Client):
        raise TypeError(f"verify sends with a Client, which blocks, and not with {client!r:.60}")
    if secrets is not None and not hasattr(secrets, "items"):
        raise TypeError(f"`secrets` says what each mark stands for, as a mapping, not {type(secrets).__name__}")
    filling = Filling(secrets or {})
    names = [name.upper() for name in ([methods] if isinstance(methods, str) else methods)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CassetteExpired)  # age is no news to who compares with the real thing
        cassette = load(path)
    settings = cassette.settings.changed(volatile=volatile)
    if client is not None:
        return _verified(cassette, settings, client, filling, names)
    with Client() as own:
        return _verified(cassette, settings, own, filling, names)


def _verified(
    cassette: Cassette, settings: Settings, client: Client, filling: Filling, methods: Sequence[str]
) -> Verification:
    ignored = [path.words for path in map(paths.parse, (*settings.ignore, *settings.volatile)) if path.place == "json"]
    checked: list[Checked] = []
    redactor = Redactor(settings.rules, is_blank=True)
    for value in filling.values:
        redactor.learn(value, "secret")
    matcher = Matcher(settings, redactor)
    alike: dict[Hashable, list[Interaction]] = {}
    for interaction in cassette.interactions:
        alike.setdefault(matcher.key(interaction.request), []).append(interaction)
    unreached: dict[str, tuple[str, None]] = {}
    for interactions in alike.values():
        first = interactions[0]
        filled = filling.filled(first.request)
        home = _home(filled.url)
        reason = _reason_to_skip(first, filled, methods) or unreached.get(home)
        if reason is not None:
            checked.append(Checked(first, skipped=reason[0], wanted=reason[1]))
            continue
        answer = _sent(first.request, filled, client, reads=any(map(_has_body_to_compare, interactions)))
        if isinstance(answer, _UNANSWERED):
            checked.append(Checked(first, unanswered=_told(answer, redactor)))
            if isinstance(answer, _UNREACHED):
                unreached[home] = f"{home} could not be reached, see line {first.line}", None
            continue
        wanted = _credentials_wanted(answer, first, filled)
        if wanted is not None:
            refused = "the server wants credentials, which no recording holds"
            checked.append(Checked(first, skipped=refused, wanted=wanted))
            continue
        # What was polled was recorded in several states: the live one need not be more than one of them.
        found = [Checked(one, tuple(_drifts(one, answer, redactor, ignored))) for one in interactions]
        checked.append(min(found, key=_badness))
    return Verification(cassette.path, tuple(checked))


def _badness(checked: Checked) -> tuple[int, ...]:
    kinds = [drift.kind for drift in checked.drifts]
    return tuple(kinds.count(kind) for kind in _KINDS)


def _reason_to_skip(interaction: Interaction, filled: Filled, methods: Sequence[str]) -> tuple[str, str | None] | None:
    """Return why a request is not sent, and which secret it wants."""
    request = interaction.request
    if request.method not in methods:
        why = "is not among `methods`" if request.method in SAFE else "may change something"
        return f"{request.method} {why}", None
    if interaction.response is None or interaction.error is not None:
        return f"recorded was {interaction.error.type if interaction.error else 'nothing'}, which proves nothing", None
    if filled.missing_in_url:
        return "its URL holds a secret", filled.missing_in_url[0]
    if filled.missing_in_content:
        return "its body holds a secret", filled.missing_in_content[0]
    if request.file is not None:
        return "its body is too long for memory", None
    return None


def _home(url: str) -> str:
    """Return whom a URL asks."""
    parts = URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}"


def _credentials_wanted(answer: Response | HTTPError, recorded: Interaction, filled: Filled) -> str | None:
    """Return which credentials were missing where a request was refused that was once let in."""
    if isinstance(answer, HTTPError) or answer.status_code not in (401, 403) or recorded.response is None:
        return None
    if recorded.response.status == answer.status_code:
        return None
    # What the client has sent of its own was refused, and is not missing.
    missing = [name for name in filled.missing_in_fields if name.rpartition(".")[2] not in answer.request.headers]
    return min(missing, key=lambda name: name.endswith(" header.cookie"), default=None)


def _sent(request: RecordedRequest, filled: Filled, client: Client, *, reads: bool) -> Response | HTTPError:
    """Return what the server answers now; the error, where it does not."""
    headers = Headers(client.headers)
    headers.update(Headers([(name, value) for name, value in filled.fields if MARK.search(value) is None]))
    try:
        content = replace(request, content=filled.content).sent_content
        sending = Request(request.method, filled.url, headers=headers, cookies=client.cookies, content=content or None)
        response = client.send(sending, follow_redirects=False, stream=True)
        with contextlib.closing(response):
            if reads:
                response.read()
        return response
    except HTTPStatusError as error:  # the client raises for a status: it is compared like every other
        return error.response
    except HTTPError as error:
        return error


def _has_body_to_compare(interaction: Interaction) -> bool:
    """Return whether a body was recorded whole: what the program has not waited for may have no end."""
    recorded = interaction.response
    return (
        recorded is not None and not recorded.is_cut and recorded.file is None and interaction.request.method != "HEAD"
    )


def _drifts(
    interaction: Interaction, live: Response | HTTPError, redactor: Redactor, ignored: list[tuple[str, ...]]
) -> Iterator[Drift]:
    recorded = interaction.response
    assert recorded is not None
    if isinstance(live, HTTPError):
        yield Drift("breaking", "answer", str(recorded.status), _told(live, redactor))
        return
    if live.status_code != recorded.status:
        yield Drift("breaking", "status", str(recorded.status), str(live.status_code))
        return
    for name in _HEADERS:
        old, new = recorded.header(name), live.headers.get(name, "")
        if name == "content-type":
            old, new = media_type(old), media_type(new)
        if bool(old) != bool(new) or (name == "content-type" and old != new):
            yield Drift("breaking", f"header.{name}", old or "nothing", redactor.text(new) or "nothing")
    if _has_body_to_compare(interaction):
        yield from _body_drifts(recorded, live, redactor, ignored)


def _told(error: HTTPError, redactor: Redactor) -> str:
    return redactor.text(f"{type(error).__name__}: {error}")


def _body_drifts(
    recorded: RecordedResponse, live: Response, redactor: Redactor, ignored: list[tuple[str, ...]]
) -> Iterator[Drift]:
    old, new = _json(recorded.content), _json(live.content)
    if old is not None and new is not None:
        # Secrets differ each time, and are not shown: the live side is compared as it would be written.
        for found in differences(_without_marks(old[0]), _without_marks(redactor.data(new[0])), ignored):
            yield _drift(found)
    elif old is not None:
        yield Drift("breaking", "body", "JSON", "no JSON")
    elif recorded.content != live.content:
        yield Drift("value", "body", f"{len(recorded.content)} bytes", f"{len(live.content)} other bytes")


def _drift(found: Difference) -> Drift:
    return Drift(found.kind, found.place, found.old, found.new)


def _without_marks(data: Any) -> Any:
    return json.loads(STAND_IN.sub(BLANK, json.dumps(data)))


def _json(content: bytes) -> tuple[Any] | None:
    try:
        return (json.loads(content),)
    except (ValueError, RecursionError):
        return None
