"""One cassette, open: what it answers, what it records, and what became of both."""

from __future__ import annotations

import datetime
import os
import threading
import warnings
from typing import TYPE_CHECKING, Any

from ..client import __version__
from .bodies import Writer
from .documents import Document, normalized, scan
from .episodes import Episode, Library, Place
from .errors import CassetteDamaged, CassetteError, CassetteMissing, CassetteWarning, SecretFound
from .interactions import Interaction, RecordedRequest, describe, to_text
from .matching import Matcher
from .misses import all_played, no_match
from .redaction import Redactor
from .secret_scan import find
from .settings import MODES, Settings, settings_from
from .tape import Tape, not_written
from .yaml_reader import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .matching import MatchTypes
    from .settings import Mode, Repeats

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Cassette:
    """An open cassette. Safe to use from several threads and tasks.

    `played`, `unplayed` and `recorded` say what happened so far; `interactions` is everything that the file holds.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        mode: Mode = "once",
        *,
        match: Sequence[MatchTypes] | None = None,
        ignore: Sequence[str] | None = None,
        redact: Sequence[str] | None = None,
        repeats: Repeats | None = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}")
        self.path = os.fspath(path)
        self.mode = mode
        self._given = {"match": match, "ignore": ignore, "redact": redact, "repeats": repeats}
        Settings().changed(**self._given)  # wrong settings fail here, also where there is no file yet
        self._lock = threading.Lock()
        self._tape = Tape(self.path)
        self._place = Place(self.path)
        self._failure: CassetteError | None = None
        self._recorded: list[str] = []
        self._open()

    # What is in the file.

    def _open(self) -> None:
        raw = self._tape.read()
        self.exists = raw is not None
        self._torn: Document | None = None
        self._data = b""
        documents: list[Document] = []
        self.settings = Settings()
        if raw is not None:
            self._data = normalized(raw, self.path)
            documents = scan(self._data, self.path)
            text = documents[0].text(self._data).decode("utf-8")
            self.settings = settings_from(read(text, self.path), text, self.path)
            documents = self._whole(documents)
        elif self.mode == "none":
            raise CassetteMissing(
                "there is no such cassette, and mode 'none' only replays",
                path=self.path,
                mend="Record it once with mode='once', and commit the file.",
            )
        self.settings = self.settings.changed(**self._given)
        names = frozenset(self.settings.redact)
        self._redactor = Redactor(names=names)
        self._writer = Writer(self._redactor, self._place.blobs)
        blank = Redactor(names=names, is_blank=True)
        blank.learn_environment()
        self._library = Library(
            self._data, documents, self._place, Matcher(self.settings.match, self.settings.ignore, blank)
        )
        self._blank = blank
        self._matcher = self._library.matcher
        # A cassette without recordings that nobody recorded was prepared by its author, to be recorded into.
        is_fresh = not documents and self.settings.recorder is None
        self.is_recording = self.mode in ("new_episodes", "all") or (self.mode == "once" and is_fresh)
        if self.is_recording:
            self._redactor.learn_environment()
            self._redactor.count_from(self._data.decode("utf-8"))

    def _whole(self, documents: list[Document]) -> list[Document]:
        """Return the documents of the recordings, each known to be complete."""
        for document in documents[1:-1]:
            if not document.is_closed:
                raise self._cut(document, "An interaction")
        last = documents[-1]
        if last.is_closed:
            return documents[1:]
        if len(documents) == 1:
            if self.settings.recorder is not None:
                raise self._cut(last, "The first document")
            return []
        if self.mode not in ("new_episodes", "all"):
            raise self._cut(last, "The last interaction")
        warnings.warn(
            CassetteWarning(
                f"{self.path}:{last.line(self._data)}: the last interaction was cut in the middle; it is dropped, "
                "and recorded again when it happens again"
            ),
            stacklevel=2,
        )
        self._torn = last
        return documents[1:-1]

    def _cut(self, document: Document, what: str) -> CassetteDamaged:
        return CassetteDamaged(
            f"{what.lower()} is cut in the middle: it has no line `...` at its end",
            path=self.path,
            line=document.line(self._data),
            mend="Restore the file from version control; or delete what begins on that line and record it again with "
            "mode='new_episodes'; or, if nothing is missing, end it with a line `...`.",
        )

    @property
    def interactions(self) -> list[Interaction]:
        """Everything that the file held when it was opened, in order."""
        return [episode.interaction for episode in self._library.episodes]

    @property
    def played(self) -> list[Interaction]:
        """What was replayed so far, in the order of the file."""
        return [episode.interaction for episode in self._library.episodes if episode.plays]

    @property
    def unplayed(self) -> list[Interaction]:
        """What was not replayed so far, in the order of the file."""
        return [episode.interaction for episode in self._library.episodes if not episode.plays]

    @property
    def play_count(self) -> int:
        """How many requests were answered from the file."""
        return sum(episode.plays for episode in self._library.episodes)

    @property
    def recorded(self) -> list[str]:
        """The summaries of what was recorded so far, such as `GET /users -> 200`."""
        return list(self._recorded)

    def __len__(self) -> int:
        return len(self._library.episodes) + len(self._recorded)

    def __repr__(self) -> str:
        return f"<Cassette {self.path!r} mode={self.mode!r}: {len(self)} interactions>"

    # Answering.

    def find(self, request: RecordedRequest) -> Episode | None:
        """Return the recording that answers a request, counted as played; `None` means that it is to be recorded.

        Raises `NoMatch` where there is none and the mode records nothing.
        """
        if self.mode == "all" or (self.is_recording and self.mode == "once"):
            return None
        self._learn(request)
        with self._lock:
            shelf = self._library.shelf(request)
            episode = None if shelf is None else shelf.take()
            if episode is not None or self.is_recording:
                return episode
            if shelf is not None:
                episode = shelf.repeat(self.settings.repeats, request.method in _SAFE)
                if episode is not None:
                    return episode
        shown = RecordedRequest(request.method, self._blank.url(request.url), request.headers, request.content)
        if shelf is not None:
            raise all_played(self.path, self.mode, shown, shelf.episodes, self.settings.repeats)
        raise no_match(self.path, self.mode, shown, self._library.episodes, self._matcher)

    def _learn(self, request: RecordedRequest) -> None:
        for name, value in request.headers:
            if name.lower() in ("authorization", "proxy-authorization"):
                self._blank.field(name, value)

    # Recording.

    @property
    def folder(self) -> str:
        """The folder in which the cassette and its files are."""
        return self._place.blobs.folder

    def fail(self, error: OSError) -> None:
        """Note that something could not be recorded; `close` raises it."""
        with self._lock:
            if self._failure is None:
                self._failure = not_written(self.path, error)

    def record(self, interaction: Interaction) -> None:
        """Append an interaction to the file; what goes wrong is kept for `close`, because a response is on its way."""
        with self._lock:
            try:
                text = self._verified(*describe(interaction, self._writer))
                self._place.blobs.flush()
                if self._torn is not None:
                    self._tape.cut(self._torn.start)
                    self._torn = None
                self._tape.write(self._header().encode("utf-8"), text.encode("utf-8"))
                self._recorded.append(interaction.summary)
            except (CassetteError, OSError) as error:
                self._place.blobs.forget()
                if self._failure is None:
                    self._failure = error if isinstance(error, CassetteError) else not_written(self.path, error)

    def _verified(self, document: dict[str, Any], summary: str) -> str:
        """Return the text of a document that holds no secret and is read back as it is."""
        text = to_text(document, summary)
        for part in (text, *self._place.blobs.texts()):
            finding = find(part, self.settings.allow_secrets)
            if finding is not None:
                raise SecretFound(
                    f"{summary}: what was to be written holds a secret: {finding.detector}, "
                    f"line {finding.line} of the interaction; nothing was written",
                    path=self.path,
                    mend="Name what holds it with `redact:` in the first document or redact= in code; or, if it is no "
                    f"secret, say `allow_secrets: [{finding.fingerprint}]`.",
                )
        if read(text, self.path) != document:
            raise CassetteError(
                f"{summary}: this interaction would not be read back as it was; nothing was written",
                path=self.path,
                mend="This is a bug of understudy: please report it, with the request and its response.",
            )
        return text

    @staticmethod
    def _header() -> str:
        today = datetime.datetime.now(datetime.timezone.utc).date()
        return f"cassette: 1\nrecorder: understudy {__version__}\nrecorded: {today}\n...\n"

    def close(self, *, succeeded: bool = True) -> None:
        """Close the file; raises what went wrong while recording, unless something else is being raised already."""
        with self._lock:
            failure, self._failure = self._failure, None
            try:
                if succeeded and failure is None and self.is_recording and not self.exists and not self._recorded:
                    # So that the same block, which sends nothing, also runs in mode 'none'.
                    self._tape.write(self._header().encode("utf-8"), b"")
            finally:
                self._tape.close()
        if failure is not None and succeeded:
            raise failure
        if failure is not None:
            warnings.warn(CassetteWarning(str(failure)), stacklevel=2)
