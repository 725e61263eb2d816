"""The author's own functions, applied to what is recorded, and to what is compared with it.

A function is given a `RecordedRequest` or a `RecordedResponse`, with its secrets still in it, and returns it changed.
Requests pass through it on both sides, so that what it has hidden still matches on replay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import CassetteError
from ..interactions import Interaction, RecordedRequest, RecordedResponse
from ..secrets.rules import DO_NOT_RECORD

if TYPE_CHECKING:
    from ..secrets.rules import Scrub


def scrubbed_request(request: RecordedRequest, functions: tuple[Scrub, ...]) -> RecordedRequest:
    """Return a request as the author's functions leave it."""
    for function in functions:
        request = _called(function, request)
    return request


def scrubbed(interaction: Interaction, functions: tuple[Scrub, ...]) -> Interaction | None:
    """Return an interaction as the author's functions leave it; `CassetteError` names the one that fails.

    `None` stands for what is not to be recorded: a function has returned `DO_NOT_RECORD` for its response.
    """
    request, response = scrubbed_request(interaction.request, functions), interaction.response
    if response is not None:
        for function in functions:
            response = _called(function, response)
            if response is DO_NOT_RECORD:
                return None
    return replace(interaction, request=request, response=response)


def _called(function: Scrub, message: Any) -> Any:
    name = getattr(function, "__qualname__", repr(function))
    mend = f"Mend the function; it is given a {type(message).__name__}, and returns one."
    try:
        changed = function(message)
    except Exception as error:
        raise CassetteError(
            f"redact={name} raised {type(error).__name__}: {error}; nothing was written", mend=mend
        ) from error
    if changed is DO_NOT_RECORD and isinstance(message, RecordedResponse):
        return changed
    if not isinstance(changed, (RecordedRequest, RecordedResponse)) or type(changed) is not type(message):
        raise CassetteError(
            f"redact={name} returned {changed!r:.60} for a {type(message).__name__}; nothing was written", mend=mend
        )
    return changed
