"""Kill a program that records, at random moments, and look at what it left: `python -m benchmarks.kills --count 1000`.

After every kill the cassette must be absent, or hold a whole beginning of what was recorded: never empty, never mixed,
at most the interaction in flight missing. A torn last interaction counts as in flight, and must be named with its line.
In the modes `all` and `update` the old file must be there byte for byte, or the whole new one.
Every body that a recording names must be there whole, and the next recording goes on as if nothing had happened.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

MODES = ("once", "new_episodes", "all", "update")
REQUESTS = 400
CHILD = """
import sys, understudy
from understudy import cassettes
path, size, mode, start = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
def answer(request):
    if size > 9000:
        number = int(request.url.path[1:]) % 7
        return understudy.Response(200, headers={"content-type": "image/png"}, content=bytes([number, 255]) * size)
    return understudy.Response(200, json=[{"number": number, "text": "x" * 50} for number in range(size)])
with cassettes.use(path, mode), understudy.Client(transport=understudy.MockTransport(answer)) as client:
    print("ready", flush=True)
    for number in range(start, start + int(sys.argv[5])):
        client.get(f"https://api.test/{number}")
        print(number, flush=True)
print("done", flush=True)
"""


def recording(path: Path, size: int, mode: str, start: int, count: int) -> list[str]:
    """Return the command line of a program that records."""
    return [sys.executable, "-c", CHILD, str(path), str(size), mode, str(start), str(count)]


def killed(command: list[str], wait: float) -> list[str]:
    """Run a program, kill it so many seconds after it began to record, and return what it said."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(wait)
        child.kill()
        return child.stdout.read().split()


def numbers(path: Path) -> list[int]:
    """Return what a cassette holds; reads all of it, bodies beside it included."""
    from understudy import cassettes

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cassettes.CassetteWarning)
        tape = cassettes.Cassette(path, "new_episodes")
    found = [int(item.request.url.rpartition("/")[2]) for item in tape.interactions]
    tape.close(succeeded=False)
    return found


def kill_once(folder: Path, seed: int, mode: str = "once") -> str:
    """Kill one recording program, and return what was wrong with what it left; nothing is wrong: an empty text."""
    generator = random.Random(seed)
    folder = folder / str(seed)
    folder.mkdir()
    path = folder / "tape.yaml"
    size = generator.choice([1, 40, 800, 10_000])
    held = 0
    if mode != "once":
        held = 5
        subprocess.run(recording(path, size, "once", 0, held), check=True, capture_output=True)
    before = path.read_bytes() if held else b""
    start = held if mode == "new_episodes" else 0
    said = killed(recording(path, size, mode, start, REQUESTS), generator.random() * 0.05)
    finished = held + len([word for word in said if word.isdigit()])
    if mode in ("all", "update"):
        # It may have finished and been killed before it could say so.
        is_new = finished == held + REQUESTS and numbers(path) == list(range(REQUESTS))
        problem = "" if path.read_bytes() == before or is_new else "neither the old cassette nor the whole new one"
    elif not path.exists():
        problem = "" if finished == 0 else f"{finished} interactions were finished, and nothing is there"
    else:
        kept = numbers(path)
        problem = f"not a beginning of what was recorded: {kept}" if kept != list(range(len(kept))) else ""
        problem = problem or (
            f"{finished} interactions were finished, {len(kept)} are there" if len(kept) < finished else ""
        )
    return problem or goes_on(path, size, 0 if mode in ("all", "update") else REQUESTS * 2)


def goes_on(path: Path, size: int, number: int) -> str:
    """Record once more, and return what is wrong afterwards."""
    mode = "update" if number == 0 else "new_episodes"
    after = subprocess.run(recording(path, size, mode, number, 1), check=False, capture_output=True, text=True)
    if after.returncode:
        return f"the next recording fails: {after.stderr[-300:]}"
    if numbers(path)[-1] != number:
        return "the next recording is not there"
    left = [name for name in os.listdir(path.parent) if name.endswith((".tmp", ".new"))]
    return f"{left} left over after the next recording" if left else ""


def main() -> int:
    """Kill as often as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the number to begin with, for sharing the work")
    options = parser.parse_args()
    wrong: list[str] = []
    tally: Counter[str] = Counter()
    with contextlib.suppress(KeyboardInterrupt), tempfile.TemporaryDirectory() as folder:
        for seed in range(options.first, options.first + options.count):
            mode = MODES[seed % len(MODES)]
            problem = kill_once(Path(folder), seed, mode)
            shutil.rmtree(Path(folder) / str(seed))
            tally[mode] += 1
            if problem:
                wrong.append(f"seed {seed}, mode {mode}: {problem}")
            if sum(tally.values()) % 50 == 0:
                print(f"{sum(tally.values())} kills, {len(wrong)} left something wrong", file=sys.stderr, flush=True)
    modes = ", ".join(f"{mode} {times}" for mode, times in tally.items())
    print(f"{sum(tally.values())} kills ({modes}), {len(wrong)} left something wrong")
    print("\n".join(wrong))
    return 1 if wrong or sum(tally.values()) < options.count else 0


if __name__ == "__main__":
    sys.exit(main())
