"""Multipart bodies: streamed, escaped, framed; read back by a parser of another author."""

from __future__ import annotations

import io
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from understudy.client.bodies.multipart import MultipartStream
from understudy.client.errors import LocalProtocolError, StreamConsumed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


async def later() -> AsyncIterator[bytes]:
    yield b"la"
    yield b"ter"


async def gathered(stream: MultipartStream) -> bytes:
    return b"".join([chunk async for chunk in stream])


def parsed(stream: MultipartStream) -> list[tuple[dict[str, str], bytes]]:
    """Return the head and the body of each part, as the standard library reads them."""
    head = f"Content-Type: {stream.content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + b"".join(stream))
    parts: list[Any] = list(message.iter_parts())  # pyright: ignore[reportAttributeAccessIssue]
    return [(dict(part.items()), part.get_payload(decode=True)) for part in parts]


def test_the_bytes_are_those_of_rfc_7578() -> None:
    stream = MultipartStream({"a": "1"}, {"f": ("n.txt", b"hello")}, b"xyz")

    assert b"".join(stream) == (
        b"--xyz\r\n"
        b'Content-Disposition: form-data; name="a"\r\n\r\n'
        b"1\r\n"
        b"--xyz\r\n"
        b'Content-Disposition: form-data; name="f"; filename="n.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\n"
        b"hello\r\n"
        b"--xyz--\r\n"
    )
    assert stream.described() == {"Content-Length": "165", "Content-Type": "multipart/form-data; boundary=xyz"}
    assert repr(stream) == "<MultipartStream [2 parts]>"


def test_a_boundary_is_32_hex_digits_and_new_every_time() -> None:
    first, second = MultipartStream({}, {}), MultipartStream({}, {})

    assert len(first.boundary) == 32
    assert int(first.boundary, 16) >= 0
    assert first.boundary != second.boundary


def test_fields_come_first_and_lists_give_one_part_each() -> None:
    stream = MultipartStream([("b", ["1", None]), ("a", True)], [("f", b"x"), ("f", b"y")])

    assert [body for _, body in parsed(stream)] == [b"1", b"", b"true", b"x", b"y"]


@pytest.mark.parametrize(
    ("file", "filename", "kind", "body"),
    [
        (b"x", "upload", "application/octet-stream", b"x"),
        ("é", "upload", "application/octet-stream", "é".encode()),
        (bytearray(b"x"), "upload", "application/octet-stream", b"x"),
        (io.BytesIO(b"x"), "upload", "application/octet-stream", b"x"),
        ([b"x", b"y"], "upload", "application/octet-stream", b"xy"),
        (("a.json", b"{}"), "a.json", "application/json", b"{}"),
        (("a.png", io.BytesIO(b"x")), "a.png", "image/png", b"x"),
        (("a.json", b"{}", "text/x"), "a.json", "text/x", b"{}"),
        (("a.json", b"{}", None), "a.json", "application/json", b"{}"),
        ((None, "plain"), None, None, b"plain"),
        (("", "plain"), None, None, b"plain"),
        ((None, "plain", "text/x"), None, "text/x", b"plain"),
    ],
)
def test_a_file_may_be_given_in_many_forms(file: Any, filename: str | None, kind: str | None, body: bytes) -> None:
    [(head, content)] = parsed(MultipartStream({}, {"f": file}))

    named = "" if filename is None else f'; filename="{filename}"'
    assert head["Content-Disposition"] == f'form-data; name="f"{named}'
    assert head.get("Content-Type") == kind
    assert content == body


def test_part_headers_go_along_and_say_the_content_type_when_they_do() -> None:
    stream = MultipartStream({}, {"f": ("a.json", b"{}", "text/y", {"X-A": "b", "content-type": "text/x"})})

    [(head, _)] = parsed(stream)

    assert (head["X-A"], head["content-type"]) == ("b", "text/x")
    assert len(head) == 3


