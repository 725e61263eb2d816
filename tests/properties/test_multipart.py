"""Whatever is put into a form comes out of it: one part for each field and file, and nothing in between."""

from __future__ import annotations

import io
import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from understudy.client.bodies.multipart import MultipartStream

NAMES = st.text(max_size=12)
FIELDS = st.lists(
    st.tuples(NAMES, st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.none())), max_size=3
)
CONTENTS = st.one_of(st.binary(max_size=40), st.just(b"--xyz--\r\n"), st.just(b"\r\n--"))
FILES = st.lists(st.tuples(NAMES, NAMES, CONTENTS, st.sampled_from(["bytes", "file", "iterator"])), max_size=3)
_ESCAPED = re.compile("%([0-9A-F]{2})")


def given_as(kind: str, content: bytes) -> Any:
    if kind == "file":
        file = io.BytesIO(content)
        file.seek(0, io.SEEK_END)  # where a file stands that was just written
        return file
    return iter([content]) if kind == "iterator" else content


def escaped(name: str) -> str:
    return "".join(f"%{ord(char):02X}" if char in '"\x7f' or char < " " else char for char in name)


@given(FIELDS, FILES)
def test_a_form_round_trips_through_a_strict_reader(
    fields: list[tuple[str, Any]], files: list[tuple[str, str, bytes, str]]
) -> None:
    stream = MultipartStream(fields, [(name, (file, given_as(kind, data))) for name, file, data, kind in files])
    length = stream.length
    body = b"".join(stream)

    delimiter = b"--" + stream.boundary
    assert length is None or length == len(body)
    assert body.endswith(delimiter + b"--\r\n")
    parts = body[: -len(delimiter + b"--\r\n")].split(delimiter + b"\r\n")
    assert parts.pop(0) == b""
    assert len(parts) == len(fields) + len(files)
    heads = [part.partition(b"\r\n\r\n")[0].decode("utf-8") for part in parts]
    contents = [part.partition(b"\r\n\r\n")[2] for part in parts]
    assert [content[:-2] for content in contents[len(fields) :]] == [data for _, _, data, _ in files]
    assert [head.split("\r\n")[0] for head in heads[: len(fields)]] == [
        f'Content-Disposition: form-data; name="{escaped(name)}"' for name, _ in fields
    ]
    for head, (name, file, _, _) in zip(heads[len(fields) :], files):
        said = f'form-data; name="{escaped(name)}"' + (f'; filename="{escaped(file)}"' if file else "")
        assert head.split("\r\n")[0] == f"Content-Disposition: {said}"


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=3))
def test_another_reader_sees_as_many_parts(files: list[tuple[str, str]]) -> None:
    stream = MultipartStream({}, [(name, (file, b"x")) for name, file in files])

    message = BytesParser(policy=HTTP).parsebytes(
        f"Content-Type: {stream.content_type}\r\n\r\n".encode() + b"".join(stream)
    )

    parts: list[Any] = list(message.iter_parts())  # pyright: ignore
    assert [part.get_payload(decode=True) for part in parts] == [b"x"] * len(files)
