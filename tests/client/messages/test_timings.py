"""Where the time of a request went: how stamps become durations, and what is shown of them."""

from __future__ import annotations

import pytest

from understudy import Response, Timings
from understudy.client.messages.timings import Stamps


def stamped(**moments: float) -> Stamps:
    stamps = Stamps()
    for name, moment in moments.items():
        setattr(stamps, name, moment)
    return stamps


def test_a_phase_lasts_from_one_stamp_to_the_next() -> None:
    stamps = stamped(asked=10.0, queue=0.5, dns=0.25, connect=1.0, tls=2.0, ready=14.0, sent=15.0, first=17.0, ended=20)
    stamps.is_reused = False

    assert stamps.timings() == Timings(
        queue=0.5,
        dns=0.25,
        connect=1.0,
        tls=2.0,
        send=1.0,
        first_byte=2.0,
        download=3.0,
        total=10.0,
        reused=False,
    )


def test_over_a_kept_connection_there_is_no_connecting() -> None:
    timings = stamped(asked=1.0, sent=1.5, first=2.5).timings()

    assert timings == Timings(send=0.5, first_byte=1.0, total=1.5, reused=True)


def test_an_answer_before_the_end_of_the_request_did_not_come_in_negative_time() -> None:
    assert stamped(asked=1.0, sent=3.0, first=2.0, ended=4.0).timings().first_byte == 0.0


def test_what_never_got_an_answer_has_no_times() -> None:
    assert stamped(asked=1.0).timings() == Timings(reused=True)


def test_a_response_has_the_timings_that_its_transport_says() -> None:
    said = Timings(total=1.0, attempt=3)

    assert Response(200, extensions={"timings": said}).timings is said
    assert Response(200, extensions={"timings": stamped(asked=1.0, first=2.0)}).timings.total == 1.0
    assert Response(200).timings == Timings()
    assert Response(200, extensions={"timings": "nonsense"}).timings == Timings()


@pytest.mark.parametrize(
    ("timings", "shown"),
    [
        (Timings(), "nothing is known"),
        (Timings(send=0.001, total=0.25, reused=True), "send 1.0 ms, total 250.0 ms (reused)"),
        (Timings(total=1.5, reused=False, attempt=2), "total 1500.0 ms, attempt 2"),
    ],
)
def test_as_text_it_says_what_happened(timings: Timings, shown: str) -> None:
    assert str(timings) == shown


def test_as_a_dictionary_it_has_what_happened() -> None:
    assert Timings(queue=0.5, total=1.0, reused=True).as_dict() == {"queue": 0.5, "total": 1.0}
