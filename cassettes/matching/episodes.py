"""The recordings of a cassette, each parsed when it is first needed, and found by key."""

from __future__ import annotations

import re
import threading
import weakref
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..bodies.kinds import Reader
from ..data.plain import is_mapping
from ..errors import CassetteDamaged
from ..files.blobs import Blobs
from ..interactions import Interaction, RecordedRequest, interaction_from, request_from
from ..yaml import fast_reader
from ..yaml.documents import Document
from ..yaml.reader import read
from .keys import plainly_escaped, stands_for

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from .keys import Matcher

# Nothing but method and URL: what most recorded requests consist of.
_BARE = re.compile(
    rb"---[^\n]*\nrequest:\n  method: ([A-Z]+)\n  url: ([^\n \"'#&*!|>%@`][^\n #]*)\n(?=response:|error:)"
)
_ANSWER = re.compile(rb"^(?:response|error):", re.MULTILINE)
# In bytes of the file: what is played again and again stays parsed, a long tape does not fill the memory.
_MOST_KEPT = 1024 * 1024
_MEND = "Mend that interaction by hand, or delete it and record it again."


class Place:
    """Where the episodes of one cassette live, and which of them are in memory as they were last parsed."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.blobs: Blobs = Blobs(path)
        self.reader: Reader = Reader(self.blobs)
        self._counted = (0, 1)
        # Weakly: an episode knows its place, and a cassette that nobody has any more is gone at once.
        self._kept: deque[tuple[weakref.ref[Episode], int]] = deque()
        self._kept_size = 0
        self._lock = threading.Lock()

    def keep(self, episode: Episode, size: int) -> None:
        """Let an episode stay parsed, and the oldest ones go where there are too many."""
        with self._lock:
            self._kept.append((weakref.ref(episode), size))
            self._kept_size += size
            while self._kept_size > _MOST_KEPT and len(self._kept) > 1:
                known, size = self._kept.popleft()
                self._kept_size -= size
                oldest = known()
                if oldest is not None:
                    oldest.forget()

    def line(self, data: bytes, position: int) -> int:
        """Return the line at a position, counting on from the last one that was asked for."""
        start, line = self._counted
        if position < start:
            start, line = 0, 1
        line += data.count(b"\n", start, position)
        self._counted = (position, line)
        return line


class Episode:
    """One recorded interaction, by its place in the file."""

    __slots__ = ("__weakref__", "_answer", "_data", "_interaction", "_place", "_request", "document", "number", "plays")

    def __init__(self, data: bytes, document: Document, number: int, place: Place) -> None:
        self._data = data
        self._place = place
        self.document: Document = document
        self.number: int = number
        self.plays: int = 0
        self._answer: int | None = None  # where `response:` or `error:` stands, once that is known
        self._request: RecordedRequest | None = None
        self._interaction: Interaction | None = None

    @property
    def path(self) -> str:
        """The file in which the interaction stands."""
        return self._place.path

    @property
    def blobs(self) -> Blobs:
        """The files that the interaction may name."""
        return self._place.blobs

    @property
    def line(self) -> int:
        """The line of the file on which the interaction begins."""
        return self._place.line(self._data, self.document.mark)

    @property
    def summary(self) -> str:
        """What the comment behind `---` says, else method and URL."""
        head = self._data[self.document.mark : self.document.body_end].partition(b"\n")[0].decode("utf-8")
        comment = head.partition("#")[2].strip()
        return comment or f"{self.request.method} {self.request.url}"

    @property
    def request(self) -> RecordedRequest:
        """The recorded request; parsed without the answer that follows it."""
        request = self._request
        if request is None:
            bare = _BARE.match(self._data, self.document.mark, self.document.body_end)
            if bare is not None:
                self._answer = bare.end()
                self._request = request = RecordedRequest(bare[1].decode("ascii"), bare[2].decode("utf-8"))
                return request
            start, end = self.document.mark, self.document.body_end
            answer = _ANSWER.search(self._data, start, end)
            place = None if answer is None else answer.start()
            said = self._parsed(self._data[start : end if place is None else place])
            if place is not None and not (is_mapping(said) and "request" in said):  # another tool has sorted them
                place = None
                said = self._parsed(self._data[start:end])
            try:
                request = request_from(
                    said.get("request") if is_mapping(said) else said, self._place.reader, self._place.blobs
                )
            except ValueError as error:
                raise self._damaged(str(error)) from error
            self._answer = place  # first, for a thread that finds the request relies on it
            self._request = request
        return request

    @property
    def interaction(self) -> Interaction:
        """The whole interaction."""
        interaction = self._interaction
        if interaction is None:
            start = self.document.mark
            if self._request is not None and self._answer is not None:
                start = self._answer
            said = self._parsed(self._data[start : self.document.body_end])
            try:
                place = self._place
                where = partial(place.line, self._data, self.document.mark)
                interaction = interaction_from(said, place.reader, place.blobs, self._request, where)
            except ValueError as error:
                raise self._damaged(str(error)) from error
            self._interaction = interaction
            self._place.keep(self, self.document.body_end - start)
        return interaction

    def forget(self) -> None:
        """Let go of what was parsed: it is parsed again when it is played again."""
        self._interaction = None

    def key(self, matcher: Matcher) -> Hashable:
        """Return what the interaction and the requests that it answers have in common."""
        return self._reduced(matcher.key)

    def bare_key(self, matcher: Matcher) -> Hashable:
        """Return what they have in common of method and URL, without its query."""
        return self._reduced(matcher.place)

    def _reduced(self, reduce: Callable[[RecordedRequest], Hashable]) -> Hashable:
        try:
            return reduce(self.request)
        except ValueError as error:
            raise self._damaged(f"`url: {self.request.url}` is no URL: {error}") from error

    def _parsed(self, text: bytes) -> Any:
        data = fast_reader.read_messages(text)
        if isinstance(data, fast_reader.Unusual):
            # Counting lines costs more than reading one document, so only errors pay for it.
            try:
                data = read(text.decode("utf-8"), self._place.path)
            except CassetteDamaged as error:
                error.line = (error.line or 1) + self.line - 1
                raise
        return data

    def _damaged(self, problem: str) -> CassetteDamaged:
        return CassetteDamaged(problem, path=self._place.path, line=self.line, mend=_MEND)

    def __repr__(self) -> str:
        return f"<Episode {self.number}: {self.summary}>"


class ForeignEpisode(Episode):
    """One interaction of a tape that another tool has recorded."""

    __slots__ = ("_line",)

    def __init__(self, interaction: Interaction, line: int, number: int, place: Place) -> None:
        super().__init__(b"", _NOWHERE, number, place)
        self._interaction = replace(interaction, where=lambda: line)
        self._request = interaction.request
        self._line = line

    @property
    def line(self) -> int:
        """The line of the file on which the interaction begins."""
        return self._line

    @property
    def summary(self) -> str:
        """What was asked, and what came of it."""
        return self.interaction.summary


_NOWHERE = Document(0, 0, 0, 0, True)


class Library:
    """The episodes of one cassette, found by what they answer.

    Method and URL are read off the bytes; only the episodes that share both with a request are looked at further.
    URLs that can be written in several ways are strays: they are parsed, all of them, when the first request comes.
    """

    def __init__(self, episodes: Sequence[Episode], place: Place, matcher: Matcher) -> None:
        self.episodes = episodes
        self.place = place
        self.matcher = matcher
        self._places: dict[tuple[bytes, bytes], list[Episode]] = {}
        self._strays: list[Episode] = []
        self._stray_places: dict[Hashable, list[Episode]] | None = None
        self._lone_shelves: dict[tuple[bytes, bytes], Shelf] = {}
        self._buckets: dict[tuple[bytes, bytes], dict[Hashable, Shelf]] = {}
        if matcher.is_bucketed:
            self._sort()

    def _sort(self) -> None:
        places = self._places
        for episode in self.episodes:
            asked = episode.document.asked
            if asked is None or b"__REDACTED_" in asked[1]:
                self._strays.append(episode)
            elif asked in places:
                places[asked].append(episode)
            else:
                places[asked] = [episode]

    def shelf(self, request: RecordedRequest) -> Shelf | None:
        """Return the episodes that answer a request, or `None` where there are none."""
        place = (b"", b"")
        if self.matcher.is_bucketed:
            place = _place(request)
        shelf: Shelf | None = None
        bucket = self._buckets.get(place)
        if bucket is None:
            shelf = self._lone(request, place)
            if shelf is None:
                bucket, shelf = self._sorted_out(request, place)
                self._buckets[place] = bucket
        if shelf is None:
            assert bucket is not None  # or else there is one episode, which does answer
            shelf = bucket.get(self.matcher.key(request))
        return self._agreeing(shelf, request)

    def shelf_of_marks(self, request: RecordedRequest) -> Shelf | None:
        """Return the episodes that answer a request which has something else where they have a secret."""
        sent, shelf = self.matcher.key(request), Shelf()
        for episode in self._near_marks(request):
            if stands_for(episode.key(self.matcher), sent):
                shelf.episodes.append(episode)
        return self._agreeing(shelf, request) if shelf.episodes else None

    def _near_marks(self, request: RecordedRequest) -> Iterable[Episode]:
        """Return the episodes that share method and URL with a request, but for secrets."""
        if not self.matcher.is_bucketed:
            return self.episodes
        asked, near = self.matcher.place(request), [*self._near(request, _place(request))]
        for known, episodes in (self._stray_places or {}).items():
            if known != asked and stands_for(known, asked):
                near += episodes
        return near

    def _agreeing(self, shelf: Shelf | None, request: RecordedRequest) -> Shelf | None:
        """Return what of a shelf the author's functions let answer."""
        if shelf is None or not self.matcher.callables:
            return shelf
        agreeing = Shelf()
        agreeing.episodes.extend(
            episode
            for episode in shelf.episodes
            if all(match(episode.request, request) for match in self.matcher.callables)
        )
        return agreeing if agreeing.episodes else None

    def forget_keys(self) -> None:
        """Let the keys of recordings be made anew: more is known about what is a secret."""
        self._buckets.clear()
        self._stray_places = None

    def _lone(self, request: RecordedRequest, place: tuple[bytes, bytes]) -> Shelf | None:
        """Return the shelf of the one episode that shares method and URL with a request, where it plainly answers it.

        Most recordings are found so, and need no key.
        """
        shelf = self._lone_shelves.get(place)
        if shelf is None:
            near = self._near(request, place)
            if len(near) != 1:
                return None
            shelf = self._lone_shelves[place] = Shelf()
            shelf.episodes.append(near[0])
        return shelf if self.matcher.finds_equal(shelf.episodes[0].request, request) else None

    def _sorted_out(
        self, request: RecordedRequest, place: tuple[bytes, bytes]
    ) -> tuple[dict[Hashable, Shelf], Shelf | None]:
        """Return the episodes that share method and URL with a request, by key; and those that plainly answer it."""
        bucket: dict[Hashable, Shelf] = {}
        answering: Shelf | None = None
        for episode in self._near(request, place):
            key = episode.key(self.matcher)
            shelf = bucket.get(key)
            if shelf is None:
                shelf = bucket[key] = Shelf()
                if answering is None and self.matcher.finds_equal(episode.request, request):
                    answering = shelf
            shelf.episodes.append(episode)
        return bucket, answering

    def _near(self, request: RecordedRequest, place: tuple[bytes, bytes]) -> Sequence[Episode]:
        """Return the episodes that share method and URL with a request."""
        if not self.matcher.is_bucketed:
            return self.episodes
        found = self._places.get(place, [])
        if not self._strays:
            return found
        if self._stray_places is None:
            places: dict[Hashable, list[Episode]] = {}
            for episode in self._strays:
                places.setdefault(episode.bare_key(self.matcher), []).append(episode)
            self._stray_places = places  # all of them, or none where one of them is damaged
        strays = self._stray_places.get(self.matcher.place(request), [])
        return sorted([*found, *strays], key=lambda episode: episode.number) if found else strays


