"""Record what a program does, once; then run it without its network.

Run it twice: the second time nothing is sent, and the answers are the same.
"""

from __future__ import annotations

import sys

import understudy
from understudy import cassettes


def zen(path: str = "zen.yaml") -> str:
    """Ask GitHub for a wise word, or the cassette for the one it gave."""
    with cassettes.use(path) as cassette:
        words = understudy.get("https://api.github.com/zen").text
    print(f"{words!r}: {'recorded into' if cassette.recorded else 'replayed from'} {path}")
    return words


if __name__ == "__main__":
    zen(*sys.argv[1:])
