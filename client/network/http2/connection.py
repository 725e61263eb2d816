"""HTTP/2 as the pool sees it: a request goes out on a stream of its own, a response comes back on it."""

from __future__ import annotations

import weakref
from time import monotonic
from typing import TYPE_CHECKING, Any, Callable

from ...bodies.streams import ByteStream
from ...config import DEFAULT_HTTP2
from ...errors import PoolTimeout, RemoteProtocolError, RequestError
from ...messages.headers import Headers
from ...messages.response import Response
from ..bodies import SyncBody
from ..connection import Crowded, Unanswered
from ..failures import READ, WRITE, because, described, translate
from ..trace import traced
from ..upgraded import AsyncNetworkStream, SyncNetworkStream
from .body import AsyncStreamBody, Receiver
from .pushed import PushedResponse
from .sharing import SharedConnection
from .upload import plan_request, send_body, tell_interims

if TYPE_CHECKING:
    from ...config import HTTP2
    from ..backends.base import NetworkBackend, NetworkStream
    from ..call import Call
    from ..via import Via
    from .stream import Stream
    from .upload import Plan


class HTTP2Connection(SharedConnection):
    """An open HTTP/2 connection."""

    def __init__(
        self,
        stream: NetworkStream,
        backend: NetworkBackend,
        *,
        is_async: bool,
        settings: HTTP2 = DEFAULT_HTTP2,
        via: Via | None = None,
        wants_http1: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(stream, backend, is_async=is_async, settings=settings, wants_http1=wants_http1)
        self._via = via
        kind = AsyncNetworkStream if is_async else SyncNetworkStream
        self._public = kind(stream)

    async def send(self, call: Call) -> Response:
        self._pool = call.pool
        plan = self._planned(call)
        await self.look(call)
        await self.make_sure(call)
        stream: Stream | None = None
        try:
            while stream is None:
                await self._wait_until_settled(call)
                try:
                    with self.lock:
                        stream = self._open_stream(call, plan)
                except Crowded:
                    # Whoever has read the settings may not have come to telling the pool yet, which would offer this
                    # connection again and again.
                    if self._wire.can_be_shared:
                        call.pool.set_capacity(self, self.protocol.most_streams)
                    raise
                except Unanswered:
                    raise
                except BaseException:
                    self.condemn()
                    raise
            if call.trace is None:
                if not stream.has_sent_all:
                    await send_body(self, stream, plan)
                await self._wait_for_head(stream)
            else:
                await self._send_traced(stream, plan)
            return self._response(stream)
        except BaseException as error:
            if stream is None:
                raise
            self.abandon(stream)
            if isinstance(error, Unanswered):
                raise
            call.done(reusable=self.protocol.takes_requests)
            if isinstance(error, (OSError, RequestError)):
                doing = READ if stream.has_sent_all else WRITE
                translated = translate(error, doing, call.request, call.waits)
                raise translated from because(translated, error)
            raise

    def _planned(self, call: Call) -> Plan:
        """Return how a request goes out; that one cannot be sent is no concern of the others on the connection."""
        try:
            return plan_request(call.request, self._via)
        except BaseException:
            call.done(reusable=self.protocol.takes_requests)
            raise

    def _open_stream(self, call: Call, plan: Plan) -> Stream | None:
        """Send a request's head, and what there is room for; `None` where somebody else came first after all."""
        protocol = self.protocol
        if not protocol.takes_requests:
            raise self._too_late(call)
        if not self._is_settled_for(call):
            return None
        if len(protocol.streams) >= protocol.most_streams:
            raise Crowded
        try:
            stream = protocol.open(call, plan.head, ends=plan.is_complete)
            if protocol.settings.push:
                stream.pushed = []
                protocol.drop_orphans()
            if plan.content and len(plan.content) <= protocol.room_for(stream) and not plan.expects_continue:
                self._send_content(stream, plan.content)
        except BaseException:
            # Before others come, whose heads the server would read by another table than theirs.
            self._end_at_once()
            raise
        return stream

    def _send_content(self, stream: Stream, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[self.protocol.send_data(stream, rest, ends=True) :]

    async def _send_traced(self, stream: Stream, plan: Plan) -> None:
        trace, request = stream.call.trace, stream.call.request
        await traced(trace, "http2.send_request_headers", self.flush(stream), request=request, stream_id=stream.id)
        body = send_body(self, stream, plan)
        await traced(trace, "http2.send_request_body", body, request=request, stream_id=stream.id)
        head = self._wait_for_head(stream)
        await traced(trace, "http2.receive_response_headers", head, request=request, stream_id=stream.id)

    async def _wait_for_head(self, stream: Stream) -> None:
        """Return once the response's head is there."""
        waits, stamps = stream.call.waits, stream.call.stamps
        stamps.sent = monotonic()
        while True:
            await self.wait(stream, stream.call, waits.left(waits.read), _has_head)
            if stream.interims:
                await tell_interims(stream)
            if stream.head is not None:
                stamps.first = monotonic()
                return
            if stream.ending is not None:
                raise self.failed(stream)

    def _response(self, stream: Stream) -> Response:
        head = stream.head
        if head is None:
            raise RuntimeError("a response without a head")
        call = stream.call
        body: Any
        if stream.has_ended:
            with self.lock:
                body = ByteStream(stream.take() if stream.chunks else b"")
        else:
            receiver = Receiver(self, stream)
            body = AsyncStreamBody(receiver) if call.is_async else SyncBody(receiver)
        extensions = self._extensions(stream)
        if stream.pushed is not None:
            extensions["pushed"] = stream.pushed
        headers = Headers.received(head.fields)
        return Response(head.status, headers=headers, stream=body, request=call.request, extensions=extensions)

    def _extensions(self, stream: Stream) -> dict[str, Any]:
        return {
            "http_version": b"HTTP/2",
            "stream_id": stream.id,
            "network_stream": self._public,
            "trailers": stream.trailers,
        }

    def offer(self, main: Stream, stream: Stream) -> None:
        response = PushedResponse(self, stream, self._extensions(stream))
        stream.owner = weakref.ref(response._receiver)
        if main.pushed is not None:
            main.pushed.append(response)

    async def _wait_until_settled(self, call: Call) -> None:
        """Let the first request go at once, and all others when the server has said how many it takes."""
        with self.lock:
            if self._is_settled_for(call):
                return
            if not (self.protocol.streams or self.protocol.is_fresh):
                # It took some before: it is on its way out, and another connection may take more.
                raise self._unsent(RemoteProtocolError("the server takes no more streams"), call)
        waits = call.waits
        try:
            await self.wait(call, call, waits.left(waits.pool), self._is_settled_for)
        except TimeoutError as error:
            call.done(reusable=self.protocol.takes_requests)
            waits.left(None)
            what = "takes no streams" if self.protocol.has_settings else "does not say how many streams it takes"
            raise PoolTimeout(
                f"{described(call.request)}: the server {what}, and has not changed its mind for {waits.pool:g} s; "
                "allow more with Timeout(pool=...)",
                request=call.request,
            ) from error
        except BaseException:
            call.done(reusable=self.protocol.takes_requests)
            raise

    def _is_settled_for(self, _: Call) -> bool:
        protocol = self.protocol
        if protocol.streams:
            return protocol.has_settings or not protocol.takes_requests
        return protocol.most_streams > 0 or not protocol.takes_requests

    def _too_late(self, call: Call) -> Unanswered:
        protocol = self.protocol
        goaway = protocol.goaway
        why = "" if goaway is None else f": {goaway.told(is_unseen=True)}"
        return self._unsent(protocol.dead or RemoteProtocolError(f"the server takes no more requests{why}"), call)


def _has_head(stream: Stream) -> bool:
    return stream.head is not None or stream.ending is not None or bool(stream.interims)
