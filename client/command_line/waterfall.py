"""The timings of hops, drawn on one time line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .presenting import status_color
from .terminal import harmless, is_unicode, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from .stopwatch import Hop

_STYLES = {
    "queue": "dim",
    "DNS": "cyan",
    "connect": "yellow",
    "proxy TLS": "magenta",
    "TLS": "magenta",
    "HTTP/2": "magenta",
    "send": "blue",
    "first byte": "green",
    "download": "bright_blue",
}
_NAME = 11
_TIME = 10
_LEAST = 10


def draw(console: Console, hops: Sequence[Hop], *, titled: bool = True) -> None:
    """Print every hop with its phases, each a bar at its place in the whole time."""
    if not hops:
        return
    start = hops[0].start
    whole = max(max(hop.end for hop in hops) - start, 1e-9)
    width = max(min(console.width, 120) - _NAME - _TIME - 5, _LEAST)
    for number, hop in enumerate(hops, 1):
        if titled:
            _title(console, number, len(hops), hop)
        for phase in hop.phases:
            bar = _bar(phase.start - start, phase.end - start, whole, width, console)
            line(
                console,
                ("  " + phase.name.ljust(_NAME), "default"),
                (milliseconds(phase.took).rjust(_TIME), "bold"),
                "  ",
                (bar, _STYLES.get(phase.name, "default")),
            )
    total = milliseconds(max(hop.end for hop in hops) - start)
    line(console, ("  " + "total".ljust(_NAME), "bold"), (total.rjust(_TIME), "bold"))


def _title(console: Console, number: int, count: int, hop: Hop) -> None:
    answer = hop.response
    outcome = hop.failure or "no answer"
    style, where = "bold red", hop.peer
    if answer is not None:
        outcome = f"{answer.status_code} {answer.http_version}"
        style = f"bold {status_color(answer.status_code)}"
        where = hop.peer or ("connection kept" if hop.phases else "answered without the network")
    place = f"{number}/{count} " if count > 1 else ""
    line(
        console, (place, "dim"), (f"{hop.method} {harmless(hop.url)} ", "bold"), (outcome, style), (f"  {where}", "dim")
    )


def _bar(start: float, end: float, whole: float, width: int, console: Console) -> str:
    first = min(int(start / whole * width), width - 1)
    last = min(max(round(end / whole * width), first + 1), width)
    return " " * first + ("━" if is_unicode(console) else "=") * (last - first)


def milliseconds(seconds: float) -> str:
    """Return a time as people compare it: in milliseconds, with fewer digits the longer it is."""
    value = seconds * 1000
    return f"{value:.2f} ms" if value < 10 else f"{value:.1f} ms" if value < 1000 else f"{value:,.0f} ms"
