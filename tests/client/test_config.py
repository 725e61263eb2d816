from __future__ import annotations

import copy
import math
import pickle
import sys
from typing import Any

import pytest

from understudy import HTTP2, USE_CLIENT_DEFAULT, Client, Limits, Timeout
from understudy.client.config import (
    DEFAULT_GUARDS,
    DEFAULT_HTTP2,
    DEFAULT_LIMITS,
    DEFAULT_MAX_REDIRECTS,
    DEFAULT_TIMEOUT_CONFIG,
    UNSET,
    Guards,
    http2_from,
)


def kinds(timeout: Timeout) -> tuple[float | None, ...]:
    return (timeout.connect, timeout.read, timeout.write, timeout.pool)


# Timeout


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        (Timeout(5.0), (5.0, 5.0, 5.0, 5.0)),
        (Timeout(None), (None, None, None, None)),
        (Timeout(timeout=3), (3, 3, 3, 3)),
        (Timeout(0), (0, 0, 0, 0)),
        (Timeout(5.0, read=30), (5.0, 30, 5.0, 5.0)),
        (Timeout(5.0, connect=None), (None, 5.0, 5.0, 5.0)),
        (Timeout(None, connect=5.0), (5.0, None, None, None)),
        (Timeout((1, 2, 3, 4)), (1, 2, 3, 4)),
        (Timeout(connect=1, read=2, write=3, pool=4), (1, 2, 3, 4)),
        (Timeout(Timeout(5.0, pool=1)), (5.0, 5.0, 5.0, 1)),
        (Timeout(Timeout(5.0), read=None), (5.0, None, 5.0, 5.0)),
        (Timeout(math.inf), (None, None, None, None)),
        (Timeout(10**400, total=sys.maxsize), (None, None, None, None)),
    ],
)
def test_each_kind_of_wait_has_its_bound(timeout: Timeout, expected: tuple[float | None, ...]) -> None:
    assert kinds(timeout) == expected


@pytest.mark.parametrize(("given", "expected"), [((1, 2), (1, 2, None, None)), ((1, 2, 3), (1, 2, 3, None))])
def test_a_short_tuple_leaves_the_rest_unbounded(given: Any, expected: tuple[float | None, ...]) -> None:
    assert kinds(Timeout(given)) == expected


@pytest.mark.parametrize("given", [(), (1,), (1, 2, 3, 4, 5)])
def test_a_tuple_of_another_length_is_an_error(given: Any) -> None:
    with pytest.raises(ValueError, match=r"\(connect, read, write, pool\)"):
        Timeout(given)


@pytest.mark.parametrize(
    "options", [{}, {"connect": 1}, {"connect": 1, "read": 1}, {"connect": 1, "read": 1, "write": 1}, {"pool": 1}]
)
def test_a_timeout_without_a_default_must_say_every_kind(options: Any) -> None:
    with pytest.raises(ValueError, match="needs a default"):
        Timeout(**options)


@pytest.mark.parametrize("given", [-1, -0.001, math.nan])
def test_seconds_that_are_no_length_of_time_are_an_error(given: float) -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        Timeout(given)


@pytest.mark.parametrize("kind", ["connect", "read", "write", "pool", "total"])
def test_the_error_names_the_kind(kind: str) -> None:
    options: Any = {kind: -1}

    with pytest.raises(ValueError, match=f"timeout {kind}=-1"):
        Timeout(5.0, **options)


@pytest.mark.parametrize("given", ["5", True, object()])
def test_what_is_no_number_is_an_error(given: Any) -> None:
    with pytest.raises(TypeError, match="seconds are a number"):
        Timeout(given)


def test_the_budget_for_the_whole_call_is_apart_from_the_waits() -> None:
    timeout = Timeout(5.0, total=60)

    assert timeout.total == 60
    assert kinds(timeout) == (5.0, 5.0, 5.0, 5.0)
    assert "total" not in timeout.as_dict()


def test_a_copy_keeps_the_budget_unless_told_another() -> None:
    timeout = Timeout(5.0, total=60)

    assert Timeout(timeout).total == 60
    assert Timeout(timeout, total=10).total == 10


