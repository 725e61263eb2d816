"""`understudy cassette explain`: which recording answers a request, or why none does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...client import MockTransport, Response
from ..errors import NoMatch
from .asking import all_that_answer, as_recorded, mend_for, request_from, request_options, with_settings
from .terminal import line, out, shell_word

if TYPE_CHECKING:
    from rich.console import Console

    from ...client import Request
    from ..cassette import Cassette


@click.command(short_help="Say what answers a request, or why nothing does.")
@click.argument("file", metavar="FILE")
@click.argument("method", metavar="METHOD")
@click.argument("url", metavar="URL")
@request_options
@click.option("--ignore", multiple=True, metavar="PATH", help="Try it with this ignored, such as json.nonce.")
@click.option(
    "--match", multiple=True, metavar="FIELD", help="Try it with these fields compared, such as method, path."
)
def explain(file: str, method: str, url: str, ignore: tuple[str, ...], match: tuple[str, ...], **said: Any) -> int:
    """Say which recording answers a request, or why none does.

    URL may leave out scheme and host. Exit status 1 where nothing answers.
    """
    cassette = with_settings(file, ignore, match)
    request = request_from(cassette, method, url, said)
    console = out()
    if _is_routed(console, cassette, request):
        return 0
    recorded = as_recorded(request)
    try:
        answer = cassette.find(recorded)
    except NoMatch as error:
        first, _, rest = error.problem.partition("\n")
        line(console, (f"{file}  ", "cyan"), (first, "bold red"))
        line(console, "\n".join(part for part in (rest, error.mend) if part))
        found = mend_for(cassette, request)
        if found is not None and cassette.tool is None:  # a tape of another tool is never written to
            wanted = [("--match", name) for name in found.match or ()] + [("--ignore", name) for name in found.ignore]
            options = " ".join(f"{option} {shell_word(name)}" for option, name in wanted)
            line(console, ("apply: ", "bold"), f"understudy cassette fix {shell_word(file)} {options}")
        return 1
    assert answer is not None
    line(console, (f"{file}:{answer.line}", "cyan"), ("  answers: ", "bold green"), (answer.summary, "bold"))
    others = [episode for episode in all_that_answer(cassette, recorded) if episode is not answer]
    if others:
        lines = ", ".join(str(episode.line) for episode in others)
        line(
            console,
            f"  then, for the same request once more: line {lines}; after that `repeats: {cassette.settings.repeats}`",
        )
    settings = cassette.settings
    ignored = f"; ignored: {', '.join(settings.ignore)}" if settings.ignore else ""
    line(console, (f"  compared: {', '.join(map(str, settings.match))}{ignored}", "dim"))
    return 0


def _is_routed(console: Console, cassette: Cassette, request: Request) -> bool:
    """Print which route answers, where one does: routes come before recordings."""
    if cassette.router is None:
        return False
    passed: list[Request] = []

    def pass_on(request: Request) -> Response:
        passed.append(request)
        return Response(204)

    response = cassette.router.in_front_of(MockTransport(pass_on)).handle_request(request)
    if passed:
        return False
    route = next((route for route in cassette.router if route.called), None)
    line(
        console,
        (f"{cassette.path}  ", "cyan"),
        ("a route answers: ", "bold green"),
        f"{route!r} with status {response.status_code}",
    )
    return True
