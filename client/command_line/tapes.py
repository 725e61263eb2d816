"""`--record`, `--replay` and `--har`: what stands in for the network, or listens to it.

The client knows no cassettes. Each of these options is an entry point of the group `understudy.tapes`:
a function that takes the name of a file and returns a context manager, inside which the request is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .entries import entries
from .failures import Missing

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

GROUP = "understudy.tapes"


def tape(kind: str, path: str) -> AbstractContextManager[Any]:
    """Return what `--KIND path` asks for."""
    found = entries(GROUP).get(kind)
    if found is None:
        raise Missing(f"nothing is installed that knows --{kind}: `pip install .` registers it")
    made: AbstractContextManager[Any] = found.load()(path)
    return made
