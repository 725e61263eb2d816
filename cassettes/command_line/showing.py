"""`understudy cassette show`: interactions as they stand in the file, or as they would in a cassette of ours."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from ..bodies.kinds import Writer
from ..interactions import caller_fields, describe, to_text
from ..secrets.redaction import Redactor
from .opening import Opened, opened
from .terminal import harmless, line, out, yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from ..interactions import RecordedRequest
    from ..matching.episodes import Episode


@click.command(short_help="Show interactions, their bodies, or curl commands.")
@click.argument("file", metavar="FILE[:LINE]")
@click.option("-n", "--number", "numbers", type=int, multiple=True, metavar="N", help="The Nth interaction.")
@click.option("--curl", is_flag=True, help="The request as a curl command.")
@click.option("--body", is_flag=True, help="The body of the response, and nothing else.")
@click.option("--request-body", is_flag=True, help="The body of the request, and nothing else.")
def show(file: str, numbers: tuple[int, ...], curl: bool, body: bool, request_body: bool) -> int:
    """Show interactions: all, the one at a line, or the Nth.

    A tape of another tool is shown as a cassette would say it, without its secrets.
    """
    tape = opened(file)
    console = out()
    for count, episode in enumerate(_chosen(tape, numbers)):
        if body or request_body:
            _print_body(console, episode, of_request=request_body)
        elif curl:
            click.echo(harmless(as_curl(episode, episode.request)))
        else:
            if count:
                console.print()
            _print(console, tape, episode)
    return 0


def _chosen(tape: Opened, numbers: tuple[int, ...]) -> Iterable[Episode]:
    if not numbers:
        return tape.episodes
    for number in numbers:
        if not 1 <= number <= len(tape.episodes):
            raise click.UsageError(f"{tape.path} has interactions 1 to {len(tape.episodes)}, and none {number}")
    return [tape.episodes[number - 1] for number in numbers]


def _print(console: Console, tape: Opened, episode: Episode) -> None:
    line(console, (f"{tape.path}:{episode.line}", "cyan"), "  ", (episode.summary, "bold"))
    text = document_text(episode)
    yaml(console, text.partition("\n")[2], episode.line + 1 if episode.document.stop else None)


def document_text(episode: Episode) -> str:
    """Return the document of an interaction; a tape of another tool has none, and is told as ours would say it."""
    if episode.document.stop:
        return episode.document.text(episode._data).decode("utf-8")
    document, summary = describe(episode.interaction, Writer(Redactor(), episode.blobs))
    episode.blobs.forget()
    return to_text(document, summary).removesuffix("...\n")


def _print_body(console: Console, episode: Episode, *, of_request: bool) -> None:
    content = episode.interaction.request.content
    answer = episode.interaction.response
    if not of_request:
        content = b"" if answer is None else answer.content
    if not of_request and answer is not None and isinstance(answer.file, str):
        pieces = episode.blobs.stream(answer.file, answer.digest)
    else:
        pieces = iter((content,))
    if not console.is_terminal:
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    whole = b"".join(pieces)
    try:
        line(console, whole.decode("utf-8").removesuffix("\n"))
    except UnicodeDecodeError:
        line(console, (f"<{len(whole):,} bytes that are no text; a pipe gets them>", "dim italic"))


def as_curl(episode: Episode, request: RecordedRequest) -> str:
    """Return a command for a POSIX shell that sends the request of an episode, as it is said here."""
    words = ["curl"]
    body = _curl_body(request)
    if request.method != ("POST" if body else "GET"):
        words.append("--head" if request.method == "HEAD" else f"-X {shlex.quote(request.method)}")
    words.append(shlex.quote(request.url))
    words += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in caller_fields(request.headers)]
    if isinstance(request.file, str):
        body = f"--data-binary {shlex.quote('@' + episode.blobs.path(request.file))}"
    if body:
        words.append(body)
    command = " \\\n  ".join(words) if len(words) > 2 else " ".join(words)
    if body == "--data-binary @-":
        import base64

        return f"echo {base64.b64encode(request.sent_content).decode('ascii')} | base64 -d | {command}"
    return command


def _curl_body(request: RecordedRequest) -> str:
    if not request.content:
        return ""
    try:
        text = request.sent_content.decode("utf-8")
    except UnicodeDecodeError:
        return "--data-binary @-"
    # A leading @ would name a file, and no argument can hold NUL.
    return "--data-binary @-" if text.startswith("@") or "\0" in text else f"--data-raw {shlex.quote(text)}"
