"""Headers: order, case and repeats kept; valid when set; secrets never shown."""

from __future__ import annotations

import copy
import gc
import pickle
import time
import tracemalloc
from types import MappingProxyType
from typing import Any, Callable

import pytest

import understudy
from understudy.client.errors import LocalProtocolError
from understudy.client.messages.headers import SECRET_HEADERS, Headers


@pytest.mark.parametrize(
    "given",
    [
        {"A": "1", "b": "2"},
        {b"A": b"1", b"b": b"2"},
        MappingProxyType({"A": "1", "b": "2"}),
        [("A", "1"), ("b", "2")],
        [(b"A", b"1"), (b"b", b"2")],
        (("A", "1"), ("b", "2")),
        Headers({"A": "1", "b": "2"}),
        Headers.received([(b"A", b"1"), (b"b", b"2")]),
    ],
)
def test_headers_are_made_from_mappings_and_pairs_of_text_or_bytes(given: Any) -> None:
    headers = Headers(given)

    assert headers.raw == [(b"A", b"1"), (b"b", b"2")]
    assert headers == {"a": "1", "B": "2"}


def test_headers_of_nothing_are_empty() -> None:
    assert Headers().raw == []
    assert not Headers(None)


def test_headers_made_from_headers_are_their_own() -> None:
    first = Headers({"a": "1"})
    second = Headers(first)
    second["a"] = "2"

    assert first["a"] == "1"


def test_names_are_found_in_any_case_and_keep_theirs_on_the_wire() -> None:
    headers = Headers({"X-ReQuest-Id": "7"})

    assert headers["x-request-id"] == headers["X-REQUEST-ID"] == "7"
    assert "x-Request-id" in headers
    assert headers.raw == [(b"X-ReQuest-Id", b"7")]
    assert list(headers) == list(headers.keys()) == ["x-request-id"]


def test_bytes_names_are_found_too() -> None:
    names: list[Any] = [b"ACCEPT", 7]
    headers = Headers({"Accept": "*/*"})

    assert [name in headers for name in names] == [True, False]


def test_repeated_fields_are_joined_or_apart_as_asked() -> None:
    headers = Headers([("Vary", "a"), ("x", "1"), ("vary", "b,c")])

    assert headers["vary"] == "a, b,c"
    assert headers.get("Vary") == "a, b,c"
    assert headers.get_list("vary") == ["a", "b,c"]
    assert headers.get_list("vary", split_commas=True) == ["a", "b", "c"]
    assert headers.get_list("nope") == headers.get_list("nope", split_commas=True) == []
    assert headers.multi_items() == [("vary", "a"), ("x", "1"), ("vary", "b,c")]
    assert list(headers.items()) == [("vary", "a, b,c"), ("x", "1")]
    assert list(headers.values()) == ["a, b,c", "1"]
    assert len(headers) == 3


def test_a_third_repeat_joins_the_others() -> None:
    assert Headers([("a", "1"), ("A", "2"), ("a", "3")])["a"] == "1, 2, 3"


def test_a_missing_field_is_a_key_error_or_the_default() -> None:
    headers = Headers({"a": "1"})

    with pytest.raises(KeyError, match="nope"):
        headers["nope"]
    assert headers.get("nope") is None
    assert headers.get("nope", "-") == "-"


def test_setting_replaces_in_place_and_drops_repeats() -> None:
    headers = Headers([("a", "1"), ("b", "2"), ("A", "3"), ("c", "4"), ("a", "5")])

    headers["A"] = "x"

    assert headers.raw == [(b"A", b"x"), (b"b", b"2"), (b"c", b"4")]
    assert headers.get_list("a") == ["x"]


def test_setting_a_new_name_appends() -> None:
    headers = Headers({"a": "1"})
    assert "b" not in headers

    headers["B"] = "2"

    assert headers.raw == [(b"a", b"1"), (b"B", b"2")]
    assert headers["b"] == "2"


def test_deleting_removes_every_repeat() -> None:
    headers = Headers([("a", "1"), ("b", "2"), ("A", "3")])

    del headers["A"]

    assert headers.raw == [(b"b", b"2")]
    assert "a" not in headers
    with pytest.raises(KeyError):
        del headers["a"]


