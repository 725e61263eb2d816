"""What the pytest plugin costs a suite that does not use it: its import, and each test.

    python -m benchmarks.plugin

Suites of one and of many empty tests run with and without the plugin, alternating, in processes of their own;
processor time, medians of the differences.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 9
MANY = 2_000
WITHOUT = ("-p", "no:understudy.pytest_plugin")
PROGRAM = """
import sys, time, pytest
started = time.process_time()
status = pytest.main({arguments!r})
print("TOOK", time.process_time() - started)
sys.exit(status)
"""


def took(folder: Path, *arguments: str) -> float:
    """Return the seconds of processor time of one run of pytest."""
    said = ["-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist", *arguments]
    program = PROGRAM.format(arguments=said)
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    return float(done.stdout.rpartition("TOOK ")[2])


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for tests in (1, MANY):
            text = f"import pytest\n\n@pytest.mark.parametrize('n', range({tests}))\ndef test_one(n):\n    pass\n"
            (folder / f"test_{tests}.py").write_text(text, "utf-8")
        one: list[float] = []
        many: list[float] = []
        for _ in range(ROUNDS):
            one.append(took(folder, "test_1.py") - took(folder, "test_1.py", *WITHOUT))
            many.append(took(folder, f"test_{MANY}.py") - took(folder, f"test_{MANY}.py", *WITHOUT))
    start = statistics.median(one)
    each = (statistics.median(many) - start) / MANY
    print(f"import and start  {start * 1e3:6.1f} ms   from {min(one) * 1e3:.1f} to {max(one) * 1e3:.1f}")
    print(f"each test         {each * 1e6:6.1f} us")


if __name__ == "__main__":
    main()
