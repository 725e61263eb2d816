"""What must hold after every accident, whatever it was."""

from __future__ import annotations

import pickle
import time
from typing import TYPE_CHECKING, Any

import understudy

if TYPE_CHECKING:
    import pytest

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
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == message


def check_log(caplog: pytest.LogCaptureFixture) -> None:
    """I2: no secret is logged."""
    assert SECRET not in caplog.text


def check_pool(snapshot: Any) -> None:
    """I3: nobody holds a connection, and nobody waits for one."""
    assert snapshot.active == 0, str(snapshot)
    assert not snapshot.waiting, str(snapshot)
    assert not snapshot.holders, str(snapshot)


LATE = 1.0  # seconds that a busy machine may add to anything


class Stopwatch:
    """I5: nothing takes longer than it should."""

    def __init__(self, most: float) -> None:
        self.most = most

    def __enter__(self) -> None:
        self.start = time.monotonic()

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is None:
            took = time.monotonic() - self.start
            assert took <= self.most + LATE, f"took {took:.2f} s, more than {self.most:.2f} s"
