from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING, Any, Callable

import anyio
import pytest

import understudy
from understudy import AsyncClient, Client, MockTransport, Request, Response, StandInError, stand_in
from understudy.client.transports.stand_in import _lock as lock
from understudy.client.transports.stand_in import answering

if TYPE_CHECKING:
    from ..conftest import Side

URL = "https://api.test/"


class Named(MockTransport):
    """A transport that answers with its name."""

    def __init__(self, name: str) -> None:
        super().__init__(lambda request: Response(200, text=name))
        self.name = name
        self.closed = 0

    def close(self) -> None:
        self.closed += 1

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Passing(Named):
    """A transport that answers some paths, and gives the others to what stands behind it."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name)
        self.path = path
        self.asked: list[tuple[str, bool]] = []

    def in_front_of(self, transport: Any, *, production: bool = True) -> Any:
        self.asked.append((repr(transport), production))
        return Fork(self, transport)


class Fork:
    """What `Passing` makes of itself for one request."""

    def __init__(self, first: Passing, then: Any) -> None:
        self.first, self.then = first, then

    def handle_request(self, request: Request) -> Response:
        transport = self.first if request.url.path == self.first.path else self.then
        response: Response = transport.handle_request(request)
        return response

    async def handle_async_request(self, request: Request) -> Response:
        transport = self.first if request.url.path == self.first.path else self.then
        response: Response = await transport.handle_async_request(request)
        return response

    def __repr__(self) -> str:
        return f"<{self.first!r} or {self.then!r}>"


def who_answers(client: Client | None = None) -> str:
    return (client or Client(transport=Named("own"))).get(URL).text


def in_thread(function: Callable[[], Any], context: contextvars.Context | None = None) -> Any:
    """Return what a function returns, or the error that it raises, in a thread that inherits no context."""
    results: list[Any] = []

    def work() -> None:
        try:
            results.append(function())
        except Exception as error:
            results.append(error)

    run = work if context is None else lambda: context.run(work)
    # Python 3.14 can let threads inherit the context; an empty one is what older versions start with.
    thread = threading.Thread(target=lambda: contextvars.Context().run(run))
    thread.start()
    thread.join()
    return results[0]


# One layer


@pytest.mark.anyio
async def test_it_answers_for_every_client(side: Side) -> None:
    before = side.client(lambda _: Response(500))

    with stand_in(Named("stand-in")):
        inside = side.client(lambda _: Response(500))
        bare = side.client()

        for client in (before, inside, bare):
            assert (await side.call(client.get, URL)).text == "stand-in"

    assert (await side.call(before.get, URL)).status_code == 500


@pytest.mark.anyio
async def test_it_answers_for_mounts_as_well(side: Side) -> None:
    client = side.client(lambda _: Response(500), mounts={"all://": side.transport(lambda _: Response(501))})

    with stand_in(Named("stand-in")):
        assert (await side.call(client.get, URL)).text == "stand-in"


@pytest.mark.parametrize(
    "function",
    [
        *(understudy.get, understudy.head, understudy.options, understudy.post),
        *(understudy.put, understudy.patch, understudy.delete, understudy.query),
    ],
)
def test_it_answers_for_the_functions_of_the_module(function: Any) -> None:
    with stand_in(Named("stand-in")):
        assert function(URL).status_code == 200
        with understudy.stream("GET", URL) as response:
            assert response.read() == b"stand-in"


class ByHand(understudy.AsyncBaseTransport, understudy.BaseTransport):
    """What test clients of web frameworks have: they call an application, each in its own way."""

    def __init__(self, app: Callable[[], str] | None) -> None:
        self.app = app

    def handle_request(self, request: Request) -> Response:
        assert self.app is not None
        return Response(200, text=self.app())

    async def handle_async_request(self, request: Request) -> Response:
        return self.handle_request(request)


@pytest.mark.anyio
async def test_a_client_of_an_application_goes_on_asking_it_and_what_that_asks_is_answered(side: Side) -> None:
    def app() -> str:
        return f"app, told by {understudy.get(URL).text}"

    with stand_in(Named("stand-in")):
        response = await side.call(side.client(transport=ByHand(app)).get, URL)
        other = await side.call(side.client(transport=ByHand(None)).get, URL)

    assert response.text == "app, told by stand-in"
    assert other.text == "stand-in"


@pytest.mark.anyio
async def test_the_layers_of_the_client_stay_above_it(side: Side) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/":
            return Response(302, headers={"Location": "/next", "Set-Cookie": "a=1"})
        return Response(200, text=f"{request.headers['Authorization'][:5]} {request.headers['Cookie']}")

    client = side.client(auth=("me", "secret"), follow_redirects=True)
    with stand_in(MockTransport(handler)):
        assert (await side.call(client.get, URL)).text == "Basic a=1"


@pytest.mark.anyio
async def test_it_is_entered_with_and_without_waiting(side: Side) -> None:
    transport = Named("stand-in")
    client = side.client(lambda _: Response(500))

    async with stand_in(transport) as given:
        assert given is transport
        assert (await side.call(client.get, URL)).text == "stand-in"
    with stand_in(transport) as given:
        assert given is transport

    assert (await side.call(client.get, URL)).status_code == 500


def test_its_transport_is_not_closed() -> None:
    transport = Named("stand-in")

    with stand_in(transport), Client() as client:
        client.get(URL)

    assert transport.closed == 0


def test_it_ends_when_an_error_passes() -> None:
    with pytest.raises(ZeroDivisionError), stand_in(Named("stand-in")):
        raise ZeroDivisionError

    assert who_answers() == "own"


def test_when_nothing_stands_in_the_clients_transport_answers() -> None:
    transport = Named("own")

    assert answering(transport) is transport


@pytest.mark.parametrize("nothing", [None, "https://api.test/", print, 200])
def test_what_is_no_transport_cannot_stand_in(nothing: Any) -> None:
    with pytest.raises(TypeError, match=f"stand_in takes a transport, .* not {type(nothing).__name__}"):
        stand_in(nothing)


def test_nor_can_a_class_of_transports() -> None:
    kind: Any = Named

    with pytest.raises(TypeError, match=r"write Named\(\.\.\.\)"):
        stand_in(kind)


def test_anything_with_the_method_can() -> None:
    class Duck:
        def handle_request(self, request: Request) -> Response:
            return Response(200, text="duck")

    duck: Any = Duck()
    with stand_in(duck):
        assert who_answers() == "duck"


def test_a_transport_of_the_wrong_color_says_so() -> None:
    class Asynchronous(understudy.AsyncBaseTransport):
        async def handle_async_request(self, request: Request) -> Response:
            return Response(200)

    with stand_in(Asynchronous()), pytest.raises(TypeError, match="Asynchronous is no transport for Client"):
        who_answers()


@pytest.mark.anyio
async def test_nor_does_a_blocking_one_answer_asynchronous_clients(anyio_backend: str) -> None:
    class Blocking(understudy.BaseTransport):
        def handle_request(self, request: Request) -> Response:
            return Response(200)

    with stand_in(Blocking()), pytest.raises(TypeError, match="Blocking is no transport for AsyncClient"):
        await AsyncClient(transport=Named("own")).get(URL)


def test_it_shows_what_stands_in() -> None:
    layer = stand_in(Named("stand-in"))

    assert repr(layer) == "<stand_in <stand-in>>"
    with layer:
        assert repr(layer) == "<stand_in <stand-in> open>"


# Nesting


def test_the_innermost_answers() -> None:
    with stand_in(Named("outer")):
        with stand_in(Named("inner")):
            assert who_answers() == "inner"
        assert who_answers() == "outer"
    assert who_answers() == "own"


def test_one_layer_may_be_entered_twice() -> None:
    layer = stand_in(Named("twice"))

    with layer:
        with layer:
            assert who_answers() == "twice"
        assert who_answers() == "twice"
    assert who_answers() == "own"

    with layer:
        assert who_answers() == "twice"


def test_leaving_what_was_not_entered_is_an_error() -> None:
    layer = stand_in(Named("never"))

    with pytest.raises(StandInError, match="without having been entered"):
        layer.__exit__()


def test_layers_may_end_in_any_order() -> None:
    outer, inner = stand_in(Named("outer")), stand_in(Named("inner"))

    outer.__enter__()
    inner.__enter__()
    outer.__exit__()
    assert who_answers() == "inner"
    inner.__exit__()

    assert who_answers() == "own"


@pytest.mark.anyio
async def test_a_transport_may_know_what_stands_behind_it(side: Side) -> None:
    client = side.client(transport=Named("own"))
    outer, inner = Passing("outer", "/outer"), Passing("inner", "/inner")

    with stand_in(outer), stand_in(inner):
        answers = [
            (await side.call(client.get, f"https://api.test/{path}")).text for path in ("inner", "outer", "else")
        ]

    assert answers == ["inner", "outer", "own"]
    assert outer.asked[0] == ("<own>", True)
    assert inner.asked[0] == ("<<outer> or <own>>", False)


def test_a_transport_that_does_not_ask_hides_what_is_behind_it() -> None:
    inner = Passing("inner", "/inner")

    with stand_in(Passing("outermost", "/")), stand_in(Named("middle")), stand_in(inner):
        assert who_answers() == "middle"
    assert inner.asked == [("<middle>", False)]


# Contexts


@pytest.mark.anyio
async def test_two_tasks_do_not_see_each_others_layers(anyio_backend: str) -> None:
    answers: dict[str, str] = {}
    both = Meeting(2)

    async def work(name: str) -> None:
        with stand_in(Named(name)):
            await both.wait()
            async with AsyncClient(transport=Named("own")) as client:
                answers[name] = (await client.get(URL)).text
            await both.wait()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, "one")
        tasks.start_soon(work, "two")

    assert answers == {"one": "one", "two": "two"}


class Meeting:
    """Lets nobody pass before everybody is there."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.arrived = 0
        self.condition = anyio.Condition()

    async def wait(self) -> None:
        async with self.condition:
            self.arrived += 1
            goal = -(-self.arrived // self.size) * self.size
            self.condition.notify_all()
            while self.arrived < goal:
                await self.condition.wait()


@pytest.mark.anyio
async def test_a_task_inherits_the_layers_that_it_was_started_under(anyio_backend: str) -> None:
    answers: list[str] = []

    async def work() -> None:
        async with AsyncClient(transport=Named("own")) as client:
            answers.append((await client.get(URL)).text)

    with stand_in(Named("outer")), stand_in(Named("inner")):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work)

    assert answers == ["inner"]