def _place(request: RecordedRequest) -> tuple[bytes, bytes]:
    """Return method and URL without its query, as they stand in a file."""
    return request.method.encode("utf-8"), plainly_escaped(request.url.partition("?")[0]).encode("utf-8")


class Shelf:
    """The episodes that answer one and the same request, in the order in which they were recorded."""

    __slots__ = ("_waiting", "episodes")

    def __init__(self) -> None:
        self.episodes: list[Episode] = []
        self._waiting: deque[Episode] | None = None

    def take(self, policy: str = "safe") -> Episode | None:
        """Return the first episode that was not played, counted as played now; a policy may always want the first."""
        if policy == "first":
            self.episodes[0].plays += 1
            return self.episodes[0]
        if self._waiting is None:
            self._waiting = deque(self.episodes)
        while self._waiting:
            episode = self._waiting.popleft()
            if not episode.plays:
                episode.plays += 1
                return episode
        return None

    def repeat(self, policy: str, is_safe: bool) -> Episode | None:
        """Return the episode to be played once more, when the policy allows it."""
        if policy == "always":
            episode = min(self.episodes, key=lambda episode: episode.plays)
        elif policy == "last" or (policy == "safe" and is_safe):
            episode = self.episodes[-1]
        else:
            return None
        episode.plays += 1
        return episode
