"""Tapes of other tools.

Those in `tapes/` were recorded by the tools themselves, talking to one small server:
vcrpy 4.1, 5.1, 6.0, 8.0 and 9.4 with the client in the name, pytest-recording 0.14, betamax 0.9, Ruby VCR 5.0,
cassetter 0.16.
Only `vcr_0.yaml` (before vcrpy 1.0) and `go_vcr.yaml` are written by hand, after the tools' documentation.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from .conftest import Stage

TAPES = Path(__file__).with_name("tapes")
HOST = "http://127.0.0.1:18080"


WHOLE = [
    "vcr_httpx.yaml",
    "vcr_urllib.yaml",
    "vcr_requests.yaml",
    "vcr_aiohttp.yaml",
    "vcr_tornado.yaml",
    "vcr6_httpx.yaml",
    "vcr8_httpx.yaml",
    "betamax.json",
    "ruby_vcr.yml",
    "ruby_vcr_base64.yml",
    "cassetter.yaml",
    "understudy.har",
]


@pytest.mark.parametrize("name", WHOLE)
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


def test_a_whole_tree_of_tapes_is_converted(tmp_path: Path) -> None:
    count = cassettes.convert(TAPES / "pytest_recording", tmp_path / "cassettes")

    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.yaml"))
    assert count == 3
    assert names == [
        "cassettes/test_api/TestOrders.test_order[a-b].yaml",
        "cassettes/test_api/TestOrders.test_order[tea].yaml",
        "cassettes/test_api/test_bytes.yaml",
    ]
    with cassettes.use(tmp_path / names[1], "none"), understudy.Client() as client:
        assert client.post(f"{HOST}/p", json={"name": "another"}).status_code == 201
    with pytest.raises(cassettes.CassetteError, match=r"holds no tape"):
        cassettes.convert(tmp_path / "cassettes" / "test_api" / "nothing", tmp_path / "more")


@pytest.mark.parametrize("name", [name for name in WHOLE if name not in ("vcr_urllib.yaml", "vcr_tornado.yaml")])
@pytest.mark.parametrize("target", ["tape.yaml", "tape.har"])
def test_tapes_are_converted(name: str, target: str, tmp_path: Path) -> None:
    count = cassettes.convert(TAPES / name, tmp_path / target)

    converted = {item.request.url: item.response for item in cassettes.load(tmp_path / target).interactions}
    zipped = converted[f"{HOST}/gz"]
    assert count == len(converted) == 4
    assert zipped is not None
    assert zipped.content == b"zipped " * 20
    with pytest.raises(cassettes.CassetteError, match="such a file already"):
        cassettes.convert(TAPES / name, tmp_path / target)


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


def test_compressed_tapes_and_parsed_bodies_are_read(stage: Stage) -> None:
    text = (
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n"
        "  response: {status: {code: 200}, parsed_body: {a: [1]}}\n"
    )
    stage.path.write_bytes(gzip.compress(text.encode()))

    with stage.use("none"):
        assert stage.client.get("https://api.test/").json() == {"a": [1]}


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


def test_har_holds_failures_times_and_versions_and_brings_them_back(tmp_path: Path) -> None:
    (tmp_path / "tape.yaml").write_text(
        "cassette: 1\nrecorded: 2026-11-22\n"
        "--- # one\nrequest: {method: GET, url: 'https://api.test/one'}\n"
        "response: {status: 200, http: 2, text: hello, took: 1.5, chunks: [2@0.5, 3@1.5]}\n...\n"
        "--- # two\nrequest: {method: POST, url: 'https://api.test/two', text: body}\n"
        "error: {type: ReadTimeout, message: timed out, took: 5.0}\n...\n"
        "--- # three\nrequest: {method: GET, url: 'https://api.test/three'}\nresponse: {status: 204}\n...\n",
        "utf-8",
    )

    assert cassettes.convert(tmp_path / "tape.yaml", tmp_path / "new" / "tape.har") == 3
    assert cassettes.convert(tmp_path / "new" / "tape.har", tmp_path / "again.yaml") == 3

    entries = json.loads((tmp_path / "new" / "tape.har").read_text("utf-8"))["log"]["entries"]
    assert [entry["startedDateTime"] for entry in entries] == [
        "2026-11-22T00:00:00.000Z",
        "2026-11-22T00:00:01.500Z",
        "2026-11-22T00:00:06.500Z",
    ]
    assert entries[0]["timings"] == {"send": 0, "wait": 500.0, "receive": 1000.0}
    again = cassettes.load(tmp_path / "again.yaml")
    assert again.interactions[1].error == cassettes.RecordedError("ReadTimeout", "timed out")
    assert again.interactions[0].response is not None
    assert again.interactions[0].response.version == "2"
    assert again.settings.match == ("method", "url")
    assert "# converted from a tape of HAR" in (tmp_path / "again.yaml").read_text("utf-8")


def test_a_failure_in_har_is_a_failure_on_replay(stage: Stage) -> None:
    entry: dict[str, object] = {
        "request": {"method": "GET", "url": "https://api.test/", "headers": []},
        "response": {"status": 0, "_error": "net::ERR_NAME_NOT_RESOLVED", "headers": [], "content": {}},
    }
    stage.path.write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")

    with stage.use("none"), pytest.raises(understudy.ConnectError, match="net::ERR_NAME_NOT_RESOLVED"):
        stage.client.get("https://api.test/")


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


def test_long_bodies_of_a_cassette_go_along_when_it_is_converted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200, content=bytes(20_000), headers={"content-type": "image/png"}
    )
    with stage.use("once"):
        stage.client.post("https://api.test/", content=b"\xff" * 30_000)
    monkeypatch.setattr("understudy.cassettes.blobs.MAX_IN_MEMORY", 10)

    cassettes.convert(stage.path, stage.path.parent / "sub" / "copy.yaml")

    copy = cassettes.load(stage.path.parent / "sub" / "copy.yaml").interactions[0]
    assert copy.response is not None
    assert copy.response.file is not None
    assert len(list((stage.path.parent / "sub" / "_blobs").iterdir())) == 2


def test_a_template_is_no_tape(stage: Stage) -> None:
    stage.path.write_text("http_interactions:\n- request: {method: get, uri: <%= host %>}\n", "utf-8")

    with pytest.raises(cassettes.CassetteDamaged, match=r"tape.yaml:2: .*template \(ERB\)"):
        cassettes.load(stage.path)


def test_a_conversion_that_fails_leaves_nothing(stage: Stage) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n"
        "  response: {status: {code: 200}, body: {string: 'AKIAABCDEFGHIJKLMNOP'}}\n"
    )

    with pytest.raises(cassettes.SecretFound):
        cassettes.convert(stage.path, stage.path.parent / "new.yaml")

    assert not (stage.path.parent / "new.yaml").exists()


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
