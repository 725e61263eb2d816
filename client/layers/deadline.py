"""One deadline over everything that a call does, and an account of where the time went.

Theory of operation

1. A deadline is a moment of `time.monotonic`, in `request.extensions["deadline"]`; the earliest of those that apply:
   `Timeout(total=)` of the call, `with client.deadline(seconds)` around it, and one that the caller put there.
2. The network looks at it in every wait. So does the layer for retries. `Stopwatch` looks before each single request.
   Whatever else an asynchronous call awaits, functions of the user's included, is cut off a little later.
3. Where there is a deadline, the call keeps an account in its extensions. Redirects, authentication and retries make
   new requests with the same extensions, so that all of them write to one account.
4. `DeadlineExceeded` is raised by whoever was waiting; the outermost layer adds the account to its message.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import ref

from ..callers import ASYNCHRONOUS
from ..errors import DeadlineExceeded
from ..journal import loggable

if TYPE_CHECKING:
    from types import TracebackType

    from ..callers import Caller
    from ..messages.request import Request
    from ..messages.response import Response
    from .stack import Send

_ACCOUNT = "time_account"
_MOST_ENTRIES = 8
_LONGEST_NAME = 160
# So that whoever waits gets to say for what.
_SLACK = 0.05

_here: ContextVar[tuple[DeadlineBlock, ...]] = ContextVar("understudy_deadlines", default=())


class DeadlineBlock:
    """Bounds everything that a client does in a block, in this task or thread: what `client.deadline(seconds)` returns.

        with client.deadline(10) as deadline:
            client.get(...)
            client.get(...)
            deadline.left    # seconds

    Blocks nest; the earliest deadline counts. One that has ended is ended for the tasks, too, that were started in it.
    """

    def __init__(self, client: object, seconds: float) -> None:
        if not isinstance(seconds, (int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"a deadline of {seconds!r}: seconds are a number")
        if not seconds >= 0:
            raise ValueError(f"a deadline of {seconds!r} seconds: it cannot be negative")
        # Contexts that were copied inside of the block may live for long: they keep no client alive.
        self._client = ref(client)
        self._seconds = seconds
        self._at: float | None = None
        self._is_open = False

    @property
    def left(self) -> float:
        """How many seconds there are, never less than zero."""
        return self._seconds if self._at is None else max(0.0, self._at - time.monotonic())

    def __enter__(self) -> DeadlineBlock:
        if self._at is not None:
            raise RuntimeError("this deadline has begun already: make another one with client.deadline(seconds)")
        self._at = time.monotonic() + self._seconds
        self._is_open = True
        _here.set((*_here.get(), self))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._is_open = False
        _here.set(tuple(block for block in _here.get() if block is not self))

    def __repr__(self) -> str:
        return f"<DeadlineBlock {self.left:.3f} s left of {self._seconds:g} s>"


def deadline_for(client: object, request: Request) -> float | None:
    """Return the moment when a call of this client that starts now must be over."""
    extensions = request.extensions
    here = _here.get()
    if not here and "total_timeout" not in extensions and "deadline" not in extensions:
        return None
    if extensions.pop(_ACCOUNT, None) is not None:
        # It is the deadline of an earlier call, with the same request or with one that led to this one.
        extensions.pop("deadline", None)
    given: float | None = extensions.get("deadline")
    total: float | None = extensions.get("total_timeout")
    moments = [block._at for block in here if block._is_open and block._at is not None and block._client() is client]
    if given is not None:
        moments.append(given)
    if total is not None:
        moments.append(time.monotonic() + total)
    return min(moments, default=None)


class Deadline:
    """The outermost layer of a call that has a deadline: reads the body too, and says where the time went."""

    def __init__(self, caller: Caller, *, reads: bool = False) -> None:
        self._caller = caller
        self._reads = reads

    async def __call__(self, request: Request, send: Send) -> Response:
        account = request.extensions[_ACCOUNT] = Account(request.extensions["deadline"])
        try:
            if self._caller is ASYNCHRONOUS:
                return await self._cut_off(account, request, send)
            return await self._answer(request, send)
        except DeadlineExceeded as error:
            error.args = (f"{error}: {account}",)
            raise

    async def _cut_off(self, account: Account, request: Request, send: Send) -> Response:
        from anyio import move_on_after

        with move_on_after(max(0.0, account.left) + _SLACK):
            return await self._answer(request, send)
        raise DeadlineExceeded(
            f"{request.method} {loggable(request.url)}: the time for the whole call is over", request=request
        )

    async def _answer(self, request: Request, send: Send) -> Response:
        response = await send(request)
        if self._reads:
            try:
                await read_accounted(self._caller, request, response)
            except BaseException:
                await self._caller.close(response)
                raise
        return response


class Stopwatch:
    """The innermost layer of a call that has a deadline: accounts for each single request."""

    async def __call__(self, request: Request, send: Send) -> Response:
        account: Account | None = request.extensions.get(_ACCOUNT)
        if account is None:
            # Somebody made the request anew, without the extensions of the one that it is made for.
            return await send(request)
        name = f"{request.method} {loggable(request.url)[:_LONGEST_NAME]}"
        if account.left <= 0:
            error = DeadlineExceeded(f"no time is left for {name}", request=request)
            error.request_sent = False
            raise error
        with account.entry(name):
            return await send(request)


class Account:
    """Where the time of one call went."""

    def __init__(self, deadline: float) -> None:
        self._started = time.monotonic()
        self._deadline = deadline
        self._entries: list[tuple[str, float]] = []

    @property
    def left(self) -> float:
        """How many seconds there are."""
        return self._deadline - time.monotonic()

    def note(self, name: str, seconds: float) -> None:
        """Add what took some time."""
        self._entries.append((name, seconds))

    def entry(self, name: str) -> _Entry:
        """Measure a block."""
        return _Entry(self, name)

    def __str__(self) -> str:
        longest = sorted(self._entries, key=lambda entry: -entry[1])[:_MOST_ENTRIES]
        shown = [f"{seconds:.2f} s {name}" for name, seconds in self._entries if (name, seconds) in longest]
        budget = max(0.0, self._deadline - self._started)
        return f"of {budget:.2f} s, {', '.join(shown) or 'nothing was left'}"


class _Entry:
    __slots__ = ("_account", "_name", "_started")

    def __init__(self, account: Account, name: str) -> None:
        self._account = account
        self._name = name

    def __enter__(self) -> None:
        self._started = time.monotonic()

    def __exit__(self, *error: object) -> None:
        self._account.note(self._name, time.monotonic() - self._started)


def within_call(request: Request) -> dict[str, Any]:
    """Return extensions for another request of the same call, to be sent by the client anew: the deadline goes on."""
    return {name: value for name, value in request.extensions.items() if name != _ACCOUNT}


async def read_accounted(caller: Caller, request: Request, response: Response) -> None:
    """Read a body, and add how long it took to the account of the call, where it keeps one."""
    account: Account | None = request.extensions.get(_ACCOUNT)
    if account is None or response.is_closed:
        return await caller.read(response)
    with account.entry("reading the body"):
        await caller.read(response)


def note_wait(request: Request, seconds: float, attempt: int) -> None:
    """Add a wait before an attempt to the account of the call, where it keeps one."""
    account: Account | None = request.extensions.get(_ACCOUNT)
    if account is not None:
        account.note(f"waiting before attempt {attempt}", seconds)
