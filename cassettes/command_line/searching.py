"""`understudy cassette grep`: where something stands on tapes, by the names of things and not by lines of YAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ..errors import CassetteError
from .facts import SIDES, facts
from .opening import complained, opened, tapes_in
from .terminal import harmless, line, out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..interactions import Interaction

_AROUND = 60


@click.command(short_help="Find text in URLs, header fields and bodies.")
@click.argument("pattern")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-i", "--ignore-case", is_flag=True, help="Upper and lower case are the same.")
@click.option("-F", "--fixed", is_flag=True, help="PATTERN is text, no regular expression.")
@click.option("-l", "--files-with-matches", "names_only", is_flag=True, help="Only the names of the files.")
@click.option(
    "-p",
    "--path",
    "where",
    metavar="PATH",
    help="Only there, as in response.json.items.*.id, request.headers or response.json..total.",
)
def grep(
    pattern: str, files: tuple[str, ...], ignore_case: bool, fixed: bool, names_only: bool, where: str | None
) -> int:
    """Find a regular expression in URLs, header fields and bodies.

    Exit status 1 where nothing was found.
    """
    try:
        wanted = re.compile(re.escape(pattern) if fixed else pattern, re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise click.UsageError(f"{pattern!r} is no regular expression: {error}") from error
    place = None if where is None else _place(where)
    console, found, trouble = out(), False, False
    for path, is_named in tapes_in(files):
        try:
            tape = opened(path)
            for episode in tape.episodes:
                hits = list(_hits(episode.interaction, wanted, place))
                found = found or bool(hits)
                if hits and names_only:
                    line(console, tape.path)
                    break
                for name, text, span in hits:
                    before, match, after = (harmless(text[part]) for part in _parts(text, span))
                    line(
                        console,
                        (f"{tape.path}:{episode.line}", "cyan"),
                        "  ",
                        (f"{name}: ", "dim"),
                        before,
                        (match, "bold red"),
                        after,
                    )
        except CassetteError as error:
            trouble |= complained(error, is_named=is_named)
    return 2 if trouble else 0 if found else 1


def _hits(
    interaction: Interaction, wanted: re.Pattern[str], place: re.Pattern[str] | None
) -> Iterator[tuple[str, str, tuple[int, int]]]:
    for name, value in facts(interaction):
        if place is not None and place.match(name) is None:
            continue
        # Texts of many lines are told line by line, everything else whole.
        for text in value.split("\n") if "\n" in value else [value]:
            found = wanted.search(text)
            if found is not None:
                yield name, text, found.span()


def _parts(text: str, span: tuple[int, int]) -> tuple[slice, slice, slice]:
    start, end = span
    return slice(max(0, start - _AROUND), start), slice(start, min(end, start + 200)), slice(end, end + _AROUND)


def _check(where: str, words: list[str], known: Collection[str]) -> None:
    """Refuse a place that no interaction has, as it would be found nowhere."""
    if words[0] not in (*known, "", "*"):
        from difflib import get_close_matches

        near = get_close_matches(words[0], known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise click.UsageError(f"{where!r} is no place in an interaction: {words[0]!r} is not known; {hint}")


def _place(where: str) -> re.Pattern[str]:
    """Return what the names of places match: `*` is one word, an empty word any number of them."""
    words = where.split(".")
    _check(where, words, SIDES)
    if words[0] in SIDES and len(words) > 1:
        _check(where, words[1:], SIDES[words[0]])
    pattern = ""
    for number, word in enumerate(words):
        if word == "":
            pattern += r"(?:[^.]+\.)*"
            continue
        pattern += r"[^.]+" if word == "*" else re.escape(word)
        pattern += r"\." if number < len(words) - 1 else ""
    return re.compile(pattern + r"(?:\.|\Z)")
