"""Noticing that this process is a fork of the one that opened the connections."""

from __future__ import annotations

import os
import threading

generation: int = 0
"""Changes in every forked child."""

lock: threading.Lock = threading.Lock()
"""Held while a transport opens its pool; new in every child, where a thread that held it may be gone."""


def _forked() -> None:
    global generation, lock  # noqa: PLW0603  # a fork is an event of the whole process
    generation += 1
    lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
