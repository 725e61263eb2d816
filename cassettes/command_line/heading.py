"""The first document of a cassette, changed as its author would: one line, and every comment stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from ..data.plain import is_sequence
from ..errors import CassetteDamaged
from ..settings import settings_from
from ..yaml.reader import read
from ..yaml.writer import write

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTHING = re.compile(r"[ \t]*(?:#.*)?\n?\Z")


def with_items(head: str, name: str, items: Sequence[str], path: str) -> str:
    """Return the first document with items added to one of its lists; those that are there are not repeated."""
    document = read(head, path)
    said: Any = document.get(name)
    known = [str(item) for item in said] if is_sequence(said) else [] if said is None else [str(said)]
    new = [item for item in dict.fromkeys(items) if item not in known]
    if not new:
        return head
    changed = _added(head, name, new, known, said)
    return _verified(changed, head, name, [*known, *new], path)


def with_value(head: str, name: str, value: str | list[str], path: str) -> str:
    """Return the first document with a setting changed, or added: a word, or a whole list."""
    document = read(head, path)
    if document.get(name) == value:
        return head
    text = _scalar(value) if isinstance(value, str) else f"[{', '.join(map(_scalar, value))}]"
    if name not in document:
        changed = _inserted(head, f"{name}: {text}\n")
    else:
        start, end = _span(head, name)
        before = head[:start].rstrip() + " " if is_sequence(document[name]) else head[:start]
        changed = f"{before}{text}{head[end:]}"
    return _verified(changed, head, name, value, path)


def _added(head: str, name: str, new: list[str], known: list[str], said: Any) -> str:
    if said is None or not is_sequence(said):
        text = f"[{', '.join(map(_scalar, [*known, *new]))}]"
        if f"\n{name}:" in f"\n{head}":
            start, end = _span(head, name)
            return f"{head[:start]}{'' if head[start - 1 : start] in (' ', '') else ' '}{text}{head[end:]}"
        return _inserted(head, f"{name}: {text}\n")
    start, end = _span(head, name)
    if head[start] == "[":
        inner = head[start + 1 : end - 1].rstrip()
        comma = "" if not inner or inner.endswith(",") else ","
        blank = " " if inner else ""
        at = start + 1 + len(inner)
        return f"{head[:at]}{comma}{blank}{', '.join(map(_scalar, new))}{head[at:]}"
    # A block: each item on a line of its own, after the last one, indented as the first one is.
    indent = head[head.rfind("\n", 0, start) + 1 : start]
    at = start + len(head[start:end].rstrip())
    line_end = head.find("\n", at)
    line_end = len(head) if line_end < 0 else line_end
    lines = "".join(f"\n{indent}- {_scalar(item)}" for item in new)
    return f"{head[:line_end]}{lines}{head[line_end:]}"


def _span(head: str, name: str) -> tuple[int, int]:
    """Return where the value of a setting stands."""
    import yaml

    node: Any = yaml.compose(head, Loader=yaml.SafeLoader)
    for key, value in node.value:
        if key.value == name:
            start, end = value.start_mark.index, value.end_mark.index
            if start == end:  # nothing stands there
                return key.end_mark.index + 1, key.end_mark.index + 1
            if isinstance(value, yaml.SequenceNode) and not value.flow_style:
                end = value.value[-1].end_mark.index  # a block itself ends where the next thing begins
            return start, end
    raise AssertionError(name)


def _inserted(head: str, line: str) -> str:
    """Return the document with a line behind the last one that says something."""
    lines = head.splitlines(keepends=True)
    last = max(number for number, said in enumerate(lines) if _NOTHING.match(said) is None)
    if not lines[last].endswith("\n"):
        lines[last] += "\n"
    return "".join([*lines[: last + 1], line, *lines[last + 1 :]])


def _scalar(value: str) -> str:
    """Return a text as it is written inside a list on one line."""
    return write({"x": [value]}).partition("[")[2].rpartition("]")[0]


def _verified(changed: str, head: str, name: str, expected: Any, path: str) -> str:
    """Return the changed document, once it is certain that it says what it should, and nothing else has changed."""
    before, after = dict(read(head, path)), dict(read(changed, path))
    said = after.pop(name, None)
    before.pop(name, None)
    if before != after or (list(said) if is_sequence(said) else said) != expected:
        raise CassetteDamaged(
            f"`{name}:` is written in a way that this command cannot change safely; nothing was written",
            path=path,
            line=1,
            mend=f"Write it by hand: {write({name: expected}).strip()}",
        )
    settings_from(before, head, path)
    try:
        settings_from(after | {name: said}, changed, path)
    except CassetteDamaged as error:
        raise click.UsageError(f"{error.problem}; nothing was written") from error
    return changed
