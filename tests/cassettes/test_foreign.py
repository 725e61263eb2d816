"""Tapes of other tools. Those in `tapes/` were recorded by the tools themselves: vcrpy 9.4.2, cassetter 0.16.1."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from .conftest import Stage

TAPES = Path(__file__).with_name("tapes")
HOST = "http://127.0.0.1:18080"


@pytest.mark.parametrize("name", ["vcr_httpx.yaml", "vcr_urllib.yaml", "cassetter.yaml", "understudy.har"])
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


@pytest.mark.parametrize("name", ["vcr_httpx.yaml", "cassetter.yaml"])
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