@pytest.mark.anyio
async def test_a_layer_that_has_ended_is_ended_in_tasks_that_inherited_it(anyio_backend: str) -> None:
    answers: list[str] = []
    ended = anyio.Event()

    async def work() -> None:
        await ended.wait()
        async with AsyncClient(transport=Named("own")) as client:
            answers.append((await client.get(URL)).text)

    async with anyio.create_task_group() as tasks:
        with stand_in(Named("ended")):
            tasks.start_soon(work)
            await anyio.lowlevel.checkpoint()
        ended.set()

    assert answers == ["own"]


def test_a_copied_context_keeps_its_outer_layer_when_the_inner_one_ends() -> None:
    with stand_in(Named("outer")):
        with stand_in(Named("inner")):
            context = contextvars.copy_context()
            assert context.run(who_answers) == "inner"
        assert context.run(who_answers) == "outer"
    assert context.run(who_answers) == "own"


def test_a_layer_may_be_left_in_another_context_than_it_was_entered_in() -> None:
    layer = stand_in(Named("stand-in"))

    contextvars.copy_context().run(layer.__enter__)
    assert who_answers() == "stand-in"  # the only one that is open
    layer.__exit__()

    assert who_answers() == "own"


def test_one_layer_object_in_two_contexts_is_left_by_each_for_itself() -> None:
    layer = stand_in(Named("shared"))
    first, second = contextvars.copy_context(), contextvars.copy_context()
    first.run(layer.__enter__)
    second.run(layer.__enter__)

    first.run(layer.__exit__)

    with stand_in(Named("other")):  # so that a context without a layer of its own would be ambiguous
        assert second.run(who_answers) == "shared"
    second.run(layer.__exit__)
    assert second.run(who_answers) == "own"


