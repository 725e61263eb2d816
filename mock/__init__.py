"""Routes that answer requests in tests: a transport, scripted in Python."""

from __future__ import annotations

from .call_log import Call, Calls
from .casting import FreeRoute
from .clocks import VirtualClock
from .crud import Crud
from .errors import ExpectationsNotMet, RouteError, RouteWarning, UnmatchedRequest
from .holds import Hold
from .matchers import Matcher, match
from .modes import playing
from .operations import Operation
from .places import Place
from .replies import NEXT, Reply
from .routers import Router
from .routes import Route
from .sequences import reply
from .sweeps import Sweep, SweepCase, SweptCall, sweep
from .values import ABSENT, ANY, Difference, Unordered, differences
from .verbs import delete, get, head, options, patch, post, put, query, route

__all__ = [
    "ABSENT",
    "ANY",
    "NEXT",
    "Call",
    "Calls",
    "Crud",
    "Difference",
    "ExpectationsNotMet",
    "FreeRoute",
    "Hold",
    "Matcher",
    "Operation",
    "Place",
    "Reply",
    "Route",
    "RouteError",
    "RouteWarning",
    "Router",
    "Sweep",
    "SweepCase",
    "SweptCall",
    "UnmatchedRequest",
    "Unordered",
    "VirtualClock",
    "delete",
    "differences",
    "get",
    "head",
    "match",
    "options",
    "patch",
    "playing",
    "post",
    "put",
    "query",
    "reply",
    "route",
    "sweep",
]
