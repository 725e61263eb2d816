from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from understudy import Request
from understudy.cassettes import DO_NOT_RECORD, RecordedRequest, RecordedResponse
from understudy.pytest_plugin.vcr.settings import mode_of, translated

SENT = RecordedRequest("POST", "https://api.test:8443/a?b=2&a=1", [("X-Key", "1")], b"body")


class RecordMode(Enum):
    """As vcrpy's."""

    ALL = "all"


def test_without_settings_what_vcrpy_matches_on_is_matched_on() -> None:
    assert translated({}).options == {
        "match": ["method", "scheme", "host", "port", "path", "query"],
        "repeats": "never",
    }


@pytest.mark.parametrize(
    ("said", "mode"),
    [(None, None), ("rewrite", "update"), ("any", "once"), (RecordMode.ALL, "all"), ("new_episodes", "new_episodes")],
)
def test_modes(said: Any, mode: str | None) -> None:
    assert mode_of(said) == mode


def test_filters_hide_and_do_not_count() -> None:
    options = translated(
        {"filter_headers": [("x-key", None)], "filter_query_parameters": ["k"], "filter_post_data_parameters": ["p"]}
    ).options

    assert options["redact"] == options["ignore"] == ["header.x-key", "query.k", "form.p", "json.p"]


def test_hosts_that_are_not_recorded_are_live() -> None:
    assert translated({"ignore_localhost": True, "ignore_hosts": ["a.test"]}).options["live"] == ["localhost", "a.test"]


def test_the_raw_body_is_compared_as_bytes() -> None:
    (matcher,) = translated({"match_on": ["raw_body"]}).options["match"]

    assert matcher(SENT, SENT)
    assert not matcher(SENT, RecordedRequest("POST", SENT.url, [], b"other"))


def test_functions_see_and_change_requests_as_vcrpy_shows_them() -> None:
    seen: list[Any] = []

    def before(request: Any) -> Any:
        seen.append((request.method, request.url, request.protocol, request.host, request.port, request.query))
        request.headers["X-New"] = "2"
        request.body = "changed"
        return request

    redact, *_ = translated({"before_record_request": [before]}).options["redact"]
    changed = redact(SENT)

    assert seen == [("POST", SENT.url, "https", "api.test", 8443, [("a", "1"), ("b", "2")])]
    assert changed.content == b"changed"
    assert ("X-New", "2") in changed.headers
    assert redact(RecordedResponse(200)) == RecordedResponse(200)


def test_a_request_that_is_dropped_is_live() -> None:
    def before(request: Any) -> Any:
        return None if request.body == b"secret" else request

    (is_live,) = translated({"before_record": before}).options["live"]

    assert is_live(Request("POST", "https://api.test", content=b"secret"))
    assert not is_live(Request("POST", "https://api.test", content=b"other"))


def test_functions_change_responses_and_may_drop_them() -> None:
    def after(response: Any) -> Any:
        if response["status"]["code"] == 204:
            return None
        response["headers"]["X-New"] = ["1", "2"]
        response["body"]["string"] = "text"
        return response

    (redact,) = translated({"before_record_response": after}).options["redact"]
    changed = redact(RecordedResponse(200, [("A", "1"), ("A", "2")], b"raw", "Fine"))

    assert changed.headers == [("A", "1"), ("A", "2"), ("X-New", "1"), ("X-New", "2")]
    assert changed.content == b"text"
    assert redact(RecordedResponse(204)) is DO_NOT_RECORD
    assert redact(SENT) is SENT


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"match_onn": []}, "did you mean 'match_on'"),
        ({"xyz": 1}, "no setting 'xyz'"),
        ({"match_on": ["methods"]}, "did you mean 'method'"),
        ({"record_mode": "sometimes"}, "record mode 'sometimes'"),
    ],
)
def test_what_vcrpy_does_not_know_is_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        translated(said)


def test_matchers_of_the_suite_see_what_filters_leave() -> None:
    said = {"match_on": ["mine"], "filter_query_parameters": ["b"]}
    (matcher,) = translated(said, {"mine": lambda one, other: one.uri == other.uri}).options["match"]

    assert matcher(RecordedRequest("POST", "https://api.test:8443/a?a=1", [], b""), SENT)
    assert not matcher(RecordedRequest("POST", "https://api.test:8443/a?a=2", [], b""), SENT)