# Threads without a context


def test_a_thread_that_inherited_nothing_uses_the_only_layer_there_is() -> None:
    with stand_in(Named("only")):
        assert in_thread(who_answers) == "only"
    assert in_thread(who_answers) == "own"


def test_and_what_it_was_nested_in() -> None:
    inner = Passing("inner", "/inner")

    with stand_in(Named("outer")), stand_in(inner):
        assert in_thread(who_answers) == "outer"
    assert inner.asked == [("<outer>", False)]


def test_and_nothing_that_has_ended() -> None:
    outer, inner = stand_in(Named("outer")), Passing("inner", "/inner")

    outer.__enter__()
    with stand_in(inner):
        outer.__exit__()
        assert in_thread(who_answers) == "own"
    assert inner.asked == [("<own>", True)]


def test_when_several_are_open_nobody_can_know_which_is_meant() -> None:
    first, second = contextvars.copy_context(), contextvars.copy_context()
    layers = [stand_in(Named("one")), stand_in(Named("two"))]
    first.run(layers[0].__enter__)
    second.run(layers[1].__enter__)

    try:
        error = in_thread(who_answers)
    finally:
        first.run(layers[0].__exit__)
        second.run(layers[1].__exit__)

    assert isinstance(error, StandInError)
    assert "2 transports stand in at once (<one>, <two>)" in str(error)
    assert "copy_context().run" in str(error)


