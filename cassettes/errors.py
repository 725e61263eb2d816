"""The errors of cassettes, in one family.

    CassetteError                 everything that is wrong with a cassette; carries `.path`, `.line`, `.mend`
      CassetteMissing             there is no file, and the mode may not make one; also a `FileNotFoundError`
      CassetteDamaged             the file is cut, empty, or holds what no cassette may hold
        NotACassette              the file is something else
        CassetteTooNew            a later version of this library wrote it
      CassetteLocked              somebody else is writing the cassette
      CassetteNotWritten          the disk refused; the file is as it was
      RequestBlocked              a file with `transports:` blocks this URL; carries `.request`
      SecretFound                 what was to be written still holds a secret; nothing was written
      NoMatch                     no recording answers this request; carries `.request`
        AllPlayed                 ... any more: each one was played
        OutOfOrder                ... yet: the cassette is played in strict order
        NetworkDenied             ... and the cassette does not let the network be asked

They are no `HTTPError`: code under test that handles a failing network must not mistake a stale cassette for one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..client import Request


class CassetteError(Exception):
    """Something is wrong with a cassette.

    `path`, `line` and `column` say where, as far as that is known; `mend` says what to do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: str | os.PathLike[str] | None = None,
        line: int | None = None,
        column: int | None = None,
        mend: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path: str | None = None if path is None else os.fspath(path)
        self.line = line
        self.column = column
        self.mend = mend

    def __str__(self) -> str:
        place = [str(part) for part in (self.path, self.line, self.line and self.column) if part]
        where = "" if self.path is None else f"{':'.join(place)}: "
        return f"{where}{self.problem}" + (f"\n{self.mend}" if self.mend else "")

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, dict(self.__dict__)))


def _rebuild(kind: type[CassetteError], arguments: tuple[Any, ...], state: dict[str, Any]) -> CassetteError:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


class CassetteMissing(CassetteError, FileNotFoundError):
    """There is no such cassette, and the mode does not allow to record one."""

    def __str__(self) -> str:
        return CassetteError.__str__(self)


class CassetteDamaged(CassetteError):
    """The file is cut, empty, or holds what no cassette may hold."""


def unmerged(path: str | None, line: int) -> CassetteDamaged:
    """Return the error for a file that holds both versions of a merge."""
    return CassetteDamaged(
        "two versions of the file were merged, and nobody has said which one counts here",
        path=path,
        line=line,
        mend="Keep what is right of both, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>. "
        "Where both sides have only recorded more, `understudy cassette merge` puts their two versions together.",
    )


class NotACassette(CassetteDamaged):
    """The file is something else."""


class CassetteTooNew(CassetteDamaged):
    """A later version of this library wrote the cassette."""


class CassetteLocked(CassetteError):
    """Somebody else is writing the cassette: another process, or another block of this one."""


class CassetteNotWritten(CassetteError, OSError):
    """The disk refused what was to be written; the file is as it was before."""

    def __str__(self) -> str:
        return CassetteError.__str__(self)


class SecretFound(CassetteError):
    """What was to be written still holds a secret; nothing was written."""


class RequestBlocked(CassetteError):
    """A file that says who answers which URL says of this one that nobody does."""

    request: Request | None = None


class NoMatch(CassetteError):
    """No recording answers this request."""

    request: Request | None = None


class AllPlayed(NoMatch):
    """The recordings that answer this request were all played already."""


class OutOfOrder(NoMatch):
    """The cassette is played in strict order, and another request is the next."""


class NetworkDenied(NoMatch):
    """No recording answers this request, and `network:` keeps it from being sent."""


class CassetteWarning(UserWarning):
    """A cassette works, but its owner should look at it."""


class CassetteExpired(CassetteWarning):
    """The recordings are older than the cassette's author wants them to be."""
