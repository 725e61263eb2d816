"""Bodies as callers give them: the fields that frame and describe them, and the stream."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from understudy import Client, MockTransport, Response
from understudy.client.bodies.encode import (
    encode_json,
    encode_multipart_data,
    encode_request,
    encode_response,
    encode_urlencoded_data,
)
from understudy.client.bodies.multipart import MultipartStream
from understudy.client.bodies.streams import (
    AsyncByteStream,
    AsyncIteratorByteStream,
    ByteStream,
    IteratorByteStream,
    SyncByteStream,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def body_of(stream: SyncByteStream | AsyncByteStream) -> bytes:
    assert isinstance(stream, SyncByteStream)
    return b"".join(stream)


async def numbers() -> AsyncIterator[bytes]:
    yield b"1"


def test_no_body_says_nothing() -> None:
    described, stream = encode_request()

    assert described == {}
    assert body_of(stream) == b""
    assert encode_response() == ({}, stream)


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b"abc", b"abc"),
        ("é", b"\xc3\xa9"),
        (bytearray(b"abc"), b"abc"),
        (memoryview(b"abc"), b"abc"),
        ([b"a", bytearray(b"b")], b"ab"),
        ((b"a", b"b"), b"ab"),
    ],
)
def test_content_in_memory_has_a_length_and_serves_both_worlds(content: Any, body: bytes) -> None:
    described, stream = encode_request(content=content)

    assert described == {"Content-Length": str(len(body))}
    assert isinstance(stream, ByteStream)
    assert body_of(stream) == body


def test_empty_content_leaves_the_length_to_the_method() -> None:
    assert encode_request(content=b"")[0] == {}


def test_an_open_file_has_the_length_of_its_rest() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)

    described, stream = encode_request(content=file)

    assert described == {"Content-Length": "6"}
    assert body_of(stream) == b"456789"


def test_a_path_has_the_length_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")

    described, stream = encode_request(content=path)

    assert described == {"Content-Length": "3"}
    assert body_of(stream) == b"abc"


def test_iterables_are_chunked() -> None:
    described, stream = encode_request(content=iter([b"a", b"b"]))

    assert described == {"Transfer-Encoding": "chunked"}
    assert isinstance(stream, IteratorByteStream)
    assert body_of(stream) == b"ab"


def test_asynchronous_iterables_are_chunked() -> None:
    described, stream = encode_request(content=numbers())

    assert described == {"Transfer-Encoding": "chunked"}
    assert isinstance(stream, AsyncIteratorByteStream)


def test_a_stream_stays_itself() -> None:
    given = IteratorByteStream([b"a"])

    described, stream = encode_request(content=given)

    assert described == {"Transfer-Encoding": "chunked"}
    assert stream is given


@pytest.mark.parametrize(
    ("content", "said"),
    [({"a": "b"}, "pass a mapping as data= or json="), (7, "not int"), (["text"], "gave str"), (io.StringIO(), "'rb'")],
)
def test_content_of_another_kind_is_a_type_error(content: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        encode_request(content=content)


def test_data_is_a_form() -> None:
    described, stream = encode_request(data={"a": ["1", None], "b": True})

    assert described == {"Content-Length": "13", "Content-Type": "application/x-www-form-urlencoded"}
    assert body_of(stream) == b"a=1&a=&b=true"


@pytest.mark.parametrize("data", [b"raw", "raw", iter([b"raw"])])
def test_data_that_is_no_form_is_taken_for_content_with_a_warning(data: Any) -> None:
    with pytest.warns(DeprecationWarning, match="use content="):
        _, stream = encode_request(data=data)

    assert body_of(stream) == b"raw"


def test_that_warning_is_at_the_line_of_the_caller() -> None:
    transport = MockTransport(lambda request: Response(200))
    raw: Any = "raw"

    with Client(transport=transport) as client, pytest.warns(DeprecationWarning, match="use content=") as caught:
        client.post("https://api.test/", data=raw)

    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("data", [7, object()])
def test_data_of_another_kind_is_a_type_error(data: Any) -> None:
    with pytest.raises(TypeError, match="data= is a mapping of form fields"):
        encode_request(data=data)


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ({"a": [1, None, True]}, b'{"a":[1,null,true]}'),
        ({"ü": "é"}, '{"ü":"é"}'.encode()),
        ([], b"[]"),
        (0, b"0"),
        (False, b"false"),
        ("", b'""'),
    ],
)
def test_json_is_compact_utf_8(value: Any, body: bytes) -> None:
    described, stream = encode_request(json=value)

    assert described == {"Content-Length": str(len(body)), "Content-Type": "application/json"}
    assert body_of(stream) == body
    assert body_of(encode_response(json=value)[1]) == body


def test_json_has_no_nan_and_nothing_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode_request(json=float("nan"))
    with pytest.raises(TypeError, match="not JSON serializable"):
        encode_request(json=object())


def test_files_are_multipart() -> None:
    described, stream = encode_request(data={"a": "b"}, files={"f": b"c"}, boundary=b"xyz")

    assert isinstance(stream, MultipartStream)
    assert described == {
        "Content-Length": str(len(body_of(stream))),
        "Content-Type": "multipart/form-data; boundary=xyz",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"content": b"a", "data": {"b": "c"}},
        {"content": b"a", "json": {"b": "c"}},
        {"content": b"a", "files": {"b": b"c"}},
        {"content": "", "json": 0},
        {"data": {"b": "c"}, "json": {"b": "c"}},
        {"data": b"raw", "json": 1},
        {"data": b"raw", "files": {"b": b"c"}},
    ],
)
def test_two_bodies_are_an_error(given: Any) -> None:
    with pytest.raises(ValueError, match=r" and .*one body"):
        encode_request(**given)


@pytest.mark.parametrize("data", [{}, [], None])
def test_an_empty_form_beside_another_body_is_nothing(data: Any) -> None:
    assert body_of(encode_request(data=data, json=1)[1]) == b"1"
    assert body_of(encode_request(data=data, content=b"a", files={})[1]) == b"a"


def test_json_beside_files_is_not_looked_at_because_sdks_pass_both() -> None:
    class Forced(dict[str, bytes]):
        """A mapping that is empty and true, by which SDKs ask for multipart without files."""

        def __bool__(self) -> bool:
            return True

    described, stream = encode_request(data={"a": "b"}, json={"a": "b"}, files=Forced())

    assert described["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="a"\r\n\r\nb\r\n' in body_of(stream)


@pytest.mark.parametrize(("name", "kind"), [("text", "text/plain"), ("html", "text/html")])
def test_a_response_may_be_text_or_html(name: str, kind: str) -> None:
    given: Any = {name: "é"}

    described, stream = encode_response(**given)

    assert described == {"Content-Length": "2", "Content-Type": f"{kind}; charset=utf-8"}
    assert body_of(stream) == "é".encode()


def test_a_response_may_be_any_content() -> None:
    assert body_of(encode_response(content=b"abc")[1]) == b"abc"
    assert encode_response(content=iter([b"abc"]))[0] == {"Transfer-Encoding": "chunked"}


@pytest.mark.parametrize(
    "given", [{"content": b"a", "text": "b"}, {"text": "a", "html": "b"}, {"html": "a", "json": 1}]
)
def test_a_response_with_two_bodies_is_an_error(given: Any) -> None:
    with pytest.raises(ValueError, match=r" and .*one body"):
        encode_response(**given)


@pytest.mark.parametrize("given", [{"text": b"a"}, {"html": 7}])
def test_text_and_html_are_text(given: Any) -> None:
    with pytest.raises(TypeError, match="is str, not"):
        encode_response(**given)


def test_the_encoders_that_libraries_know_say_the_same() -> None:
    assert encode_json(None)[0] == {"Content-Length": "4", "Content-Type": "application/json"}
    assert body_of(encode_urlencoded_data({"a": ["1", "2"]})[1]) == b"a=1&a=2"
    fields, stream = encode_multipart_data({"a": "1"}, {"f": b"abc"}, b"b")
    assert fields["Content-Type"] == "multipart/form-data; boundary=b"
    assert body_of(stream) == body_of(encode_request(data={"a": "1"}, files={"f": b"abc"}, boundary=b"b")[1])
    assert fields == encode_multipart_data({"a": "1"}, [("f", b"abc")], b"b")[0]
