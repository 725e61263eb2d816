"""What is checked at the end, in every form, without masking anything."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# ruff: noqa: PT012, SIM117  # what raises is the end of a scene, and the scene is part of it

from __future__ import annotations

import contextlib
from typing import Any, Callable

import pytest

import understudy
from understudy import Client, MockTransport, Request, Response, mock

URL = "https://api.test/"


def scene_in_with(play: Callable[[], None], *routes: mock.FreeRoute) -> None:
    with mock.Router() as router:
        for route in routes:
            router.add(route)
        play()


def scene_in_decorator(play: Callable[[], None], *routes: mock.FreeRoute) -> None:
    decorated = play
    for route in reversed(routes):
        decorated = route(decorated)
    if not routes:
        scene_in_with(play)
    else:
        decorated()


def scene_in_routes(play: Callable[[], None], *routes: mock.FreeRoute) -> None:
    with contextlib.ExitStack() as stack:
        for route in routes:
            stack.enter_context(route)
        play()


def scene_with_verify(play: Callable[[], None], *routes: mock.FreeRoute) -> None:
    router = mock.Router()
    for route in routes:
        router.add(route)
    with understudy.stand_in(router):
        play()
    router.verify()


FORMS = [scene_in_with, scene_in_decorator, scene_in_routes, scene_with_verify]


def swallow() -> None:
    with contextlib.suppress(Exception, AssertionError):
        Client().get(f"{URL}unknown")


def get() -> None:
    Client().get(URL)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("play", "routes", "message"),
    [
        (swallow, [mock.get(URL).optional()], "no route answers GET https://api.test/unknown"),
        (get, [mock.get(URL), mock.get(f"{URL}b", name="b")], "1 route was never called"),
        (get, [mock.get(URL, times=2)], "had 1 call, and wants 2"),
        (get, [mock.get(URL, times=(2, 3))], "wants at least 2"),
    ],
)
def test_every_form_checks_the_same(
    form: Any, play: Callable[[], None], routes: list[mock.FreeRoute], message: str
) -> None:
    with pytest.raises(mock.ExpectationsNotMet, match=message):
        form(play, *[route.copy() for route in routes])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_quiet_when_all_is_well(form: Any) -> None:
    form(get, mock.get(URL), mock.post(URL).optional(), mock.delete(URL).never(), mock.put(URL, times=(0, 2)))


def test_several_findings_are_one_error_that_lists_them() -> None:
    with pytest.raises(mock.ExpectationsNotMet) as caught, mock.Router() as router:
        router.get(URL)
        router.get(f"{URL}twice", times=2)
        swallow()

    assert len(caught.value.findings) == 3
    assert str(caught.value).startswith("3 expectations of the mock were not met\n1. no route answers")


def test_a_call_that_must_never_be_made_is_refused_even_where_another_route_fits() -> None:
    with mock.Router() as router, router.expect_unmatched():
        router.get("/**", reply=200).optional()
        router.get(URL).never()

        with pytest.raises(
            mock.UnmatchedRequest, match=r"(?s)a route refuses GET.*which says that it must never be called"
        ):
            Client().get(URL)


def test_the_error_of_the_test_is_never_masked_and_gets_the_findings_as_notes() -> None:
    with pytest.raises(ZeroDivisionError) as caught, mock.Router() as router:
        router.get(URL)
        swallow()
        raise ZeroDivisionError

    notes: list[str] = caught.value.__notes__  # type: ignore[attr-defined,unused-ignore]  # set by add_note, or by hand
    assert len(notes) == 1
    assert "no route answers GET https://api.test/unknown" in notes[0]


def test_an_unmatched_request_that_ends_the_test_is_told_once() -> None:
    with pytest.raises(mock.UnmatchedRequest) as caught, mock.Router():
        Client().get(URL)

    assert not getattr(caught.value, "__notes__", [])
    assert caught.value.request.url == URL


def test_a_handler_that_raises_shows_its_own_error_and_is_told_when_it_was_swallowed() -> None:
    def fail(request: Request) -> int:
        assert request.method == "POST"
        return 200

    with pytest.raises(AssertionError) as caught, mock.Router() as router:
        router.get(URL).respond(fail)
        Client().get(URL)
    assert not isinstance(caught.value, mock.ExpectationsNotMet)

    with pytest.raises(mock.ExpectationsNotMet, match=r"the handler fail\(\) .* raised for GET") as told:
        with mock.Router() as router:
            router.get(URL).respond(fail)
            swallow_get()
    assert isinstance(told.value.__cause__, AssertionError)


def swallow_get() -> None:
    with contextlib.suppress(Exception):
        Client().get(URL)


def test_a_handler_that_raises_an_error_of_http_simulates_it() -> None:
    def fail(request: Request) -> int:
        raise understudy.ConnectError("refused")

    with mock.Router() as router:
        router.get(URL).respond(fail)
        with pytest.raises(understudy.ConnectError):
            Client().get(URL)


def test_interruptions_pass_through_untouched() -> None:
    router = mock.Router()
    router.get(URL).error(KeyboardInterrupt)

    with pytest.raises(KeyboardInterrupt):
        Client(transport=router).get(URL)


def test_a_stream_that_nobody_closes_is_told() -> None:
    client = Client()
    with pytest.raises(mock.ExpectationsNotMet, match=r"the streamed response to GET .* was never closed"):
        with mock.Router() as router:
            router.get(URL).stream([b"a", b"b"])
            client.send(client.build_request("GET", URL), stream=True)


def test_expected_misses_are_no_findings_and_must_come() -> None:
    with mock.Router() as router:
        with router.expect_unmatched() as misses:
            swallow()
        assert [miss.request.url.path for miss in misses] == ["/unknown"]

    with pytest.raises(AssertionError, match="one without a route was expected"), mock.Router() as router:
        with router.expect_unmatched():
            pass


def test_a_request_that_no_router_knows_is_told_once() -> None:
    with mock.Router() as outer:
        inner = mock.Router()
        with pytest.raises(mock.ExpectationsNotMet, match="no route answers"):
            with inner:
                swallow()

        assert len(inner.misses) == len(outer.misses) == 1
        inner.verify()


def test_many_misses_are_told_in_bounded_space() -> None:
    with pytest.raises(mock.ExpectationsNotMet) as caught, mock.Router():
        for _ in range(20):
            swallow()

    assert caught.value.findings[-1] == "... and 15 more requests without a route"


def test_no_random_request_ever_reaches_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*arguments: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with mock.Router(keep=10) as router:
        router.get("/known/{id:int}").optional()
        client = Client()
        with router.expect_unmatched() as misses:
            for number in range(1_000):
                with contextlib.suppress(mock.UnmatchedRequest):
                    client.get(f"https://host{number % 7}.test/{number}")

    assert len(misses) == 1_000


def test_more_misses_than_are_kept_are_counted() -> None:
    router = mock.Router()
    client = Client(transport=router)

    def swallow_many(count: int) -> None:
        for _ in range(count):
            with contextlib.suppress(mock.UnmatchedRequest):
                client.get(URL)

    with router.expect_unmatched():
        swallow_many(1_001)
    with router.expect_unmatched():
        swallow_many(2)
    swallow_many(3)

    assert len(router.misses) == 1_000
    assert router.miss_count == 1_006
    with pytest.raises(mock.ExpectationsNotMet, match="3 more requests without a route"):
        router.verify()
    router.verify()


def test_errors_of_handlers_are_kept_as_far_as_they_are_told() -> None:
    router = mock.Router()
    router.get(URL, reply=lambda: 1 // 0)
    client = Client(transport=router)

    for _ in range(200):
        with contextlib.suppress(ZeroDivisionError):
            client.get(URL)

    assert len(router.handler_errors) == 100


def test_a_matcher_and_a_patch_that_raise_are_told_when_it_was_swallowed() -> None:
    network = MockTransport(lambda request: Response(200))
    with pytest.raises(mock.ExpectationsNotMet) as caught, mock.Router(fallback=network) as router:
        router.get(f"{URL}asked", when=lambda request: request.nothing).optional()
        router.get(f"{URL}patched").pass_through(patch=lambda response: 1 / 0)
        for path in ("asked", "patched"):
            with contextlib.suppress(AttributeError, ZeroDivisionError):
                Client().get(f"{URL}{path}")

    told = [finding.split("\n") for finding in caught.value.findings]
    assert [first for first, *_ in told] == [
        f"what a route asks of a request raised for GET {URL}asked",
        f"the patch function raised for GET {URL}patched",
    ]
    assert told[0][1] == "  AttributeError: 'Request' object has no attribute 'nothing'"
