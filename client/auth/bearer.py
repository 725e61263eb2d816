"""Bearer authentication (RFC 6750): a token in every request, fixed or from a function."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Callable, cast

from .flow import Auth
from .resend import leads_elsewhere, with_authorization

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Generator

    from anyio import Lock
    from anyio.lowlevel import RunVar

    from ..messages.request import Request
    from ..messages.response import Response


class BearerAuth(Auth):
    """Send a token with every request.

        Client(auth=BearerAuth("secret"))
        Client(auth=BearerAuth(fetch_token))

    A function is called before the first request, and its token kept until a server answers 401;
    then it is called again, and the request is sent once more.
    Requests that fail at the same time share one new token.
    An asynchronous client takes a plain or an asynchronous function.
    """

    def __init__(self, token: str | Callable[[], str] | Callable[[], Awaitable[str]]) -> None:
        self._token: str | None = None
        self._fetch: Callable[[], Any] | None = None
        if callable(token):
            self._fetch = token
        else:
            self._token = _checked(token)
        self._lock = threading.RLock()
        self._is_asking = False
        self._turns: RunVar[Lock] | None = None

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Send the request with the token, and again with a new one."""
        token = self._token if self._token is not None else self._fresh(None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if self._may_refresh(request, response):
            yield with_authorization(request, f"Bearer {self._fresh(token)}", response)

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Send the request with the token, and again with a new one."""
        token = self._token if self._token is not None else await self._afresh(None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if self._may_refresh(request, response):
            yield with_authorization(request, f"Bearer {await self._afresh(token)}", response)

    def _may_refresh(self, request: Request, response: Response) -> bool:
        return self._fetch is not None and response.status_code == 401 and not leads_elsewhere(request, response)

    def _fresh(self, refused: str | None) -> str:
        """Return a token that is not the refused one, or at least was fetched after it."""
        with self._lock:
            if self._is_asking:
                raise RuntimeError(
                    "this BearerAuth's function waits for its own token: send its request with auth=None"
                )
            if self._token is None or self._token == refused:
                self._is_asking = True
                try:
                    token = self._call()
                finally:
                    self._is_asking = False
                if hasattr(token, "__await__"):
                    if hasattr(token, "close"):
                        token.close()
                    raise TypeError("this BearerAuth has an asynchronous function: a blocking Client calls plain ones")
                self._token = _checked(token)
            return self._token

    async def _afresh(self, refused: str | None) -> str:
        async with self._turn():
            if self._token is None or self._token == refused:
                token = self._call()
                self._token = _checked(await token if hasattr(token, "__await__") else token)
            return self._token

    def _call(self) -> Any:
        # A token that was given is never asked for anew.
        return cast("Callable[[], Any]", self._fetch)()

    def _turn(self) -> Lock:
        """Return the lock of the running event loop: one object may serve clients in several."""
        from anyio import Lock
        from anyio.lowlevel import RunVar

        if self._turns is None:
            self._turns = RunVar(f"BearerAuth {id(self)}")
        lock = self._turns.get(None)
        if lock is None:
            lock = Lock()
            self._turns.set(lock)
        return lock

    def __getstate__(self) -> dict[str, Any]:
        return {"_token": self._token, "_fetch": self._fetch}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.RLock()
        self._is_asking = False
        self._turns = None

    def __repr__(self) -> str:
        return "BearerAuth(...)"


def _checked(token: Any) -> str:
    if not isinstance(token, str):
        raise TypeError(f"a bearer token is a str, not {type(token).__name__}")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("a bearer token is one word of ASCII: this one is empty, or holds a space or a line end")
    return str.__str__(token)  # of an enumeration's member the text, not its name