def test_a_thread_that_inherited_the_context_sees_its_layers() -> None:
    with stand_in(Named("mine")):
        context = contextvars.copy_context()
        other = contextvars.Context()
        layer = stand_in(Named("another's"))
        other.run(layer.__enter__)

        assert in_thread(who_answers, context) == "mine"

        other.run(layer.__exit__)


# Everywhere


def test_everywhere_is_every_thread() -> None:
    with stand_in(Named("everywhere"), everywhere=True):
        assert who_answers() == "everywhere"
        assert in_thread(who_answers) == "everywhere"
        assert contextvars.Context().run(who_answers) == "everywhere"
    assert in_thread(who_answers) == "own"


def test_everywhere_may_be_left_anywhere() -> None:
    layer = stand_in(Named("everywhere"), everywhere=True)

    layer.__enter__()
    in_thread(layer.__exit__)

    assert who_answers() == "own"


def test_threads_that_share_one_object_leave_one_layer_each() -> None:
    shared = stand_in(Named("everywhere"), everywhere=True)
    other = threading.Thread(target=shared.__exit__)

    class Entered(list[Any]):
        """Where another thread leaves at the worst moment, unless it has to wait."""

        def remove(self, layer: Any) -> None:
            shared._entered = [*self]
            other.start()
            if not lock.locked():
                other.join()
            shared._entered.remove(layer)

    shared.__enter__()
    shared.__enter__()
    shared._entered = Entered(shared._entered)

    shared.__exit__()

    other.join()
    assert who_answers() == "own"


def test_a_layer_of_ones_own_is_asked_before_an_older_one_for_everybody() -> None:
    with stand_in(Named("everywhere"), everywhere=True), stand_in(Named("mine")):
        assert who_answers() == "mine"
        assert in_thread(who_answers) == "everywhere"


def test_a_newer_one_for_everybody_is_asked_before_ones_own() -> None:
    with stand_in(Named("mine")), stand_in(Named("everywhere"), everywhere=True):
        assert who_answers() == "everywhere"


def test_two_for_everybody_nest() -> None:
    inner = Passing("inner", "/inner")

    with stand_in(Named("outer"), everywhere=True), stand_in(inner, everywhere=True):
        assert in_thread(who_answers) == "outer"
    assert inner.asked == [("<outer>", False)]


def test_a_layer_that_ended_a_moment_ago_is_ended() -> None:
    from understudy.client.transports import stand_in as module

    assert module._only_layers() == ()


# What it costs


def test_when_nothing_stands_in_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from understudy.client.transports import stand_in as module

    def fail(*_: Any) -> Any:
        raise AssertionError("looked up")

    monkeypatch.setattr(module, "_layers_here", fail)
    monkeypatch.setattr(module, "_only_layers", fail)

    assert who_answers() == "own"


def test_many_layers_leave_nothing_behind() -> None:
    from understudy.client.transports import stand_in as module

    for number in range(1_000):
        with stand_in(Named(str(number))):
            pass

    assert module._open == []
    assert module._here.get() == ()


# Transports that hand requests on to the network

NOWHERE = "http://127.0.0.1:9/"


class Counting(understudy.AsyncBaseTransport, understudy.BaseTransport):
    """A transport such as a cache: it looks at a request, and hands it on."""

    def __init__(self, *behind: Any) -> None:
        self.behind = list(behind)
        self.count = 0

    def handle_request(self, request: Request) -> Response:
        self.count += 1
        response: Response = self.behind[0].handle_request(request)
        return response

    async def handle_async_request(self, request: Request) -> Response:
        self.count += 1
        response: Response = await self.behind[0].handle_async_request(request)
        return response


class ByScheme(Counting):
    """The same, with what is behind it in a dictionary."""

    def __init__(self, behind: Any) -> None:
        super().__init__(behind)
        self.by_scheme = {"https": self.behind.pop()}

    def handle_request(self, request: Request) -> Response:
        self.count += 1
        response: Response = self.by_scheme["https"].handle_request(request)
        return response

    async def handle_async_request(self, request: Request) -> Response:
        self.count += 1
        response: Response = await self.by_scheme["https"].handle_async_request(request)
        return response


class CountingNetwork(understudy.HTTPTransport):
    count = 0

    def handle_request(self, request: Request) -> Response:
        self.count += 1
        return super().handle_request(request)


class AsyncCountingNetwork(understudy.AsyncHTTPTransport):
    count = 0

    async def handle_async_request(self, request: Request) -> Response:
        self.count += 1
        return await super().handle_async_request(request)


