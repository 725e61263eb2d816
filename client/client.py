"""The two clients, method under method: `Client` blocks, `AsyncClient` awaits, and that is the difference."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Literal

from .bodies.sse import MAX_EVENT_SIZE
from .bodies.streams import AsyncByteStream, SyncByteStream
from .bridge import run
from .callers import ASYNCHRONOUS, BLOCKING
from .calls import BaseClient, ClientState
from .config import (
    DEFAULT_LIMITS,
    DEFAULT_MAX_REDIRECTS,
    DEFAULT_TIMEOUT_CONFIG,
    HTTP2,
    USE_CLIENT_DEFAULT,
    Limits,
    UseClientDefault,
)
from .errors import HTTPStatusError
from .signatures import client_request, client_verb, new_client, refuse_unknown, shown_as
from .transports.network import AsyncHTTPTransport, HTTPTransport
from .transports.stand_in import stands_in

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from .arguments import (
        CertTypes,
        CookieTypes,
        EventHook,
        HeaderTypes,
        QueryParamTypes,
        RequestContent,
        RequestData,
        RequestExtensions,
        RequestFiles,
        TimeoutTypes,
        URLTypes,
        VerifyTypes,
    )
    from .auth.accept import AuthTypes
    from .download import Download
    from .messages.request import Request
    from .messages.response import Response
    from .network.proxy import ProxyTypes
    from .request_options import BuildOptions, ClientExtras, RequestOptions
    from .retry import Retry
    from .signatures import NoOptions
    from .sse import EventSource
    from .transports.base import AsyncBaseTransport, BaseTransport


class Client(BaseClient):
    """An HTTP client for blocking code; safe to share between threads.

    Keeps connections and cookies between requests.
    Use it as a context manager, or `close` it.

        with Client(base_url="https://api.test") as client:
            client.get("/users", params={"page": 2}).json()

    `transport` answers the requests (the network, where not given), `mounts` maps URL patterns to other transports,
    and `understudy.stand_in` replaces both for the length of a block.

    Beyond what httpx knows: `guards` bound what a server may make the client hold; `json_codec=(dumps, loads)` plugs in
    another JSON library; `raise_for_status=True` does that to every response; `layers` go around every request, the
    first outermost; `retry=Retry()` sends again what failed; `secret_headers` names more fields that never travel to
    another origin; `redirect_policy(response, request)` may refuse a redirect by returning False; `cookies=False`
    keeps no cookies; `allow_absolute_urls=False` lets no URL of a call leave `base_url`, by host or by `..`;
    `pins` and `resolver` are those of `HTTPTransport`: keys that hosts must have, and where hosts are.
    """

    _caller = BLOCKING
    _stream_kind = SyncByteStream
    _method = "handle_request"
    _is_async = False
    _network = HTTPTransport
    _network_handle = staticmethod(HTTPTransport.handle_request)

    @shown_as(new_client)
    def __init__(
        self,
        *,
        auth: AuthTypes | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | Literal[False] | None = None,
        verify: VerifyTypes = True,
        cert: CertTypes | None = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool | HTTP2 = False,
        proxy: ProxyTypes | None = None,
        mounts: Mapping[str, BaseTransport | None] | None = None,
        timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
        follow_redirects: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        max_redirects: int = DEFAULT_MAX_REDIRECTS,
        event_hooks: Mapping[str, Sequence[EventHook]] | None = None,
        base_url: URLTypes = "",
        transport: BaseTransport | None = None,
        default_encoding: str | Callable[[bytes], str | None] = "utf-8",
        **extras: Unpack[ClientExtras],
    ) -> None:
        if extras:
            refuse_unknown(extras, new_client)
        super().__init__(
            auth=auth,
            params=params,
            headers=headers,
            cookies=cookies,
            timeout=timeout,
            follow_redirects=follow_redirects,
            max_redirects=max_redirects,
            event_hooks=event_hooks,
            base_url=base_url,
            trust_env=trust_env,
            default_encoding=default_encoding,
            **extras,
        )
        self._route(
            transport,
            proxy,
            mounts,
            extras,
            verify=verify,
            cert=cert,
            trust_env=trust_env,
            http1=http1,
            http2=http2,
            limits=limits,
        )

    @shown_as(client_request)
    def request(
        self,
        method: str,
        url: URLTypes,
        *,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
        retry: Retry | UseClientDefault | None = USE_CLIENT_DEFAULT,
        compress: str | None = None,
        **unknown: Unpack[NoOptions],
    ) -> Response:
        """Send a request and return its response, read and closed.

        `url` may be relative to `base_url`; `params`, `headers` and `cookies` are added to the client's.
        The body is one of `content` (bytes, text or an iterable of bytes), `data` (a form), `files` (multipart, with
        `data`) and `json`, sent compressed with `compress="gzip"` or `"zstd"`. `timeout` is in seconds.
        Raises a `RequestError` when there is no response, `InvalidURL` when there cannot be one.
        """
        if unknown:
            refuse_unknown(unknown, client_request)
        request = self.build_request(
            method,
            url,
            content=content,
            data=data,
            files=files,
            json=json,
            params=params,
            headers=headers,
            cookies=cookies,
            timeout=timeout,
            extensions=extensions,
            compress=compress,
        )
        # Through `send`, which subclasses and tests replace; those that httpx knows take no `retry`.
        if retry is USE_CLIENT_DEFAULT:
            return self.send(request, auth=auth, follow_redirects=follow_redirects)
        return self.send(request, auth=auth, follow_redirects=follow_redirects, retry=retry)

    @shown_as(client_request)
    @contextmanager
    def stream(
        self,
        method: str,
        url: URLTypes,
        *,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        retry: Retry | UseClientDefault | None = USE_CLIENT_DEFAULT,
        **options: Unpack[BuildOptions],
    ) -> Generator[Response]:
        """Send a request and yield its response before its body is read; it is closed when the block ends."""
        request = self.build_request(method, url, **options)
        if retry is USE_CLIENT_DEFAULT:
            response = self.send(request, stream=True, auth=auth, follow_redirects=follow_redirects)
        else:
            response = self.send(request, stream=True, auth=auth, follow_redirects=follow_redirects, retry=retry)
        try:
            yield response
        except HTTPStatusError as error:
            if error.response is response:
                # So that whoever catches it can read what the server said.
                run(self._caller.drain(response))
            raise
        finally:
            response.close()

    def send(
        self,
        request: Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        retry: Retry | UseClientDefault | None = USE_CLIENT_DEFAULT,
    ) -> Response:
        """Send a request that was built before; with `stream=True` the caller reads and closes the response."""
        return run(self._send(request, stream=stream, auth=auth, follow_redirects=follow_redirects, retry=retry))

    @shown_as(client_verb)
    def get(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `GET` request; options as in `request`."""
        return self.request("GET", url, **options)

    @shown_as(client_verb)
    def head(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `HEAD` request; options as in `request`."""
        return self.request("HEAD", url, **options)

    @shown_as(client_verb)
    def options(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send an `OPTIONS` request; options as in `request`."""
        return self.request("OPTIONS", url, **options)

    @shown_as(client_verb)
    def post(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `POST` request; options as in `request`."""
        return self.request("POST", url, **options)

    @shown_as(client_verb)
    def put(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `PUT` request; options as in `request`."""
        return self.request("PUT", url, **options)

    @shown_as(client_verb)
    def patch(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `PATCH` request; options as in `request`."""
        return self.request("PATCH", url, **options)

    @shown_as(client_verb)
    def delete(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `DELETE` request; options as in `request`."""
        return self.request("DELETE", url, **options)

    @shown_as(client_verb)
    def query(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `QUERY` request: a GET with a body, safe and idempotent; options as in `request`."""
        return self.request("QUERY", url, **options)

    def sse(
        self,
        url: URLTypes,
        *,
        method: str = "GET",
        max_event_size: int | None = MAX_EVENT_SIZE,
        reconnect: bool | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        **options: Unpack[BuildOptions],
    ) -> AbstractContextManager[EventSource]:
        """Send a request for server-sent events, and yield their `EventSource`.

            with client.sse("https://api.test/events") as events:
                for event in events:
                    print(event.event, event.data)

        A connection that is lost is made again, with the id of the last event, for requests that may be repeated.
        `reconnect=True` does so also where the stream ends as it should, until the server answers 204, as browsers do;
        `reconnect=False` never does. Silence is no failure before 300 seconds, unless `timeout` says otherwise.
        Raises `SSEError` where the answer is no event stream, and for an event of more than `max_event_size`
        characters.
        """
        from .sse import event_request, events

        def send(request: Request) -> Response:
            return self.send(request, stream=True, auth=auth, follow_redirects=follow_redirects)

        request = event_request(self, method, url, dict(options))
        return events(self, request, max_event_size=max_event_size, reconnect=reconnect, send=send)

    def download(
        self,
        url: URLTypes,
        path: str | os.PathLike[str],
        *,
        resume: bool = True,
        checksum: str | None = None,
        on_progress: Callable[[int, int | None], Any] | None = None,
        attempts: int = 3,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        **options: Unpack[BuildOptions],
    ) -> Download:
        """Download a resource to a file, which appears, or changes, only when it is complete.

            client.download(url, "data.csv", checksum="sha256:...", on_progress=print)

        A connection that is lost is taken up again where it broke, `attempts` times in all; what was not finished
        then is kept in `path` with `.part` behind, and with `resume` the next call goes on from there.
        `on_progress(done, total)` is called with bytes, `total` being `None` where the server does not say.
        Raises `HTTPStatusError` for a status that is no success, and `ChecksumMismatch`.
        """
        from .download import Plan

        plan = Plan(
            self,
            url,
            path,
            resume=resume,
            checksum=checksum,
            on_progress=on_progress,
            attempts=attempts,
            send_options={"auth": auth, "follow_redirects": follow_redirects},
            request_options=dict(options),
        )
        return plan.perform()

    def close(self) -> None:
        """Close the client, its transports and their connections."""
        if self._state is not ClientState.CLOSED:
            run(self._close_all([transport.close for transport in self._own_transports()]))

    def __enter__(self) -> Self:
        self._enter()
        try:
            for transport in self._own_transports():
                if not stands_in(transport):
                    transport.__enter__()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        leave = [
            transport.close if stands_in(transport) else partial(transport.__exit__, exc_type, exc_value, traceback)
            for transport in self._own_transports()
        ]
        run(self._close_all(leave))


class AsyncClient(BaseClient):
    """An HTTP client for asynchronous code, under asyncio and trio.

    Keeps connections and cookies between requests.
    Use it as an asynchronous context manager, or `aclose` it.

        async with AsyncClient(base_url="https://api.test") as client:
            (await client.get("/users", params={"page": 2})).json()

    `transport` answers the requests (the network, where not given), `mounts` maps URL patterns to other transports,
    and `understudy.stand_in` replaces both for the length of a block.

    Beyond what httpx knows: `guards` bound what a server may make the client hold; `json_codec=(dumps, loads)` plugs in
    another JSON library; `raise_for_status=True` does that to every response; `layers` go around every request, the
    first outermost; `retry=Retry()` sends again what failed; `secret_headers` names more fields that never travel to
    another origin; `redirect_policy(response, request)` may refuse a redirect by returning False; `cookies=False`
    keeps no cookies; `allow_absolute_urls=False` lets no URL of a call leave `base_url`, by host or by `..`;
    `pins` and `resolver` are those of `HTTPTransport`: keys that hosts must have, and where hosts are.
    """

    _caller = ASYNCHRONOUS
    _stream_kind = AsyncByteStream
    _method = "handle_async_request"
    _is_async = True
    _network = AsyncHTTPTransport
    _network_handle = staticmethod(AsyncHTTPTransport.handle_async_request)

    @shown_as(new_client)
    def __init__(
        self,
        *,
        auth: AuthTypes | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | Literal[False] | None = None,
        verify: VerifyTypes = True,
        cert: CertTypes | None = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool | HTTP2 = False,
        proxy: ProxyTypes | None = None,
        mounts: Mapping[str, AsyncBaseTransport | None] | None = None,
        timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
        follow_redirects: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        max_redirects: int = DEFAULT_MAX_REDIRECTS,
        event_hooks: Mapping[str, Sequence[EventHook]] | None = None,
        base_url: URLTypes = "",
        transport: AsyncBaseTransport | None = None,
        default_encoding: str | Callable[[bytes], str | None] = "utf-8",
        **extras: Unpack[ClientExtras],
    ) -> None:
        if extras:
            refuse_unknown(extras, new_client)
        super().__init__(
            auth=auth,
            params=params,
            headers=headers,
            cookies=cookies,
            timeout=timeout,
            follow_redirects=follow_redirects,
            max_redirects=max_redirects,
            event_hooks=event_hooks,
            base_url=base_url,
            trust_env=trust_env,
            default_encoding=default_encoding,
            **extras,
        )
        self._route(
            transport,
            proxy,
            mounts,
            extras,
            verify=verify,
            cert=cert,
            trust_env=trust_env,
            http1=http1,
            http2=http2,
            limits=limits,
        )

    @shown_as(client_request)
    async def request(
        self,
        method: str,
        url: URLTypes,
        *,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
        retry: Retry | UseClientDefault | None = USE_CLIENT_DEFAULT,
        compress: str | None = None,
        **unknown: Unpack[NoOptions],
    ) -> Response:
        """Send a request and return its response, read and closed.

        `url` may be relative to `base_url`; `params`, `headers` and `cookies` are added to the client's.
        The body is one of `content` (bytes, text or an iterable of bytes), `data` (a form), `files` (multipart, with
        `data`) and `json`, sent compressed with `compress="gzip"` or `"zstd"`. `timeout` is in seconds.
        Raises a `RequestError` when there is no response, `InvalidURL` when there cannot be one.
        """
        if unknown:
            refuse_unknown(unknown, client_request)
        del unknown  # as in the methods below
        request = self.build_request(
            method,
            url,
            content=content,
            data=data,
            files=files,
            json=json,
            params=params,
            headers=headers,
            cookies=cookies,
            timeout=timeout,
            extensions=extensions,
            compress=compress,
        )
        # Through `send`, which subclasses and tests replace; those that httpx knows take no `retry`.
        if retry is USE_CLIENT_DEFAULT:
            return await self.send(request, auth=auth, follow_redirects=follow_redirects)
        return await self.send(request, auth=auth, follow_redirects=follow_redirects, retry=retry)

    @shown_as(client_request)
    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: URLTypes,
        *,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        retry: Retry | UseClientDefault | None = USE_CLIENT_DEFAULT,
        **options: Unpack[BuildOptions],
    ) -> AsyncGenerator[Response]:
        """Send a request and yield its response before its body is read; it is closed when the block ends."""
        request = self.build_request(method, url, **options)
        if retry is USE_CLIENT_DEFAULT:
            response = await self.send(request, stream=True, auth=auth, follow_redirects=follow_redirects)
        else:
            response = await self.send(request, stream=True, auth=auth, follow_redirects=follow_redirects, retry=retry)
        try:
            yield response
        except HTTPStatusError as error:
            if error.response is response:
                # So that whoever catches it can read what the server said.
                await self._caller.drain(response)
            raise
        finally:
            await response.aclose()

    if TYPE_CHECKING:

        async def send(
            self,
            request: Request,
            *,
            stream: bool = False,
            auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
            follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
            retry: Retry | UseClientDefault | None = USE_CLIENT_DEFAULT,
        ) -> Response:
            """Send a request that was built before; with `stream=True` the caller reads and closes the response."""
            ...

    else:
        # The story of every call itself, and no coroutine around it.
        send = BaseClient._send

    # `del`, because thousands may wait below, and each object is one more for the garbage collector.

    @shown_as(client_verb)
    async def get(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `GET` request; options as in `request`."""
        answer = self.request("GET", url, **options)
        del options
        return await answer

    @shown_as(client_verb)
    async def head(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `HEAD` request; options as in `request`."""
        answer = self.request("HEAD", url, **options)
        del options
        return await answer

    @shown_as(client_verb)
    async def options(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send an `OPTIONS` request; options as in `request`."""
        answer = self.request("OPTIONS", url, **options)
        del options
        return await answer

    @shown_as(client_verb)
    async def post(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `POST` request; options as in `request`."""
        answer = self.request("POST", url, **options)
        del options
        return await answer

    @shown_as(client_verb)
    async def put(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `PUT` request; options as in `request`."""
        answer = self.request("PUT", url, **options)
        del options
        return await answer

    @shown_as(client_verb)
    async def patch(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `PATCH` request; options as in `request`."""
        answer = self.request("PATCH", url, **options)
        del options
        return await answer

    @shown_as(client_verb)
    async def delete(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `DELETE` request; options as in `request`."""
        answer = self.request("DELETE", url, **options)
        del options
        return await answer

    @shown_as(client_verb)
    async def query(self, url: URLTypes, **options: Unpack[RequestOptions]) -> Response:
        """Send a `QUERY` request: a GET with a body, safe and idempotent; options as in `request`."""
        answer = self.request("QUERY", url, **options)
        del options
        return await answer

    def sse(
        self,
        url: URLTypes,
        *,
        method: str = "GET",
        max_event_size: int | None = MAX_EVENT_SIZE,
        reconnect: bool | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        **options: Unpack[BuildOptions],
    ) -> AbstractAsyncContextManager[EventSource]:
        """Send a request for server-sent events, and yield their `EventSource`.

            async with client.sse("https://api.test/events") as events:
                async for event in events:
                    print(event.event, event.data)

        A connection that is lost is made again, with the id of the last event, for requests that may be repeated.
        `reconnect=True` does so also where the stream ends as it should, until the server answers 204, as browsers do;
        `reconnect=False` never does. Silence is no failure before 300 seconds, unless `timeout` says otherwise.
        Raises `SSEError` where the answer is no event stream, and for an event of more than `max_event_size`
        characters.
        """
        from .sse import aevents, event_request

        def send(request: Request) -> Awaitable[Response]:
            return self.send(request, stream=True, auth=auth, follow_redirects=follow_redirects)

        request = event_request(self, method, url, dict(options))
        return aevents(self, request, max_event_size=max_event_size, reconnect=reconnect, send=send)

    async def download(
        self,
        url: URLTypes,
        path: str | os.PathLike[str],
        *,
        resume: bool = True,
        checksum: str | None = None,
        on_progress: Callable[[int, int | None], Any] | None = None,
        attempts: int = 3,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        **options: Unpack[BuildOptions],
    ) -> Download:
        """Download a resource to a file, which appears, or changes, only when it is complete.

            await client.download(url, "data.csv", checksum="sha256:...", on_progress=print)

        A connection that is lost is taken up again where it broke, `attempts` times in all; what was not finished
        then is kept in `path` with `.part` behind, and with `resume` the next call goes on from there.
        `on_progress(done, total)` is called with bytes, `total` being `None` where the server does not say.
        Raises `HTTPStatusError` for a status that is no success, and `ChecksumMismatch`.
        """
        from .download import Plan

        plan = Plan(
            self,
            url,
            path,
            resume=resume,
            checksum=checksum,
            on_progress=on_progress,
            attempts=attempts,
            send_options={"auth": auth, "follow_redirects": follow_redirects},
            request_options=dict(options),
        )
        return await plan.aperform()

    async def aclose(self) -> None:
        """Close the client, its transports and their connections."""
        if self._state is not ClientState.CLOSED:
            await self._close_all([transport.aclose for transport in self._own_transports()])

    async def __aenter__(self) -> Self:
        self._enter()
        try:
            for transport in self._own_transports():
                if not stands_in(transport):
                    await transport.__aenter__()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        leave = [
            transport.aclose if stands_in(transport) else partial(transport.__aexit__, exc_type, exc_value, traceback)
            for transport in self._own_transports()
        ]
        await self._close_all(leave)
