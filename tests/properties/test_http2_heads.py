"""Heads of requests in HPACK: what is remembered of them is what the other side reads."""

from __future__ import annotations

from hpack import Decoder, NeverIndexedHeaderTuple
from hypothesis import given
from hypothesis import strategies as st

from understudy.client.network.http2.heads import Head, HeadEncoder

BEFORE = tuple(
    (name, value) for name, value in ((b":method", b"GET"), (b":authority", b"a.test"), (b":scheme", b"http"))
)
VALUES = st.sampled_from([b"", b"1", b"2", b"x" * 30, b"y" * 1000, b"z" * 5000])
FIELDS = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"cookie", b"content-length"]), VALUES), max_size=5)
PATHS = st.binary(min_size=1, max_size=20) | st.sampled_from(
    [b"/" * size for size in (126, 127, 128, 254, 255, 256, 20_000)]
)
TIMES = st.integers(1, 4)
SIZES = st.none() | st.sampled_from([0, 64, 4096, 1000])


@given(st.lists(st.tuples(SIZES, PATHS, FIELDS, TIMES), max_size=20))
def test_every_head_is_read_as_it_was_said_however_often_and_whatever_comes_between(
    steps: list[tuple[int | None, bytes, list[tuple[bytes, bytes]], int]],
) -> None:
    encoder, decoder = HeadEncoder(), Decoder(max_header_list_size=100_000)
    for size, path, fields, times in steps:
        if size is not None:
            encoder.set_table_size(size)
        for _ in range(times):
            block = encoder.encode(Head(BEFORE, path, fields))

            assert list(decoder.decode(block, raw=True)) == [*BEFORE, (b":path", path), *fields]


def test_what_requests_have_in_common_is_said_in_one_byte_each() -> None:
    encoder = HeadEncoder()
    head = Head(BEFORE, b"/1", [(b"user-agent", b"understudy"), (b"accept", b"*/*")])

    blocks = [encoder.encode(head._replace(path=b"/%d" % number)) for number in range(10)]

    assert {len(block) for block in blocks[1:]} == {3 + 4 + 2}


def test_secrets_are_never_entered_in_a_table() -> None:
    encoder, decoder = HeadEncoder(), Decoder()
    head = Head(BEFORE, b"/", [NeverIndexedHeaderTuple(b"authorization", b"Bearer t")])

    for _ in range(3):
        fields = list(decoder.decode(encoder.encode(head), raw=True))

        assert isinstance(fields[-1], NeverIndexedHeaderTuple)
    assert [name for name, _ in decoder.header_table.dynamic_entries] == [b":authority"]
