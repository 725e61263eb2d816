"""Other HTTP clients in the process of the tests: what they send meets no tape, and nothing else would say so."""

from __future__ import annotations

import sys

# urllib3 is beneath requests, and httpcore beneath httpx: the nearer one to the suite is the one to be told of.
CLIENTS = ("httpx", "httpx2", "requests", "aiohttp")


def imported() -> list[str]:
    """Return which of them are imported; under `alias_httpx()` httpx is this library, and comes from no file."""
    return [name for name in CLIENTS if getattr(sys.modules.get(name), "__file__", None) is not None]


def told(clients: list[str]) -> str:
    """Return what to do about them, as one line."""
    aliased = [name for name in clients if name.startswith("httpx")]
    advice = ["understudy.bridges"] if len(clients) > len(aliased) else []
    if aliased:
        advice.insert(0, "`import understudy; understudy.alias_httpx()` at the top of the root conftest.py")
    verb = "is" if len(clients) == 1 else "are"
    return (
        f"{' and '.join(clients)} {verb} imported here, and what {'it sends' if verb == 'is' else 'they send'} "
        f"meets no tape without {' or '.join(advice)}"
    )
