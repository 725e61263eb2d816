"""The cassette as a transport: it answers from the file, or lets the network answer and writes that down."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ..client import AsyncBaseTransport, AsyncHTTPTransport, BaseTransport, HTTPTransport, Request, Response
from .cassette import Cassette
from .errors import NoMatch
from .playing.replaying import patience_of, play
from .recording import Recording
from .writing.uploads import ataken, discard, taken

if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack

    from .interactions import RecordedRequest
    from .matching.episodes import Episode
    from .settings import Mode, Options


class Player(BaseTransport, AsyncBaseTransport):
    """Answers from an open cassette, and asks the transport behind it for what is to be recorded.

    `is_last` says that nothing stands behind but the network: what is not recorded is then an error.
    """

    __slots__ = ("_behind", "_is_last", "cassette")

    def __init__(self, cassette: Cassette, behind: Any, is_last: bool = True) -> None:
        self.cassette: Cassette = cassette
        self._behind = behind
        self._is_last = is_last

    def handle_request(self, request: Request) -> Response:
        """Return the recorded response, or the one from behind."""
        if self.cassette.live is not None and self.cassette.live.takes(request):
            live: Response = self._behind.handle_request(request)
            return live
        sent = taken(request, self.cassette.folder)
        episode, is_recorded = self._find(sent, request)
        if episode is not None:
            discard(sent)
            pace = self.cassette.pace
            return play(episode, request) if pace is None else pace.play(episode, request)
        if not is_recorded:
            try:
                passed_on: Response = self._behind.handle_request(request)
            finally:
                discard(sent)
            return passed_on
        recording = Recording(self.cassette, sent, patience_of(request))
        try:
            response: Response = self._behind.handle_request(request)
        except BaseException as error:
            recording.fail(error)
            raise
        return recording.listen(response, request)

    async def handle_async_request(self, request: Request) -> Response:
        """Return the recorded response, or the one from behind."""
        if self.cassette.live is not None and self.cassette.live.takes(request):
            live: Response = await self._behind.handle_async_request(request)
            return live
        sent = await ataken(request, self.cassette.folder)
        episode, is_recorded = self._find(sent, request)
        if episode is not None:
            discard(sent)
            pace = self.cassette.pace
            return play(episode, request) if pace is None else await pace.aplay(episode, request)
        if not is_recorded:
            try:
                passed_on: Response = await self._behind.handle_async_request(request)
            finally:
                discard(sent)
            return passed_on
        recording = Recording(self.cassette, sent, patience_of(request))
        try:
            response: Response = await self._behind.handle_async_request(request)
        except BaseException as error:
            recording.fail(error)
            raise
        return recording.listen(response, request)

    def _find(self, recorded: RecordedRequest, request: Request) -> tuple[Episode | None, bool]:
        """Return the episode to play; without one, whether the answer from behind is to be recorded."""
        try:
            return self.cassette.find(recorded), True
        except NoMatch as error:
            if not self._is_last:
                return None, False
            discard(recorded)
            error.request = request
            raise
        except BaseException:  # a function of the author that fails, or a recording that is damaged
            discard(recorded)
            raise

    def __repr__(self) -> str:
        return f"<Player {self.cassette!r}>"


class StandIn(BaseTransport, AsyncBaseTransport):
    """What `use` puts in front of every client: one cassette, whatever transport each client has."""

    def __init__(self, cassette: Cassette) -> None:
        self.cassette: Cassette = cassette
        self._last: tuple[Any, bool, Any] | None = (
            None  # most requests come through the transport that the last one did
        )

    def in_front_of(self, transport: Any, *, production: bool = True) -> Any:
        """Return what answers in front of this transport."""
        last = self._last
        if last is None or last[0] is not transport or last[1] is not production:
            last = self._last = (transport, production, front(self.cassette, transport, production))
        return last[2]

    def __repr__(self) -> str:
        return repr(self.cassette)


class CassetteTransport(BaseTransport, AsyncBaseTransport):
    """A transport that records into a cassette and replays from it, for one client.

        with understudy.Client(transport=CassetteTransport("github.yaml")) as client:
            client.get("https://api.github.com/zen")

    `inner` is asked for what is to be recorded; by default that is the network.
    Takes the settings that `use` takes. Closing it closes `inner`, and raises what went wrong while recording.
    """

    _answers_itself = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        mode: Mode = "once",
        *,
        inner: BaseTransport | AsyncBaseTransport | None = None,
        **settings: Unpack[Options],
    ) -> None:
        self.cassette: Cassette = Cassette(path, mode, **settings)
        self.inner = inner
        self._inner_sync: BaseTransport | None = inner if isinstance(inner, BaseTransport) else None
        self._inner_async: AsyncBaseTransport | None = inner if isinstance(inner, AsyncBaseTransport) else None
        self._lock = threading.Lock()  # held while the network is made the inner transport

    def handle_request(self, request: Request) -> Response:
        """Return the recorded response, or the one from the inner transport."""
        if self._inner_sync is None and self.inner is None and self._asks:
            with self._lock:
                self._inner_sync = self._inner_sync or HTTPTransport()
        self._check(self._inner_sync, "handle_request", "blocking")
        response: Response = front(self.cassette, self._inner_sync).handle_request(request)
        return response

    async def handle_async_request(self, request: Request) -> Response:
        """Return the recorded response, or the one from the inner transport."""
        if self._inner_async is None and self.inner is None and self._asks:
            with self._lock:
                self._inner_async = self._inner_async or AsyncHTTPTransport()
        self._check(self._inner_async, "handle_async_request", "asynchronous")
        response: Response = await front(self.cassette, self._inner_async).handle_async_request(request)
        return response

    @property
    def _asks(self) -> bool:
        """Whether anything may be sent to the inner transport."""
        return self.cassette.is_recording or self.cassette.live is not None

    def _check(self, behind: Any, method: str, kind: str) -> None:
        if behind is None and self._asks:
            raise TypeError(
                f"{self!r} is to record what a {kind} client sends, and its inner transport, "
                f"{type(self.inner).__name__}, has no `{method}`"
            )

    def close(self) -> None:
        """Close the cassette and the inner transport."""
        try:
            if self._inner_sync is not None:
                self._inner_sync.close()
        finally:
            self.cassette.close()

    async def aclose(self) -> None:
        """Close the cassette and the inner transport."""
        try:
            if self._inner_async is not None:
                await self._inner_async.aclose()
        finally:
            self.cassette.close()

    def __repr__(self) -> str:
        return f"<CassetteTransport {self.cassette.path!r} mode={self.cassette.mode!r}>"


def front(cassette: Cassette, behind: Any, is_last: bool = True) -> Any:
    """Return what answers for a cassette: its recordings, and before them its routes."""
    player = Player(cassette, behind, is_last)
    return player if cassette.router is None else cassette.router.in_front_of(player)
