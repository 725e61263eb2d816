"""Where the cassette commands write to: colors for terminals, plain text for pipes, and nothing that a tape made up.

What a server sent never reaches a terminal as it is: control characters are shown as `\\x1b`.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from typing import TextIO

# C0 without tab and newline, DEL, C1, and the marks that turn the direction of writing around.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PLAIN_ON_WINDOWS = re.compile(r"[\w.:/\\~+-]+")
_THEME = "ansi_dark"  # the sixteen colors that every terminal has, as its owner has chosen them
_MOST_COLORED = 1_000_000


class _Screen(Console):
    """A console that lets the dispatcher say what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _console(stream: TextIO) -> Console:
    wrapper: Any = stream
    if isinstance(wrapper, TextIOWrapper):
        wrapper.reconfigure(errors="backslashreplace")  # an ASCII terminal shows what it can
    return _Screen(file=stream, highlight=False, markup=False, emoji=False)


def out() -> Console:
    """Return the console for what was asked for."""
    return _console(sys.stdout)


def err() -> Console:
    """Return the console for notes and errors."""
    return _console(sys.stderr)


def harmless(text: str) -> str:
    """Return text with its control characters made visible."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def line(console: Console, *parts: str | tuple[str, str]) -> None:
    """Print one line made of texts and (text, style) pairs, never broken by us."""
    safe = [harmless(part) if isinstance(part, str) else (harmless(part[0]), part[1]) for part in parts]
    console.print(Text.assemble(*safe), soft_wrap=True)


def yaml(console: Console, text: str, first_line: int | None) -> None:
    """Print YAML, with the numbers of its lines where they are known."""
    lines = _colored(harmless(text), "yaml").split("\n")
    width = len(str((first_line or 0) + len(lines)))
    for number, said in enumerate(lines, first_line or 0):
        lead = "" if first_line is None else f"{number:>{width}}  "
        console.print(Text.assemble((lead, "dim"), said), soft_wrap=True)


def _colored(text: str, lexer: str) -> Text:
    text = text.rstrip("\n")
    if len(text) > _MOST_COLORED:
        return Text(text)
    from rich.syntax import Syntax

    syntax: Any = Syntax("", lexer, theme=_THEME, background_color="default")
    result: Text = syntax.highlight(text)
    result.rstrip()
    return result


def shell_word(text: str) -> str:
    """Return a text as one word of a command for the shell of this system."""
    if os.name != "nt":
        return shlex.quote(text)
    # The only quotes that cmd and PowerShell have in common.
    return text if _PLAIN_ON_WINDOWS.fullmatch(text) else f'"{text}"'


def status_color(status: int) -> str:
    """Return the color of a status."""
    return {2: "green", 3: "cyan", 4: "yellow", 5: "red"}.get(status // 100, "default")


def size(count: int) -> str:
    """Return a number of bytes as people compare it."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 1000:
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{value:,.0f} GB"


def seconds(value: float | None) -> str:
    """Return a time as people compare it."""
    if value is None:
        return ""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def counted(count: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{count} {what}{'' if count == 1 else 's'}"
