"""A file that says who answers which URL, read and checked.

    transports:
      https://api.example.com: {cassette: tapes/api.yaml, mode: once}
      https://users.example.com:
        routes:
          - GET /users/{id:int}: {json: {name: Ada}}
      https://shop.example.com: {app: "shop.web:app"}
      localhost: network
      "*": block

1. Keys are the patterns of `mounts=`, and the most specific one decides: a port, then the longer host, then the scheme.
   A host alone stands for any scheme, and `*` for every URL.
2. Values are `network`, `block`, the name of a cassette, or a mapping with `cassette:`, `routes:` or `app:`.
3. Names of files are relative to this file.
4. Whatever is wrong is a `CassetteError` with line, column and the nearest right word.
"""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from ..client import URLPattern
from .data.plain import is_mapping, is_sequence
from .errors import CassetteDamaged
from .settings import MODES, Options, check_use
from .yaml.positions import position
from .yaml.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOP = ("understudy", "transports", "vars")
_WORDS = ("network", "block")
_KINDS = ("cassette", "routes", "app")
_SCHEMES = ("all", "http", "https", "ws", "wss")
_TAPES = (".yaml", ".yml", ".json", ".har", ".gz")
# What a file can say; functions and clocks cannot be written down.
_SETTINGS = tuple(name for name in Options.__annotations__ if name != "clock")
_MEMBERS = {
    "cassette": ("cassette", "mode", *_SETTINGS),
    "routes": ("routes", "base_url", "vars", "unmatched"),
    "app": ("app",),
}


class Entry(NamedTuple):
    """One pattern, and who answers what it matches: `kind` is a word or a key, `said` what stands with it."""

    pattern: URLPattern
    kind: str
    said: dict[str, Any]
    line: int
    written: str


