"""Headers behave like the plain list of pairs they stand for."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.client.errors import LocalProtocolError
from understudy.client.messages.headers import Headers

NAMES = st.sampled_from(["a", "A", "b", "B", "x-long-name", "X-Long-Name", "c"])
VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
VALUES = st.text(VISIBLE, max_size=8)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=8)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("set"), NAMES, VALUES),
        st.tuples(st.just("del"), NAMES, st.just("")),
        st.tuples(st.just("look"), NAMES, st.just("")),
        st.tuples(st.just("update"), NAMES, VALUES),
        st.tuples(st.just("setdefault"), NAMES, VALUES),
        st.tuples(st.just("prepend"), st.just("Host"), VALUES),
        st.tuples(st.sampled_from(["copy", "made"]), NAMES, st.just("")),
    ),
    max_size=12,
)


class Model:
    """The same, with no index and no thought of speed."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = list(pairs)

    def matching(self, name: str) -> list[int]:
        return [place for place, (known, _) in enumerate(self.pairs) if known.lower() == name.lower()]

    def set(self, name: str, value: str) -> None:
        places = self.matching(name)
        if not places:
            self.pairs.append((name, value))
            return
        self.pairs[places[0]] = (name, value)
        self.remove(places[1:])

    def update(self, name: str, value: str) -> None:
        self.remove(self.matching(name))
        self.pairs += [(name, value), (name.upper(), value)]

    def remove(self, places: list[int]) -> None:
        self.pairs = [pair for place, pair in enumerate(self.pairs) if place not in places]


@given(PAIRS, CHANGES)
def test_headers_behave_like_a_list_of_pairs(pairs: list[tuple[str, str]], changes: list[tuple[str, str, str]]) -> None:
    headers, model = Headers(pairs), Model(pairs)

    for change, name, value in changes:
        if change == "set":
            headers[name] = value
            model.set(name, value)
        elif change == "update":
            headers.update([(name, value), (name.upper(), value)])
            model.update(name, value)
        elif change == "setdefault":
            headers.setdefault(name, value)
            if not model.matching(name):
                model.set(name, value)
        elif change == "prepend" and name not in headers:
            headers.prepend(name.encode(), value.encode())
            model.pairs.insert(0, (name, value))
        elif change == "copy":
            headers = headers.copy()
        elif change == "made":
            headers = Headers(headers)
        elif change == "del" and name in headers:
            del headers[name]
            model.remove(model.matching(name))
        wanted = [model.pairs[place][1] for place in model.matching(name)]
        assert headers.get_list(name) == wanted
        assert headers.get(name) == (", ".join(wanted) if wanted else None)
        assert list(headers.items()) == list(Headers(model.pairs).items())

    assert headers.raw == [(name.encode(), value.encode()) for name, value in model.pairs]
    assert headers.multi_items() == [(name.lower(), value) for name, value in model.pairs]
    assert list(headers) == list(dict.fromkeys(name.lower() for name, _ in model.pairs))


@given(PAIRS)
def test_however_they_are_made_they_are_equal(pairs: list[tuple[str, str]]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in pairs]
    headers = Headers(pairs)

    for twin in (Headers(raw), Headers.received(raw), headers.copy(), pickle.loads(pickle.dumps(headers))):
        assert twin == headers
        assert twin.raw == headers.raw
        assert repr(twin) == repr(headers)


@given(st.one_of(st.text(max_size=6), st.binary(max_size=6)), st.one_of(st.text(max_size=6), st.binary(max_size=6)))
def test_what_is_accepted_is_one_valid_line_and_nothing_else_is(name: str | bytes, value: str | bytes) -> None:
    given: list[tuple[bytes, bytes]] = [(name, value)]  # type: ignore[list-item]  # text is fine too # pyright: ignore
    try:
        headers = Headers(given)
    except LocalProtocolError:
        return

    [(raw_name, raw_value)] = headers.raw
    assert raw_name
    assert not set(raw_name) - set(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert not set(raw_value) & {*range(9), *range(10, 32), 127}
    assert raw_value == raw_value.strip(b" \t")
    assert raw_name == (name.encode() if isinstance(name, str) else name)
    assert raw_value == (value.encode() if isinstance(value, str) else value)


@given(st.lists(st.tuples(st.sampled_from([b"a", b"B"]), st.binary(max_size=6)), max_size=5))
def test_received_bytes_are_always_shown(pairs: list[tuple[bytes, bytes]]) -> None:
    headers = Headers.received(pairs)

    assert len(headers.multi_items()) == len(pairs)
    assert all(value.encode(headers.encoding) for value in headers.values() if value)
    with pytest.raises(KeyError):
        headers["never"]
