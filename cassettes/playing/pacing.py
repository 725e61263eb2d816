"""Replay in real time, and bodies in other pieces than the recorded ones.

1. By default no time passes on replay, and bodies come in the pieces in which they came.
2. `speed=1` lets the recorded time pass on the clock, `speed=10` a tenth of it.
   What times out is the same at every speed: a wait is compared with the request's patience as it was recorded.
3. `chunks="whole"` gives each body in one piece.
   `chunks="fuzz"` cuts it where programs like to fail: inside characters, between the two line ends of an event,
   byte by byte. `fuzz` cuts alike in every run, and `fuzz:7` in another way.
4. What `fuzz` did is in the log of `understudy.cassettes`, which pytest shows with a failing test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...client import REAL_CLOCK, AsyncByteStream, ReadTimeout, SyncByteStream
from ..bodies.chunking import FUZZ, cut
from .replaying import SHORTEST_WAIT, patience_of, pieces, play

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ...client import Clock, Request, Response
    from ..interactions import RecordedResponse
    from ..matching.episodes import Episode
    from .replaying import Cut


class Pace:
    """How the answers of one cassette come: when, and in which pieces."""

    def __init__(self, speed: float, chunks: str, clock: Clock | None) -> None:
        self._speed = speed
        self._chunks = chunks
        self._clock = clock or REAL_CLOCK

    def play(self, episode: Episode, request: Request) -> Response:
        """Return the response of an episode, or raise what was raised in its place."""
        wait = self._first_wait(episode, request)
        if wait is not None:
            self._clock.sleep(wait)
        return self._played(episode, request)

    async def aplay(self, episode: Episode, request: Request) -> Response:
        """Return the response of an episode, or raise what was raised in its place."""
        wait = self._first_wait(episode, request)
        if wait is not None:
            await self._clock.asleep(wait)
        return self._played(episode, request)

    def _first_wait(self, episode: Episode, request: Request) -> float | None:
        """Return how long it takes until there is anything."""
        if not self._speed:
            return None
        interaction = episode.interaction
        recorded = interaction.response
        wait = interaction.took or 0.0
        if recorded is not None and self._is_timed(recorded):
            wait = recorded.times[0][1]
        patience = patience_of(request)
        if recorded is not None and patience is not None and wait > max(patience, SHORTEST_WAIT):
            wait = patience
        return wait / self._speed

    def _is_timed(self, recorded: RecordedResponse) -> bool:
        return self._chunks == "recorded" and len(recorded.times) > 1

    def _played(self, episode: Episode, request: Request) -> Response:
        recorded = episode.interaction.response
        is_timed = bool(self._speed) and recorded is not None and self._is_timed(recorded)
        response = play(episode, request, self._cut(episode), is_patient=is_timed)
        if is_timed and recorded is not None:
            response.stream = _PacedStream(response.stream, recorded.times, self._speed, self._clock, request)
        return response

    def _cut(self, episode: Episode) -> Cut:
        if self._chunks == "recorded":
            return pieces
        if self._chunks == "whole":
            return _whole

        def fuzzed(content: bytes, recorded: RecordedResponse) -> list[bytes]:
            found = FUZZ.match(self._chunks)
            seed = (found and found[1]) or "0"
            parts = cut(content, f"{seed}/{episode.number}")
            import logging  # most programs never come here

            logging.getLogger("understudy.cassettes").info(
                "%s:%s: chunks='fuzz:%s' cuts %d bytes into %d pieces: %s",
                episode.path,
                episode.line,
                seed,
                len(content),
                len(parts),
                " ".join(str(len(part)) for part in parts[:40]),
            )
            return parts

        return fuzzed


def _whole(content: bytes, recorded: RecordedResponse) -> list[bytes]:
    return [content] if content else []


class _PacedStream(AsyncByteStream, SyncByteStream):
    """A body whose pieces come when they came; a silence longer than the request's patience is a timeout."""

    def __init__(self, stream: Any, times: Any, speed: float, clock: Clock, request: Request) -> None:
        self._stream = stream
        self._gaps = [later - earlier for (_, earlier), (_, later) in zip(times, times[1:])]
        self._speed = speed
        self._clock = clock
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for number, piece in enumerate(self._stream):
            if number:
                wait, error = self._wait(number)
                self._clock.sleep(wait)
                if error is not None:
                    raise error
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number, piece in enumerate(self._stream):  # it is in memory: see PlayedStream
            if number:
                wait, error = self._wait(number)
                await self._clock.asleep(wait)
                if error is not None:
                    raise error
            yield piece

    def _wait(self, number: int) -> tuple[float, ReadTimeout | None]:
        gap = self._gaps[number - 1] if number <= len(self._gaps) else 0.0
        patience = patience_of(self._request)
        if patience is None or gap <= max(patience, SHORTEST_WAIT):
            return max(gap, 0.0) / self._speed, None
        error = ReadTimeout(
            f"{self._request.method} {self._request.url.redacted}: no data within {patience:g} s "
            f"(the next piece of the recorded body came after {gap:g} s)",
            request=self._request,
        )
        return patience / self._speed, error
