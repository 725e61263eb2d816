"""What must hold after every accident, whatever it was."""

from __future__ import annotations

import functools
import pickle
import time
from typing import TYPE_CHECKING, Any, Callable, TypeVar, cast

import understudy

if TYPE_CHECKING:
    from collections.abc import Coroutine

    import pytest

Test = TypeVar("Test", bound="Callable[..., Coroutine[Any, Any, None]]")

SECRET = "s3cr3t"
"""Part of everything in these tests that nobody may see."""

IN_QUERY = "t0k3n"
"""Part of a query: a URL may be shown as a whole by what is a URL's own repr, and not in an error's message."""

CREDENTIALS: dict[str, Any] = {
    "headers": {"Cookie": f"sid={SECRET}-cookie", "X-Api-Key": f"{SECRET}-key"},
    "auth": ("ada", f"{SECRET}-password"),
}


def check_error(error: BaseException) -> None:
    """I1 and I2: an error of ours that carries the request, can be pickled, and shows no secret and no raw bytes."""
    assert isinstance(error, understudy.TransportError)
    message = str(error)
    assert error.request.url.host
    assert len(message) <= 300, message
    assert message.isprintable(), repr(message)
    assert SECRET not in message
    assert IN_QUERY not in message
    assert SECRET not in repr(error)
    assert SECRET not in repr(error.request)
    check_causes(error)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == message


def check_causes(error: BaseException) -> None:
    """I1: whoever follows the causes of an error comes to an end."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        assert not any(cause is one for one in seen), f"{cause!r} is its own cause"
        seen.append(cause)
        cause = cause.__cause__


def check_log(caplog: pytest.LogCaptureFixture) -> None:
    """I2: no secret is logged."""
    assert SECRET not in caplog.text


def check_pool(snapshot: Any) -> None:
    """I3: nobody holds a connection, and nobody waits for one."""
    assert snapshot.active == 0, str(snapshot)
    assert not snapshot.waiting, str(snapshot)
    assert not snapshot.holders, str(snapshot)


GRACE = 0.3
"""How many seconds after its time anything may end."""

_TRIES = 4


class Late(AssertionError):
    """Something came after its time."""


class Stopwatch:
    """I5: nothing takes longer than the caller has allowed, `most` seconds, and a grace."""

    def __init__(self, most: float, now: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.now = now

    def __enter__(self) -> None:
        self.start = self.now()

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is None:
            check_time(self.now() - self.start, self.most)


def check_time(took: float, most: float) -> None:
    """I5 for what was measured already."""
    if took > most + GRACE:
        raise Late(f"took {took:.2f} s, more than {most:.2f} s by over {GRACE} s")


def in_time(test: Test) -> Test:
    """Let a test that came too late try again: a busy machine is late at times, a late client is late every time."""

    @functools.wraps(test)
    async def repeated(*arguments: Any, **options: Any) -> None:
        for left in reversed(range(_TRIES)):
            try:
                return await test(*arguments, **options)
            except Late:
                if not left:
                    raise

    return cast("Test", repeated)
