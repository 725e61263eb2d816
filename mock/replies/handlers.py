"""Functions as replies: which arguments they want, by name and annotation.

A handler may ask for the template parameters of its route, and for `request`, `call`, `route`, `n` (the number of the
call, from 1) and `state`. What it asks for is read from its signature when it is written, so that a name
that nobody can fill fails there.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Callable
from uuid import UUID

from ..errors import RouteError
from ..signatures import parameters_of

if TYPE_CHECKING:
    import inspect

    from .kinds import Performance

Answerer = Callable[["Performance"], Any]
"""Gives the call to a user's function, and returns what that returned."""

_KIND_OF: dict[Any, str] = {int: "int", float: "float", UUID: "uuid", date: "date", str: "str"}
_NAMES = {
    "int": "int",
    "float": "float",
    "UUID": "uuid",
    "uuid.UUID": "uuid",
    "date": "date",
    "datetime.date": "date",
    "str": "str",
}

GIVEN: dict[str, Answerer] = {
    "request": lambda call: call.request,
    "call": lambda call: call,
    "route": lambda call: call.route,
    "n": lambda call: call.n,
    "state": lambda call: call.state,
}

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


def named(function: Any) -> str:
    """Return a function's name and place, for messages."""
    code = getattr(function, "__code__", None)
    name = getattr(function, "__name__", type(function).__name__)
    if code is None:
        return f"the handler {name}()"
    from ..places import Place

    return f"the handler {name}() ({Place(code.co_filename, code.co_firstlineno)})"


def annotated_kinds(function: Callable[..., Any]) -> dict[str, str]:
    """Return the template kinds that a handler's annotations ask for."""
    kinds: dict[str, str] = {}
    for name, parameter in _parameters(function).items():
        said = parameter.annotation
        kind = _NAMES.get(said) if isinstance(said, str) else _KIND_OF.get(said)
        if kind is not None:
            kinds[name] = kind
    return kinds


def bound(function: Callable[..., Any], kinds: dict[str, str]) -> Answerer:
    """Return how a handler is called; `kinds` are the template's parameters."""
    source = named(function)
    known = set(kinds)
    wanted: list[str] = []
    for name, parameter in _parameters(function).items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise RouteError(f"{source} takes {name!r} by position only; its arguments are given by name")
        if name in known:
            _agree(source, name, parameter.annotation, kinds[name])
        elif name not in GIVEN:
            if parameter.default is not parameter.empty:
                continue
            have = ", ".join([*sorted(known), *GIVEN])
            raise RouteError(f"{source} asks for {name!r}, which nobody can give it; it may ask for {have}")
        wanted.append(name)
    return _caller(function, wanted, known)


def plain(function: Callable[..., Any]) -> Answerer:
    """Return how a function is called that does not know a template: `reply=function`, `.respond(function)`.

    Its arguments go by name; a single one whose name says nothing is the request.
    """
    parameters = [
        parameter
        for parameter in _parameters(function).values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    source = named(function)
    if len(parameters) == 1 and parameters[0].name not in GIVEN:
        only = parameters[0].name
        return lambda call: function(call.path_params.get(only, call.request))
    unknown = [parameter.name for parameter in parameters if parameter.name not in GIVEN]
    wanted = [parameter.name for parameter in parameters if parameter.name in GIVEN]
    if wanted == ["request"] and not unknown:
        return lambda call: function(request=call.request)

    def answer(call: Performance) -> Any:
        # A template's own parameter goes before what is given to every handler.
        values = call.path_params
        missing = [name for name in unknown if name not in values]
        if missing:
            raise TypeError(f"{source} asks for {missing[0]!r}, which is no parameter of its route's template")
        given = {name: values[name] if name in values else GIVEN[name](call) for name in wanted}
        return function(**given, **{name: values[name] for name in unknown})

    return answer if unknown or wanted else lambda call: function()


def _caller(function: Callable[..., Any], wanted: list[str], names: set[str]) -> Answerer:
    from_template = [name for name in wanted if name in names]
    given = [(name, GIVEN[name]) for name in wanted if name not in names]

    def answer(call: Performance) -> Any:
        arguments = {name: get(call) for name, get in given}
        if from_template:
            values = call.path_params
            for name in from_template:
                arguments[name] = values[name]
        return function(**arguments)

    return answer


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        return {parameter.name: parameter for parameter in parameters_of(function)}
    except (TypeError, ValueError):
        return {}


def _agree(source: str, name: str, annotation: Any, kind: str) -> None:
    said = _NAMES.get(annotation) if isinstance(annotation, str) else _KIND_OF.get(annotation)
    have = {"path": "str", "regex": "str"}.get(kind, kind)
    if said is not None and said != have:
        raise RouteError(
            f"{source} wants {name!r} as {said}, and its target says {{{name}:{kind}}}: "
            f"write {{{name}:{said}}}, or change the annotation"
        )
