"""What other libraries call what has another name here: an attribute that is not there says what to write.

The names are those of respx, pytest-httpx, responses, requests-mock, aioresponses and `unittest.mock`.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_ROUTERS = {
    "add_callback": "router.handler(...) over the function",
    "add_exception": "router.route(...).error(...)",
    "add_passthru": "router.route(...).pass_through()",
    "add_response": "router.route(...).respond(...)",
    "assert_all_called": "router.verify(); leaving checks it by itself",
    "assert_call_count": "route.call_count",
    "clear": "router.remove(*router)",
    "get_request": "router.calls.one(...).request",
    "get_requests": "router.calls.where(...)",
    "pop": "router.remove(name)",
    "register_uri": "router.route(...).respond(...)",
    "request": 'router.route("METHOD URL")',
    "request_history": "router.calls",
    "rollback": "a router of its own: `with mock.Router() as inner:` goes before the outer one",
    "snapshot": "a router of its own: `with mock.Router() as inner:` goes before the outer one",
    "start": "with router:",
    "stop": "with router:",
}
OF_CALLS = {
    "assert_any_call": "calls.assert_any(...)",
    "assert_called": "calls.assert_any()",
    "assert_called_once": "calls.assert_one()",
    "assert_called_once_with": "calls.assert_one(...)",
    "assert_called_with": "calls.assert_any(...)",
    "assert_has_calls": "calls.assert_order(...)",
    "assert_not_called": "calls.assert_none()",
}
OF_ROUTES = {
    **{name: f"route.{said}" for name, said in OF_CALLS.items()},
    "called_once": "route.calls.assert_one()",
    "callback": "route.reply(function)",
    "request_history": "route.calls",
    "return_value": "route.respond(...)",
    "side_effect": "route.reply(...)",
}


def no_such(owner: object, name: str, habits: Mapping[str, str]) -> AttributeError:
    """Return the error for an attribute that is not there, with what was perhaps meant."""
    kind = type(owner)
    if name.startswith("_"):
        return AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
    said = habits.get(name)
    near = [] if said else get_close_matches(name, [each for each in dir(kind) if not each.startswith("_")], 1)
    hint = f": write `{said}`" if said else f", did you mean {near[0]!r}?" if near else ""
    error: Any = AttributeError(f"a {kind.__name__} has no {name!r}{hint}")
    error.obj = None  # Python adds a guess of its own to what says nothing of these two, `name` and `obj`
    return cast("AttributeError", error)
