"""Noticing that this process is a fork of the one that opened the connections."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any

generation: int = 0
"""Changes in every forked child."""

# New in every child, where a thread that held one may be gone. Neither is a `Lock`, at which a finalizer would wait for
# the very thread that it interrupts.
lock: Any = threading.RLock()
"""Held while a transport opens its pool."""

tls_lock: Any = threading.RLock()
"""Held while a context for TLS is made, which takes long."""

_OURS = __name__.partition(".")[0] + "."


def _let_imports_end() -> None:
    """Wait for the threads that import a module of ours, as first uses do; none begins while a pool is opened.

    A child would inherit the lock of that module, without the thread that gives it back, and wait at its first request.
    """
    lock.acquire()
    for name, module in list(sys.modules.items()):
        if name.startswith(_OURS) and getattr(getattr(module, "__spec__", None), "_initializing", False):
            with suppress(ImportError):  # which is that thread's to raise
                import_module(name)


def _go_on() -> None:
    lock.release()


def _forked() -> None:
    global generation, lock, tls_lock  # noqa: PLW0603  # a fork is an event of the whole process
    generation += 1
    lock = threading.RLock()
    tls_lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_let_imports_end, after_in_parent=_go_on, after_in_child=_forked)
