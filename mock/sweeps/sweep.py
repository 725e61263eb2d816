"""Fault sweeps: a function that passes runs once more for every call it makes and every fault that may meet it.

    def checkout():
        with mock.Router(base_url="https://api.test") as api:
            api.get("/cart").respond(json={"items": 2})
            api.post("/orders").respond(201, json={"id": 7})
            assert shop.buy() == 7

    mock.sweep(checkout)

Theory of operation

1. The first run is undisturbed and must pass. The calls that it makes are the columns of the matrix.
2. In every other run one fault meets one call, the first time that it is made. Whatever comes after it, such as a
   retry, gets what the route has to say: what was struck has never reached the route.
3. `handled`: the function passes all the same. `raised`: an error came out of it. `failed`: one of its assertions
   did not hold, or it asked for something that no route answers. `hung`: it would have waited for ever, or asked for
   ever.
4. Time is the routers' virtual clock, so that nothing waits. Routes that were not called are not missed in a struck
   run.
"""

from __future__ import annotations

import inspect
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, TextIO

from ..calls.sabotage import at_work
from ..errors import ExpectationsNotMet, UnmatchedRequest
from ..places import raised_at
from .matrices import matrix
from .troubles import TROUBLES, Silent, Trouble, troubles

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from ...client import Request
    from ..calls.log import Call
    from ..places import Place
    from ..replies.kinds import Reply

HANDLED, RAISED, FAILED, HUNG, SKIPPED = "handled", "raised", "failed", "hung", "skipped"

Key = tuple[str, str, int]
"""Which request of a run: its method, its URL, and how many of the same came before."""

_MOST_REQUESTS = 1_000

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class Endless(BaseException):
    """Ends a run that goes on asking; no code takes it for a failure that it may handle."""


class SweptCall:
    """One call of the undisturbed run."""

    __slots__ = ("call", "key", "number")

    def __init__(self, number: int, key: Key, call: Call) -> None:
        self.number: int = number
        """From 1, in the order of the undisturbed run."""
        self.key: Key = key
        self.call: Call = call

    @property
    def label(self) -> str:
        """The request in one line, without secrets."""
        return f"{self.call.request.method} {self.call.request.url.redacted}"

    @property
    def place(self) -> Place:
        """Where the code under test made the call."""
        return self.call.place

    def __repr__(self) -> str:
        return f"<SweptCall {self.number} {self.label}>"


class SweepCase:
    """One run in which one fault meets one call.

    with case.running():
        run_the_test()
    case.judge(error)    # the error that came out of it, or None
    """

    def __init__(self, call: SweptCall, trouble: Trouble) -> None:
        self.call = call
        self.fault: str = trouble.name
        self.outcome: str = SKIPPED
        """"handled", "raised", "failed", "hung", or "skipped" where the fault cannot meet this call."""
        self.error: BaseException | None = None
        self._reply = trouble.make(call.call)
        self._seen: dict[tuple[str, str], int] = {}
        self._count = 0
        self._is_endless = False
        self.has_struck: bool = False

    @property
    def is_possible(self) -> bool:
        """Whether the fault can meet this call: an empty body cannot be cut."""
        return self._reply is not None

    @contextmanager
    def running(self) -> Generator[None]:
        """Let the fault strike in this block."""
        self._seen.clear()
        self._count = 0
        self.has_struck = False
        with at_work(self):
            yield

    def judge(self, error: BaseException | None) -> str:
        """Note how the run ended, and return the outcome."""
        self.error = error
        if self._is_endless or (isinstance(self._reply, Silent) and self._reply.is_endless):
            self.outcome = HUNG
        elif error is None:
            self.outcome = HANDLED
        else:
            self.outcome = FAILED if isinstance(error, AssertionError) else RAISED
        return self.outcome

    @property
    def place(self) -> Place:
        """The line of the user's where it went wrong, or where the call was made."""
        found = None if self.error is None else raised_at(self.error)
        return self.call.place if found is None else found

    @property
    def told(self) -> str:
        """The outcome in a word or two."""
        if self.outcome not in (RAISED, FAILED) or self.error is None:
            return self.outcome
        if isinstance(self.error, UnmatchedRequest):
            return "no route"
        if isinstance(self.error, ExpectationsNotMet):
            return "unmet"
        return "assert" if type(self.error) is AssertionError else type(self.error).__name__

    # As a saboteur

    def strike(self, request: Request) -> Reply | None:
        """Return the fault where this request is the one to be met."""
        self._count += 1
        if self._count > _MOST_REQUESTS:
            self._is_endless = True
            raise Endless(f"more than {_MOST_REQUESTS} requests in one run")
        key = _counted(request, self._seen)
        if key != self.call.key:
            return None
        self.has_struck = True
        return self._reply

    def note(self, call: Call) -> None:
        """Note a call; there is nothing to note."""

    def __repr__(self) -> str:
        return f"<SweepCase {self.fault} at {self.call.label}: {self.outcome}>"


