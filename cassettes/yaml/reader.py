"""YAML read as plain data, from a file that nobody has to trust.

Built on parser events, without PyYAML's resolvers and constructors:

1. Only mappings with text as keys, sequences and scalars.
   Tags, anchors, aliases, merge keys and duplicate keys are errors with a line number.
2. A plain scalar is what JSON says it is: `null`, `true`, `false` or a number; everything else is text as it stands.
   `no`, `12:30`, `017` and `2026-01-01` stay text, which YAML 1.1 would turn into something else.
3. Depth and number of nodes are bounded.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from ..data.numbers import Number, number
from ..data.plain import is_mapping, is_sequence
from ..errors import CassetteDamaged, unmerged

if TYPE_CHECKING:
    from yaml import YAMLError

MAX_DEPTH = 100
# More than any document holds that was recorded: a megabyte of short events has three for each.
MAX_NODES = 400_000

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, object] = {"": None, "null": None, "true": True, "false": False}
_MERGED = re.compile(r"^(?:[<>|]{7} |={7}$)", re.MULTILINE)
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
        raise _damaged(error, text, path, first_line) from error


def read_foreign(text: str, path: str | None, parser: Any = None) -> Any:
    """Return a document of another tool as plain data: `!!binary` as bytes, other tags dropped, aliases followed."""
    from yaml import YAMLError

    try:
        return _ForeignBuilder((parser or parser_class())(text), path, 1).document()
    except YAMLError as error:
        raise _damaged(error, text, path, 1) from error


def _damaged(error: YAMLError, text: str, path: str | None, first_line: int) -> CassetteDamaged:
    merge = _MERGED.search(text)
    if merge is not None:
        return unmerged(path, first_line + text.count("\n", 0, merge.start()))
    mark = getattr(error, "problem_mark", None)
    line = first_line if mark is None else first_line + mark.line
    column = None if mark is None else mark.column + 1
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if "maximum nesting depth" in problem:
        # libyaml looks far ahead, and from some version on counts before it says what it has seen.
        return CassetteDamaged(
            f"nested deeper than {MAX_DEPTH} levels", path=path, line=line, mend="Store the body as `text:` instead."
        )
    if mark is not None and text[mark.index : mark.index + 1] == "\t":
        problem = "a tab stands where YAML takes blanks only"
    return CassetteDamaged(
        f"not valid YAML: {problem}",
        path=path,
        line=line,
        column=column,
        mend="Mend the line by hand, or restore the file from version control.",
    )


class _Builder:
    max_nodes = MAX_NODES

    def __init__(self, events: Any, path: str | None, first_line: int) -> None:
        self._next = events.get_event
        self._path = path
        self._first_line = first_line
        self._nodes: int = 0

    def document(self) -> Any:
        self._next()  # the stream starts
        if type(self._next()).__name__ == "StreamEndEvent":
            return None
        value = self._tree()
        self._next()  # the document ends
        event = self._next()
        if type(event).__name__ != "StreamEndEvent":
            raise self._refused(event, "another document here", "Start each interaction with a line `---`.")
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
        if self._nodes > self.max_nodes:
            raise self._refused(
                event, f"more than {self.max_nodes} values in one document", "Store the body as `text:` instead."
            )
        if event.tag is not None:
            raise self._refused(event, f"a tag, {event.tag}", "Remove the tag: only plain data is read.")
        if event.anchor is not None:
            raise self._refused(event, f"an anchor, &{event.anchor}", "Remove the anchor: only plain data is read.")

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
        line, column = self._first_line + event.start_mark.line, event.start_mark.column + 1
        return CassetteDamaged(f"the file holds {what}", path=self._path, line=line, column=column, mend=mend)


class _ForeignBuilder(_Builder):
    """Follows aliases, and counts what they stand for, so that few lines cannot become a billion values."""

    max_nodes = 5_000_000

    def __init__(self, events: Any, path: str | None, first_line: int) -> None:
        super().__init__(events, path, first_line)
        self._anchored: dict[str, tuple[Any, int]] = {}

    def _tree(self) -> Any:
        return self._node(self._next(), 0)

    def _node(self, event: Any, depth: int) -> Any:
        kind = type(event).__name__
        value: Any
        if kind == "AliasEvent":
            if event.anchor not in self._anchored:
                raise self._refused(event, "an alias of something that is not complete", "Write the value out.")
            value, size = self._anchored[event.anchor]
            self._count(event, size)
            return value
        before = self._nodes
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise self._refused(event, f"values nested deeper than {MAX_DEPTH} levels", "Record the tape again.")
        if kind == "ScalarEvent":
            value = self._foreign_scalar(event)
        elif kind == "SequenceStartEvent":
            value = []
            while type(inner := self._next()).__name__ != "SequenceEndEvent":
                value.append(self._node(inner, depth + 1))
        else:
            value = {}
            while type(inner := self._next()).__name__ != "MappingEndEvent":
                name = self._node(inner, depth + 1)
                value[_foreign_key(name)] = self._node(self._next(), depth + 1)
        if event.anchor is not None:
            self._anchored[event.anchor] = (value, self._nodes - before)
        return value

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self.max_nodes:
            raise self._refused(event, f"more than {self.max_nodes} values", "Split the tape.")

    def _foreign_scalar(self, event: Any) -> Any:
        if event.tag in ("tag:yaml.org,2002:binary", "!binary"):  # the latter is Ruby's
            try:
                return base64.b64decode("".join(event.value.split()))
            except ValueError as error:
                raise self._refused(event, "!!binary that is no base64", "Record it again.") from error
        return self._scalar(event) if event.tag is None else event.value


def _foreign_key(name: Any) -> str:
    """Return a key as text: some tapes have pickled strings as keys."""
    if is_mapping(name):
        name = name.get("args", [""])
    while is_sequence(name):
        name = name[0] if name else ""
    return str(name)
