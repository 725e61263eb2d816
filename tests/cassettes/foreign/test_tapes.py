"""Tapes of other tools.

Those in `tapes/` were recorded by the tools themselves, talking to one small server:
vcrpy 4.1, 5.1, 6.0, 8.0 and 9.4 with the client in the name, pytest-recording 0.14, betamax 0.9, Ruby VCR 5.0,
cassetter 0.16, mitmproxy 12.3, Playwright 1.65 with Chromium.
Only `vcr_0.yaml` (before vcrpy 1.0) and `go_vcr.yaml` are written by hand, after the tools' documentation.
"""

from __future__ import annotations

import base64
import gzip
import importlib
import sys
import zlib
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes

from ..conftest import HOST, OF_FOUR, TAPES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..conftest import Stage


@pytest.mark.parametrize("name", [*OF_FOUR, "vcr_urllib.yaml", "vcr_tornado.yaml"])
def test_tapes_are_replayed_where_they_are(name: str) -> None:
    before = (TAPES / name).read_bytes()

    with cassettes.use(TAPES / name, "none") as cassette, understudy.Client() as client:
        text = client.get(f"{HOST}/gz").text
        image = client.get(f"{HOST}/bin?a=1&b=2").content
        created = client.post(f"{HOST}/p", json={"another": "body"})

    assert text == "zipped " * 20
    assert image == bytes(range(256))
    assert created.status_code == 201
    assert created.headers["content-type"] == "application/json"
    assert cassette.play_count == 3
    assert (TAPES / name).read_bytes() == before


@pytest.mark.parametrize(
    "name", ["ruby_vcr.yml", "vcr_aiohttp.yaml", "vcr_requests.yaml", "mitmproxy.har", "playwright.har"]
)
def test_what_was_encoded_is_encoded_again_where_the_recorder_had_decoded_it(name: str, tmp_path: Path) -> None:
    cassettes.convert(TAPES / name, tmp_path / "tape.har")
    cassettes.convert(tmp_path / "tape.har", tmp_path / "tape.yaml")

    for path in (TAPES / name, tmp_path / "tape.har", tmp_path / "tape.yaml"):
        with cassettes.use(path, "none"), understudy.Client() as client, client.stream("GET", f"{HOST}/gz") as answer:
            assert answer.headers["content-encoding"] == "gzip"
            assert gzip.decompress(b"".join(answer.iter_raw())) == b"zipped " * 20


def test_several_codings_one_over_the_other_stay_as_they_came(stage: Stage) -> None:
    twice = base64.b64encode(gzip.compress(gzip.compress(b"hello"))).decode()
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n  response: {status: {code: 200}, "
        f"headers: {{Content-Encoding: ['gzip, gzip']}}, body: {{string: !!binary {twice}}}}}\nversion: 1\n"
    )

    with stage.use("none"):
        assert stage.client.get("https://api.test/").text == "hello"


def test_a_coding_that_nobody_knows_is_said_no_more_where_it_cannot_be_true(stage: Stage) -> None:
    codings = ", ".join(["gzip"] * 9)
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n  response: {status: {code: 200}, "
        f"headers: {{Content-Encoding: ['{codings}']}}, body: {{string: hello}}}}\nversion: 1\n"
    )

    with stage.use("none"):
        answer = stage.client.get("https://api.test/")

    assert answer.text == "hello"
    assert "content-encoding" not in answer.headers


def test_texts_that_look_like_numbers_are_texts() -> None:
    with cassettes.use(TAPES / "vcr_spelled.yaml", "none"), understudy.Client() as client:
        number = client.get(f"{HOST}/exp")
        word = client.get(f"{HOST}/null")

    assert (number.text, number.headers["etag"], number.headers["x-n"]) == ("1e5", "1e5", "12")
    assert (number.headers["x-b"], number.headers["x-z"], number.headers["x-e"]) == ("true", "~", "")
    assert word.text == "null"


def test_numbers_in_json_keep_their_spelling(stage: Stage) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/', body: {type: none}}\n"
        "  response: {status: 200, body: {type: json, content: {a: 1.50, b: 1e5, c: [é]}}}\n",
        "utf-8",
    )

    with stage.use("none"):
        assert stage.client.get("https://api.test/").text == '{"a":1.50,"b":1e5,"c":["é"]}'


@pytest.mark.parametrize(
    "name", ["ruby_vcr_latin.yml", "betamax_text.json", "mitmproxy_more.har", "playwright_more.har"]
)
def test_texts_that_the_recorder_had_decoded_are_encoded_as_they_were(name: str) -> None:
    with cassettes.use(TAPES / name, "none"), understudy.Client() as client:
        answer = client.get(f"{HOST}/latin")

    assert (answer.content, answer.text) == (b"caf\xe9 cr\xe8me\n", "café crème\n")