def test_what_goes_into_a_requests_extensions_is_a_dict_of_its_own() -> None:
    timeout = Timeout(5.0, read=1)

    said = timeout.as_dict()
    said["read"] = 99

    assert timeout.as_dict() == {"connect": 5.0, "read": 1, "write": 5.0, "pool": 5.0}


def test_a_bound_that_is_changed_later_counts() -> None:
    timeout = Timeout(5.0)

    timeout.read = 60

    assert timeout.as_dict()["read"] == 60
    assert timeout == Timeout(5.0, read=60)


def test_timeouts_are_equal_when_every_bound_is() -> None:
    assert Timeout(5.0) == Timeout((5.0, 5.0, 5.0, 5.0))
    assert Timeout(5.0) != Timeout(5.0, read=1)
    assert Timeout(5.0) != Timeout(5.0, total=1)
    assert Timeout(5.0) != 5.0
    assert len({Timeout(5.0), Timeout(5), Timeout(6)}) == 2


@pytest.mark.parametrize(
    ("timeout", "shown"),
    [
        (Timeout(5.0), "Timeout(timeout=5.0)"),
        (Timeout(None), "Timeout(timeout=None)"),
        (Timeout(None, connect=5.0), "Timeout(connect=5.0, read=None, write=None, pool=None)"),
        (Timeout(5.0, total=60), "Timeout(timeout=5.0, total=60)"),
    ],
)
def test_a_timeout_shows_what_it_says(timeout: Timeout, shown: str) -> None:
    assert repr(timeout) == shown
    assert str(timeout) == shown


def test_timeouts_and_limits_can_be_copied_and_pickled() -> None:
    for given in (Timeout(5.0, total=60), Limits(max_connections=3)):
        assert copy.deepcopy(given) == given
        assert pickle.loads(pickle.dumps(given)) == given


# Limits


def test_limits_say_nothing_unless_told() -> None:
    limits = Limits()

    assert (limits.max_connections, limits.max_keepalive_connections, limits.keepalive_expiry) == (None, None, 5.0)
    assert (limits.max_connections_per_host, limits.max_age) == (None, None)


@pytest.mark.parametrize("name", ["max_connections", "max_connections_per_host"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_pool_that_could_hold_nothing_is_an_error(name: str, value: int) -> None:
    options: Any = {name: value}

    with pytest.raises(ValueError, match=rf"{name}={value}.*at least 1"):
        Limits(**options)


def test_keeping_no_connection_is_allowed() -> None:
    assert Limits(max_keepalive_connections=0).max_keepalive_connections == 0


def test_keeping_less_than_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        Limits(max_keepalive_connections=-1)


@pytest.mark.parametrize("value", ["10", 1.5, True])
def test_a_limit_that_is_no_whole_number_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError, match="is an int"):
        Limits(max_connections=value)


@pytest.mark.parametrize("name", ["keepalive_expiry", "max_age"])
def test_a_negative_age_is_an_error(name: str) -> None:
    options: Any = {name: -1}

    with pytest.raises(ValueError, match=name):
        Limits(**options)


def test_limits_are_equal_when_all_are() -> None:
    assert Limits(max_connections=1) == Limits(max_connections=1)
    assert Limits(max_connections=1) != Limits(max_connections=2)
    assert Limits(max_age=1) != Limits()
    assert Limits() != object()
    assert hash(Limits(max_connections=1)) == hash(Limits(max_connections=1))


@pytest.mark.parametrize(
    ("limits", "shown"),
    [
        (Limits(), "Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=5.0)"),
        (
            Limits(max_connections=9, max_connections_per_host=3, max_age=60),
            "Limits(max_connections=9, max_keepalive_connections=None, keepalive_expiry=5.0, "
            "max_connections_per_host=3, max_age=60)",
        ),
    ],
)
def test_limits_show_what_they_say(limits: Limits, shown: str) -> None:
    assert repr(limits) == shown


# Guards


def test_guards_are_there_when_nobody_says_anything() -> None:
    guards = Guards()

    assert (guards.max_response_size, guards.max_ratio, guards.ratio_floor) == (None, 200, 32 * 1024 * 1024)
    assert guards == DEFAULT_GUARDS


def test_a_guard_can_be_switched_off() -> None:
    assert Guards(max_ratio=None).max_ratio is None


@pytest.mark.parametrize("name", ["max_response_size", "max_ratio", "ratio_floor"])
def test_a_guard_is_a_number_of_bytes(name: str) -> None:
    for value, kind in (("1", TypeError), (1.5, TypeError), (True, TypeError), (-1, ValueError)):
        options: Any = {name: value}

        with pytest.raises(kind, match=name):
            Guards(**options)


def test_guards_are_equal_when_all_are() -> None:
    assert Guards(max_ratio=1) == Guards(max_ratio=1)
    assert Guards(max_ratio=1) != Guards(max_ratio=2)
    assert Guards() != object()
    assert hash(Guards()) == hash(Guards())
    assert (
        repr(Guards(max_response_size=9, ratio_floor=1)) == "Guards(max_response_size=9, max_ratio=200, ratio_floor=1)"
    )


# What a client has when nobody says anything


def test_the_defaults_are_those_that_httpx_users_know() -> None:
    assert Timeout(5.0) == DEFAULT_TIMEOUT_CONFIG
    assert Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5.0) == DEFAULT_LIMITS
    assert DEFAULT_MAX_REDIRECTS == 20


