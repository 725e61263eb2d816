"""Replies from plain data: what `reply=` takes, and what a reply in a YAML file says."""

from __future__ import annotations

from typing import Any

from ... import client as _client
from ..errors import RouteError
from ..values import is_predicate, show
from .kinds import Raise, Reply
from .plans import Plan
from .spoiled import spoiled
from .sugar import PassThrough, reply_from
from .words import check_words, response_reply, sendable


def plan_from(value: Any) -> Plan:
    """Return the plan that a value stands for; a list of replies is a sequence.

    A list is JSON when all of it is; a list of statuses, tuples, exceptions, responses, functions is a sequence.
    One that could be both is refused.
    """
    if isinstance(value, Plan):
        return value
    items: list[Any] = [*value] if type(value) is list else []  # pyright: ignore[reportUnknownVariableType]
    replies = [item for item in items if _is_only_a_reply(item)]
    if not replies:
        return Plan(reply_from(value))
    if len(replies) < len(items) and all(isinstance(item, int) for item in replies):
        raise RouteError(
            f"{show(items)} could be a JSON body or a sequence of replies: write json=[...] for the one, "
            "`.respond(...).then(...)` for the other"
        )
    first, *others = [reply_from(item) for item in items]
    plan = Plan(first)
    for reply in others:
        plan.then(reply)
    return plan


def _is_only_a_reply(item: Any) -> bool:
    """Whether a value in a list stands for a reply, and could not be meant as JSON; a status goes as one."""
    if isinstance(item, bool) or item is None:
        return False
    if isinstance(item, int):
        return 200 <= item <= 599
    if isinstance(item, (tuple, bytes, BaseException, type, Reply, _client.Response)):
        return True
    return is_predicate(item)


def described_reply(words: dict[str, Any]) -> Reply:
    """Return the reply that plain words say: those of `respond`, and `error`, `fault`, `redirect`, `pass_through`."""
    check_words(words)
    words = dict(words)
    special = [word for word in ("error", "fault", "redirect", "pass_through") if word in words]
    if len(special) > 1:
        raise RouteError(f"a reply is one of {', '.join(special)}, not all of them")
    if not special:
        return response_reply(**words)
    value = words.pop(special[0])
    if special[0] == "redirect":
        return _redirect(value, words)
    if special[0] == "fault":
        return spoiled(value, words)
    delay = words.pop("delay", 0.0)
    if words:
        raise RouteError(f"{', '.join(words)} cannot be said beside `{special[0]}`")
    return Raise(value, delay) if special[0] == "error" else PassThrough(value if callable(value) else None)


def _redirect(to: Any, words: dict[str, Any]) -> Reply:
    status = words.pop("status", 302)
    if status not in (301, 302, 303, 307, 308):
        raise RouteError(f"a redirect has status 301, 302, 303, 307 or 308, not {show(status)}")
    headers = sendable(words.pop("headers", None), "the headers of this redirect cannot be sent")
    headers["Location"] = str(to)
    return response_reply(status, headers=headers, **words)


def reply(value: Any = None, **words: Any) -> Reply:
    """Return a reply from plain data: a value that stands for one, or the words of `respond`.

    Besides: `error=` an exception, `fault=` a name, `redirect=` a URL, `sse=` events, `pass_through=True`.
    """
    if value is None:
        return described_reply(words)
    if isinstance(value, int) and not isinstance(value, bool):
        return described_reply({"status": value, **words})
    return reply_from(value, **words)
