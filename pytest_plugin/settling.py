"""What is done with the tapes when the last test has run: compared with the real servers, rid of what nobody plays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .network_block import Block, start, stop
from .report import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .tally import Tally


def verify(tally: Tally, start_of_paths: str, secrets: Mapping[str, str]) -> None:
    """Send the safe requests of every tape that was played, with the secrets, and note what has changed."""
    from .. import cassettes

    # Whoever asks for this asks for the network.
    block = Block(("*",))
    start(block)
    try:
        for path, use in sorted(tally.tapes.items()):
            if use.played:
                try:
                    found = cassettes.verify(path, volatile=use.volatile, secrets=secrets)
                except cassettes.CassetteError as error:  # a test may have taken its tape away
                    tally.drifts.append(f"verify: {error}")
                    tally.is_broken = True
                    continue
                except ValueError as error:  # a host that is none
                    tally.drifts.append(f"verify: {error}")
                    tally.is_broken = True
                    return
                tally.drifts.append(found.as_text(_mend).replace(path, shown(path, start_of_paths)))
                tally.is_broken = tally.is_broken or not found
    finally:
        stop(block)


def _mend(wanted: str) -> str:
    return f"--verify-secret '{wanted}=VARIABLE'" if " " in wanted else f"{wanted} is not to be given here"


def delete(tally: Tally) -> None:
    """Take out of the tapes what no test played, and remove the tapes that no test has."""
    from .. import cassettes

    lines: dict[str, list[int]] = {}
    for found in tally.unused():
        if found.line:
            lines.setdefault(found.path, []).append(found.line)
    for path, at in lines.items():
        tally.deleted.extend(f"{path}:{line}  {summary}" for line, summary in cassettes.prune(path, at))
    for path in tally.orphans():
        os.unlink(path)
        tally.deleted.append(path)
