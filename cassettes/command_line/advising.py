"""What a miss says to those who run a server: options of the command line, and nothing that is said in code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from .terminal import shell_word

if TYPE_CHECKING:
    from ..errors import CassetteError

_MODE_TOLD = re.compile(r" \(mode \w+\)|, mode \w+")
_MODE = re.compile(r"mode='(\w+)'")
_REPEATS = re.compile(r"`repeats='(\w+)'` in code")
_OR_REPEATS = re.compile(f" or {_REPEATS.pattern}")
_IN_CODE = re.compile(r",? or [\w= ]+ in code")


def advise_server(error: CassetteError, file: str, origin: str | None) -> None:
    """Let an error that `understudy serve` answers with say what helps there: it records nothing itself."""
    proxy = f"understudy proxy --record {shell_word(file)} --target {origin or 'URL'}"
    _advise(error, lambda mode: f"`{proxy}{'' if mode == 'new_episodes' else f' --mode {mode}'}`")
    if error.mend is not None:
        error.mend = _REPEATS.sub(r"`--repeats \1`", error.mend)
        error.mend = _IN_CODE.sub("", error.mend)


def advise_proxy(error: CassetteError) -> None:
    """Let an error that `understudy proxy` answers with say what helps there."""
    _advise(error, lambda mode: f"`--mode {mode}`")
    if error.mend is not None:
        error.mend = _IN_CODE.sub("", _OR_REPEATS.sub("", error.mend))


def _advise(error: CassetteError, recording: Callable[[str], str]) -> None:
    error.problem = _MODE_TOLD.sub("", error.problem)
    if error.mend is not None:
        error.mend = _MODE.sub(lambda found: recording(found.group(1)), error.mend)
        error.mend = error.mend.replace(
            "understudy.cassettes.convert(source, target)", "`understudy cassette convert SOURCE TARGET`"
        )