class PassingAll(Named):
    """A transport that looks at requests, and gives them to what stands behind it."""

    def __init__(self) -> None:
        super().__init__("passing")
        self.count = 0

    def in_front_of(self, transport: Any, *, production: bool = True) -> Any:
        return Look(self, transport)


class Look(Counting):
    def __init__(self, stand_in: PassingAll, behind: Any) -> None:
        super().__init__(behind)
        self.stand_in = stand_in

    def handle_request(self, request: Request) -> Response:
        self.stand_in.count += 1
        return super().handle_request(request)

    async def handle_async_request(self, request: Request) -> Response:
        self.stand_in.count += 1
        return await super().handle_async_request(request)


def network(side: Side) -> Any:
    return understudy.HTTPTransport() if side.is_blocking else understudy.AsyncHTTPTransport()


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [Counting, ByScheme])
async def test_a_transport_that_hands_on_is_asked_and_answered_behind(side: Side, kind: Any) -> None:
    transport = Counting(kind(network(side)))
    client = side.client(transport=transport)

    with stand_in(Named("stand-in")):
        first = await side.call(client.get, NOWHERE)
        second = await side.call(client.get, NOWHERE)

    assert (first.text, second.text, transport.count, transport.behind[0].count) == ("stand-in", "stand-in", 2, 2)
    with pytest.raises(understudy.ConnectError):
        await side.call(client.get, NOWHERE)


@pytest.mark.anyio
async def test_so_is_a_network_that_somebody_has_extended(side: Side) -> None:
    transport: Any = CountingNetwork() if side.is_blocking else AsyncCountingNetwork()

    with stand_in(Named("stand-in")):
        response = await side.call(side.client(transport=transport).get, NOWHERE)

    assert (response.text, transport.count) == ("stand-in", 1)


def test_so_is_one_that_an_instrument_has_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    send = understudy.HTTPTransport.handle_request

    def watched(self: understudy.HTTPTransport, request: Request) -> Response:
        seen.append(request.method)
        return send(self, request)

    monkeypatch.setattr(understudy.HTTPTransport, "handle_request", watched)

    with stand_in(Named("stand-in")), Client() as client:
        assert client.get(NOWHERE).text == "stand-in"

    assert seen == ["GET"]


@pytest.mark.anyio
async def test_what_passes_a_request_on_is_asked_once(side: Side) -> None:
    shared = network(side)
    clients = [side.client(transport=one) for one in (Counting(shared), shared, Counting(Counting(shared)))]
    passing = PassingAll()

    with stand_in(passing):
        for client in [*clients, *clients]:
            with pytest.raises(understudy.ConnectError):
                await side.call(client.get, NOWHERE)

    assert passing.count == 6


@pytest.mark.anyio
async def test_what_holds_the_very_network_that_it_answers_for_does_not_ask_itself(side: Side) -> None:
    shared = network(side)
    client = side.client(transport=Counting(shared))

    with understudy.mock.Router(fallback=shared) as router:
        router.route().pass_through()
        with pytest.raises(understudy.ConnectError):
            await side.call(client.get, NOWHERE)

    assert len(router.calls) == 1


@pytest.mark.anyio
async def test_a_transport_that_leads_to_an_application_is_asked(side: Side) -> None:
    with stand_in(Named("stand-in")):
        response = await side.call(side.client(transport=Counting(ByHand(lambda: "app"))).get, URL)

    assert response.text == "app"


@pytest.mark.anyio
async def test_tries_behind_which_something_stands_in_wait_on_its_clock(side: Side) -> None:
    retry = understudy.Retry(2, backoff=60.0, max_backoff=60.0, jitter=False)
    client = side.client(transport=understudy.RetryTransport(network(side), retry))
    before = time.monotonic()

    with understudy.mock.Router() as router:
        router.get(NOWHERE).respond(503).then(200)
        response = await side.call(client.get, NOWHERE)

    assert (response.status_code, len(router.calls)) == (200, 2)
    assert time.monotonic() - before < 50


def test_threads_of_a_transport_that_hands_on_meet_what_stands_in() -> None:
    class Threaded(Counting):
        def handle_request(self, request: Request) -> Response:
            response: Response = in_thread(lambda: self.behind[0].handle_request(request))
            return response

    with stand_in(Named("stand-in")):
        assert Client(transport=Threaded(understudy.HTTPTransport())).get(NOWHERE).text == "stand-in"


def test_what_leads_round_in_a_circle_is_not_asked() -> None:
    transport = Counting()
    transport.behind.append(transport)

    assert in_front_of_own(transport) == "stand-in"


def in_front_of_own(transport: Any) -> str:
    with stand_in(Named("stand-in")):
        return Client(transport=transport).get(URL).text
