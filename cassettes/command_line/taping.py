"""`understudy URL --record`, `--replay` and `--har`: a file in, a block for the request out."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

from ..converting import convert
from ..errors import CassetteError, CassetteMissing, NoMatch
from ..using import use

if TYPE_CHECKING:
    from collections.abc import Generator


def record(path: str) -> use:
    """Replay what the cassette holds, and record the rest into it."""
    return use(path, mode="new_episodes")


@contextlib.contextmanager
def replay(path: str) -> Generator[None]:
    """Replay, and reach no network."""
    try:
        with use(path, mode="none"):
            yield
    except (CassetteMissing, NoMatch) as error:
        # What to write in code helps nobody here.
        error.mend = f"Record it with --record {path} in the place of --replay."
        raise


@contextlib.contextmanager
def har(path: str) -> Generator[None]:
    """Write what happens into a new HAR file, without its secrets."""
    if os.path.exists(path):
        raise CassetteError("there is such a file already", path=path, mend="Name a new one, or remove this one first.")
    if not path.endswith(".har"):
        raise CassetteError("a HAR file ends with .har", path=path, mend=f"Write --har {path}.har")
    with tempfile.TemporaryDirectory(prefix="understudy-har-") as folder:
        tape = os.path.join(folder, "exchange.yaml")
        try:
            with use(tape, mode="new_episodes"):
                yield
        finally:
            # Redirects before the one that failed are worth looking at, too.
            if os.path.exists(tape):
                convert(tape, path)
