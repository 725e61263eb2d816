"""Where documents begin and end, read off the bytes."""

from __future__ import annotations

import pytest

from understudy.cassettes.errors import CassetteDamaged
from understudy.cassettes.yaml.documents import Document, scan

HEAD = b"cassette: 1\n"


def asked(url: str) -> tuple[bytes, bytes] | None:
    """Return what is read off the bytes of a document that asks for this URL."""
    data = HEAD + f"...\n--- # GET /\nrequest:\n  method: GET\n  url: {url}\nresponse:\n  status: 200\n...\n".encode()
    return scan(data, "tape.yaml")[1].asked


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://api.test/a", b"https://api.test/a"),
        ("https://api.test/a/.b/c..?x=1&y=//..", b"https://api.test/a/.b/c.."),
        ("http://127.0.0.1:8080/%C3%BC/@:;=", b"http://127.0.0.1:8080/%C3%BC/@:;="),
        ("http://localhost/", b"http://localhost/"),
    ],
)
def test_usual_urls_are_read_off_the_bytes_up_to_their_query(url: str, place: bytes) -> None:
    assert asked(url) == (b"GET", place)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.test",
        "https://API.test/",
        "https://api.test:443/",
        "http://api.test:80/",
        "http://api.test:080/",
        "https://api.test/a/../b",
        "https://api.test/.",
        "https://api.test/%c3",
        "https://api.test/a^b",
        "https://api.test/a # comment",
        "https://ada@api.test/",
        "http://1.2.3.04/",
        "http://1.2.3/",
        "http://[::1]/",
        '"https://api.test/"',
    ],
)
def test_urls_that_can_be_written_in_another_way_are_left_to_the_parser(url: str) -> None:
    assert asked(url) is None


def test_documents_tile_the_file_and_comments_belong_to_the_one_that_follows() -> None:
    data = HEAD + b"--- # one\na: 1\n...\n# about two\n\n---\nb: 2\n...\n...\n# the end\n"

    documents = scan(data, "tape.yaml")

    assert [document.whole(data) for document in documents] == [
        HEAD,
        b"--- # one\na: 1\n...\n",
        b"# about two\n\n---\nb: 2\n...\n...\n# the end\n",
    ]
    assert [document.text(data) for document in documents] == [HEAD, b"--- # one\na: 1\n", b"---\nb: 2\n"]
    assert [document.is_closed for document in documents] == [False, True, True]


def test_what_an_interaction_asks_is_read_also_behind_a_comment_and_without_an_answer() -> None:
    request = b"request:\n  method: GET\n  url: https://api.test/"
    data = HEAD + b"...\n---\n" + request + b"1\n...\n# two\n---\n" + request + b"2\n---\n" + request + b"3\n"

    documents = scan(data, "tape.yaml")

    assert [document.asked for document in documents[1:]] == [
        (b"GET", b"https://api.test/1"),
        (b"GET", b"https://api.test/2"),
        (b"GET", b"https://api.test/3"),
    ]
    assert [document.is_closed for document in documents] == [True, True, False, False]


def test_marks_are_whole_words_at_the_start_of_a_line() -> None:
    data = HEAD + b"---- a\n....\n --- b\n...c\nd ---\n...\n"

    assert scan(data, "tape.yaml") == [Document(0, 0, len(data) - 4, len(data), True)]


@pytest.mark.parametrize("data", [b"...\n", b"... # x\n", b"..."])
def test_a_file_may_begin_with_an_end_mark(data: bytes) -> None:
    assert scan(data, "tape.yaml") == [Document(0, 0, 0, len(data), True)]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (HEAD + b"...\na: 1\n---\nb: 2\n...\n", 3),
        (HEAD + b"...\na: 1\n...\n---\nb: 2\n...\n", 3),
        (HEAD + b"...\na: 1\n...\n--- # c\nrequest:\n  method: GET\n  url: https://api.test/\n...\n", 3),
        (HEAD + b"---\nb: 2\n...\n\nc\n", 6),
    ],
)
def test_text_between_two_documents_is_refused(data: bytes, line: int) -> None:
    with pytest.raises(CassetteDamaged, match="text between two interactions") as caught:
        scan(data, "tape.yaml")

    assert caught.value.line == line