def test_the_rest_of_a_mutable_mapping_is_there() -> None:
    headers = Headers({"a": "1"})

    assert headers.setdefault("A", "2") == "1"
    assert headers.setdefault("b", "2") == "2"
    assert headers.pop("B") == "2"
    assert headers.pop("b", None) is None
    headers.clear()
    assert len(headers) == 0


def test_update_replaces_names_and_keeps_repeats_of_the_other() -> None:
    headers = Headers([("a", "1"), ("b", "2"), ("A", "3")])

    headers.update([("a", "x"), ("a", "y"), ("c", "z")])

    assert headers.raw == [(b"b", b"2"), (b"a", b"x"), (b"a", b"y"), (b"c", b"z")]
    assert headers.get_list("A") == ["x", "y"]


def test_update_takes_headers_keywords_and_nothing() -> None:
    headers = Headers({"a": "1"})

    headers.update()
    headers.update({})
    headers.update(Headers({"b": "2"}), c="3")

    assert headers == {"a": "1", "b": "2", "c": "3"}


def test_updating_many_fields_takes_linear_time() -> None:
    fields = {f"x-{number}": "1" for number in range(20_000)}
    headers = Headers(fields)

    started = time.process_time()
    headers.update(fields)

    assert time.process_time() - started < 1
    assert len(headers) == 20_000


def test_headers_updated_with_themselves_stay_as_they_are() -> None:
    headers = Headers([("a", "1"), ("A", "2")])

    headers.update(headers)
    headers |= headers

    assert headers.get_list("a") == ["1", "2"]


def test_setdefault_joins_what_is_there() -> None:
    headers = Headers([("a", "1"), ("A", "2")])

    assert headers.setdefault("a", "3") == "1, 2"


def test_headers_are_joined_by_the_or_operators() -> None:
    headers = Headers({"a": "1", "b": "2"})

    assert headers | {"B": "3"} == {"a": "1", "b": "3"}
    assert {"B": "3", "c": "4"} | headers == {"a": "1", "b": "2", "c": "4"}
    assert headers == {"a": "1", "b": "2"}
    headers |= [("c", "5")]
    assert headers == {"a": "1", "b": "2", "c": "5"}


@pytest.mark.parametrize("given", [5, 1.5, True, object(), "a: b", b"a: b"])
def test_headers_of_what_holds_no_fields_are_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError, match="headers are a mapping or"):
        Headers(given)


@pytest.mark.parametrize("name", [5, None, ["a"]])
def test_what_is_no_name_is_a_type_error_where_it_is_looked_for(name: Any) -> None:
    headers = Headers({"a": "1"})

    for look in (headers.get, headers.get_list, headers.__getitem__):
        with pytest.raises(TypeError, match="a header name is str or bytes"):
            look(name)


@pytest.mark.parametrize("other", [7, None, "a: b"])
def test_headers_are_not_joined_with_anything_else(other: Any) -> None:
    headers = Headers()

    with pytest.raises(TypeError):
        _ = headers | other
    with pytest.raises(TypeError):
        _ = other | headers
    with pytest.raises(TypeError):
        headers |= other


def test_equality_is_over_names_without_case_and_values_in_any_order() -> None:
    headers = Headers([("A", "1"), ("b", "2")])

    assert headers == Headers([("B", "2"), ("a", "1")])
    assert headers == {"b": "2", "a": "1"}
    assert headers == [("b", "2"), ("a", "1")]
    assert headers != {"a": "1"}
    assert headers != {"a": "1", "b": "3"}
    assert headers != [("a", 1)]
    assert headers != {"a\n": "1"}
    assert headers != 7


def test_headers_cannot_be_hashed() -> None:
    with pytest.raises(TypeError):
        hash(Headers())


def test_copies_and_pickles_are_equal_and_apart() -> None:
    headers = Headers([("A", "1"), ("a", "ü")], encoding="utf-8")

    for twin in (headers.copy(), copy.copy(headers), copy.deepcopy(headers), pickle.loads(pickle.dumps(headers))):
        assert twin.raw == headers.raw
        assert twin.encoding == "utf-8"
        twin["a"] = "2"
        assert headers["a"] == "1, ü"


