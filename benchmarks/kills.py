"""Kill a program that records, at random moments, and look at what it left: `python -m benchmarks.kills --count 1000`.

After every kill the cassette must be absent, or hold a whole beginning of what was recorded: never empty, never mixed,
at most the interaction in flight missing. A torn last interaction counts as in flight, and must be named with its line.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

CHILD = """
import sys, understudy
from understudy import cassettes
body = [{"number": number, "text": "x" * 50} for number in range(int(sys.argv[2]))]
answer = understudy.MockTransport(lambda request: understudy.Response(200, json=body))
with cassettes.use(sys.argv[1], sys.argv[3]), understudy.Client(transport=answer) as client:
    print("ready", flush=True)
    for number in range(400):
        client.get(f"https://api.test/{number}")
        print(number, flush=True)
print("done", flush=True)
"""


def kill_once(folder: Path, seed: int, mode: str = "once") -> str:
    """Kill one recording program, and return what was wrong with what it left; nothing is wrong: an empty text."""
    from understudy import cassettes

    generator = random.Random(seed)
    folder = folder / str(seed)
    folder.mkdir()
    path = folder / "tape.yaml"
    size = generator.choice([1, 40, 800])
    arguments = [sys.executable, "-c", CHILD, str(path), str(size), mode]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(generator.random() * 0.05)
        os.kill(child.pid, signal.SIGKILL)
        said = child.stdout.read().split()
    finished = len([word for word in said if word.isdigit()])
    if not path.exists():
        return "" if finished == 0 or mode != "once" else f"{finished} interactions were finished, and nothing is there"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cassettes.CassetteWarning)
        tape = cassettes.Cassette(path, "new_episodes")
    kept = [item.request.url.rpartition("/")[2] for item in tape.interactions]
    tape.close(succeeded=False)
    left = [name for name in os.listdir(folder) if name.endswith(".tmp")]
    if kept != [str(number) for number in range(len(kept))]:
        return f"not a beginning of what was recorded: {kept}"
    if len(kept) < finished:
        return f"{finished} interactions were finished, {len(kept)} are there"
    return f"{len(left)} files left over" if len(left) > 1 else ""


def main() -> int:
    """Kill as often as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000)
    count = parser.parse_args().count
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(count):
            problem = kill_once(Path(folder), seed)
            if problem:
                wrong.append(f"seed {seed}: {problem}")
    print(f"{count} kills, {len(wrong)} left something wrong")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
