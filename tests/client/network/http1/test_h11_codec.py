"""The second opinion: what h11 reads differently, or refuses, is refused."""

from __future__ import annotations

import pytest

from understudy.client.errors import RemoteProtocolError
from understudy.client.network.http1 import h11_codec
from understudy.client.network.http1.codec import choose
from understudy.client.network.http1.h11_codec import H11Codec
from understudy.client.network.http1.heads import Head
from understudy.client.network.http1.plain_codec import PLAIN


def test_the_codec_is_the_plain_one_unless_asked_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNDERSTUDY_HTTP1", raising=False)
    assert choose().name == "plain"

    monkeypatch.setenv("UNDERSTUDY_HTTP1", "h11")
    assert choose().name == "h11"

    monkeypatch.setenv("UNDERSTUDY_HTTP1", "curl")
    with pytest.raises(ValueError, match="the codecs are 'plain'"):
        choose()


@pytest.mark.parametrize("status", [b"200 OK", b"103 Early Hints", b"101 Switching Protocols", b"204 No Content"])
def test_a_head_that_both_read_is_returned(status: bytes) -> None:
    raw = b"HTTP/1.1 " + status + b"\r\nA: b\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n"

    assert H11Codec().parse_head(raw) == PLAIN.parse_head(raw)


def test_a_head_that_h11_refuses_is_refused() -> None:
    raw = b"HTTP/1.1 200 OK\r\nA: b\x0bc\r\n\r\n"
    PLAIN.parse_head(raw)

    with pytest.raises(RemoteProtocolError, match="h11 refuses what the server said"):
        H11Codec().parse_head(raw)


def test_a_head_that_h11_reads_differently_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong:
        def parse_head(self, raw: bytes) -> Head:
            return Head(200, b"HTTP/1.1", b"OK", [(b"A", b"c")], {"a": b"c"}, raw.split(b"\r\n"))

    monkeypatch.setattr(h11_codec, "PLAIN", Wrong())

    with pytest.raises(RemoteProtocolError, match="reads this response head differently"):
        H11Codec().parse_head(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n")
    with pytest.raises(RemoteProtocolError, match="incomplete"):
        H11Codec().parse_head(b"HTTP/1.1 200 OK\r\n")


def test_chunks_that_h11_reads_differently_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong:
        is_complete = False

        def feed(self, data: bytes) -> bytes:
            return b"other"

    monkeypatch.setattr(h11_codec, "PlainChunkedReader", Wrong)

    with pytest.raises(RemoteProtocolError, match="reads this chunked body differently"):
        H11Codec().chunked().feed(b"1\r\na\r\n")