def test_raw_is_a_list_of_its_own() -> None:
    headers = Headers({"a": "1"})

    headers.raw.append((b"b", b"2"))

    assert "b" not in headers


def test_prepending_puts_a_field_first() -> None:
    headers = Headers({"a": "1"})
    assert "host" not in headers

    headers.prepend(b"Host", b"example.org")

    assert headers.raw[0] == (b"Host", b"example.org")
    assert headers["host"] == "example.org"


def test_prepending_leaves_a_host_in_front() -> None:
    headers = Headers({"Host": "example.org", "A": "1"})

    headers.prepend(b"B", b"2")

    assert headers.raw == [(b"Host", b"example.org"), (b"B", b"2"), (b"A", b"1")]
    assert list(headers) == ["host", "b", "a"]


def test_prepending_needs_no_index() -> None:
    headers = Headers({"a": "1"})

    headers.prepend(b"Host", b"example.org")

    assert list(headers) == ["host", "a"]


# What may be said


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b", "' '"),
        ("a:", "':'"),
        ("a\r\nb", r"'\\r'"),
        ("a\0", r"'\\x00'"),
        ("ä", "'ä'"),
        ("a(", r"'\('"),
        ("", "empty"),
    ],
)
def test_a_name_is_a_token(name: str, shown: str) -> None:
    with pytest.raises(LocalProtocolError, match=shown):
        Headers({name: "x"})
    with pytest.raises(LocalProtocolError):
        Headers()[name] = "x"
    with pytest.raises(LocalProtocolError):
        Headers().update({name: "x"})


def test_a_bytes_name_is_a_token_as_well() -> None:
    with pytest.raises(LocalProtocolError, match="position 1"):
        Headers({b"a\n": b"x"})


def test_a_whole_line_given_as_a_name_does_not_show_its_secret() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        Headers({"Authorization: Bearer hunter2": "x"})

    assert "hunter2" not in str(caught.value)
    assert "Authorization" in str(caught.value)


@pytest.mark.parametrize(
    "value", ["a\r\nX: b", "a\n", "\ra", "a\0", "a\x1b", "a\x7f", " a", "a ", "\ta", "a\t", b"a\n", b" a", b"a\x00"]
)
def test_a_value_is_one_line_of_visible_text_without_space_around(value: Any) -> None:
    with pytest.raises(LocalProtocolError, match="'x-token' holds"):
        Headers({"x-token": value})
    with pytest.raises(LocalProtocolError, match="'x-token' holds"):
        Headers()["x-token"] = value


def test_an_error_about_a_value_does_not_show_it() -> None:
    for value in ("hunter2\n", "hunter2 €"):
        with pytest.raises(LocalProtocolError) as caught:
            Headers({"authorization": value})

        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("value", ["", "a b", "a\tb", '"q"; x=1', b"caf\xe9", b"\x80\xff"])
def test_any_other_value_is_fine(value: Any) -> None:
    raw: bytes = value if isinstance(value, bytes) else value.encode()
    given: Any = {"a": value}

    assert Headers(given).raw == [(b"a", raw)]


def test_text_beyond_ascii_needs_an_encoding() -> None:
    with pytest.raises(LocalProtocolError, match="encoding='utf-8'"):
        Headers({"a": "é"})

    assert Headers({"a": "é"}, encoding="utf-8").raw == [(b"a", b"\xc3\xa9")]
    assert Headers({"a": "é"}, encoding="iso-8859-1").raw == [(b"a", b"\xe9")]


@pytest.mark.parametrize(
    "given", [{"a": None}, {"a": 1}, {1: "a"}, "a: b", b"a: b", [("a",)], ["ab"], [("a", "b", "c")]]
)
def test_anything_else_is_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError):
        Headers(given)


def test_names_are_learned_within_bounds() -> None:
    from understudy.client.messages import fields as module

    for number in range(3000):
        Headers({f"x-{number}": "a"})
        Headers({b"x-%d" % number: b"a"})
        assert "nope" not in Headers.received([(b"x-%d" % number, b"a")])
    long = "x" * 10_000
    assert Headers({long: "1"})[long] == "1"

    for table in (module._known_text, module._known_bytes, module.lowered):  # pyright: ignore[reportPrivateUsage]
        assert len(table) <= 1024
        assert max(map(len, table)) <= 64


