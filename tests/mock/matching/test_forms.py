"""Multipart bodies are read as far as matchers ask, whatever they hold."""

from __future__ import annotations

import pytest

from understudy.mock.matching.forms import Upload, multipart_parts

KIND = "multipart/form-data; boundary=xyz"


def test_parts_are_texts_and_files_in_their_order() -> None:
    body = (
        b"preamble\r\n--xyz\r\nContent-Disposition: form-data; name=user\r\n\r\nada\r\n"
        b'--xyz\r\ncontent-disposition: form-data; name="pic"; filename="a \\"b\\".gif"\r\n\r\nGIF\r\n89\r\n'
        b"--xyz--\r\nepilogue"
    )

    (user, pic) = multipart_parts(KIND, body)

    assert user == ("user", "ada")
    assert pic == ("pic", Upload('a "b".gif', b"GIF\r\n89", "application/octet-stream"))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--xyz\r\n\r\n"),
        (KIND, b""),
        (KIND, b"--xyz\r\nno blank line"),
        (KIND, b"--xyz\r\nContent-Type: a/b\r\n\r\nno name\r\n--xyz--"),
        (KIND, b"--xyz\r\nno colon\r\n\r\nx\r\n--xyz--"),
    ],
)
def test_a_body_that_is_not_what_it_says_has_no_parts(kind: str, body: bytes) -> None:
    assert multipart_parts(kind, body) == []


def test_a_file_is_equal_to_what_it_holds() -> None:
    file = Upload("a.txt", b"text", "text/plain")

    assert file == b"text"
    assert file == "text"
    assert file == ("a.txt",)
    assert file == ("a.txt", "text")
    assert file == ("a.txt", b"text", "text/plain")
    assert file != ("b.txt", b"text")
    assert file != ()
    assert file != 5
    assert repr(file) == "<file 'a.txt', text/plain, 4 bytes>"
