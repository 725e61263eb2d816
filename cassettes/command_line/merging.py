"""`understudy cassette merge`: several tapes into one new cassette.

1. Interactions of cassettes are copied byte for byte, comments included; those of other tools' tapes are converted.
   What a tape before holds byte for byte is the same recording: two branches of a repository have most in common.
2. A mark of redaction has its number within one file: where two files have the same, the second one's get new ones,
   so that two secrets never become one; what both have in common says which ones are the same.
3. Lists of settings are put together; where single settings differ, somebody has to decide, and nothing is written.
4. Bodies in files are copied to where the new cassette looks for them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from ..bodies.kinds import Writer
from ..contents import contents_of
from ..errors import CassetteError
from ..files.blobs import FOLDER, Blobs
from ..files.folders import no_such_file
from ..files.tape import Tape
from ..foreign.tapes import recognize
from ..interactions import describe, to_text
from ..matching.episodes import Episode, Place
from ..secrets.redaction import MARK, Redactor
from ..secrets.scan import find
from ..writing.recorder import new_header
from ..yaml.writer import flow
from .heading import with_items
from .opening import opened, tapes_in
from .terminal import counted, line, out

if TYPE_CHECKING:
    from ..contents import Contents
    from ..settings import Settings

_LISTS = ("ignore", "volatile", "redact", "allow_secrets")
_SINGLE = ("match", "order", "repeats", "network", "expires", "base_url", "routes", "vars")
_NAMED = re.compile(rf"\b{FOLDER}/[0-9a-f]+\.[0-9a-z]+")


@click.command(short_help="Put several tapes into one new cassette.")
@click.argument("target", metavar="TARGET")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
def merge(target: str, sources: tuple[str, ...]) -> int:
    """Put the interactions of several tapes, in this order, into the new cassette TARGET.

    Where a SOURCE is a folder, every tape in it counts.
    """
    if os.path.exists(target):
        raise CassetteError(
            "there is such a file already", path=target, mend="Name a new one, or remove this one first."
        )
    merger = _Merger(target)
    paths = [path for path, _ in tapes_in(sources)]
    for path in paths:
        merger.add(path)
    merger.write()
    line(out(), (target, "cyan"), f"  {counted(merger.count, 'interaction')} of {counted(len(paths), 'tape')}")
    return 0


class _Merger:
    """The new cassette, as far as it is known."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._head: str | None = None
        self._settings: Settings | None = None
        self._first = ""
        self._documents: list[str] = []
        self._held: Counter[str] = Counter()  # how often a tape holds a document, at most
        self._copies: dict[str, str] = {}
        self._blobs = Blobs(target)
        self.count = 0

    def add(self, source: str) -> None:
        """Take in a tape; nothing is written yet."""
        raw = Tape(source).read()
        if raw is None:
            raise no_such_file(source)
        if recognize(raw, source) is not None:
            self._add_foreign(source)
        else:
            self._add_own(source, contents_of(raw, source, may_be_torn=False))

    def _add_own(self, source: str, contents: Contents) -> None:
        data, head = contents.data, contents.head
        assert head is not None
        place = Place(source)
        for number, document in enumerate(contents.episodes, 1):
            _ = Episode(data, document, number, place).interaction  # what nobody can read would damage the new one
        self._take_settings(source, head.text(data).decode("utf-8"), contents.settings)
        new, common = self._told_apart([_ended(each.ended(data).decode("utf-8")) for each in contents.episodes])
        folder = Blobs(source)
        for name in _NAMED.findall("".join(new)):
            self._copies[name] = folder.path(name)
        self._documents.append(self._renumbered("".join(new), {*MARK.findall("".join(common))}))
        self.count += len(new)

    def _told_apart(self, texts: list[str]) -> tuple[list[str], list[str]]:
        """Return the documents that no tape before holds as often, and the others."""
        new: list[str] = []
        common: list[str] = []
        here: Counter[str] = Counter()
        for text in texts:
            here[text] += 1
            (common if here[text] <= self._held[text] else new).append(text)
        self._held |= here
        return new, common

    def _add_foreign(self, source: str) -> None:
        tape = opened(source)
        redactor = Redactor()
        redactor.learn_environment()
        redactor.count_from("".join(self._documents))
        for episode in tape.episodes:
            document, summary = describe(episode.interaction, Writer(redactor, self._blobs))
            self._documents.append(to_text(document, summary))
        self.count += len(tape.episodes)

    def _take_settings(self, source: str, head: str, settings: Settings) -> None:
        if self._settings is None or self._head is None:
            self._head, self._settings, self._first = head, settings, source
            return
        for name in _SINGLE:
            mine, theirs = getattr(self._settings, name), getattr(settings, name)
            if mine != theirs:
                raise CassetteError(
                    f"`{name}:` is not the same as in {self._first}; nothing was written",
                    path=source,
                    mend=f"Say the same in both: {_written(mine)} there, {_written(theirs)} here.",
                )
        for name in _LISTS:
            items = [item for item in getattr(settings, name) if isinstance(item, str)]
            self._head = with_items(self._head, name, items, self._target)

    def _renumbered(self, text: str, same: set[tuple[str, str]]) -> str:
        """Return documents with marks that no document before them has, but for those that mean the same there."""
        highest: dict[str, int] = {}
        for kind, number in MARK.findall("".join(self._documents)):
            highest[kind] = max(highest.get(kind, 0), int(number))

        def mark(found: re.Match[str]) -> str:
            kind, number = found.groups()
            if (kind, number) in same:
                return found[0]
            return f"__REDACTED_{kind}_{int(number) + highest.get(kind, 0)}__"

        return MARK.sub(mark, text)

    def write(self) -> None:
        """Write the file, and the bodies beside it before it."""
        head = self._head or new_header().decode("utf-8").removesuffix("...\n")
        text = _ended(head) + "...\n" + "".join(self._documents)
        finding = find(text, frozenset() if self._settings is None else self._settings.allow_secrets)
        if finding is not None:
            self._blobs.forget()
            raise CassetteError(
                f"what was to be written holds a secret: {finding.detector}; nothing was written",
                path=self._target,
                mend="Run `understudy cassette check` on the tapes, and redact the one that holds it.",
            )
        contents_of(text.encode("utf-8"), self._target, may_be_torn=False)
        try:
            self._blobs.flush()
            for name, path in self._copies.items():
                copy = os.path.join(self._blobs.folder, name)
                if not os.path.exists(copy):
                    os.makedirs(os.path.dirname(copy), exist_ok=True)
                    shutil.copyfile(path, f"{copy}.{os.getpid()}.tmp")
                    os.replace(f"{copy}.{os.getpid()}.tmp", copy)
            Tape(self._target).write(lambda: text.encode("utf-8"), b"")
            if Tape(self._target).read() != text.encode("utf-8"):
                raise CassetteError(
                    "another program has made this file meanwhile; it was left alone", path=self._target
                )
        finally:
            self._blobs.release()


def _written(value: Any) -> str:
    """Return a setting as the first document says it."""
    return flow(value if value is None or isinstance(value, (str, dict)) else list(value))


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"