def test_texts_that_their_charset_does_not_have_are_utf_8(stage: Stage) -> None:
    stage.path.write_text(
        "http_interactions:\n- request: {method: get, uri: 'https://api.test/'}\n"
        "  response: {status: {code: 200}, headers: {}, body: {encoding: ISO-8859-1, string: '€'}}\n",
        "utf-8",
    )

    with stage.use("none"):
        assert stage.client.get("https://api.test/").content == "€".encode()


@pytest.mark.parametrize("name", ["tomllib", "tomli"])
def test_toml_is_read_by_python_or_by_a_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    monkeypatch.setitem(sys.modules, "tomllib", None)
    monkeypatch.setitem(sys.modules, name, reader)

    assert len(cassettes.load(TAPES / "cassetter.toml").interactions) == 4


def test_where_nobody_reads_toml_the_error_says_who_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tomllib", None)
    monkeypatch.setitem(sys.modules, "tomli", None)

    with pytest.raises(cassettes.CassetteError, match=r"cassetter.toml: .*TOML.*\n.*tomli"):
        cassettes.load(TAPES / "cassetter.toml")


def test_toml_that_is_damaged_is_an_error_with_its_line(stage: Stage) -> None:
    stage.path.write_text("version = 1\n\n[[interactions]]\nrequest = \n")

    with pytest.raises(cassettes.CassetteDamaged, match=r"tape.yaml:4: not valid TOML"):
        cassettes.load(stage.path)

    stage.path.write_text("version = 1\n\n[[interactions]]\na = 'x")

    with pytest.raises(cassettes.CassetteDamaged, match="not valid TOML"):
        cassettes.load(stage.path)


def test_only_what_is_compressed_is_decompressed(stage: Stage) -> None:
    stage.path.write_bytes(b"x^2 is no tape\n")
    with pytest.raises(cassettes.NotACassette):
        cassettes.load(stage.path)

    stage.path.write_bytes(gzip.compress(b"interactions: []")[:12])
    with pytest.raises(cassettes.NotACassette, match=r"damaged|NUL|not UTF-8"):
        cassettes.load(stage.path)

    stage.path.write_bytes(b"\x1f\x8bnothing")
    with pytest.raises(cassettes.NotACassette, match="compressed, and damaged"):
        cassettes.load(stage.path)

    stage.path.write_bytes(zlib.compress(b"interactions: []\n"))
    assert cassettes.load(stage.path).tool == "vcrpy"


def test_an_archive_says_what_to_do_with_it(stage: Stage) -> None:
    stage.path.write_bytes(b"PK\x03\x04\x14\0")

    with pytest.raises(cassettes.NotACassette, match="ZIP archive\nUnpack it"):
        cassettes.load(stage.path)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("HTTP/1.0", "HTTP/1.0"),
        ("HTTP/2.0", "HTTP/2"),
        ("h2", "HTTP/2"),
        ("h3-29", "HTTP/3"),
        ("http/2+quic/46", "HTTP/1.1"),
        ("unknown", "HTTP/1.1"),
    ],
)
def test_versions_are_understood_however_they_are_written(stage: Stage, said: str, version: str) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n"
        f"  response: {{status: {{code: 200}}, http_version: {said}, body: {{string: hi}}}}\n"
    )

    with stage.use("none"):
        assert stage.client.get("https://api.test/").http_version == version


@pytest.mark.parametrize("name", ["vcr4_httpx.yaml", "vcr5_httpx.yaml"])
def test_tapes_that_had_lost_bytes_give_what_is_left(name: str) -> None:
    with cassettes.use(TAPES / name, "none"), understudy.Client() as client:
        text = client.get(f"{HOST}/gz").text
        image = client.get(f"{HOST}/bin?a=1&b=2").content
        missing = client.get(f"{HOST}/none")

    assert text == "zipped " * 20
    assert image == bytes(range(128))
    assert (missing.status_code, missing.text) == (404, "nothing\nhere\n")


def test_parameters_that_are_blank_or_were_filtered_out_do_not_count(stage: Stage) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/?q=tea'}\n"
        "  response: {status: {code: 200}, body: {string: hi}}\nversion: 1\n"
    )

    with stage.use("none"):
        assert stage.client.get("https://api.test/?page=&api_key=a-key-of-mine&q=tea").text == "hi"
        with pytest.raises(cassettes.NoMatch):
            stage.client.get("https://api.test/?q=coffee")