@pytest.mark.anyio
async def test_open_files_and_paths_are_named_and_streamed_whole(tmp_path: Path) -> None:
    path = tmp_path / "a b.txt"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        file.seek(5)

        stream = MultipartStream({}, {"f": file, "g": path, "h": ("n", path)})

        assert stream.length == len(b"".join(stream)) == len(await gathered(stream))
        assert [body for _, body in parsed(stream)] == [b"0123456789"] * 3
        assert [head["Content-Disposition"].partition("filename=")[2] for head, _ in parsed(stream)] == [
            '"a b.txt"',
            '"a b.txt"',
            '"n"',
        ]


@pytest.mark.anyio
async def test_a_buffer_that_was_just_written_or_sent_is_uploaded_whole(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    buffer.write(b"hello")
    path = tmp_path / "file"
    path.write_bytes(b"hello")
    async with await anyio.open_file(path, "rb") as file:
        await file.read()
        for _ in range(2):
            stream = MultipartStream({}, {"f": buffer})
            assert stream.length == len(b"".join(stream))
            assert [body for _, body in parsed(stream)] == [b"hello"]
            assert b"\r\n\r\nhello\r\n" in await gathered(MultipartStream({}, {"f": file}))


def test_a_file_whose_name_is_a_number_is_an_upload(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    with path.open("rb") as outer, open(outer.fileno(), "rb", closefd=False) as file:
        [(head, _)] = parsed(MultipartStream({}, {"f": file}))

    assert 'filename="upload"' in head["Content-Disposition"]


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ('a"b', "a%22b"),
        ("a\r\nb", "a%0D%0Ab"),
        ("a\0b\x7f", "a%00b%7F"),
        ("a\\b", "a\\b"),
        ("ü€", "ü€"),
        ('"; filename="evil"\r\nX: y\r\n\r\n', "%22; filename=%22evil%22%0D%0AX: y%0D%0A%0D%0A"),
    ],
)
def test_names_and_filenames_are_escaped_as_whatwg_says(name: str, escaped: str) -> None:
    stream = MultipartStream({name: "1"}, {name: (name, b"2")}, b"xyz")

    heads = b"".join(stream).split(b"--xyz")[1:3]

    assert f'name="{escaped}"\r\n'.encode() in heads[0]
    assert f'name="{escaped}"; filename="{escaped}"\r\n'.encode() in heads[1]
    assert len(parsed(stream)) == 2


def test_a_bytes_name_is_text_in_utf_8() -> None:
    assert b'name="\xc3\xbc"' in b"".join(MultipartStream({}, {"ü".encode(): b""}))


@pytest.mark.parametrize("kind", ["text/plain\r\nX: y", "text/plain\n", " text/plain"])
def test_a_content_type_is_a_valid_field(kind: str) -> None:
    with pytest.raises(LocalProtocolError):
        MultipartStream({}, {"f": ("n", b"", kind)})


@pytest.mark.parametrize("extra", [{"X\r\n": "a"}, {"X": "a\r\nY: b"}, {"X Y": "a"}])
def test_part_headers_are_valid_fields(extra: Any) -> None:
    with pytest.raises(LocalProtocolError):
        MultipartStream({}, {"f": ("n", b"", "text/plain", extra)})


@pytest.mark.parametrize(
    ("boundary", "said"),
    [(b"abc", "abc"), (b"a b", '"a b"'), (b"a=b:c", '"a=b:c"'), (b"a" * 70, "a" * 70)],
)
def test_a_boundary_of_the_caller_is_announced_in_quotes_where_it_needs_them(boundary: bytes, said: str) -> None:
    stream = MultipartStream({"a": "1"}, {}, boundary)

    assert stream.content_type == f"multipart/form-data; boundary={said}"
    assert len(parsed(stream)) == 1