def test_what_stands_for_nothing_given_says_so() -> None:
    assert repr(USE_CLIENT_DEFAULT) == "USE_CLIENT_DEFAULT"
    assert repr(UNSET) == "UNSET"


# HTTP2


def test_the_settings_of_http2_have_usual_values() -> None:
    usual = HTTP2()

    assert not usual.push
    assert usual.ping_interval is None
    assert usual.ping_timeout == 10.0
    assert usual.max_concurrent_streams is None
    assert (usual.stream_window, usual.connection_window) == (2_097_152, 16_777_216)
    assert (usual.max_header_list_size, usual.max_frame_size) == (65_536, 65_536)
    assert usual == DEFAULT_HTTP2
    assert hash(usual) == hash(DEFAULT_HTTP2)
    assert repr(usual) == "HTTP2()"


def test_the_settings_of_http2_show_what_is_not_usual_and_travel() -> None:
    settings = HTTP2(push=True, ping_interval=20, max_frame_size=16_384)

    assert repr(settings) == "HTTP2(push=True, ping_interval=20.0, max_frame_size=16384)"
    assert pickle.loads(pickle.dumps(settings)) == copy.copy(settings) == settings
    assert settings != HTTP2()
    assert settings != "HTTP2"


def test_the_settings_of_http2_do_not_change() -> None:
    settings: Any = HTTP2()

    with pytest.raises(AttributeError, match=r"make others, with HTTP2\(push=True\)"):
        settings.push = True
    with pytest.raises(AttributeError, match="push stays"):
        del settings.push
    with pytest.raises(AttributeError):
        settings.pushes = True


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"push": 1}, r"HTTP2\(push=1\): True or False"),
        ({"ping_interval": "20"}, "seconds are a number"),
        ({"ping_interval": True}, "seconds are a number"),
        ({"ping_timeout": None}, "ping_timeout=None"),
        ({"stream_window": 2.5}, "an int, from 16384"),
        ({"max_pushed": True}, "an int, from 1"),
        ({"max_frame_size": None}, "an int"),
    ],
)
def test_a_setting_of_another_type_is_an_error(given: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        HTTP2(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"ping_interval": 0},
        {"ping_interval": math.inf},
        {"ping_timeout": -1},
        {"stream_window": 16_383},
        {"stream_window": 2**31},
        {"connection_window": 65_534},
        {"max_concurrent_streams": 0},
        {"max_header_list_size": 1_023},
        {"max_frame_size": 16_383},
        {"max_frame_size": 2**24},
        {"max_pushed": 0},
        {"max_pushed_size": -1},
    ],
)
def test_a_setting_out_of_bounds_is_an_error(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        HTTP2(**given)


def test_http2_is_said_with_a_bool_or_with_settings() -> None:
    settings = HTTP2(push=True)

    assert http2_from(settings) is settings
    assert http2_from(True) is DEFAULT_HTTP2
    assert http2_from(False) is None
    with pytest.raises(TypeError, match="http2='yes': True, False, or settings"):
        http2_from("yes")  # type: ignore[arg-type]  # the mistake that is tested
    with pytest.raises(TypeError, match="True, False, or settings"):
        Client(http2=None)  # type: ignore[arg-type]  # the mistake that is tested
