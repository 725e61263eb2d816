"""Server-sent events, by the rules and examples of WHATWG HTML 9.2."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from understudy.client.bodies.sse import EventParser, ServerSentEvent
from understudy.client.errors import LimitExceeded


def events(*pieces: bytes, parser: EventParser | None = None) -> list[ServerSentEvent]:
    parser = parser or EventParser()
    return [event for piece in pieces for event in parser.feed(piece)]


def test_an_event_is_frozen_and_has_the_defaults_of_the_standard() -> None:
    event: Any = ServerSentEvent()

    assert (event.event, event.data, event.id, event.retry) == ("message", "", "", None)
    assert repr(event) == "ServerSentEvent(event='message', data='', id='', retry=None)"
    with pytest.raises(AttributeError):
        event.data = "x"


def test_data_may_be_json() -> None:
    assert ServerSentEvent(data='{"a": 1}').json() == {"a": 1}
    assert ServerSentEvent(data="x").json(loads=str.upper) == "X"
    with pytest.raises(json.JSONDecodeError):
        ServerSentEvent().json()


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (b"", []),
        (b"data: a\n\n", [ServerSentEvent(data="a")]),
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [ServerSentEvent(data="YHOO\n+2\n10")]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [
                ServerSentEvent(data="first event", id="1"),
                ServerSentEvent(data="second event"),
                ServerSentEvent(data=" third event"),
            ],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [ServerSentEvent(), ServerSentEvent(data="\n")]),
        (b"data:test\n\ndata: test\n\n", [ServerSentEvent(data="test")] * 2),
        (b"event: add\ndata: 7\n\ndata: 8\n\n", [ServerSentEvent("add", "7"), ServerSentEvent(data="8")]),
        (b"event: none\n\ndata: a\n\n", [ServerSentEvent(data="a")]),
        (b"id: 1\ndata: a\n\ndata: b\n\n", [ServerSentEvent(data="a", id="1"), ServerSentEvent(data="b", id="1")]),
        (b"id: 1\0\ndata: a\n\n", [ServerSentEvent(data="a")]),
        (b"retry: 30\ndata: a\n\ndata: b\n\n", [ServerSentEvent(data="a", retry=30), ServerSentEvent(data="b")]),
        (b"retry: -3\nretry: 3s\nretry: \xd9\xa3\nretry:\ndata: a\n\n", [ServerSentEvent(data="a")]),
        (b"retry: " + b"9" * 100_000 + b"\ndata: a\n\n", [ServerSentEvent(data="a")]),
        (b"Data: a\nunknown: b\ndata : c\n\n", []),
        (b"data: a: b\n\n", [ServerSentEvent(data="a: b")]),
        (b"\xef\xbb\xbfdata: a\n\n", [ServerSentEvent(data="a")]),
        (b"data: \xe2\x80\xa8 \xc2\x85 \x0b\n\n", [ServerSentEvent(data="\u2028 \x85 \x0b")]),
        (b"data: \xff\n\n", [ServerSentEvent(data="\ufffd")]),
        (b"data: cut off", []),
        (b"data: cut off\n", []),
        (b"\n\n\n", []),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("size", [1, 3, 1_000_000])
def test_a_stream_gives_its_events_however_it_is_cut(
    stream: bytes, found: list[ServerSentEvent], end: bytes, size: int
) -> None:
    wire = stream.replace(b"\n", end)

    assert events(*(wire[at : at + size] for at in range(0, len(wire), size))) == found


def test_an_event_that_ends_with_cr_does_not_wait_for_an_lf() -> None:
    parser = EventParser()

    assert events(b"data: a\r\r", parser=parser) == [ServerSentEvent(data="a")]
    assert events(b"", b"\ndata: b\r\n\r", parser=parser) == [ServerSentEvent(data="b")]


def test_what_to_reconnect_with_changes_without_an_event_too() -> None:
    parser = EventParser()

    assert events(b"id: 7\nretry: 100\n\n", parser=parser) == []

    assert (parser.last_event_id, parser.retry) == ("7", 100)


def test_an_id_counts_once_its_event_has_ended() -> None:
    parser = EventParser()

    assert [event.id for event in events(b"id: 1\ndata: one\n\nid: 2\ndata: cut o", parser=parser)] == ["1"]

    assert parser.last_event_id == "1"


@pytest.mark.parametrize(
    "stream", [b"data: " + b"x" * 200, b"data: " + b"x" * 200 + b"\n\n", b"data: xxxxxxxxx\n" * 20, b":" + b"x" * 200]
)
@pytest.mark.parametrize("size", [1, 1000])
def test_an_event_or_line_that_is_too_large_is_refused(stream: bytes, size: int) -> None:
    parser = EventParser(max_event_size=100)

    with pytest.raises(LimitExceeded, match="max_event_size") as caught:
        events(*(stream[at : at + size] for at in range(0, len(stream), size)), parser=parser)

    assert caught.value.limit == 100
    assert caught.value.value is not None
    assert caught.value.value > 100


def test_events_before_the_one_that_is_too_large_are_given() -> None:
    feed = EventParser(max_event_size=10).feed(b"data: a\n\ndata: too large for this\n\n")

    assert next(feed) == ServerSentEvent(data="a")
    with pytest.raises(LimitExceeded):
        next(feed)


def test_comments_that_keep_a_stream_alive_do_not_count() -> None:
    parser = EventParser(max_event_size=100)

    assert events(*[b": still here\n"] * 1_000, b"data: a\n\n", parser=parser) == [ServerSentEvent(data="a")]


def test_the_limit_can_be_switched_off() -> None:
    [event] = events(b"data: " + b"x" * 3_000_000 + b"\n\n", parser=EventParser(max_event_size=None))

    assert len(event.data) == 3_000_000


def test_an_event_in_many_pieces_takes_linear_time() -> None:
    parser = EventParser(max_event_size=None)

    started = time.process_time()
    events(b"data: ", *[b"xxxx"] * 200_000, b"\n\n", parser=parser)

    assert time.process_time() - started < 5
