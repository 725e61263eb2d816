"""Every example of the client runs, and prints what it should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

PRINTED = {
    "client_alias_httpx": ["Ada True"],
    "client_asgi": ["hello 1", "hello 2", "hello 3", "the client has gone", "shut down"],
    "client_auth": [
        "/token <- Bearer token1",
        "/token <- Bearer token2",
        "<Response [200 OK]>",
        "/digest <- nothing",
        '/digest <- Digest username="Mufasa"',
        "<Response [200 OK]>",
    ],
    "client_download": [
        "0 of 1,000,000 bytes",
        "500,000 of 1,000,000 bytes",
        "resumed with bytes=500000-",
        "500,000 of 1,000,000 bytes",
        "1,000,000 of 1,000,000 bytes",
        "1,000,000 bytes, complete: True",
    ],
    "client_events": ["1 message 1", "2 message 2", "3 message 3", "4 message 4"],
    "client_retries": [
        "{'ready': True}",
        "attempt 1: 503, after waiting 0 s",
        "attempt 2: 503, after waiting 20 s",
        "attempt 3: 200, after waiting 20 s",
        "True",
    ],
}


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_it_should(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py")], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == PRINTED[name]


def test_every_example_of_the_client_is_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("client_*.py")} == set(PRINTED)
