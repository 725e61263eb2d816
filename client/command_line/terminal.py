"""Where the command line writes to, and what may be written there.

1. Colors and layouts are for terminals; a pipe gets plain text, and bodies byte for byte.
2. What a server sent never reaches a terminal as it is: control characters could move the cursor, set the title
   or write into the keyboard buffer. They are shown as `\\x1b`.
"""

from __future__ import annotations

import re
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from typing import TextIO

# C0 without tab and line ends, DEL, C1, and the marks that turn the direction of writing around.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")


class _Screen(Console):
    """A console that lets the dispatcher say what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console_of(stream: TextIO) -> Console:
    """Return a console that adds nothing to what it is given: no emoji, no markup, no highlighting."""
    wrapper: Any = stream
    if isinstance(wrapper, TextIOWrapper):
        wrapper.reconfigure(errors="backslashreplace")  # an ASCII terminal shows what it can
    return _Screen(file=stream, highlight=False, markup=False, emoji=False)


def out() -> Console:
    """Return the console for what was asked for."""
    return console_of(sys.stdout)


def err() -> Console:
    """Return the console for everything else: notes, progress, errors."""
    return console_of(sys.stderr)


def harmless(text: str) -> str:
    """Return text with its control characters made visible."""
    return _CONTROLS.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def line(console: Console, *parts: str | Text | tuple[str, str]) -> None:
    """Print one line made of texts and (text, style) pairs, never broken by us."""
    console.print(Text.assemble(*parts), soft_wrap=True)


def is_unicode(console: Console) -> bool:
    """Whether the console can show more than ASCII."""
    return console.encoding.lower().replace("-", "").startswith("utf")
