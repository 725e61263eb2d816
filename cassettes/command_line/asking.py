"""A request as a command line says it, with the option names of `understudy URL`, and what a tape makes of it."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any, Callable

import click

from ...client import URL, Client, HTTPError
from ..cassette import Cassette
from ..errors import CassetteMissing
from ..files.folders import no_such_file
from ..matching.mending import Mend, mend
from ..matching.misses import nearest_to
from ..writing.uploads import recorded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    from ...client import Request
    from ..interactions import RecordedRequest
    from ..matching.episodes import Episode

    Function = TypeVar("Function", bound=Callable[..., Any])


def request_options(function: Function) -> Function:
    """Add the options that say a request."""
    for decorate in (
        click.option("-c", "--content", metavar="TEXT", help="The body, as text."),
        click.option("-d", "--data", nargs=2, multiple=True, metavar="<NAME VALUE>", help="A form."),
        click.option("-j", "--json", "json_text", metavar="TEXT", help="A body of JSON."),
        click.option("-h", "--headers", nargs=2, multiple=True, metavar="<NAME VALUE>", help="A header field."),
        click.option("-p", "--params", nargs=2, multiple=True, metavar="<NAME VALUE>", help="Add to the query."),
    ):
        function = decorate(function)
    return function


def request_from(cassette: Cassette, method: str, url: str, said: dict[str, Any]) -> Request:
    """Return the request that was said; a URL without a host gets that of the first recording."""
    try:
        return _request(cassette, method, url, said)
    except (ValueError, HTTPError) as error:
        raise click.UsageError(str(error)) from error


def _request(cassette: Cassette, method: str, url: str, said: dict[str, Any]) -> Request:
    target = URL(url)
    if target.is_relative_url:
        if not cassette.interactions:
            raise ValueError(f"{url!r} has no scheme or no host, and the tape has no recording to take them from")
        target = URL(cassette.interactions[0].request.url).join(target)
    for name, value in said["params"]:
        target = target.copy_add_param(name, value)
    form: dict[str, list[str]] = {}
    for name, value in said["data"]:
        form.setdefault(name, []).append(value)
    content: str | None = said["content"]
    headers = list(said["headers"])
    if said["json_text"] is not None:
        try:
            json.loads(said["json_text"])
        except ValueError as error:
            raise ValueError(f"--json takes JSON, and {said['json_text']!r} is none: {error}") from error
        content = said["json_text"]
        headers.append(("Content-Type", "application/json"))
    with Client(trust_env=False) as client:
        request = client.build_request(method.upper(), target, content=content, data=form or None, headers=headers)
    request.read()
    return request


def as_recorded(request: Request) -> RecordedRequest:
    """Return a request as the recorder would have seen it."""
    return recorded(request, request.content)


def with_settings(path: str, ignore: Sequence[str], match: Sequence[str]) -> Cassette:
    """Return a cassette for replaying, with more ignored or other things matched than it says itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is old is told by `check`
            return Cassette(path, "none", ignore=ignore or None, match=match or None)
    except CassetteMissing as error:
        raise no_such_file(path) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def mend_for(cassette: Cassette, request: Request) -> Mend | None:
    """Return what a tape would have to ignore, or to match on, to answer a request; `None` where nothing would do."""
    library = cassette._library
    if not library.episodes:
        return None
    recorded = as_recorded(request)
    return mend(nearest_to(recorded, library).request, recorded, library.matcher)


def all_that_answer(cassette: Cassette, request: RecordedRequest) -> list[Episode]:
    """Return every recording that answers a request, in the order in which they are played."""
    shelf = cassette._shelf(request)
    return [] if shelf is None else list(shelf.episodes)
