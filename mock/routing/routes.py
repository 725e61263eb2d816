"""A route: what it answers to, what it answers, how often it may and must, and the calls it got.

A route is a value and an actor in one.
Free routes (`mock.get(url)`) decorate tests and are context managers; each run of a decorated test plays with a copy,
so that nothing of one test reaches another: `route.calls` shows those of the run, and what is said of the route
meanwhile (`route.respond(503)`) is said of its copy.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable

from ..calls.holds import Hold
from ..calls.log import Calls, times
from ..errors import RouteError
from ..habits import OF_ROUTES, no_such
from ..matching.masking import masked_url
from ..matching.matchers import Specificity, specificity
from ..matching.targets import parse_methods
from ..modes import checked_mode
from ..places import Place, here
from ..replies.kinds import UNSET, Raise, Reply
from ..replies.plans import CYCLE, FAIL, FALL_THROUGH, Plan
from ..replies.sequences import described_reply, plan_from
from ..replies.spoiled import spoiled
from ..replies.sugar import PassThrough, reply_from
from ..replies.words import check_words, response_reply
from ..states import Transition, transitions
from ..values import ANY, identity, is_list, show
from .aims import aimed, below

if TYPE_CHECKING:
    from typing_extensions import Self

    from ...client import Response
    from ..calls.log import Call
    from ..matching.criteria import Criterion
    from ..matching.targets import Target


class Route:
    """One line of the script: which requests, which replies, how often.

    Made by `mock.get(...)`, `router.post(...)` and their kind.
    """

    def __init__(
        self,
        target: Any = None,
        *matchers: Any,
        method: Any = None,
        name: str | None = None,
        priority: int = 0,
        times: Any = None,
        optional: bool = False,
        reply: Any = UNSET,
        state: Any = None,
        mode: str | None = None,
        place: Place | None = None,
        kinds: dict[str, str] | None = None,
        **criteria: Any,
    ) -> None:
        self.place: Place = place or here()
        self.name = name
        self.priority: int = _checked_priority(priority)
        self.mode: str | None = checked_mode(mode)
        """How replies are played: "mock", "wire" (as bytes through the client's real stack), or as the router says."""
        self.transitions: tuple[Transition, ...] = transitions(state)
        self.target: Target
        self.target, self._own = aimed(target, matchers, method, criteria, kinds)
        holes = {} if self.target.path is None else self.target.path.holes
        given = (str(target) if hasattr(target, "raw_path") else target, method, criteria, matchers, holes)
        # Kept as well as named: what is let go of may give its name to the next.
        self._given = given, tuple(map(identity, given))
        self.criteria: tuple[Criterion, ...] = self._own.criteria
        self.specificity: Specificity = specificity(self.criteria)
        self.least: int = 1
        self.most: int | None = None
        self.open_criteria: tuple[Criterion, ...] = self.criteria
        """Those that the router's index does not decide."""
        self.original: Route = self
        self.router: object = None
        self.held_by: Hold | None = None
        self.replaced_by: Route | None = None
        self.used: int = 0
        self.begun: int = 0
        """How much was used when its replies were said: another plan begins with its first reply."""
        self._calls = Calls(f"the route {self.label}", 10_000)
        self._plan: Plan = Plan(_EMPTY_REPLY)
        if times is not None:
            self.times(times)
        if optional:
            self.optional()
        if reply is not UNSET:
            self._plan = plan_from(reply)

    # Replies

    def respond(self, status: Any = 200, **words: Any) -> Self:
        """Answer with a response.

        `status` and at most one of `json`, `text`, `html`, `content`, `stream`, `file`, `form`, `sse`;
        then `headers`, `cookies`, `content_type`, `encoding` ("gzip", "br", "zstd"), `trailers`, `reason`,
        `http_version`, and what time it takes: `delay` in seconds, `rate` in bytes per second.
        `early=True` answers before the request's body has arrived, on the wire.
        Instead of a status also anything that `reply=` takes.
        """
        return self._begin(Plan(self._reply(status, words)))

    def then(self, status: Any = 200, **words: Any) -> Self:
        """Answer the next call with this; the last reply repeats."""
        self.acting._plan.then(self._reply(status, words))
        return self

    def error(self, error: BaseException | type[BaseException], *, delay: float = 0.0) -> Self:
        """Raise an exception; each call raises one of its own, with `.request` set where it has room for it."""
        return self.reply(Raise(error, delay))

    def redirect(self, to: str, status: int = 302, **words: Any) -> Self:
        """Send the client somewhere else."""
        return self.reply(described_reply({"redirect": to, "status": status, **words}))

    def stream(self, chunks: Any, *, every: float = 0.0, status: int = 200, **words: Any) -> Self:
        """Answer with a body in pieces, `every` so many seconds one."""
        check_words(words)
        return self.reply(response_reply(status, stream=chunks, every=every, **words))

    def sse(self, events: Any, *, every: float = 0.0, **words: Any) -> Self:
        """Answer with server-sent events: texts, or dicts of data, event, id, retry, comment."""
        check_words(words)
        return self.reply(response_reply(sse=events, every=every, **words))

    def fault(self, name: str, **words: Any) -> Self:
        """Fail as networks and servers do: "connect-refused", "read-timeout", "reset", "truncate", "goaway", ...

        `at` is how many bytes of the body arrive before; what arrives is the reply that was said before, or one that
        the words of `respond` describe. An unknown name is an error that lists those that there are.
        """
        plan = self.acting._plan
        if plan.last is _EMPTY_REPLY:
            return self.reply(spoiled(name, words))
        plan.replace_last(spoiled(name, words, plan.last))
        return self

    def pass_through(self, patch: Callable[[Response], Any] | None = None) -> Self:
        """Let what stands behind the mock answer: the network, an outer cassette; `patch` may change its response."""
        return self.reply(PassThrough(patch))

    def reply(self, value: Any) -> Self:
        """Answer with anything that stands for a reply, or a list of replies in order."""
        return self._begin(plan_from(value))

    def mock(self, return_value: Any = UNSET, *, side_effect: Any = UNSET) -> Self:
        """Answer with a response, or what a function or an exception makes; for those who come from respx."""
        return self.reply(side_effect if side_effect is not UNSET else 200 if return_value is UNSET else return_value)

    def _answer(self, value: Any) -> None:
        self.reply(value)

    # `route.return_value = Response(404)`, as respx has it, would otherwise say nothing to anybody.
    return_value: property = property(fset=_answer, doc="What every call is answered with; to be set, as in respx.")
    side_effect: property = property(fset=_answer, doc="What makes the answers; to be set, as in respx.")

    def __mod__(self, value: Any) -> Self:
        return self.reply(value)

    def repeat(self, times: int) -> Self:
        """Give the last reply so often before the next."""
        self.acting._plan.repeat(times)
        return self

    def cycle(self) -> Self:
        """Begin again after the last reply."""
        self.acting._plan.ending = CYCLE
        return self

    def then_fail(self) -> Self:
        """Take a call after the last reply for a mistake."""
        self.acting._plan.ending = FAIL
        return self

    def fall_through(self) -> Self:
        """Leave calls after the last reply to other routes."""
        self.acting._plan.ending = FALL_THROUGH
        return self

    def _begin(self, plan: Plan) -> Self:
        acting = self.acting
        acting._plan = plan
        acting.begun = acting.used
        return self

    def _reply(self, status: Any, words: dict[str, Any]) -> Reply:
        check_words(words)
        _refuse_digits(status)
        if any(word in words for word in ("fault", "error", "redirect", "pass_through")):
            return described_reply(words if status == 200 else {"status": status, **words})
        if isinstance(status, int):
            return response_reply(status, folder=self.folder, **words)
        return reply_from(status, **words)

    # How often

    def times(self, count: Any) -> Self:
        """Answer exactly so many calls, or `(at least, at most)`; others pass by, and fewer are an error at the end."""
        acting = self.acting
        acting.least, acting.most = _counts(count)
        return self

    def once(self) -> Self:
        """Answer exactly one call."""
        return self.times(1)

    def optional(self) -> Self:
        """Do not mind when nobody calls."""
        self.acting.least = 0
        return self

    def never(self) -> Self:
        """Take any call for a mistake."""
        acting = self.acting
        acting.least, acting.most = 0, 0
        return self

    def hold(self) -> Hold:
        """Keep every call waiting until it is released: `with route.hold() as held: ...`."""
        return Hold(self.acting)

    # What happened

    @property
    def acting(self) -> Route:
        """The copy that plays right now in this context; the route itself when none does."""
        return self

    @property
    def calls(self) -> Calls:
        """The calls that this route answered."""
        return self._calls

    @property
    def called(self) -> bool:
        """Whether it was called."""
        return self.calls.called

    @property
    def call_count(self) -> int:
        """How often it was called."""
        return self.calls.call_count

    @property
    def last(self) -> Call:
        """The last call."""
        return self.calls.last

    # For the router

    @property
    def plan(self) -> Plan:
        """The replies in their order."""
        return self._plan

    @property
    def label(self) -> str:
        """The route in one line, without secrets."""
        if self.name is not None:
            return f'"{self.name}"'
        methods = ",".join(self.target.methods) + " " if self.target.methods else ""
        text = self.target.text.strip()
        first, blank, rest = text.partition(" ")
        address = rest.strip() if blank and parse_methods(first) == self.target.methods else text
        return f"{methods}{masked_url(address)}" if text else (methods.strip() or "any request")

    @property
    def folder(self) -> str | None:
        """The folder of the file that it is written in."""
        path = self.place.path
        return os.path.dirname(os.path.abspath(path)) if os.path.isfile(path) else None

    @property
    def is_forbidden(self) -> bool:
        """Whether any call is a mistake."""
        return self.most == 0

    @property
    def is_exhausted(self) -> bool:
        """Whether it leaves further calls to other routes."""
        if self.most is not None and self.used >= self.most:
            return self.most > 0
        return self._plan.ending == FALL_THROUGH and self.used - self.begun >= self._plan.length

    @property
    def exhaustion(self) -> str:
        """How much of it is used, in words."""
        if self.most is not None:
            return f"used {self.used} of {self.most}"
        return f"its {self._plan.length} replies are used"

    def joins(self, router: object, base: Target | None) -> None:
        """Become part of a router; a path alone then means one below the router's base URL."""
        if self.router is not None and self.router is not router:
            raise RouteError(f"{self!r} belongs to another router already: add `route.copy()`")
        self.router = router
        self._calls.base = "" if base is None or base.path is None else base.path.text.rstrip("/")
        if base is not None and self.target.host is None and self.target.scheme is None:
            self.criteria = below(base, self.target, self._own).criteria
            self.specificity = specificity(self.criteria)

    def leaves(self) -> None:
        """Be free again; what was called is remembered."""
        self.router = None
        self.replaced_by = None
        self.criteria = self.open_criteria = self._own.criteria
        self.specificity = specificity(self.criteria)

    @property
    def identity(self) -> object:
        """What two routes have in common that answer to the very same requests."""
        return (self._given[1], self.priority)

    def keep(self, most: int | None) -> None:
        """Remember so many calls from now on."""
        if most != self._calls.most:
            self._calls = Calls(f"the route {self.label}", most, self._calls.base)

    def log(self, call: Call) -> None:
        """Note a call."""
        self._calls.add(call)

    def copy(self) -> Self:
        """Return the same route with no calls yet."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.original = self.original
        twin.router = None
        twin.held_by = None
        twin.replaced_by = None
        twin.used = twin.begun = 0
        twin.criteria = self._own.criteria
        twin.open_criteria = twin.criteria
        twin.specificity = specificity(twin.criteria)
        twin._plan = self._plan.copy()
        twin._calls = Calls(f"the route {self.label}", 10_000)
        return twin

    def reset(self) -> None:
        """Forget all calls."""
        self.used = self.begun = 0
        self._calls.reset()

    def __call__(self, function: Any) -> Any:
        raise RouteError(
            f"{self!r} belongs to a router, and routes of a router decorate nothing: use a free one, `@mock.get(...)`, "
            "or `@router.handler(...)` over a function that makes the reply"
        )

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            raise no_such(self, name, OF_ROUTES)

    def __repr__(self) -> str:
        return f"<Route {self.label}, {times(self.call_count)}, {self.place}>"


# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True

_EMPTY_REPLY = response_reply()


def _refuse_digits(status: Any) -> None:
    if isinstance(status, str) and status.strip().isdigit():
        told = show(status)
        raise RouteError(f"a status is a number, and {told} is text: write {status.strip()}, or text={told}")


def _checked_priority(priority: Any) -> int:
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise RouteError(f"`priority` takes a whole number, higher goes first; not {show(priority)}")
    return priority


def _counts(count: Any) -> tuple[int, int | None]:
    ends: Any = (1, ANY) if count is ANY else count if is_list(count) else (count, count)
    low, high = ends if len(ends) == 2 else (None, None)
    least = _count(low, count)
    most = None if high is ANY else _count(high, count)
    if most is not None and least > most:
        raise RouteError(f"`times` takes (at least, at most), not {show(count)}")
    return least, most


def _count(end: Any, count: Any) -> int:
    if isinstance(end, bool) or not isinstance(end, int) or end < 0:
        raise RouteError(f"`times` takes a number of calls, or (at least, at most), not {show(count)}")
    return end
