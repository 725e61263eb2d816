"""One cassette, open: what it answers, what it records, and what became of both."""

from __future__ import annotations

import os
import threading
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from .contents import NOTHING, contents_of
from .errors import CassetteError, CassetteLocked, CassetteMissing, CassetteWarning
from .expiry import today, warn_of_age
from .files.tape import Tape, not_written
from .foreign.tapes import recognize
from .matching.episodes import Episode, Library, Place, Shelf
from .matching.keys import Matcher, stands_for
from .matching.misses import all_played, network_denied, no_match, out_of_order
from .playing.pacing import Pace
from .secrets.redaction import Redactor
from .settings import Settings, check_use
from .writing.recorder import Recorder
from .writing.scrubbing import scrubbed_request

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..mock import Router
    from .interactions import Interaction, RecordedRequest
    from .live_requests import Live
    from .settings import Mode, Options

# What vcrpy matches on by default: its tapes may hold answers for bodies that differ.
_FOREIGN = Settings(match=("method", "url"), recorder="another tool", is_lenient=True)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Cassette:
    """An open cassette. Safe to use from several threads and tasks.

    `interactions` is everything that the file held when it was opened;
    `played`, `unplayed` and `recorded` say what has happened since.
    `tool` names the other tool that recorded this tape, where one did.
    """

    def __init__(self, path: str | os.PathLike[str], mode: Mode = "once", **settings: Unpack[Options]) -> None:
        check_use(mode, settings)  # wrong settings fail here, also where there is no file yet
        self.path: str = os.fspath(path)
        self.mode = mode
        self._lock = threading.Lock()
        self._position = 0  # in strict order, where the next recording may be
        self._tape = tape = Tape(self.path)
        raw = tape.read()
        if raw is None and mode == "none":
            raise CassetteMissing(
                "there is no such cassette, and mode 'none' only replays",
                path=self.path,
                mend="Record it once with mode='once', and commit the file.",
            )
        may_be_torn = mode not in ("none", "once")
        place = Place(self.path)
        tape_of_others = None if raw is None else recognize(raw, self.path)
        self.tool: str | None = None if tape_of_others is None else tape_of_others.tool
        contents = NOTHING
        if tape_of_others is not None:
            contents = NOTHING._replace(settings=_FOREIGN)
            self._refuse_to_record(tape_of_others.tool)
        elif raw is not None:
            contents = contents_of(raw, self.path, may_be_torn=may_be_torn)
        self.settings: Settings = contents.settings.changed(**settings)
        if self.is_expired and mode in ("none", "once", "new_episodes"):
            said = self.settings
            head = "" if contents.head is None else contents.head.text(contents.data).decode("utf-8")
            warn_of_age(self.path, str(said.expires), said.recorded, said.last_day, head)
        self._blank = Redactor(self.settings.rules, is_blank=True)
        self._blank.learn_environment()
        self._learned = self._blank.learned
        self._scrub = self.settings.rules.functions
        self._reach = self.settings.reach
        self.live: Live | None = self.settings.lives
        self.pace: Pace | None = None
        if self.settings.speed or self.settings.chunks != "recorded":
            self.pace = Pace(self.settings.speed, self.settings.chunks, self.settings.clock)
        episodes = (
            [Episode(contents.data, span, number, place) for number, span in enumerate(contents.episodes, 1)]
            if tape_of_others is None
            else tape_of_others.episodes(place)
        )
        self._library = Library(episodes, place, Matcher(self.settings, self._blank))
        self.router: Router | None = None
        if contents.head is not None and self.settings.routes:
            from .written_routes import router_of  # most cassettes hold recordings alone

            self.router = router_of(self.settings, contents.head.text(contents.data).decode("utf-8"), self.path)
        # A cassette without recordings that nobody recorded was prepared by its author, to be recorded into.
        is_fresh = not contents.episodes and contents.settings.recorder is None and not contents.settings.routes
        self._recorder: Recorder | None = None
        if may_be_torn or (mode == "once" and is_fresh):
            self._recorder = Recorder(tape, contents, self._library, mode)
        self._replays = self._recorder is None or mode == "new_episodes"

    def _refuse_to_record(self, tool: str) -> None:
        if self.mode not in ("none", "once"):
            raise CassetteError(
                f"this is a tape of {tool}, which is replayed and never written to (mode {self.mode})",
                path=self.path,
                line=1,
                mend="Convert it once with understudy.cassettes.convert(source, target), and record into that file.",
            )

    # What is in the file.

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
    def is_recording(self) -> bool:
        """Whether requests may reach the network, and are recorded."""
        return self._recorder is not None

    @property
    def is_expired(self) -> bool:
        """Whether the recordings are older than `expires:` wants them to be."""
        last = self.settings.last_day
        return last is not None and last < today()

    @property
    def recorded(self) -> list[str]:
        """The summaries of what was recorded so far, such as `GET /users -> 200`."""
        return [] if self._recorder is None else list(self._recorder.summaries)

    @property
    def folder(self) -> str:
        """The folder in which the cassette and the files beside it are."""
        return self._library.place.blobs.folder

    def __len__(self) -> int:
        return len(self._library.episodes) + len(self.recorded)

    def __repr__(self) -> str:
        return f"<Cassette {self.path!r} mode={self.mode!r}: {len(self)} interactions>"

    # Answering.

    def find(self, request: RecordedRequest) -> Episode | None:
        """Return the recording that answers a request, counted as played; `None` means that it is to be recorded.

        Raises `NoMatch` where there is none and the mode records nothing.
        """
        self._blank.learn_fields(request.headers)
        if not self._replays:
            self._check_reach(request)
            return None
        if self._scrub:
            request = scrubbed_request(request, self._scrub)
            self._blank.learn_fields(request.headers)
        with self._lock:
            episode, shelf = None, None
            if self.settings.order == "strict":
                episode = self._next(request)
            else:
                shelf = self._shelf(request)
                episode = None if shelf is None else shelf.take(self.settings.repeats)
            if episode is None and self._recorder is not None:
                self._check_reach(request)
            if episode is not None or self._recorder is not None:
                return episode
            if shelf is not None:
                episode = shelf.repeat(self.settings.repeats, request.method in _SAFE)
                if episode is None:
                    raise all_played(self.path, self._shown(request), shelf.episodes, self._library.matcher)
                return episode
        if self.mode == "once" and self._tape.has_grown():
            raise CassetteLocked(
                f"another process is recording this cassette right now, and {request.method} "
                f"{self._shown(request).url} is not in what it had recorded when this one began",
                path=self.path,
                mend="Run this again; or let every process record what it misses, with mode='new_episodes'.",
            )
        raise no_match(self.path, self.mode, self._shown(request), self._library, self.router)

    def _shelf(self, request: RecordedRequest) -> Shelf | None:
        """Return the episodes that answer a request."""
        shelf = self._library.shelf(request)
        if shelf is None and self._blank.learned != self._learned:
            # Keys that were made before a secret was seen may hold it.
            self._learned = self._blank.learned
            self._library.forget_keys()
            shelf = self._library.shelf(request)
        return self._library.shelf_of_marks(request) if shelf is None else shelf

    def _check_reach(self, request: RecordedRequest) -> None:
        """Raise `NetworkDenied` where the cassette does not let the host of a request be asked."""
        if not self._reach.allows(request.url):
            error = network_denied(self.path, self.mode, self._shown(request), self._library, str(self._reach))
            if not self._replays and self._recorder is not None:
                self._recorder.fail(error)  # what is recorded anew lacks this: the old recordings stay
            raise error

    def _next(self, request: RecordedRequest) -> Episode | None:
        """Return the next recording in the order of the file, which must be the one that answers."""
        matcher, episodes = self._library.matcher, self._library.episodes
        while self._position < len(episodes) and episodes[self._position].plays:
            self._position += 1
        if self._position < len(episodes):
            episode = episodes[self._position]
            # The second time, both sides know all the secrets in the request.
            if any(stands_for(episode.key(matcher), matcher.key(request)) for _ in range(2)):
                episode.plays += 1
                return episode
            raise out_of_order(self.path, self.mode, self._shown(request), episode, self._library)
        if self._recorder is not None:
            return None
        shelf = self._shelf(request)
        if shelf is not None:
            raise all_played(self.path, self._shown(request), shelf.episodes, matcher)
        raise no_match(self.path, self.mode, self._shown(request), self._library, self.router)

    def _shown(self, request: RecordedRequest) -> RecordedRequest:
        """Return a request that may be shown: without its secrets."""
        return replace(request, url=self._blank.url(request.url))

    # Recording.

    def record(self, interaction: Interaction) -> None:
        """Append an interaction to the file; what goes wrong is raised by `close`, for a response is on its way."""
        if self._recorder is not None:
            with self._lock:
                self._recorder.record(interaction)

    def fail(self, error: OSError) -> None:
        """Note that something could not be recorded; `close` raises it."""
        if self._recorder is not None:
            with self._lock:
                self._recorder.fail(not_written(self.path, error))

    def close(self, *, succeeded: bool = True) -> None:
        """Close the file; raises what went wrong while recording, unless something else is being raised already."""
        if self._recorder is None:
            return
        with self._lock:
            self._recorder.close(succeeded=succeeded)
            failure, self._recorder.failure = self._recorder.failure, None
        if failure is not None and succeeded:
            raise failure
        if failure is not None:
            warnings.warn(CassetteWarning(str(failure)), stacklevel=2)
