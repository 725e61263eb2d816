"""`understudy URL`: one request, with httpx's names for its options.

1. On a terminal: the response's head, and its body laid out and colored.
2. In a pipe: the body alone, byte for byte as it comes, so that `understudy URL | jq` and `> file` mean what they say.
   `--include` adds the head; what `--verbose` and `--trace` tell goes to standard error.
3. The exit status says how it ended; `failures` has the table.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from ..network.proxy import Proxy, proxy_from
from ..urls import URL
from . import clicks, sending
from .clicks import option

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME_VALUE = "<NAME VALUE>"
_EPILOG = """\b
Exit status:
  0  answered            1  answered with 4xx or 5xx   2  wrong use
  3  no connection       4  timeout                    5  a broken answer
  6  trouble with a file or a tape

\b
Examples:
  understudy https://api.example.com/users -p page 2
  understudy https://api.example.com/users -j '{"name": "Ada"}'
  understudy https://example.com/data.csv --download data.csv
  understudy https://example.com --follow-redirects --trace
"""


def main(arguments: Sequence[str] = ()) -> int:
    """Send a request and show what comes back."""
    return clicks.run(command, arguments, "understudy")


def _url(_: click.Context, __: click.Parameter, value: str) -> URL:
    try:
        url = URL(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if url.is_relative_url:
        bare = value.lstrip("/")
        # Servers under development speak no TLS.
        scheme = "http" if bare.startswith(("localhost", "127.", "[::1]")) else "https"
        example = f"; did you mean {scheme}://{bare} ?" if bare else ""
        raise click.BadParameter(f"{value!r} has no scheme or no host{example}")
    if url.scheme not in ("http", "https"):
        raise click.BadParameter(f"{value!r} begins with {url.scheme}://, and only http:// and https:// can be asked")
    return url


def _json(_: click.Context, __: click.Parameter, value: str | None) -> Any:
    if value is not None:
        try:
            json.loads(value)
        except ValueError as error:
            raise click.BadParameter(f"this is no JSON: {error}") from error
    return value


def _auth(_: click.Context, __: click.Parameter, value: tuple[str, str] | None) -> tuple[str, str] | None:
    if value is None or value[1] != "-":
        return value
    return value[0], click.prompt("Password", hide_input=True, err=True)


def _proxy(_: click.Context, __: click.Parameter, value: str | None) -> Proxy | None:
    try:
        return proxy_from(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _seconds(_: click.Context, __: click.Parameter, value: float) -> float | None:
    if value < 0:
        raise click.BadParameter("seconds cannot be negative; 0 waits for ever")
    return value or None


@click.command(
    "understudy", cls=clicks.SectionCommand, add_help_option=False, epilog=_EPILOG, options_metavar="[OPTIONS]"
)
@click.argument("url", callback=_url, metavar="URL")
@option("Request", "-m", "--method", metavar="METHOD", help="GET where this is not given, POST with a body.")
@option("Request", "-p", "--params", nargs=2, multiple=True, metavar=_NAME_VALUE, help="Add to the query of the URL.")
@option("Request", "-c", "--content", metavar="TEXT", help="Send this text as the body.")
@option("Request", "-d", "--data", nargs=2, multiple=True, metavar=_NAME_VALUE, help="Send a form.")
@option(
    "Request",
    "-f",
    "--files",
    type=(str, click.File("rb", lazy=False)),
    multiple=True,
    metavar="<NAME FILE>",
    help="Send a multipart form with a file; - is standard input.",
)
@option("Request", "-j", "--json", "json_text", callback=_json, metavar="TEXT", help="Send JSON.")
@option("Request", "-h", "--headers", nargs=2, multiple=True, metavar=_NAME_VALUE, help="Add a header field.")
@option("Request", "--cookies", nargs=2, multiple=True, metavar=_NAME_VALUE, help="Send a cookie.")
@option(
    "Request",
    "--auth",
    nargs=2,
    default=None,
    callback=_auth,
    metavar="<USER PASS>",
    help="Basic authentication; with - for PASS you are asked for it.",
)
@option("Connection", "--proxy", callback=_proxy, metavar="URL", help="Send everything through this proxy.")
@option(
    "Connection",
    "--timeout",
    type=float,
    default=5.0,
    show_default=True,
    callback=_seconds,
    metavar="SECONDS",
    help="How long to wait for a connection, and for each silence after it; 0 waits for ever.",
)
@option("Connection", "--follow-redirects", is_flag=True, help="Follow redirects.")
@option(
    "Connection", "--no-verify", "verify", is_flag=True, flag_value=False, default=True, help="Trust any certificate."
)
@option("Connection", "--http2", is_flag=True, help="Speak HTTP/2 where the server does.")
@option(
    "Output",
    "--download",
    metavar="FILE",
    help="Save the body to a file, which appears when it is complete; what broke off is taken up again.",
)
@option("Output", "-i", "--include", is_flag=True, help="Print the response's head in a pipe as well.")
@option("Output", "-v", "--verbose", is_flag=True, help="Tell what happens, and show the request, secrets masked.")
@option("Output", "--show-secrets", is_flag=True, help="Mask nothing.")
@option("Output", "--trace", is_flag=True, help="Draw where the time went, for each redirect and retry.")
@option("Tapes", "--record", metavar="FILE", help="Record into this cassette; what it holds already is replayed.")
@option("Tapes", "--replay", metavar="FILE", help="Answer from this cassette only, without the network.")
@option("Tapes", "--har", metavar="FILE", help="Write what happened into a new HAR file, which browsers open.")
@option(
    "Output",
    "--help",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=clicks.show_help,
    help="Show this text.",
)
def command(**said: Any) -> int:
    """Send a request to URL and show what comes back.

    Other commands: `understudy --help` lists them.
    """
    _check(said)
    with ExitStack() as stack:
        return sending.send(_wish(said), stack)


def _check(said: dict[str, Any]) -> None:
    if said["record"] and said["replay"]:
        raise click.UsageError("--record and --replay: say one of them (--record replays what is there already)")
    bodies = [name for name in ("content", "json_text") if said[name] is not None]
    bodies += ["data or files"] if said["data"] or said["files"] else []
    if len(bodies) > 1:
        raise click.UsageError(f"a request has one body: {' and '.join(bodies).replace('json_text', 'json')} are two")
    if said["download"] and (bodies or (said["method"] or "GET").upper() != "GET"):
        raise click.UsageError("--download sends GET, without a body")


def _wish(said: dict[str, Any]) -> sending.Wish:
    """Return what was said as what the client takes."""
    url: URL = said["url"]
    for name, value in said["params"]:
        url = url.copy_add_param(name, value)
    form: dict[str, list[str]] = {}
    for name, value in said["data"]:
        form.setdefault(name, []).append(value)
    headers = list(said["headers"])
    content: str | None = said["content"]
    if said["json_text"] is not None:
        # Sent as it was typed: numbers keep their digits, members their order.
        content = said["json_text"]
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
    options: dict[str, Any] = {"headers": headers or None, "content": content}
    if form:
        options["data"] = form
    if said["files"]:
        options["files"] = [(name, (_name_of(file), file)) for name, file in said["files"]]
    has_body = any(options.get(name) is not None for name in ("content", "data", "files"))
    return sending.Wish(
        method=(said["method"] or ("POST" if has_body else "GET")).upper(),
        url=url,
        options=options,
        client={
            "cookies": dict(said["cookies"]) or None,
            "auth": said["auth"],
            "timeout": said["timeout"],
            "follow_redirects": said["follow_redirects"],
        },
        network={"verify": said["verify"], "http2": said["http2"]},
        proxy=said["proxy"],
        tapes={kind: said[kind] for kind in sending.TAPES if said[kind]},
        download=said["download"],
        include=said["include"],
        verbose=said["verbose"],
        show_secrets=said["show_secrets"],
        trace=said["trace"],
    )


def _name_of(file: Any) -> str:
    return "stdin" if file.name == "<stdin>" else str(file.name).replace("\\", "/").rpartition("/")[2]
