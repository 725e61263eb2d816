"""One file says who answers which URL: routes, a cassette, nobody. The program itself knows nothing of it.

The same file works for a program that cannot be edited: `UNDERSTUDY=understudy.yaml python program.py`.
"""

from __future__ import annotations

from pathlib import Path

import understudy
from understudy import cassettes

WHO_ANSWERS = """\
transports:
  https://users.example.com:
    routes:
      - GET /users/{id:int}: {json: {name: Ada}}
  https://api.github.com: {cassette: zen.yaml, mode: once}
  "*": block
"""


def program() -> list[str]:
    """Ask two servers, and one that nobody should ask."""
    name = understudy.get("https://users.example.com/users/7").json()["name"]
    words = understudy.get("https://api.github.com/zen").text
    try:
        understudy.get("https://tracker.example.com/")
    except cassettes.RequestBlocked as error:
        return [name, words, error.problem]
    return [name, words]


if __name__ == "__main__":
    Path("understudy.yaml").write_text(WHO_ANSWERS, encoding="utf-8")
    with understudy.stand_in("understudy.yaml"):
        print(program())
