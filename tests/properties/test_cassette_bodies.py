"""Any exchange is replayed as it was recorded, byte for byte."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

import understudy
from tests.examples import examples
from understudy import cassettes

_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_CONTENTS = (
    st.binary(max_size=60)
    | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.text(" \n\r\tab:-#|", max_size=30).map(str.encode)
    | st.text('\r\n <>"{}:aé€ヅ\xa0', max_size=30).flatmap(
        lambda text: st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "cp1252", "shift_jis", "iso2022_jp"]).map(
            lambda charset: text.encode(charset, "ignore")
        )
    )
    | _JSON.map(lambda data: json.dumps(data).encode())
    | st.lists(st.tuples(st.sampled_from(["data", "event", "id", ""]), st.text('ab {}1"', max_size=6))).map(
        lambda lines: b"".join(f"{name}: {value}\n\n".encode() for name, value in lines)
    )
)
_TYPES = st.sampled_from(
    [
        "application/json",
        "text/plain; charset=utf-8",
        "text/plain; charset=iso-8859-1",
        "text/html; charset=Shift_JIS",
        "application/json; charset=utf-16",
        "application/octet-stream",
        "text/event-stream",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
    ]
)
_NAMES = st.sampled_from(["X-One", "x-one", "X-Two", "Set-Cookie", "Vary"])
_VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f="), max_size=6).map(
    str.strip
)


@examples(60)
@given(_CONTENTS, _TYPES, st.lists(st.tuples(_NAMES, _VALUES), max_size=5), st.sampled_from([200, 404, 299]))
def test_responses_are_replayed_byte_for_byte(
    content: bytes, content_type: str, fields: list[tuple[str, str]], status: int
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in fields]
    raw.append((b"content-type", content_type.encode()))
    answer = understudy.MockTransport(
        lambda request: understudy.Response(status, headers=understudy.Headers.received(raw), content=content)
    )

    with tempfile.TemporaryDirectory() as folder, understudy.Client(transport=answer) as client:
        path = Path(folder, "tape.yaml")
        with cassettes.use(path):
            live = client.get("https://api.test/")
        with cassettes.use(path, "none"):
            replayed = client.get("https://api.test/")
        assume("__REDACTED_" not in path.read_text("utf-8"))  # hypothesis is good at inventing secrets
        assume(not any(name in content.lower() for name in (b"pass", b"pwd", b"otp")))  # whose numbers become 0

    assert replayed.content == live.content == content
    assert replayed.headers.raw == live.headers.raw
    assert (replayed.status_code, replayed.reason_phrase) == (live.status_code, live.reason_phrase)


@examples(60)
@given(_CONTENTS, _TYPES)
def test_requests_are_found_again_by_their_bodies(content: bytes, content_type: str) -> None:
    answer = understudy.MockTransport(lambda request: understudy.Response(200))

    with tempfile.TemporaryDirectory() as folder, understudy.Client(transport=answer) as client:
        path = Path(folder, "tape.yaml")
        with cassettes.use(path):
            client.post("https://api.test/", content=content, headers={"content-type": content_type})
        with cassettes.use(path, "none"):
            client.post("https://api.test/", content=content, headers={"content-type": content_type})
        loaded = cassettes.load(path).interactions[0]

    assert loaded.request.content == content


@examples(40)
@given(st.lists(st.binary(min_size=1, max_size=8), min_size=2, max_size=6))
def test_streams_keep_the_pieces_in_which_they_came(pieces: list[bytes]) -> None:
    answer = understudy.MockTransport(lambda request: understudy.Response(200, content=iter(pieces)))

    with tempfile.TemporaryDirectory() as folder, understudy.Client(transport=answer) as client:
        path = Path(folder, "tape.yaml")
        with cassettes.use(path), client.stream("GET", "https://api.test/") as live:
            assert list(live.iter_raw()) == pieces
        with cassettes.use(path, "none"), client.stream("GET", "https://api.test/") as replayed:
            assert list(replayed.iter_raw()) == pieces
