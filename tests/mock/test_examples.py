"""The examples of the mock are tests, and pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("mock_*.py"))


@pytest.mark.once
def test_every_example_of_the_mock_passes() -> None:
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q"]
    unneeded = ("-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider")  # which take long to load

    done = subprocess.run([*command, *unneeded, *map(str, EXAMPLES)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert len(EXAMPLES) >= 13