class Sweep:
    """All runs of one function: watch the undisturbed one, run the cases, look at the matrix.

        sweep = mock.Sweep("test_checkout")
        with sweep.watching():
            run_the_test()
        for case in sweep.cases:
            with case.running():
                ...

    `mock.sweep(function)` does all of it. `faults` are names of faults, statuses and replies.
    """

    def __init__(self, name: str = "", *, faults: Iterable[Any] = TROUBLES) -> None:
        self.name = name
        self.calls: list[SweptCall] = []
        self.cases: list[SweepCase] = []
        self.has_struck = False
        self._troubles = troubles(faults)
        self._seen: dict[tuple[str, str], int] = {}
        # By the identity of the request, which is kept so that no other one gets it.
        self._noted: dict[int, tuple[Request, SweptCall]] = {}
        self._started = time.perf_counter()

    @contextmanager
    def watching(self) -> Generator[None]:
        """Note the calls of the undisturbed run; the cases are there when the block has ended."""
        self.calls.clear()
        self._seen.clear()
        self._noted.clear()
        with at_work(self):
            yield
        self.cases = [SweepCase(call, trouble) for trouble in self._troubles for call in self.calls]

    @property
    def faults(self) -> list[str]:
        """The names of what meets the calls, in their order."""
        return [trouble.name for trouble in self._troubles]

    def where(self, outcome: str) -> list[SweepCase]:
        """Return the cases that ended so: "handled", "raised", "failed", "hung", "skipped"."""
        return [case for case in self.cases if case.outcome == outcome]

    @property
    def handled(self) -> list[SweepCase]:
        """The cases that the function passed all the same."""
        return self.where(HANDLED)

    @property
    def hung(self) -> list[SweepCase]:
        """The cases in which it would have waited, or asked, for ever."""
        return self.where(HUNG)

    def assert_never_hangs(self) -> None:
        """Assert that the function came to an end in every case."""
        if self.hung:
            raise AssertionError(str(self))

    def assert_handled(self) -> None:
        """Assert that the function passed in every case."""
        if any(case.outcome in (RAISED, FAILED, HUNG) for case in self.cases):
            raise AssertionError(str(self))

    def show(self, file: TextIO | None = None) -> None:
        """Print the matrix; in color where `file`, by default the standard output, is a terminal."""
        out = sys.stdout if file is None else file
        out.write(matrix(self, is_colored=_takes_color(out)) + "\n")

    # As a saboteur, who does nothing

    def strike(self, request: Request) -> Reply | None:
        """Let every request be answered; one that is sent once more, with new credentials or by a retry, is another."""
        self._noted.pop(id(request), None)
        return None

    def note(self, call: Call) -> None:
        """Note a call."""
        noted = self._noted.get(id(call.request))
        if noted is not None:
            # Another route, or another attempt of the network's.
            noted[1].call = call
            return
        swept = SweptCall(len(self.calls) + 1, _counted(call.request, self._seen), call)
        self._noted[id(call.request)] = (call.request, swept)
        self.calls.append(swept)

    def __iter__(self) -> Iterator[SweepCase]:
        return iter(self.cases)

    def __str__(self) -> str:
        return matrix(self, is_colored=False)

    def __repr__(self) -> str:
        return f"<Sweep of {self.name or 'a function'}: {len(self.calls)} calls, {len(self.cases)} cases>"


def sweep(
    function: Callable[..., Any],
    *args: Any,
    faults: Iterable[Any] = TROUBLES,
    backend: str = "asyncio",
    quiet: bool = False,
    **kwargs: Any,
) -> Sweep:
    """Run a passing function once for every call and fault, print what became of each, and return it.

    The function makes its own mocks: a decorated test, or one with a router in a block; it may be asynchronous, and
    then runs under `backend`. The rest of the arguments is given to it.
    """
    if not callable(function):
        raise TypeError(f"sweep takes a function that makes its own mocks, such as a decorated test, not {function!r}")
    found = Sweep(getattr(function, "__qualname__", repr(function)).rpartition("<locals>.")[2], faults=faults)
    with found.watching():
        _run(function, args, kwargs, backend)
    for case in found.cases:
        if not case.is_possible:
            continue
        error: BaseException | None = None
        with case.running():
            try:
                _run(function, args, kwargs, backend)
            except (Exception, Endless) as raised:
                error = raised
        case.judge(_only(error))
    if not quiet:
        found.show()
    return found


def _run(function: Callable[..., Any], args: Any, kwargs: Any, backend: str) -> None:
    if not inspect.iscoroutinefunction(function):
        function(*args, **kwargs)
        return
    import anyio

    async def main() -> None:
        await function(*args, **kwargs)

    anyio.run(main, backend=backend)


def _only(error: BaseException | None) -> BaseException | None:
    """Return the one error that a group holds, if it holds one."""
    inside: Any = getattr(error, "exceptions", None)
    return _only(inside[0]) if isinstance(inside, tuple) and len(inside) == 1 else error  # pyright: ignore[reportUnknownArgumentType]


def _counted(request: Request, seen: dict[tuple[str, str], int]) -> Key:
    asked = (request.method, str(request.url))
    seen[asked] = seen.get(asked, 0) + 1
    return (*asked, seen[asked])


def _takes_color(file: TextIO) -> bool:
    import os

    if "NO_COLOR" in os.environ:
        return False
    return "FORCE_COLOR" in os.environ or file.isatty()
