"""HAR files, as browsers, proxies and Playwright export them; `test_foreign` says where those in `tapes/` are from."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from ..conftest import Stage

TAPES = Path(__file__).parents[1] / "tapes"
HOST = "http://127.0.0.1:18080"


def test_a_status_that_is_no_number_is_an_error_with_its_line(stage: Stage) -> None:
    entry = {"request": {"method": "GET", "url": "https://api.test/"}, "response": {"status": math.inf}}
    stage.path.write_text(json.dumps({"log": {"entries": [entry]}}, indent=1), "utf-8")

    with pytest.raises(cassettes.CassetteDamaged, match=r"tape.yaml:5: interaction 1 .* cannot be understood"):
        cassettes.load(stage.path)


@pytest.mark.parametrize("said", ["net::ERR_NAME_NOT_RESOLVED", "Error: net::ERR_NAME_NOT_RESOLVED"])
def test_a_failure_in_har_is_a_failure_on_replay(stage: Stage, said: str) -> None:
    entry: dict[str, object] = {
        "request": {"method": "GET", "url": "https://api.test/", "headers": []},
        "response": {"status": 0, "_error": said, "headers": [], "content": {}},
    }
    stage.path.write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")

    with stage.use("none"), pytest.raises(understudy.ConnectError, match="net::ERR_NAME_NOT_RESOLVED"):
        stage.client.get("https://api.test/")


@pytest.mark.parametrize(
    ("method", "status", "breaks_off"), [("GET", 200, True), ("GET", 204, False), ("HEAD", 200, False)]
)
def test_a_body_that_broke_off_in_a_browser_is_no_short_one(
    stage: Stage, method: str, status: int, breaks_off: bool
) -> None:
    entry: dict[str, object] = {
        "request": {"method": method, "url": "https://api.test/", "headers": []},
        "response": {"status": status, "_failureText": "net::ERR_CONTENT_LENGTH_MISMATCH", "headers": []},
    }
    stage.path.write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")
    first, second = stage.path.with_name("first.yaml"), stage.path.with_name("second.har")
    cassettes.convert(stage.path, first)
    cassettes.convert(first, second)

    for path in (stage.path, first, second):
        with cassettes.use(path, "none"):
            if breaks_off:
                with pytest.raises(understudy.IncompleteBody, match="net::ERR_CONTENT_LENGTH_MISMATCH"):
                    stage.client.request(method, "https://api.test/")
            else:
                assert stage.client.request(method, "https://api.test/").status_code == status


def test_har_of_chromium_holds_lines_of_cookies_and_urls_that_nobody_was_asked_for(stage: Stage) -> None:
    def entry(url: str, **response: object) -> dict[str, object]:
        return {"request": {"method": "GET", "url": url, "headers": []}, "response": {"status": 200, **response}}

    entries = [
        entry("data:text/plain,hello", content={"text": "hello"}),
        entry("https://api.test/", headers=[{"name": "set-cookie", "value": "a=1; Path=/\nb=2"}]),
        entry("blob:https://api.test/1"),
        entry("wss://api.test/"),
    ]
    stage.path.write_text(json.dumps({"log": {"entries": entries}}, indent=1), "utf-8")

    with stage.use("none") as cassette:
        answer = stage.client.get("https://api.test/")

    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    assert [interaction.line for interaction in cassette.interactions] == [18]


def test_bytes_in_fields_that_are_no_utf_8_are_played_and_converted(stage: Stage) -> None:
    field = {"name": "X-Name", "value": "Z\udcf6e"}
    entry: dict[str, object] = {
        "request": {"method": "GET", "url": "https://api.test/", "headers": []},
        "response": {"status": 200, "headers": [field, {"name": "X-Price", "value": "5 €"}]},
    }
    stage.path.write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")
    cassettes.convert(stage.path, stage.path.with_name("converted.yaml"))

    for path in (stage.path, stage.path.with_name("converted.yaml")):
        with cassettes.use(path, "none"):
            raw = stage.client.get("https://api.test/").headers.raw
        assert raw == [(b"X-Name", b"Z\xf6e"), (b"X-Price", "5 €".encode())]


@pytest.mark.parametrize(
    ("name", "problem"), [("body.bin", ""), ("../body.bin", "leads out"), ("no.bin", "cannot be read")]
)
def test_bodies_beside_a_har_are_read_from_its_folder_alone(stage: Stage, name: str, problem: str) -> None:
    (stage.path.parent / "body.bin").write_bytes(b"from a file")
    entry = {
        "request": {
            "method": "POST",
            "url": "https://api.test/",
            "postData": {"params": [{"name": "a", "value": "1"}]},
        },
        "response": {"status": 200, "httpVersion": "h3", "content": {"_file": name}},
    }
    stage.path.write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")

    if problem:
        with pytest.raises(cassettes.CassetteDamaged, match=problem):
            cassettes.load(stage.path)
    else:
        with stage.use("none"):
            assert stage.client.post("https://api.test/", data={"a": "1"}).content == b"from a file"


@pytest.mark.parametrize("name", ["mitmproxy_more.har", "playwright_more.har"])
def test_har_of_proxies_and_browsers_gives_back_every_byte(name: str) -> None:
    with cassettes.use(TAPES / name, "none") as cassette, understudy.Client() as client:
        for interaction in cassette.interactions:
            if interaction.request.method == "GET" and interaction.error is None:
                answer = client.get(interaction.request.url)
                assert answer.num_bytes_downloaded == int(answer.headers["content-length"])
        failed = next(item.request.url for item in cassette.interactions if item.error is not None)
        with pytest.raises(understudy.ConnectError, match=r"Connect call failed|net::ERR_"):
            client.get(failed)


def test_bytes_that_a_proxy_wrote_as_characters_are_bytes_again() -> None:
    patch = cassettes.load(TAPES / "mitmproxy_more.har").interactions[2].request

    assert (patch.method, patch.content) == ("PATCH", b"\xff\0bin")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "é", "size": 2, "mimeType": "text/plain; charset=iso-8859-1"}, "é".encode()),
        ({"text": "é", "size": 1, "mimeType": "text/plain; charset=iso-8859-1"}, b"\xe9"),
        ({"text": "é", "size": 1, "mimeType": "image/png"}, b"\xe9"),
        ({"text": "é", "size": 1, "mimeType": "text/plain"}, "é".encode()),
        ({"text": "é", "size": 1, "mimeType": "application/json"}, "é".encode()),
        ({"text": "é", "size": 1, "mimeType": "image/png; charset=utf-8"}, "é".encode()),
        ({"text": "€", "size": 1, "mimeType": "text/plain; charset=nonsense"}, "€".encode()),
        ({"text": "€", "size": 1, "mimeType": "text/plain; charset=cp1252"}, b"\x80"),
        ({"text": "é", "size": 5, "mimeType": "text/plain"}, b"\xef\xbb\xbf\xc3\xa9"),
        ({"text": "é", "size": 30, "compression": -29}, b"\xe9"),
        ({"text": "é", "size": -1}, "é".encode()),
        ({"text": "é", "size": None}, "é".encode()),
        ({"text": "é", "size": "many", "compression": "none"}, "é".encode()),
        ({"text": "\ud800", "size": 7}, b"\xed\xa0\x80"),
        ({"text": "w6k=", "encoding": "base64", "size": 1}, "é".encode()),
    ],
)
def test_texts_are_encoded_to_the_size_that_they_had(stage: Stage, content: object, expected: bytes) -> None:
    entry = {
        "request": {"method": "GET", "url": "https://api.test/#top"},
        "response": {"status": 200, "content": content},
    }
    stage.path.write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")

    with stage.use("none"):
        assert stage.client.get("https://api.test/").content == expected


def test_texts_in_files_beside_a_har_are_encoded_to_the_size_that_they_had(stage: Stage) -> None:
    (stage.path.parent / "a.txt").write_text("é", "utf-8")
    (stage.path.parent / "b.bin").write_bytes(b"\xff\xfe")
    entries = [
        {
            "request": {"method": "GET", "url": f"https://api.test/{name}"},
            "response": {
                "status": 200,
                "headers": [{"name": "Content-Length", "value": length}],
                "content": {"_file": name, "size": 2, "mimeType": "text/plain"},
            },
        }
        for name, length in (("a.txt", "1"), ("b.bin", "2"))
    ]
    stage.path.write_text(json.dumps({"log": {"entries": entries}}), "utf-8")

    with stage.use("none"):
        assert stage.client.get("https://api.test/a.txt").content == b"\xe9"
        assert stage.client.get("https://api.test/b.bin").content == b"\xff\xfe"
