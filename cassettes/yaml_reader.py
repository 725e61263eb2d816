"""YAML read as plain data, from a file that nobody has to trust.

Built on parser events, without PyYAML's resolvers and constructors:

1. Only mappings with text as keys, sequences and scalars.
   Tags, anchors, aliases, merge keys and duplicate keys are errors with a line number.
2. A plain scalar is what JSON says it is: `null`, `true`, `false` or a number; everything else is text as it stands.
   `no`, `12:30`, `017` and `2026-01-01` stay text, which YAML 1.1 would turn into something else.
3. Depth and number of nodes are bounded.
"""

from __future__ import annotations

import re
from typing import Any

from .errors import CassetteDamaged
from .numbers import Number, number
from .plain import is_mapping

MAX_DEPTH = 100
MAX_NODES = 200_000

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, object] = {"": None, "null": None, "true": True, "false": False}
# int() refuses longer ones on purpose, and no number that means something is this long.
_MAX_INTEGER_DIGITS = 4_000


def parser_class() -> Any:
    """Return PyYAML's parser: libyaml's where it was built, else the one in Python."""
    import yaml

    try:
        from yaml import cyaml
    except ImportError:
        return yaml.SafeLoader
    return getattr(cyaml, "CParser")  # noqa: B009  # typeshed does not know it


def read(text: str, path: str | None, first_line: int = 1, parser: Any = None) -> Any:
    """Return the one document in `text` as plain data.

    `path` and `first_line` say where the text came from, for the message of `CassetteDamaged`.
    """
    from yaml import YAMLError

    try:
        return _Builder((parser or parser_class())(text), path, first_line).document()
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line if mark is None else first_line + mark.line
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise CassetteDamaged(
            f"not valid YAML: {problem}",
            path=path,
            line=line,
            mend="Mend the line by hand, or restore the file from version control.",
        ) from error


class _Builder:
    def __init__(self, events: Any, path: str | None, first_line: int) -> None:
        self._next = events.get_event
        self._path = path
        self._first_line = first_line
        self._nodes = 0

    def document(self) -> Any:
        self._next()  # the stream starts
        if type(self._next()).__name__ == "StreamEndEvent":
            return None
        value = self._tree()
        self._next()  # the document ends
        event = self._next()
        if type(event).__name__ != "StreamEndEvent":
            raise self._refused(event, "a second document begins here", "Start each interaction with a line `---`.")
        return value

    def _tree(self) -> Any:
        """Build one node and everything below it, without recursion: depth is the file's choice."""
        stack: list[Any] = []
        keys: list[str | None] = []
        value: Any
        top: Any
        while True:
            event = self._next()
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self._check(event)
                if keys and keys[-1] is None and is_mapping(stack[-1]):
                    keys[-1] = self._key(event, stack[-1])
                    continue
                value = self._scalar(event)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                value = stack.pop()
                keys.pop()
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self._check(event)
                if keys and keys[-1] is None and is_mapping(stack[-1]):
                    raise self._refused(
                        event, "a key that is no text", "Write the key as text, in quotes where needed."
                    )
                if len(stack) >= MAX_DEPTH:
                    raise self._refused(
                        event, f"nested deeper than {MAX_DEPTH} levels", "Store the body as `text:` instead."
                    )
                value = {} if kind == "MappingStartEvent" else []
                stack.append(value)
                keys.append(None)
                continue
            else:
                raise self._refused(event, "an alias", "Write the value out where the alias stands.")
            if not stack:
                return value
            top = stack[-1]
            if is_mapping(top):
                top[keys[-1] or ""] = value
                keys[-1] = None
            else:
                top.append(value)

    def _check(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._refused(
                event, f"more than {MAX_NODES} values in one document", "Store the body as `text:` instead."
            )
        if event.tag is not None:
            raise self._refused(event, f"a tag, {event.tag}", "Remove the tag: a cassette holds plain data only.")
        if event.anchor is not None:
            raise self._refused(
                event, f"an anchor, &{event.anchor}", "Remove the anchor: a cassette holds plain data only."
            )

    def _key(self, event: Any, mapping: dict[str, Any]) -> str:
        key: str = event.value
        if key == "<<" and event.implicit[0]:
            raise self._refused(event, "a merge key", "Write out what it would merge, or put the key in quotes.")
        if key in mapping:
            raise self._refused(event, f"the key {key!r} for the second time", "Keep one of the two.")
        return key

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in "-0123456789":
            return text
        if _INTEGER.match(text) and len(text) <= _MAX_INTEGER_DIGITS:
            return Number(text) if text == "-0" else int(text)
        return number(text) if _FLOAT.match(text) else text

    def _refused(self, event: Any, what: str, mend: str) -> CassetteDamaged:
        line = self._first_line + event.start_mark.line
        return CassetteDamaged(f"the cassette holds {what}", path=self._path, line=line, mend=mend)