# What is shown


def test_encoding_is_the_first_that_fits_all() -> None:
    assert Headers({"a": "b"}).encoding == "ascii"
    assert Headers.received([(b"a", "é".encode())]).encoding == "utf-8"
    assert Headers.received([(b"a", "é".encode()), (b"b", b"\xe9")]).encoding == "iso-8859-1"


def test_received_values_are_read_in_the_encoding_that_fits_all() -> None:
    assert Headers.received([(b"a", "é".encode())])["a"] == "é"
    assert Headers.received([(b"a", b"\xe9")])["a"] == "é"
    assert Headers.received([(b"a", "é".encode()), (b"b", b"\xe9")])["a"] == "Ã©"


def test_encoding_can_be_set_and_never_fails_to_decode() -> None:
    headers = Headers.received([(b"a", b"\xe9")])

    headers.encoding = "utf-8"

    assert headers.encoding == "utf-8"
    assert headers["a"] == "\ufffd"


def test_received_fields_are_taken_over_as_they_are() -> None:
    pairs = [(b"Set-Cookie", b"a"), (b"set-cookie", b"b")]

    headers = Headers.received(pairs)

    assert headers.raw == pairs
    assert headers.get_list("SET-COOKIE") == ["a", "b"]


def test_repr_is_short_and_true() -> None:
    assert repr(Headers({"A": "1"})) == "Headers({'a': '1'})"
    assert repr(Headers([("a", "1"), ("A", "2")])) == "Headers([('a', '1'), ('a', '2')])"
    assert repr(Headers({"a": "é"}, encoding="utf-8")) == "Headers({'a': 'é'}, encoding='utf-8')"


@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
def test_repr_masks_secrets(name: str) -> None:
    assert repr(Headers({name.upper(): "hunter2"})) == f"Headers({{'{name}': '[secure]'}})"


def test_parameters_have_the_names_that_they_have_in_httpx() -> None:
    headers = Headers({"A": "1"})

    headers.update(headers={"B": "2"})

    assert headers.get(key="b", default="none") == "2"
    assert headers.get(key="c", default="none") == "none"


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        ("from-a-file\n", "position 11: strip the whitespace"),
        ("from-a-file\r\n", "position 11: strip the whitespace"),
        ("\nkey", "position 0: strip the whitespace"),
        (" key", "position 0: strip the whitespace"),
        ("a\nb: c", "position 1: values are one line"),
        ("a\x00", "position 1: values are one line"),
    ],
)
def test_a_value_with_something_around_it_says_how_to_mend_it(value: str, mend: str) -> None:
    with pytest.raises(LocalProtocolError, match=mend):
        Headers({"X-Api-Key": value})


@pytest.mark.parametrize("change", [Headers.update, Headers.describe])
def test_copies_that_are_changed_in_the_same_way_share_what_came_of_it_until_one_goes_on(
    change: Callable[[Headers, dict[str, str]], None],
) -> None:
    base = Headers({"A": "1"})
    first, second, third, fourth = (base.copy() for _ in range(4))

    for one in (first, second, third, fourth):
        change(one, {"B": "2"})
    fourth["C"] = "3"

    assert second._fields is third._fields
    assert first == second == third == Headers({"A": "1", "B": "2"})
    assert fourth == Headers({"A": "1", "B": "2", "C": "3"})
    assert base == Headers({"A": "1"})


def test_fields_that_were_described_are_not_taken_for_those_that_were_set() -> None:
    base = Headers({"A": "1"})

    for _ in range(3):
        set_anew, described = base.copy(), base.copy()
        set_anew.update({"A": "2"})
        described.describe({"A": "2"})

        assert (set_anew["A"], described["A"]) == ("2", "1")


def test_what_changes_have_led_to_is_remembered_within_bounds() -> None:
    client = understudy.Client(transport=understudy.MockTransport(lambda _: understudy.Response(200)))
    tracemalloc.start()
    for token in range(60):
        for length in range(10, 70):
            for _ in range(3):
                client.build_request(
                    "POST", "https://api.test/", headers={"X-Tenant": str(token)}, content=b"x" * length
                )
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # All 3 600 would be four times as much.
    assert held < 1_000_000
