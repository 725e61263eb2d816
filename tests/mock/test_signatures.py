"""What handlers and applications take, where Python evaluates annotations only when it is asked for them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from understudy import Client, mock
from understudy.mock import RouteError
from understudy.mock.signatures import parameters_of

deferred = pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations are evaluated where they stand")

URL = "https://api.test"


def defined(source: str) -> Any:
    """Return the function `it` of a module without `from __future__ import annotations`."""
    names: dict[str, Any] = {}
    exec(compile(source, "suite.py", "exec", dont_inherit=True), names)
    return names["it"]


def test_annotations_are_what_they_name_or_their_text() -> None:
    it = defined("def it(id: int, day: 'date', *rest): ...")

    assert [(each.name, each.annotation) for each in parameters_of(it)] == [
        ("id", int),
        ("day", "date"),
        ("rest", parameters_of(it)[2].empty),
    ]


@deferred
def test_what_only_type_checkers_know_is_its_text() -> None:
    router = mock.Router()
    it = defined("def it(request: Request, id: UUID, n: int): return str(id.version)")

    router.handler("GET /{id}")(it)

    assert [each.annotation for each in parameters_of(it)] == ["Request", "UUID", int]
    assert Client(transport=router).get(f"{URL}/12345678-1234-4678-9234-567812345678").text == "4"


@deferred
def test_a_wsgi_application_may_be_annotated_for_type_checkers() -> None:
    router = mock.Router()
    app = defined("def it(environ: WSGIEnvironment, start: StartResponse): start('200 OK', []); return [b'Hi']")

    router.mount(URL, app)

    assert Client(transport=router).get(URL).text == "Hi"


@deferred
def test_a_reply_on_a_route_is_refused_by_its_text() -> None:
    with pytest.raises(RouteError, match=r"it\(\) looks like a reply to GET https://api.test"):
        mock.get(URL)(defined("def it(request: Request): ..."))
