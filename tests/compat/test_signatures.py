"""Functions of a suite that are annotated with what only type checkers know."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import understudy
from understudy.compat import respx


@pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations are evaluated where they stand")
def test_tests_and_side_effects_may_name_what_is_not_there() -> None:
    names: dict[str, Any] = {"understudy": understudy}
    source = """if True:
        def test(user: User, respx_mock: MockRouter): return user
        def effect(request: Request, route): return understudy.Response(201)
    """
    exec(compile(source, "suite.py", "exec", dont_inherit=True), names)

    with respx.mock as api:
        api.get("https://api.test/").respond(200)
        api.post("https://api.test/").mock(side_effect=names["effect"])

        assert respx.mock(assert_all_called=False)(names["test"])(user=7) == 7
        assert understudy.get("https://api.test/").status_code == 200
        assert understudy.post("https://api.test/").status_code == 201
