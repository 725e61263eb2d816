"""The router decides as thirty lines of plain Python do."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from understudy import Client, mock

SEGMENTS = ["a", "b", "7", "{x}", "{n:int}"]
METHODS = ["GET", "POST"]
HOSTS = ["one.test", "two.test"]


class Line(NamedTuple):
    """One line of a script, for the router and for the reference alike."""

    method: str | None
    host: str | None
    path: tuple[str, ...]
    query: dict[str, str] | None
    params: dict[str, str]
    times: int | None
    priority: int


class Asked(NamedTuple):
    """One request."""

    method: str
    host: str
    path: tuple[str, ...]
    query: dict[str, str]


QUERIES: list[dict[str, str]] = [{}, {"p": "1"}, {"p": "2"}, {"q": "1"}, {"p": "1", "q": "2"}]
pairs = st.sampled_from(QUERIES)
lines = st.builds(
    Line,
    method=st.sampled_from([None, *METHODS]),
    host=st.sampled_from([None, *HOSTS]),
    path=st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3).map(tuple),
    query=st.none() | st.sampled_from(QUERIES[1:]),
    params=pairs,
    times=st.sampled_from([None, None, 1, 2]),
    priority=st.sampled_from([0, 0, 1]),
)
requests = st.builds(
    Asked,
    method=st.sampled_from(METHODS),
    host=st.sampled_from(HOSTS),
    path=st.lists(st.sampled_from(["a", "b", "7", "x"]), min_size=1, max_size=3).map(tuple),
    query=pairs,
)


def reference(script: list[Line], asked: list[Asked]) -> list[int | None]:
    """Return which line answers each request."""
    used = [0] * len(script)
    answers: list[int | None] = []
    for request in asked:
        best: tuple[Any, ...] | None = None
        for place, line in enumerate(script):
            fits = (
                line.method in (None, request.method)
                and line.host in (None, request.host)
                and len(line.path) == len(request.path)
                and all(map(segment_fits, line.path, request.path))
                and (line.query is None or line.query == request.query)
                and line.params.items() <= request.query.items()
            )
            gone = line.times is not None and used[place] >= line.times
            replaced = line.times is None and any(
                later._replace(times=None) == line and later.times is None for later in script[place + 1 :]
            )
            if fits and not gone and not replaced:
                rank = (line.priority, specificity(line), place)
                best = max(best, rank) if best is not None else rank
        answers.append(None if best is None else best[-1])
        if best is not None:
            used[best[-1]] += 1
    return answers


def segment_fits(want: str, got: str) -> bool:
    return want in (got, "{x}") or (want == "{n:int}" and re.fullmatch("-?[0-9]+", got) is not None)


def specificity(line: Line) -> tuple[int, ...]:
    holes = sum("{" in segment for segment in line.path)
    fields = 1 + (line.method is not None) + 3 * (line.host is not None)
    fields += line.query is not None or bool(line.params)
    values = 1 + (line.method is not None) + 3 * (line.host is not None)
    values += (0 if line.query is None else len(line.query) + 1) + len(line.params)
    return (len(line.path) - holes, holes, 0, 2 * (line.host is not None), fields, values)


@pytest.mark.filterwarnings("ignore::understudy.mock.RouteWarning")  # most random scripts are silly
@examples(120)
@given(script=st.lists(lines, max_size=7), asked=st.lists(requests, max_size=5))
def test_the_router_decides_as_the_reference_does(script: list[Line], asked: list[Asked]) -> None:
    router = mock.Router(unmatched=404)
    for place, line in enumerate(script):
        # Every hole of a template has a name of its own.
        path = "/" + "/".join(
            re.sub("x|n", f"h{number}", part, count=1) if "{" in part else part for number, part in enumerate(line.path)
        )
        query = "" if line.query is None else "?" + "&".join(f"{name}={value}" for name, value in line.query.items())
        target = (f"https://{line.host}" if line.host else "") + path + query
        more: dict[str, Any] = {"params": line.params} if line.params else {}
        router.route(
            target, method=line.method, times=line.times, priority=line.priority, reply=(200, str(place)), **more
        )

    client = Client(transport=router)
    answers: list[int | None] = []
    for request in asked:
        url = f"https://{request.host}/{'/'.join(request.path)}"
        response = client.request(request.method, url, params=request.query)
        answers.append(int(response.text) if response.status_code == 200 else None)

    assert answers == reference(script, asked)
