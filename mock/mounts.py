"""Whatever can answer as a transport: a transport already, an ASGI application, a WSGI application."""

from __future__ import annotations

import inspect
from typing import Any

from .. import client as _client
from .errors import RouteError
from .signatures import parameters_of
from .values import show


def transport_for(app: Any) -> Any:
    """Return a transport that lets an application or a transport answer."""
    if hasattr(app, "handle_request") or hasattr(app, "handle_async_request"):
        return app
    if not callable(app):
        raise RouteError(f"`mount` takes a transport or an ASGI or WSGI application, not {show(app)}")
    kind = "ASGITransport" if _is_asgi(app) else "WSGITransport"
    return getattr(_client, kind)(app=app)


def _is_asgi(app: Any) -> bool:
    called: Any = getattr(app, "__call__", None)  # noqa: B004  # the method itself is looked at
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(called):
        return True
    try:
        wanted = [
            parameter
            for parameter in parameters_of(app)
            if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        ]
    except (TypeError, ValueError):
        return False
    return len(wanted) == 3
