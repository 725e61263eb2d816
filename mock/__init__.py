"""Routes that answer requests in tests: a transport, scripted in Python."""

from __future__ import annotations

from .calls.holds import Hold
from .calls.log import Call, Calls
from .calls.operations import Operation
from .casting import FreeRoute
from .clocks import VirtualClock
from .crud import Crud
from .errors import ExpectationsNotMet, RouteError, RouteWarning, UnmatchedRequest
from .matching.matchers import Matcher, match
from .modes import playing
from .places import Place
from .replies.kinds import NEXT, Reply
from .replies.sequences import reply
from .routers import Router
from .routing.routes import Route
from .sweeps.sweep import Sweep, SweepCase, SweptCall, sweep
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
