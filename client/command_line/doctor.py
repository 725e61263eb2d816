"""`understudy doctor URL`: what is on the way to a server, what is wrong with it, and what mends that."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click
from rich.text import Text

from ..urls import URL
from . import clicks
from .certificates import root_store
from .examination import examine
from .findings import findings
from .presenting import status_color
from .terminal import harmless, line, out
from .waterfall import draw, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from .certificates import Certificate
    from .examination import Hop
    from .findings import Finding

_LABEL = 10
_MOST_NAMES = 4


def main(arguments: Sequence[str] = ()) -> int:
    """Find out what is wrong on the way to a server."""
    return clicks.run(doctor, arguments, "understudy doctor")


def _url(_: click.Context, __: click.Parameter, value: str) -> URL:
    try:
        url = URL(value if "://" in value else f"https://{value}")
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if url.is_relative_url or url.scheme not in ("http", "https"):
        raise click.BadParameter(f"{value!r} is no http or https URL")
    return url


@click.command("doctor", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("url", metavar="URL", callback=_url)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for each step.",
)
def doctor(url: URL, timeout: float) -> int:
    """Try out the way to URL, step by step: proxy, names, addresses, TLS, the answer, redirects.

    Nothing but GET is sent, and no body is read. Without a scheme, https is meant.
    Exit status 1 where something is wrong; what mends it is told.
    """
    hops = examine(url, timeout)
    console = out()
    for number, hop in enumerate(hops):
        if number:
            console.print()
        _report(console, hop)
    return _verdict(console, findings(hops, time.time()))


def _report(console: Console, hop: Hop) -> None:
    line(console, (harmless(hop.url.redacted), "bold"))
    _row(console, "proxy", (hop.choice.shown, "bold"), f", because {hop.choice.why}")
    _names(console, hop)
    if hop.url.scheme == "https":
        _tls(console, hop)
    if hop.response is not None:
        _answer(console, hop)
    elif hop.error is not None:
        _row(console, "HTTP", ("no answer", "bold red"))
    if hop.watch.hops:
        _row(console, "timings")
        draw(console, hop.watch.hops, titled=False)


def _row(console: Console, label: str, *parts: str | tuple[str, str]) -> None:
    safe = [harmless(part) if isinstance(part, str) else (harmless(part[0]), part[1]) for part in parts]
    told = Text.assemble(*safe)
    # A terminal would break the line anywhere, and go on at its left edge.
    lines = told.wrap(console, max(30, console.width - _LABEL)) if console.is_terminal else [told]
    for number, piece in enumerate(lines or [told]):
        name = "" if number else label
        piece.rstrip()
        line(console, (name.ljust(_LABEL) if parts else name, "cyan"), piece)


def _names(console: Console, hop: Hop) -> None:
    if hop.choice.proxy is not None:
        _row(console, "DNS", ("left to the proxy", "dim"))
        return
    if hop.unresolved:
        _row(console, "DNS", (hop.unresolved, "bold red"), f", after {milliseconds(hop.resolving)}")
        return
    where = "an address, nobody is asked" if hop.is_literal else f"{hop.url.host} in {milliseconds(hop.resolving)}"
    _row(console, "DNS", where)
    width = max((len(attempt.address) for attempt in hop.attempts), default=0)
    for attempt in hop.attempts:
        kind = "IPv6" if attempt.is_ipv6 else "IPv4"
        verdict = (
            (attempt.failure, "red") if attempt.failure else (f"connected in {milliseconds(attempt.took)}", "green")
        )
        _row(console, "", f"{kind}  {attempt.address:<{width}}  ", verdict)


def _tls(console: Console, hop: Hop) -> None:
    chain, verdict = hop.shown_certificates, ("no connection", "bold red")
    if hop.tls is not None:
        chain = hop.tls.chain
        alpn = f", ALPN {hop.tls.alpn}" if hop.tls.alpn else ", no ALPN"
        verdict = (f"{hop.tls.version}, {hop.tls.cipher}{alpn}", "green")
    elif chain:
        verdict = ("not trusted", "bold red")
    _row(console, "TLS", verdict)
    for number, certificate in enumerate(chain):
        _row(console, "", *_told(certificate, is_first=not number))
    _row(console, "", (f"trusted here: {root_store()}", "dim"))


def _told(certificate: Certificate, *, is_first: bool) -> Iterator[str | tuple[str, str]]:
    yield "" if is_first else "by "
    yield (certificate.subject, "bold")
    days = certificate.days_left()
    day = time.strftime("%Y-%m-%d", time.gmtime(certificate.ends))
    left = "has passed" if days < 0 else f"{days} days"
    yield (f"  until {day} ({left})", "red" if days < 0 else "yellow" if days < 14 else "default")
    if is_first and certificate.names:
        more = len(certificate.names) - _MOST_NAMES
        yield f", for {', '.join(certificate.names[:_MOST_NAMES])}{f' and {more} more' if more > 0 else ''}"
    if certificate.is_root:
        yield (", a root", "dim")
    elif is_first:
        yield (f", vouched for by {certificate.issuer}", "dim")


def _answer(console: Console, hop: Hop) -> None:
    response = hop.response
    if response is None:
        return
    status = f"{response.status_code} {response.reason_phrase}".rstrip()
    _row(console, "HTTP", (status, f"bold {status_color(response.status_code)}"), f" over {response.http_version}")
    if hop.leads_to is not None:
        _row(console, "", f"leads to {hop.leads_to.redacted}")
    if hop.left_behind:
        first = [name for name in ("authorization", "cookie", "proxy-authorization") if name in hop.left_behind]
        more = len(hop.left_behind) - len(first)
        others = f" and {more} other secret fields" if more else ""
        why = "another origin" if "authorization" in hop.left_behind else "from http to https"
        _row(console, "", (f"left behind ({why}): {', '.join(first)}{others}", "yellow"))


def _verdict(console: Console, found: Sequence[Finding]) -> int:
    console.print()
    for finding in found:
        sign, style = ("wrong", "bold red") if finding.is_wrong else ("note", "bold yellow")
        _row(console, sign, (finding.problem, style))
        _row(console, "", f"mend: {finding.mend}" if finding.is_wrong else finding.mend)
    is_wrong = any(finding.is_wrong for finding in found)
    if not is_wrong:
        line(console, ("nothing is wrong", "bold green"))
    return 1 if is_wrong else 0
