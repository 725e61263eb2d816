"""Noticing that this process is a fork of the one that opened the connections."""

from __future__ import annotations

import os
import threading
from typing import Any

generation: int = 0
"""Changes in every forked child."""

# New in every child, where a thread that held one may be gone. Neither is a `Lock`, at which a finalizer would wait for
# the very thread that it interrupts.
lock: Any = threading.RLock()
"""Held while a transport opens its pool."""

tls_lock: Any = threading.RLock()
"""Held while a context for TLS is made, which takes long."""


def _forked() -> None:
    global generation, lock, tls_lock  # noqa: PLW0603  # a fork is an event of the whole process
    generation += 1
    lock = threading.RLock()
    tls_lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