@pytest.mark.parametrize("boundary", [b"", b"a" * 71, b"a\r\nb", b'a"b', b"\xff", b"a "])
def test_a_boundary_that_rfc_2046_forbids_is_refused(boundary: bytes) -> None:
    with pytest.raises(LocalProtocolError, match="boundary"):
        MultipartStream({}, {}, boundary)


def test_an_iterator_makes_the_body_chunked_and_one_shot() -> None:
    stream = MultipartStream({}, {"f": ("n", iter([b"a", b"b"]))})

    assert stream.length is None
    assert stream.described()["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in stream.described()
    assert not stream.is_replayable
    assert [body for _, body in parsed(stream)] == [b"ab"]
    with pytest.raises(StreamConsumed):
        list(stream)


def test_files_that_seek_can_be_sent_again() -> None:
    stream = MultipartStream({"a": "1"}, {"f": io.BytesIO(b"xyz")})

    assert stream.is_replayable
    assert b"".join(stream) == b"".join(stream)


@pytest.mark.anyio
async def test_asynchronous_parts_need_asynchronous_code(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"file")
    async with await anyio.open_file(path, "rb") as file:
        stream = MultipartStream({}, {"f": ("n", later()), "g": ("n", file), "h": ("n", iter([b"sync"]))}, b"xyz")

        with pytest.raises(RuntimeError, match="AsyncClient"):
            list(stream)
        body = await gathered(stream)

    assert [part.partition(b"\r\n\r\n")[2] for part in body.split(b"--xyz")[1:4]] == [
        b"later\r\n",
        b"file\r\n",
        b"sync\r\n",
    ]


@pytest.mark.anyio
async def test_an_asynchronous_part_is_closed_where_the_sending_stops() -> None:
    closed: list[bool] = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append(True)

    chunks = MultipartStream({}, {"f": endless()}).__aiter__()
    await chunks.__anext__()
    assert await chunks.__anext__() == b"x"
    await chunks.aclose()  # type: ignore[attr-defined]  # it is a generator  # pyright: ignore

    assert closed == [True]


WRONG: list[tuple[Any, Any, type[Exception], str]] = [
    ({}, {"f": 7}, TypeError, "'f' is int"),
    ({}, {"f": {"a": "b"}}, TypeError, "'f' is dict"),
    ({}, {"f": io.StringIO("a")}, TypeError, "'f': the file is open in text mode"),
    ({}, {"f": ("a",)}, ValueError, "tuple of 1 items"),
    ({}, {"f": ("a", b"", "b", {}, 1)}, ValueError, "tuple of 5 items"),
    ({}, {7: b""}, TypeError, "name is str or bytes, not int"),
    ({"a": {"b": "c"}}, {}, TypeError, "forms are flat"),
]


@pytest.mark.parametrize(("data", "files", "kind", "said"), WRONG)
def test_anything_else_is_an_error_that_names_the_part(data: Any, files: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        MultipartStream(data, files)


def test_a_large_file_is_never_in_memory() -> None:
    class Large(io.RawIOBase):
        """A file of 1 TB that remembers the largest read."""

        size = 10**12
        largest = 0
        position = 0

        def read(self, size: int = -1) -> bytes:
            self.largest = max(self.largest, size)
            return bytes(min(size, 10))

        def seek(self, offset: int, whence: int = 0) -> int:
            self.position = self.size if whence == 2 else offset
            return self.position

        def tell(self) -> int:
            return self.position

    file = Large()
    stream = MultipartStream({}, {"f": file})
    chunks = iter(stream)

    assert stream.length is not None
    assert stream.length > file.size
    next(chunks)
    assert next(chunks) == bytes(10)
    assert 0 < file.largest <= 1_048_576


@pytest.mark.parametrize("files", [io.BytesIO(b"one\ntwo"), "a.txt", b"a.txt", ["a.txt"], [("a.txt",)], 5])
def test_files_without_names_are_refused(files: Any) -> None:
    with pytest.raises(TypeError, match=r"^files= is a mapping of names to files"):
        MultipartStream({}, files)
