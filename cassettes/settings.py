"""What the author of a cassette decides: the first document of the file, and what `use` is told in code."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Callable, Literal, TypedDict, Union, cast, get_args

from .bodies.chunking import check_chunks
from .data import paths
from .data.plain import is_mapping, is_sequence
from .errors import CassetteDamaged, CassetteTooNew, NotACassette
from .expiry import last_day
from .interactions import RecordedRequest
from .live_requests import Live, LiveTypes
from .reach import Reach
from .secrets.rules import NO_RULES, RedactTypes, Rules, rules_from

Mode = Literal["none", "once", "new_episodes", "all", "update"]
Repeats = Literal["never", "safe", "first", "last", "always"]
MODES: tuple[str, ...] = get_args(Mode)
Order = Literal["any", "strict"]
ORDERS: tuple[str, ...] = get_args(Order)
REPEATS: tuple[str, ...] = get_args(Repeats)
VERSION = 1
# One of the request as recorded, one as sent: whether the recording answers it.
MatchTypes = Union[str, Callable[[RecordedRequest, RecordedRequest], bool]]
FIELDS = ("method", "url", "scheme", "host", "port", "path", "query", "headers", "body")
DEFAULT = ("method", "url", "body")

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping, Sequence

    from ..client import Clock

KNOWN = (
    "cassette",
    "recorder",
    "recorded",
    "match",
    "ignore",
    "volatile",
    "redact",
    "allow_secrets",
    "order",
    "repeats",
    "network",
    "live",
    "expires",
    "vars",
    "base_url",
    "routes",
)
_LISTS = ("ignore", "volatile", "redact", "allow_secrets")
_SETTLED = ("match", *_LISTS, "order", "repeats", "network", "live", "expires", "vars", "base_url")


def _no_vars() -> dict[str, str]:
    return {}


class Options(TypedDict, total=False):
    """What `use` and its like may be told in code; it adds to what the first document says."""

    match: Sequence[MatchTypes] | None
    ignore: Sequence[str] | None
    volatile: Sequence[str] | None
    redact: Sequence[RedactTypes] | RedactTypes | None
    allow_secrets: Sequence[str] | None
    order: Order | None
    repeats: Repeats | None
    network: str | Sequence[str] | None
    live: Sequence[LiveTypes] | LiveTypes | None
    expires: str | None
    vars: Mapping[str, str] | None
    base_url: str | None
    speed: float | None
    chunks: str | None
    clock: Clock | None
    shared: bool | None


@dataclass(frozen=True)
class Settings:
    """How a cassette matches, hides and repeats.

    `speed`, `chunks`, `clock` and `shared` are about one use of it, and stand in no file.
    """

    match: tuple[MatchTypes, ...] = DEFAULT
    ignore: tuple[str, ...] = ()
    redact: tuple[RedactTypes, ...] = ()
    volatile: tuple[str, ...] = ()
    allow_secrets: frozenset[str] = frozenset()
    order: str = "any"
    repeats: str = "safe"
    network: tuple[str, ...] = ("allow",)
    live: tuple[LiveTypes, ...] = ()
    expires: str | None = None
    vars: Mapping[str, str] = field(default_factory=_no_vars)
    recorder: str | None = None
    recorded: str | None = None
    base_url: str | None = None
    routes: tuple[Any, ...] = ()
    speed: float = 0.0
    chunks: str = "recorded"
    clock: Clock | None = None
    shared: bool = False
    # Other tools drop blank parameters, and leave filtered ones out of the file.
    is_lenient: bool = False

    @property
    def rules(self) -> Rules:
        """What is to be hidden besides what sounds secret."""
        return rules_from(self.redact) if self.redact else NO_RULES

    @property
    def reach(self) -> Reach:
        """Which hosts may be asked for what is to be recorded."""
        return Reach(self.network)

    @property
    def lives(self) -> Live | None:
        """Which requests are always sent, and never recorded."""
        return Live(self.live) if self.live else None

    @property
    def last_day(self) -> datetime.date | None:
        """The last day on which the recordings count as fresh, where they have one."""
        return None if self.expires is None else last_day(self.expires, self.recorded)

    def changed(self, **given: Any) -> Settings:
        """Return these settings with what the code says: lists are added to, single values replaced."""
        changes: dict[str, Any] = {}
        for name, value in given.items():
            if value is None:
                continue
            if name == "redact":
                is_one = isinstance(value, (str, re.Pattern)) or callable(value)
                changes[name] = (*self.redact, *cast("list[Any]", [value] if is_one else value))
            elif name in _LISTS:
                changes[name] = type(getattr(self, name))((*getattr(self, name), *_texts(name, value)))
            elif name == "live":
                is_one = isinstance(value, str) or not hasattr(value, "__iter__")
                changes[name] = (value,) if is_one else tuple(value)
            elif name == "network":
                changes[name] = _texts(name, value)
            elif name == "vars":
                changes[name] = {**self.vars, **_vars(value)}
            elif name == "match":
                changes[name] = tuple([value] if isinstance(value, str) or callable(value) else value)
            else:
                changes[name] = value
        changed = replace(self, **changes)
        _check(changed)
        return changed


_OF_VCRPY = {
    "allow_playback_repeats": 'write repeats="always"',
    "before_record_request": "write redact=[function]",
    "before_record_response": "write redact=[function]",
    "filter_headers": "names that sound secret need nothing, others are said in redact=[...]",
    "filter_post_data_parameters": "names that sound secret need nothing, others are said in redact=[...]",
    "filter_query_parameters": "names that sound secret need nothing, others are said in redact=[...]",
    "ignore_hosts": "write live=[...]",
    "ignore_localhost": 'write live="localhost"',
    "match_on": 'write match=["method", "url"]',
    "record_mode": "write mode=...",
}
"""What its settings are called here."""


def check_use(mode: str, options: Mapping[str, Any]) -> None:
    """Raise `ValueError` or `TypeError`, with the nearest right word, for a mode or setting that there is not."""
    if mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}{_meant(mode, MODES)}")
    for name in options:
        if name not in Options.__annotations__:
            known = ["mode", *Options.__annotations__]
            near = difflib.get_close_matches(name, known, 1)
            mend = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise TypeError(f"a cassette has no setting {name!r}: {_OF_VCRPY.get(name, mend)}")
    Settings().changed(**options)


def _meant(word: object, words: Iterable[str]) -> str:
    """Return the end of a complaint about a word: the nearest right one, where one is near."""
    near = difflib.get_close_matches(str(word), list(words), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _texts(name: str, value: Any) -> tuple[str, ...]:
    items: list[Any] = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(value)
    if all(isinstance(item, str) for item in items):
        return tuple(items)
    raise ValueError(f"`{name}` is a list of names, not {value!r}")


def _vars(said: Any) -> dict[str, str]:
    if not is_mapping(said):
        raise ValueError(f"`vars` is a mapping of names to texts, such as {{base: 'https://api.test'}}, not {said!r}")
    for name, value in said.items():
        if not name.isidentifier() or not isinstance(value, str):
            raise ValueError(f"`vars` holds names and texts, not {name!r}: {value!r}")
    return said


def _check(settings: Settings) -> None:
    for item in settings.match:
        if isinstance(item, str):
            check_field(item)
        elif not callable(item):
            raise ValueError(f"`match` holds names of fields and callables, not {item!r}")
    for text in (*settings.ignore, *settings.volatile):
        paths.parse(text)
    if settings.order not in ORDERS:
        hint = _meant(settings.order, ORDERS)
        raise ValueError(f"`order` is one of {', '.join(ORDERS)}, not {settings.order!r}{hint}")
    if settings.repeats not in REPEATS:
        hint = _meant(settings.repeats, REPEATS)
        raise ValueError(f"`repeats` is one of {', '.join(REPEATS)}, not {settings.repeats!r}{hint}")
    if settings.base_url is not None and not isinstance(settings.base_url, str):
        raise ValueError(f"`base_url` is a URL, not {settings.base_url!r}")
    if settings.expires is not None and not isinstance(settings.expires, str):
        raise ValueError(f"`expires` is an age such as 90d or a day such as 2027-01-31, not {settings.expires!r}")
    if isinstance(settings.speed, bool) or not isinstance(settings.speed, (int, float)) or not settings.speed >= 0:
        raise ValueError(
            f"`speed` is 0 (no time passes), 1 (as recorded) or how many times faster, not {settings.speed!r}"
        )
    if not isinstance(settings.shared, bool):
        raise ValueError(f"`shared` is True where others record into the same cassette, not {settings.shared!r}")
    check_chunks(settings.chunks)
    _ = settings.rules, settings.reach, settings.lives, settings.last_day


def settings_from(document: Any, text: str, path: str) -> Settings:
    """Return the settings in the first document of a cassette; its text tells the lines for errors."""
    if is_mapping(document) and "transports" in document:
        raise NotACassette(
            "this is no cassette: it says who answers which URL",
            path=path,
            line=1,
            mend="Open it with understudy.stand_in(path), or for one client with understudy.cassettes.open(path).",
        )
    if not is_mapping(document) or "cassette" not in document:
        raise NotACassette(
            "this is no cassette: the first document has no `cassette: 1`",
            path=path,
            line=1,
            mend="Name another file; or, if this is one written by hand, let it begin with the line `cassette: 1`.",
        )
    version = document["cassette"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise NotACassette(
            f"`cassette:` says the version of the format, which is {VERSION}, not {version!r}",
            path=path,
            line=_line_of("cassette", text),
            mend=f"Write `cassette: {VERSION}`.",
        )
    if version > VERSION:
        raise CassetteTooNew(
            f"the cassette is of version {version}, and this understudy knows version {VERSION}",
            path=path,
            line=_line_of("cassette", text),
            mend="Install a newer understudy: pip install -U understudy",
        )
    for name in document:
        if name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, 1)
            mend = f"Did you mean `{near[0]}:`?" if near else f"Known settings are {', '.join(KNOWN)}."
            if name == "mode" or name in Options.__annotations__:
                mend = f"Remove it, and say it where the cassette is used: cassettes.use(path, {name}=...)."
            raise CassetteDamaged(
                f"the first document has an unknown setting `{name}:`",
                path=path,
                line=_line_of(name, text),
                mend=mend,
            )
    settings = Settings(
        recorder=str(document["recorder"] or "") if "recorder" in document else None,
        recorded=None if document.get("recorded") is None else str(document["recorded"]),
        routes=tuple(_routes(document.get("routes"), text, path)),
    )
    for name in _SETTLED:
        try:
            value = document.get(name)
            settings = settings.changed(**{name: tuple(value) if is_sequence(value) else value})
        except (ValueError, TypeError) as error:
            raise CassetteDamaged(str(error), path=path, line=_line_of(name, text), mend="Mend that line.") from error
    return settings


def _routes(said: Any, text: str, path: str) -> list[Any]:
    if said is None or is_sequence(said):
        return said or []
    raise CassetteDamaged(
        "`routes:` is a list",
        path=path,
        line=_line_of("routes", text),
        mend="Write each route behind a dash: `- GET /users: {json: []}`.",
    )


def _line_of(name: str, text: str) -> int:
    found = re.search(rf"^[\"']?{re.escape(name)}[\"']?\s*:", text, re.MULTILINE)
    return 1 if found is None else text.count("\n", 0, found.start()) + 1


def check_field(name: str) -> str:
    """Return a field that may be matched on, else raise `ValueError`."""
    if name not in FIELDS and not name.startswith("header."):
        place = name.partition(".")[0]
        if place not in paths.PLACES:
            hint = _meant(place, [*FIELDS, "header", *paths.PLACES])
            known = ", ".join([*FIELDS, "header.NAME", "json.PATH", "query.NAME"])
            raise ValueError(f"cannot match on {name!r}: known are {known}{hint}")
        paths.parse(name)
    return name