def test_the_order_of_equal_parameters_does_not_count_as_in_vcrpy(stage: Stage) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/?id=2&id=1'}\n"
        "  response: {status: {code: 200}, body: {string: hi}}\nversion: 1\n"
    )

    with stage.use("none"):
        assert stage.client.get("https://api.test/?id=1&id=2").text == "hi"


def test_tapes_in_json_are_replayed() -> None:
    with cassettes.use(TAPES / "vcr_json.json", "none") as cassette, understudy.Client() as client:
        assert client.get(f"{HOST}/none").status_code == 404
        assert client.post(f"{HOST}/p", json={"a": 1}).json() == {"got": 7}

    assert [item.line for item in cassette.interactions] == [5, 52]


def test_what_vcrpy_wrote_before_its_first_version_is_replayed() -> None:
    with cassettes.use(TAPES / "vcr_0.yaml", "none") as cassette, understudy.Client() as client:
        first = client.get(f"{HOST}/bin?a=1&b=2")
        second = client.post("https://api.test/p", data={"a": "1"})

    assert (first.text, first.headers["server"]) == ("bytes", "nginx")
    assert second.json() == {"got": 3}
    assert cassette.interactions[0].request.headers[1] == ("User-Agent", "python-requests/2.2.1")
    assert [item.line for item in cassette.interactions] == [1, 15]


def test_go_vcr_is_replayed_with_its_versions_and_times() -> None:
    with cassettes.use(TAPES / "go_vcr.yaml", "none") as cassette, understudy.Client(timeout=None) as client:
        text = client.get(f"{HOST}/gz")
        created = client.post(f"{HOST}/p", json={"a": 1})

    assert (text.text, text.http_version) == ("zipped " * 20, "HTTP/2")
    assert (created.status_code, created.reason_phrase) == (201, "Created")
    assert [(item.took, item.line) for item in cassette.interactions] == [(62.5, 4), (0.0125, 35)]


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("vcr_httpx.yaml", "vcrpy"),
        ("vcr_0.yaml", "an early vcrpy"),
        ("ruby_vcr.yml", "Ruby VCR"),
        ("betamax.json", "betamax"),
        ("go_vcr.yaml", "go-vcr"),
        ("cassetter.yaml", "cassetter"),
        ("understudy.har", "HAR"),
    ],
)
def test_the_tool_is_named_where_recording_is_refused(name: str, tool: str) -> None:
    with pytest.raises(cassettes.CassetteError, match=f"a tape of {tool}"):
        cassettes.Cassette(TAPES / name, "new_episodes")


@pytest.mark.parametrize("mode", ["new_episodes", "all", "update"])
def test_nothing_is_recorded_into_them(stage: Stage, mode: str) -> None:
    stage.path.write_bytes((TAPES / "vcr_httpx.yaml").read_bytes())

    with pytest.raises(cassettes.CassetteError, match="convert"), stage.use(mode):
        raise AssertionError


def test_a_miss_names_the_line(stage: Stage) -> None:
    with cassettes.use(TAPES / "vcr_httpx.yaml", "none"), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.get(f"{HOST}/bin?a=1&b=3")

    assert caught.value.line is not None
    assert caught.value.line > 1


VARIANTS = {
    "httpx 4": "response: {content: hello, headers: {}, http_version: HTTP/1.1, status_code: 200}",
    "aiohttp": "response: {body: {string: hello}, headers: {A: b}, status: {code: 200, message: OK}, url: "
    "!!python/object:yarl.URL {x: y}}",
    "aiohttp decoded": "response: {body: {string: hello}, headers: {Content-Encoding: [gzip]}, status: {code: 200}}",
    "istr keys": "response: {body: {string: hello}, status: {code: 200}, headers: {? !!python/object/new:"
    "multidict._multidict.istr [A] : [b]}}",
    "tornado": "response: {body: {string: !!python/unicode 'hello'}, status: {code: 200, message: null}, "
    "headers: [!!python/tuple [A, [b]]]}",
    "BytesIO": "response: {body: {string: !!python/object/new:_io.BytesIO {state: !!python/tuple "
    "[!!binary aGVsbG8=, 0, null]}}, status: {code: 200}, headers: {}}",
    "iterator": "response: {body: !!python/object/apply:builtins.iter {args: [[hel, lo]]}, status: {code: 200}}",
    "ropensci": "response: {status: 200, headers: {a: b}, body: {string: hello}}",
    "Ruby": "response: {status: {code: 200, message: OK}, headers: {A: [b]}, body: {encoding: UTF-8, "
    "base64_string: aGVsbG8=}, http_version: '1.1'}",
}


