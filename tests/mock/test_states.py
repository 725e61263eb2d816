"""States: one call changes what the next one gets."""

from __future__ import annotations

from typing import Any

import pytest

from understudy import Client, mock

URL = "https://shop.test"


def test_a_state_begins_as_what_the_first_route_needs_and_calls_change_it() -> None:
    router = mock.Router(base_url=URL)
    router.get("/order", state="open", reply={"paid": False})
    router.post("/pay", state="open -> paid", reply=201)
    router.get("/order", state="paid", reply={"paid": True})
    client = Client(transport=router, base_url=URL)

    before = client.get("/order").json()
    client.post("/pay")
    after = client.get("/order").json()

    assert (before, after) == ({"paid": False}, {"paid": True})
    with pytest.raises(mock.UnmatchedRequest, match="state must be 'open', and is 'paid'"):
        client.post("/pay")
    router.reset()
    assert client.get("/order").json() == {"paid": False}


def test_several_states_are_named_and_can_be_set_by_hand() -> None:
    router = mock.Router(base_url=URL)
    router.get("/", state={"cart": "full", "user": "known"}, reply="both")
    router.get("/", state={"cart": "empty"}, reply="empty")
    router.post("/", state={"cart": "-> empty"}, reply=204)
    client = Client(transport=router, base_url=URL)

    assert client.get("/").text == "both"
    client.post("/")
    assert client.get("/").text == "empty"
    router.state["cart"] = "full"
    assert client.get("/").text == "both"
    del router.state["cart"]
    assert dict(router.state) == {"cart": "full", "user": "known"}
    assert len(router.state) == 2
    assert repr(router.state) == "States({'cart': 'full', 'user': 'known'})"


@pytest.mark.parametrize("change", ["open -> paid", "-> paid"])
def test_a_handler_that_leaves_a_request_to_others_changes_no_state(change: str) -> None:
    router = mock.Router(base_url=URL)
    router.get("/order", state=change, priority=1, reply=lambda: mock.NEXT)
    router.get("/order", state="open", reply="still open")
    router.state["state"] = "open"

    answer = Client(transport=router, base_url=URL).get("/order")

    assert answer.text == "still open"


@pytest.mark.parametrize(
    ("state", "told"),
    [("open", "open"), ("open -> paid", "open -> paid"), ("-> paid", "-> paid"), ({"a": "b -> c"}, "a: b -> c")],
)
def test_a_transition_shows_as_it_is_written(state: Any, told: str) -> None:
    (transition,) = mock.get("/", state=state).transitions

    assert str(transition) == told
