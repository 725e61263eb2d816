"""The writing half of a cassette: interactions in, documents out, nothing lost and nothing half-written.

What goes wrong while recording is kept until `close`: a response is on its way to the caller, and arrives.

A server that was down at the first run must not be down for ever.
Where nothing is recorded yet, a request that reached nobody waits for another one that did,
or for the end of a block that succeeded, as one does that is about such errors.

A secret may be written before anybody knows that it is one: `close` takes it out.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from ...client import __version__
from ..bodies.json_blocks import Block, with_blocks
from ..bodies.kinds import Writer
from ..contents import NOTHING, contents_of, whole_size
from ..data import paths
from ..errors import CassetteError, CassetteWarning, SecretFound
from ..expiry import renewed, today
from ..files.tape import SideTape, Tape, not_written
from ..interactions import Interaction, describe, to_text
from ..matching.episodes import Episode, Place
from ..secrets.redaction import Redactor
from ..secrets.scan import find
from ..yaml import fast_reader
from ..yaml.documents import normalized, scan
from ..yaml.reader import read
from .late_secrets import hide_late, without_late
from .plain_documents import plain_text
from .remarking import Remarking
from .scrubbing import scrubbed
from .settling import Piece, pairs, settle
from .sticky import Comparison

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..contents import Contents
    from ..matching.episodes import Library


# Errors of requests that reached no server.
_UNREACHED = frozenset({"ConnectError", "ConnectTimeout", "ProxyError"})


def new_header() -> bytes:
    """Return the first document of a cassette that nobody has written by hand."""
    return f"cassette: 1\nrecorder: understudy {__version__}\nrecorded: {today()}\n...\n".encode()


class Recorder:
    """Writes interactions. Its owner holds a lock around every call.

    `is_anew` records into a file beside the cassette, which takes its place in `close`.
    """

    def __init__(self, tape: Tape, contents: Contents, library: Library, mode: str) -> None:
        self.summaries: list[str] = []
        self.failure: CassetteError | None = None
        self._tape = tape
        self._contents = contents
        self._library = library
        self._mode = mode
        self._settings = library.matcher.settings
        self._blobs = library.place.blobs
        self._rules = self._settings.rules
        self._ignored = [path for path in map(paths.parse, self._settings.ignore) if path.place == "json"]
        redactor = Redactor(self._rules)
        redactor.learn_environment()
        # `update` keeps no mark of an old recording that a new one could be mistaken for.
        if mode != "update" or self._settings.shared:
            redactor.count_from(contents.data.decode("utf-8"))
        self._writer = Writer(redactor, self._blobs, makes_blocks=True)
        self._lacks_marks = contents.lacks_marks
        self._new: list[Piece] = []
        self._sent: list[str] = []
        self._waiting: list[bytes] | None = None if contents.episodes else []
        self._hides_in_files = False
        self._learned_late = False  # whether a secret was learned after something was written
        self._side = SideTape(tape.path) if mode in ("all", "update") else None
        if self._side is not None:
            self._side.open()

    def record(self, interaction: Interaction) -> None:
        """Append an interaction."""
        try:
            if self._rules.functions:
                kept = scrubbed(interaction, self._rules.functions)
                if kept is None:
                    return
                interaction = kept
            document, summary, text = self._verified(interaction)
            if self._blobs.waiting:
                hides = any("__REDACTED_" in body for body in self._blobs.texts())
                self._hides_in_files = self._hides_in_files or hides
                self._blobs.flush()
            if self._side is not None:
                self._side.append(text)
                self._new.append(Piece(self._library.matcher.key(interaction.request), text))
                self._sent.append(self._said_by(document["request"]))
            elif self._waiting is not None and _reached_nobody(interaction):
                self._waiting.append(text)
            else:
                self._write(b"".join([*(self._waiting or ()), text]))
            self.summaries.append(summary)
        except CassetteError as error:
            self.fail(error)
        except OSError as error:
            self.fail(not_written(self._tape.path, error))
        finally:
            self._blobs.release()

    def _said_by(self, request: dict[str, Any]) -> str:
        """Return what a request says, but for what is ignored."""
        body = request.get("json")
        if not self._ignored or body is None:
            return f"{request!r} {body.content if isinstance(body, Block) else ''}"
        data = json.loads(body.content) if isinstance(body, Block) else body
        for path in self._ignored:
            data = paths.without(data, path.words)
        return repr({**request, "json": data})

    def _write(self, text: bytes) -> None:
        if self._lacks_marks:
            self._tape.change(self._with_marks)
            self._lacks_marks = False
        self._tape.write(new_header, text, self._whole)
        self._waiting = None

    def _whole(self, raw: bytes) -> int:
        return whole_size(raw, self._tape.path)

    def _with_marks(self, raw: bytes) -> bytes:
        contents = contents_of(raw, self._tape.path, may_be_torn=True)
        return self._tape.with_its_line_ends(contents.with_marks()) if contents.lacks_marks else raw

    def fail(self, error: CassetteError) -> None:
        """Note what went wrong, and go on."""
        self._blobs.forget()
        if self.failure is None:
            self.failure = error

    def _verified(self, interaction: Interaction) -> tuple[dict[str, Any], str, bytes]:
        """Return a document, its summary, and its text, which holds no secret and is read back as it is."""
        redactor = self._writer.redactor
        learned = redactor.learned
        document, summary = describe(interaction, self._writer)
        if redactor.learned != learned:  # what was said before a secret was seen may hold it, too
            self._blobs.waiting.clear()
            document, summary = describe(interaction, self._writer)
            self._learned_late = self._learned_late or bool(self.summaries)
        text = plain_text(document, summary)
        if text is None:
            text = to_text(document, summary)
            if fast_reader.read(text) != document and read(text, self._tape.path) != document:
                raise CassetteError(
                    f"{summary}: this interaction would not be read back as it was; nothing was written",
                    path=self._tape.path,
                    mend="This is a bug of understudy: please report it, with the request and its response.",
                )
            text = with_blocks(text, document)
        self._refuse_secrets(text, summary)
        return document, summary, text.encode("utf-8")

    def _refuse_secrets(self, text: str, summary: str) -> None:
        """Raise `SecretFound` where something that is about to be written looks like a secret."""
        for part in (text, *self._blobs.texts()):
            finding = find(part, self._settings.allow_secrets)
            if finding is not None:
                raise SecretFound(
                    f"{summary}: what was to be written holds a secret: {finding.detector}, "
                    f"line {finding.line} of the interaction; nothing was written",
                    path=self._tape.path,
                    mend="Name what holds it with `redact:` in the first document or redact= in code; or, if it is no "
                    f"secret, say `allow_secrets: [{finding.fingerprint}]` there.",
                )

    def close(self, *, succeeded: bool) -> None:
        """Settle what was recorded anew, where the block that did it has succeeded."""
        try:
            if succeeded and self.failure is None:
                self._finish()
            elif self._waiting:
                self.summaries.clear()
            if self._learned_late and self._side is None and self._waiting is None:
                hide_late(self._tape, self._contents, self._writer.redactor)
        except CassetteError as error:
            self.failure = self.failure or error
        finally:
            if self._side is not None:
                self._side.remove()
            self._tape.close()
            if not self._tape.is_locked:
                self._warn("this file system has no locks; let one process at a time record there")

    def _finish(self) -> None:
        if self._side is not None:
            self._settle()
        elif self._waiting:
            self._write(b"".join(self._waiting))  # whoever sent them was content with that
        elif self._contents.head is None and not self.summaries:
            # So that the same block, which sends nothing, also runs in mode 'none'.
            self._tape.write(new_header, b"")

    def _warn(self, text: str) -> None:
        warnings.warn(CassetteWarning(f"{self._tape.path}: {text}"), stacklevel=4)

    def _settle(self) -> None:
        library = self._library
        contents, episodes = self._present()
        head = new_header() if contents.head is None else contents.head.whole(contents.data)
        if self._settings.expires is not None:
            head = renewed(head)
        old = [
            Piece(library.matcher.key(episode.request), episode.document.ended(contents.data)) for episode in episodes
        ]
        is_update = self._mode == "update"
        new, sent = [self._read_back(piece) for piece in self._without_late()], "\n".join(self._sent)
        recorded = pairs(old, new) if is_update else []
        if is_update and not self._hides_in_files:
            remarking = Remarking(recorded)
            new = [piece._replace(text=remarking.said(piece.text.decode("utf-8")).encode("utf-8")) for piece in new]
            sent = remarking.said(sent)
        comparison = Comparison(tuple(map(paths.parse, self._settings.volatile)), sent, recorded)

        def reconcile(one: bytes, other: bytes) -> bytes:
            return comparison.reconciled(one.decode("utf-8"), other.decode("utf-8")).encode("utf-8")

        data = settle(
            head,
            old,
            new,
            keeps_others=not is_update or self._settings.shared,
            keeps_further=self._settings.shared,
            keeps_order=self._settings.order != "strict",
            reconcile=reconcile if is_update else None,
        )
        if data != contents.data or contents.head is None:
            self._tape.replace(self._tape.with_its_line_ends(data))
            assert self._side is not None
            self._side.remove()  # it names files as well
            self._blobs.remove_unnamed(contents.data + b"".join(piece.text for piece in self._new), data)

    def _read_back(self, piece: Piece) -> Piece:
        """Return a piece with the key of what is written: in it, a mark may stand where no name tells of a secret."""
        if b"__REDACTED_" not in piece.text.partition(b"\nresponse:")[0]:
            return piece
        (document,) = scan(piece.text, self._tape.path)
        episode = Episode(piece.text, document, 1, self._library.place)
        return piece._replace(key=episode.key(self._library.matcher))

    def _without_late(self) -> list[Piece]:
        """Return what was recorded without secrets that nobody knew when it was."""
        if not self._learned_late:
            return self._new
        place = Place(self._tape.path)
        try:
            pieces = [
                piece._replace(text=without_late(piece.text, document, self._writer.redactor, place))
                for piece in self._new
                for document in scan(piece.text, self._tape.path)
            ]
            self._hides_in_files = self._hides_in_files or bool(place.blobs.waiting)
            place.blobs.flush()
        finally:
            place.blobs.release()
        return pieces

    def _present(self) -> tuple[Contents, Sequence[Episode]]:
        """Return what the file holds by now: its author, or another program, may have changed it meanwhile."""
        raw = self._tape.read()
        if (b"" if raw is None else normalized(raw, self._tape.path)) == self._contents.data:
            return self._contents, self._library.episodes
        contents = NOTHING if raw is None else contents_of(raw, self._tape.path, may_be_torn=True)
        place = self._library.place
        return contents, [
            Episode(contents.data, document, number, place) for number, document in enumerate(contents.episodes, 1)
        ]


def _reached_nobody(interaction: Interaction) -> bool:
    error = interaction.error
    return interaction.response is None and error is not None and error.type in _UNREACHED