@pytest.mark.parametrize("response", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_shape_that_versions_and_clients_left_behind_is_read(stage: Stage, response: str) -> None:
    request = "{body: null, headers: {}, method: get, uri: 'https://api.test/'}"
    stage.path.write_text(f"interactions:\n- request: {request}\n  {response}\nversion: 1\n")

    with stage.use("none"):
        assert stage.client.get("https://api.test/").text == "hello"


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
def test_a_compressed_tape_that_is_cut_or_too_long_is_refused_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]
) -> None:
    tape = compress((TAPES / OF_FOUR[0]).read_bytes())

    stage.path.write_bytes(tape[:-6])
    with pytest.raises(cassettes.NotACassette, match=r"damaged: its end is missing|not UTF-8"):
        cassettes.load(stage.path)

    monkeypatch.setattr("understudy.cassettes.foreign.tapes._MAX_TEXT", 1024**2)
    stage.path.write_bytes(compress(b"interactions:\n" + b"# no end\n" * 200_000))
    with pytest.raises(cassettes.NotACassette, match="holds more than 1 MB"):
        cassettes.load(stage.path)


def test_compressed_tapes_and_parsed_bodies_are_read(stage: Stage) -> None:
    text = (
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n"
        "  response: {status: {code: 200}, parsed_body: {a: [1]}}\n"
    )
    stage.path.write_bytes(gzip.compress(text.encode()))

    with stage.use("none"):
        assert stage.client.get("https://api.test/").json() == {"a": [1]}


def test_a_byte_order_mark_that_an_editor_has_left_does_not_count(stage: Stage) -> None:
    text = (
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n"
        "  response: {status: {code: 200}, body: {string: 'a'}}\n"
    )
    stage.path.write_bytes(b"\xef\xbb\xbf" + text.encode())

    with stage.use("none"):
        assert stage.client.get("https://api.test/").text == "a"


def test_aliases_are_followed_but_do_not_explode(stage: Stage) -> None:
    bomb = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(9))
    stage.path.write_text(bomb + "interactions: []\n")

    with pytest.raises(cassettes.CassetteDamaged, match="more than 5000000 values"), stage.use("none"):
        raise AssertionError


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("interactions: 1\n", "holds no list"),
        ("interactions:\n- request: 1\n", "interaction 1"),
        ("interactions:\n- request: {}\n  response: {}\n", "interaction 1"),
        ("interactions: *x\n", "not complete|undefined"),
        ("interactions: [\n", "not valid YAML"),
        ("interactions: !!binary '*'\n", "no base64|no list"),
    ],
)
def test_damaged_tapes_are_errors(stage: Stage, text: str, problem: str) -> None:
    stage.path.write_text(text)

    with pytest.raises(cassettes.CassetteDamaged, match=problem), stage.use("none"):
        raise AssertionError


def test_what_schemathesis_and_langchain_write_is_read(stage: Stage) -> None:
    stage.path.write_text(
        "recorded_with: Schemathesis 3\nhttp_interactions:\n- id: 0\n  status: ERROR\n"
        "  request: {method: GET, uri: 'https://api.test/', body: {base64_string: ''}}\n  response: null\n"
    )
    with stage.use("none"), pytest.raises(understudy.ConnectError, match="no response was recorded"):
        stage.client.get("https://api.test/")

    stage.path.write_text(
        "requests:\n- {method: GET, uri: 'https://api.test/'}\n"
        "responses:\n- {status: {code: 200}, body: {string: hi}}\n"
    )
    with stage.use("none") as cassette:
        assert stage.client.get("https://api.test/").text == "hi"
    assert cassette.tool == "LangChain"


def test_a_tape_that_is_no_utf_8_is_told_by_its_line(stage: Stage) -> None:
    stage.path.write_bytes(b"interactions:\n- request: {uri: caf\xe9}\n")

    with pytest.raises(cassettes.NotACassette, match=r"tape.yaml:2: byte 0xe9 is not UTF-8 text"):
        cassettes.load(stage.path)


def test_values_of_fields_are_texts_also_where_quotes_are_missing(stage: Stage) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n  response: {status: 200, "
        "headers: {a: [true], b: , c: [1.50], d: 012, e: [[x]], f: !!binary 6Q==}}\nversion: 1\n"
    )

    with stage.use("none"):
        headers = stage.client.get("https://api.test/").headers

    assert [headers[name] for name in "abcdef"] == ["true", "", "1.50", "012", "x", "\xe9"]