class SwapFile:
    """What such a file says; entries are sorted, most specific first."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.folder: str = os.path.dirname(os.path.abspath(path))
        self._text = text
        data = read(text, path)
        if is_mapping(data):
            self._check_names(data, _TOP, (), "the file")
        if not is_mapping(data) or "transports" not in data:
            raise self.wrong((), "this file has no `transports:`", "Say there who answers which URL.")
        if str(data.get("understudy", 1)) != "1":
            raise self.wrong(("understudy",), "`understudy:` says the version of the format, which is 1", "Write 1.")
        if not is_mapping(data["transports"]) or not data["transports"]:
            raise self.wrong(
                ("transports",),
                "`transports:` maps patterns of URLs to who answers them",
                "Write for example `https://api.example.com: {cassette: tapes/api.yaml, mode: once}`.",
            )
        self.vars: dict[str, str] = data.get("vars") or {}
        self._try(("vars",), {"vars": self.vars})
        entries = [self._entry(pattern, said) for pattern, said in data["transports"].items()]
        self._refuse_twins(entries)
        self.entries: list[Entry] = sorted(entries, key=lambda entry: entry.pattern)

    def _entry(self, written: str, said: Any) -> Entry:
        where = ("transports", written)
        pattern = self._pattern(written, where)
        line = position(self._text, *where).line
        if isinstance(said, str):
            if said in _WORDS:
                return Entry(pattern, said, {}, line, written)
            if said.endswith(_TAPES):
                return Entry(pattern, "cassette", {"cassette": said}, line, written)
            raise self.wrong(
                where,
                f"{said!r} is nobody who answers",
                _nearest(said, _WORDS) or "Write network, block, the name of a cassette, or a mapping.",
            )
        if not is_mapping(said):
            raise self.wrong(where, f"{written!r} is answered by nobody", "Write network, block, or a mapping.")
        kinds = [kind for kind in _KINDS if kind in said]
        if len(kinds) != 1:
            unknown = next((name for name in said if name not in _KINDS), "")
            near = "" if kinds else _nearest(unknown, _KINDS, "`{}:`")
            problem = f"{written!r} has {' and '.join(f'`{kind}:`' for kind in kinds) or 'nobody who answers'}"
            if near:
                problem = f"the entry of {written!r} has no member `{unknown}:`"
            mend = near or f"Say one of {', '.join(_KINDS)}."
            raise self.wrong((*where, *([] if kinds else [unknown])), problem, mend)
        kind = kinds[0]
        self._check_names(said, _MEMBERS[kind], where, f"an entry with `{kind}:`")
        getattr(self, f"_check_{kind}")(said, where)
        return Entry(pattern, kind, said, line, written)

    def _pattern(self, written: str, where: tuple[str, ...]) -> URLPattern:
        text = "all://" if written == "*" else written if "://" in written else f"all://{written}"
        scheme, _, rest = text.partition("://")
        if scheme not in _SCHEMES:
            mend = _nearest(scheme, _SCHEMES) or f"Write one of {', '.join(_SCHEMES)}."
            raise self.wrong(where, f"{scheme!r} is no scheme that a client speaks", mend)
        _, slash, path = rest.partition("/")
        if slash and not path.isdigit():
            raise self.wrong(
                where, f"{written!r} has a path", "End the pattern with its host: all paths of it go along."
            )
        try:
            return URLPattern(text)
        except ValueError as error:
            raise self.wrong(where, f"{written!r} is no pattern of URLs: {error}", "Mend it.") from error

    def _check_cassette(self, said: dict[str, Any], where: tuple[str, ...]) -> None:
        if not isinstance(said["cassette"], str) or not said["cassette"]:
            raise self.wrong((*where, "cassette"), "`cassette:` is the name of a file", "Write tapes/api.yaml, say.")
        mode = said.get("mode", "once")
        if mode not in MODES:
            mend = _nearest(str(mode), MODES) or f"Write one of {', '.join(MODES)}."
            raise self.wrong((*where, "mode"), f"`mode:` is one of {', '.join(MODES)}, not {mode!r}", mend)
        for name, value in said.items():
            if name in _SETTINGS:
                self._try((*where, name), {name: value})

    def _check_routes(self, said: dict[str, Any], where: tuple[str, ...]) -> None:
        if not is_sequence(said["routes"]):
            raise self.wrong(
                (*where, "routes"), "`routes:` is a list", "Write each route behind a dash: `- GET /users: {json: []}`."
            )
        if said.get("unmatched", "error") not in ("error", "network"):
            mend = _nearest(str(said["unmatched"]), ("error", "network")) or "Write one of them."
            raise self.wrong((*where, "unmatched"), "`unmatched:` is error or network", mend)
        for name in ("base_url", "vars"):
            self._try((*where, name), {name: said.get(name)})

    def _check_app(self, said: dict[str, Any], where: tuple[str, ...]) -> None:
        module, _, name = str(said["app"]).partition(":")
        if not all(part.isidentifier() for part in [*module.split("."), *name.removesuffix("()").split(".")]):
            raise self.wrong(
                (*where, "app"),
                f"`app:` names a module and what it holds, not {said['app']!r}",
                "Write shop.web:app, or shop.web:create_app() for a function that makes it.",
            )

    def _check_names(self, said: Iterable[str], known: tuple[str, ...], where: tuple[str, ...], what: str) -> None:
        for name in said:
            if name not in known:
                raise self.wrong(
                    (*where, name),
                    f"{what} has no member `{name}:`",
                    _nearest(name, known, "`{}:`") or f"Known are {', '.join(known)}.",
                )

    def _try(self, where: tuple[str, ...], settings: dict[str, Any]) -> None:
        try:
            check_use("once", settings)
        except (ValueError, TypeError) as error:
            raise self.wrong(where, str(error), "Mend that line.") from error

    def _refuse_twins(self, entries: list[Entry]) -> None:
        seen: dict[tuple[object, ...], Entry] = {}
        for entry in sorted(entries, key=lambda entry: entry.line):
            pattern = entry.pattern
            addresses = pattern.pattern.rpartition("/")[2]  # as in 10.0.0.0/8
            twin = seen.setdefault(
                (pattern.scheme, pattern.host, pattern.port, addresses.isdigit() and addresses), entry
            )
            if twin is not entry:
                problem = f"{entry.written!r} was said on line {twin.line} already"
                raise self.wrong(("transports", entry.written), problem, "Keep one of the two.")

    def wrong(self, where: tuple[str | int, ...], problem: str, mend: str) -> CassetteDamaged:
        """Return the error for what stands at a path of keys."""
        line, column = position(self._text, *where)
        return CassetteDamaged(problem, path=self.path, line=line, column=column, mend=mend)


def _nearest(word: str, known: Iterable[str], form: str = "{}") -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"Did you mean {form.format(near[0])}?" if near else ""
