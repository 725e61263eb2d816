r"""Path templates: `/users/{id:int}/files/{rest:path}`, matched segment by segment.

    {name}            one segment, as text
    {name:int}        also `float`, `uuid`, `date`, `str`: one segment of that kind, converted
    {name:path}       any number of segments, at most one of them in a template
    {name:[a-z-]+}    one segment, or a part of one, that the regular expression matches entirely
    report-{n:int}.{kind}   several in one segment
    *                 inside: anything within the segment; as the last segment: everything below

Literal text is compared after percent-decoding, so `%7e` is `~`; a `%2F` inside a segment stays inside it.
Matching is linear in the path, but for segments with several holes, and expressions of the author's own.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Callable, NamedTuple, Union
from urllib.parse import unquote
from uuid import UUID

from ..errors import RouteError

_DIGITS = r"[0-9]"
_HEX = r"[0-9a-fA-F]"


class Kind(NamedTuple):
    """A type that a template parameter can have."""

    pattern: str
    convert: Callable[[str], Any]


KINDS: dict[str, Kind] = {
    "str": Kind(r"[^/]+", str),
    "int": Kind(rf"-?{_DIGITS}+", int),
    "float": Kind(rf"-?{_DIGITS}+(?:\.{_DIGITS}+)?", float),
    "uuid": Kind(rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}", UUID),
    "date": Kind(rf"{_DIGITS}{{4}}-{_DIGITS}{{2}}-{_DIGITS}{{2}}", date.fromisoformat),
    "path": Kind(r".*", str),
}

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Hole(NamedTuple):
    """One `{name:kind}`."""

    name: str
    kind: str
    pattern: str
    convert: Callable[[str], Any]


class Piece(NamedTuple):
    """One segment that is not literal."""

    holes: tuple[Hole, ...]
    pattern: re.Pattern[str] | None
    """`None` where any text that is not empty fits."""
    is_integer: bool = False
    """Whether it is one `{name:int}` and nothing else."""


class Rest(NamedTuple):
    """Any number of segments."""

    hole: Hole | None


Segment = Union[str, Piece, Rest]


class PathTemplate:
    """A path with holes, and what a path has to put into them."""

    __slots__ = ("holes", "is_literal", "literals", "rest_at", "segments", "text")

    def __init__(self, text: str, kinds: dict[str, str] | None = None) -> None:
        """Parse a template that starts with a slash; `kinds` says the kind of holes that do not say it themselves."""
        self.text: str = text
        pieces = split_outside_braces(text[1:], "/")
        last = len(pieces) - 1
        self.segments: tuple[Segment, ...] = tuple(
            parse_segment(piece, text, kinds or {}, is_last=place == last) for place, piece in enumerate(pieces)
        )
        self._finish()

    def _finish(self) -> None:
        self.literals: int = sum(isinstance(segment, str) for segment in self.segments)
        self.is_literal: bool = self.literals == len(self.segments)
        self.holes: dict[str, str] = _holes(self.segments, self.text)
        """The kind of each hole, by its name."""
        rests = [place for place, segment in enumerate(self.segments) if isinstance(segment, Rest)]
        self.rest_at: int | None = rests[0] if rests else None

    @classmethod
    def joined(cls, base: PathTemplate, below: PathTemplate) -> PathTemplate:
        """Return the template of a path below another."""
        whole = cls.__new__(cls)
        start = base.segments[:-1] if base.segments[-1] == "" else base.segments
        whole.text = base.text.rstrip("/") + below.text
        whole.segments = (*start, *below.segments)
        whole._finish()
        return whole

    def accepts(self, segments: tuple[str, ...]) -> bool:
        """Whether the path fits; quicker than `match`, because nothing is converted that need not be."""
        if self.rest_at is not None:
            return self.match(segments) is not None
        own = self.segments
        if len(own) != len(segments):
            return False
        for want, got in zip(own, segments):
            if isinstance(want, str):
                if want != got:
                    return False
            elif isinstance(want, Piece) and want.is_integer:
                digits = got[1:] if got[:1] == "-" else got
                if not (digits.isascii() and digits.isdigit() and len(digits) < 4_000):
                    return False
            elif not fits(want, got, {}):
                return False
        return True

    def match(self, segments: tuple[str, ...]) -> dict[str, Any] | None:
        """Return the converted values of the holes, or `None` when the path does not fit."""
        own = self.segments
        rest = self.rest_at
        values: dict[str, Any] = {}
        if rest is None:
            if len(own) != len(segments):
                return None
            return values if _fit(own, segments, values) else None
        after = len(own) - rest - 1
        if len(segments) < rest + after:
            return None
        middle = segments[rest : len(segments) - after]
        if not _fit(own[:rest], segments[:rest], values) or not _fit(
            own[rest + 1 :], segments[len(segments) - after :], values
        ):
            return None
        part = own[rest]
        if isinstance(part, Rest) and part.hole is not None:
            values[part.hole.name] = "/".join(middle)
        return values

    def __repr__(self) -> str:
        return f"PathTemplate({self.text!r})"


def _fit(own: tuple[Segment, ...], segments: tuple[str, ...], values: dict[str, Any]) -> bool:
    for want, got in zip(own, segments):
        if isinstance(want, str):
            if want != got:
                return False
        elif not fits(want, got, values):
            return False
    return True


def fits(want: Segment, got: str, values: dict[str, Any]) -> bool:
    """Whether one segment fits a piece with holes; puts the converted values into `values`."""
    if not isinstance(want, Piece):
        return want == got
    if want.pattern is None:
        if not got:
            return False
        if want.holes:
            values[want.holes[0].name] = got
        return True
    found = want.pattern.fullmatch(got)
    if found is None:
        return False
    for place, hole in enumerate(want.holes):
        try:
            values[hole.name] = hole.convert(found[f"hole{place}"])
        except ValueError:  # 2026-13-45 looks like a date
            return False
    return True


def split_outside_braces(text: str, separator: str) -> list[str]:
    """Split at every `separator` that does not stand within braces."""
    parts = [""]
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def parse_segment(
    piece: str, text: str, kinds: dict[str, str], *, is_last: bool, anything: str = KINDS["str"].pattern
) -> Segment:
    """Return one segment of a template, `text`; `RouteError` says what is wrong with it.

    `anything` is what a hole takes that says no kind and has other text beside it.
    """
    if "{" not in piece and "}" not in piece and "*" not in piece:
        return unquote(piece)
    if piece == "**" or (piece == "*" and is_last):
        return Rest(None)
    parts = _tokens(piece, text)
    holes = [_hole(part[1:-1], text, kinds) for part in parts if part.startswith("{")]
    if any(hole.kind == "path" for hole in holes):
        if len(parts) > 1:
            raise RouteError(
                f"in {text!r}: {{{holes[0].name}:path}} takes whole segments, so it stands alone between slashes"
            )
        return Rest(holes[0])
    if len(parts) == 1 and (piece == "*" or holes[0].kind == "str"):
        return Piece(tuple(holes), None)
    expression = ""
    place = 0
    for part in parts:
        if part.startswith("{"):
            pattern = anything if holes[place].kind == "str" else holes[place].pattern
            expression += f"(?P<hole{place}>{pattern})"
            place += 1
        else:
            expression += ".*" if part == "*" else re.escape(unquote(part))
    is_integer = len(parts) == 1 and holes[0].kind == "int"
    return Piece(tuple(holes), re.compile(expression, re.DOTALL), is_integer)


def _tokens(piece: str, text: str) -> list[str]:
    """Split a segment into literals, `*` and `{...}`."""
    tokens: list[str] = []
    literal, depth, start = "", 0, 0
    for place, character in enumerate(piece):
        if character == "{":
            start = place if depth == 0 else start
            depth += 1
        if depth == 0:
            if character == "}":
                raise RouteError(f"in {text!r}: a '}}' without its '{{'; write %7D where the brace itself is meant")
            if character == "*":
                tokens += [literal, "*"] if literal else ["*"]
                literal = ""
            else:
                literal += character
        elif literal:
            tokens.append(literal)
            literal = ""
        if character == "}" and depth:
            depth -= 1
            if depth == 0:
                tokens.append(piece[start : place + 1])
    if depth:
        raise RouteError(f"in {text!r}: a '{{' without its '}}'; write %7B where the brace itself is meant")
    return [*tokens, literal] if literal else tokens


def _hole(inside: str, text: str, kinds: dict[str, str]) -> Hole:
    name, colon, kind = inside.partition(":")
    if not _NAME.match(name):
        raise RouteError(
            f"in {text!r}: {{{inside}}} is no template parameter; write {{name}}, {{name:kind}} or {{name:regex}}, "
            "with a name that Python could give a variable"
        )
    if not colon:
        kind = kinds.get(name, "str")
    if kind in KINDS:
        known = KINDS[kind]
        return Hole(name, kind, known.pattern, known.convert)
    if kind.isidentifier():
        from difflib import get_close_matches

        near = get_close_matches(kind, KINDS, 1)
        raise RouteError(
            f"in {text!r}: unknown kind {kind!r} in {{{inside}}}"
            + (
                f", did you mean {{{name}:{near[0]}}}?"
                if near
                else f"; known are {', '.join(KINDS)}, or a regular expression"
            )
        )
    try:
        re.compile(f"(?P<x>{kind})")
    except re.error as error:
        raise RouteError(f"in {text!r}: the expression in {{{inside}}} is not valid: {error}") from error
    return Hole(name, "regex", kind, str)


def _holes(segments: tuple[Segment, ...], text: str) -> dict[str, str]:
    if sum(isinstance(segment, Rest) for segment in segments) > 1:
        raise RouteError(f"in {text!r}: only one part of a path can take any number of segments")
    kinds: dict[str, str] = {}
    for segment in segments:
        holes = segment.holes if isinstance(segment, Piece) else [segment.hole] if isinstance(segment, Rest) else []
        for hole in holes:
            if hole is None:
                continue
            if hole.name in kinds:
                raise RouteError(f"in {text!r}: {{{hole.name}}} stands there twice; give each its own name")
            kinds[hole.name] = hole.kind
    return kinds
