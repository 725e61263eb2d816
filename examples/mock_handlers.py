"""Functions that answer: template parameters by name and type, the number of the call, a refusal. Run with pytest."""

from __future__ import annotations

from typing import Any

import understudy
from understudy import mock


def test_a_handler_asks_for_what_it_needs() -> None:
    with mock.Router(base_url="https://api.test") as api:

        @api.handler("GET /users/{id:int}")
        def user(id: int, n: int) -> Any:
            return {"id": id, "hits": n} if id < 100 else (404, {"error": "nope"})

        assert understudy.get("https://api.test/users/7").json() == {"id": 7, "hits": 1}
        assert understudy.get("https://api.test/users/7").json() == {"id": 7, "hits": 2}
        assert understudy.get("https://api.test/users/700").status_code == 404


def test_a_handler_leaves_a_request_to_the_next_route() -> None:
    with mock.Router(base_url="https://api.test") as api:
        api.get("/**", reply=204)

        @api.handler("GET /users/{id:int}")
        def user(id: int) -> Any:
            return {"id": id} if id < 100 else mock.NEXT

        assert understudy.get("https://api.test/users/700").status_code == 204
        assert understudy.get("https://api.test/users/7").json() == {"id": 7}
