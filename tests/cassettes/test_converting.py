"""Tapes from one format into another."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes

from .conftest import HOST, OF_FOUR, TAPES

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stage


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
    with pytest.raises(cassettes.CassetteMissing, match=r"there is no such file"):
        cassettes.convert(tmp_path / "cassettes" / "test_api" / "nothing", tmp_path / "more")


@pytest.mark.parametrize("name", OF_FOUR)
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


def test_long_bodies_of_a_cassette_go_along_when_it_is_converted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200, content=bytes(20_000), headers={"content-type": "image/png"}
    )
    with stage.use("once"):
        stage.client.post("https://api.test/", content=b"\xff" * 30_000)
    monkeypatch.setattr("understudy.cassettes.files.blobs.MAX_IN_MEMORY", 10)

    cassettes.convert(stage.path, stage.path.parent / "sub" / "copy.yaml")

    copy = cassettes.load(stage.path.parent / "sub" / "copy.yaml").interactions[0]
    assert copy.response is not None
    assert copy.response.file is not None
    assert len(list((stage.path.parent / "sub" / "_blobs").iterdir())) == 2


def test_a_conversion_that_fails_leaves_nothing(stage: Stage) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n"
        "  response: {status: {code: 200}, body: {string: 'AKIAABCDEFGHIJKLMNOP'}}\n"
    )

    with pytest.raises(cassettes.SecretFound):
        cassettes.convert(stage.path, stage.path.parent / "new.yaml")

    assert not (stage.path.parent / "new.yaml").exists()


@pytest.mark.parametrize("target", ["tape.yaml", "tape.har"])
def test_no_secret_of_a_tape_gets_into_what_it_is_converted_to(stage: Stage, target: str) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: POST, uri: 'https://api.test/?api_key=tok-77aa88bb', "
        "headers: {Authorization: [Bearer tok-99aa88bb], Content-Type: [application/x-www-form-urlencoded]}, "
        "body: user=ada&password=tok-55aa88bb}\n"
        "  response: {status: {code: 200}, headers: {Set-Cookie: [sid=tok-33aa88bb; Path=/]}, "
        """body: {string: '{"access_token": "tok-11aa88bb"}'}}\n"""
    )

    assert cassettes.convert(stage.path, stage.path.parent / "new" / target) == 1

    text = (stage.path.parent / "new" / target).read_text("utf-8")
    assert "tok-" not in text
    assert text.count("__REDACTED_") >= 5
    assert [path.name for path in (stage.path.parent / "new").iterdir()] == [target]


def test_a_secret_that_nothing_gives_away_keeps_a_har_from_being_written(stage: Stage) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n"
        "  response: {status: {code: 200}, body: {string: 'AKIAABCDEFGHIJKLMNOP'}}\n"
    )
    target = stage.path.parent / "new.har"

    with pytest.raises(cassettes.SecretFound) as caught:
        cassettes.convert(stage.path, target)

    assert caught.value.path == str(stage.path)
    assert not target.exists()


@pytest.mark.parametrize("name", ["new.yaml", "new.har"])
def test_what_is_known_of_secrets_can_be_added_to(stage: Stage, name: str) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n  response: {status: {code: 200}, "
        """body: {string: '{"iban": "DE00 1234", "id": "cus_42", "key": "AKIAABCDEFGHIJKLMNOP"}'}}\n"""
    )
    target = stage.path.parent / name
    with pytest.raises(cassettes.SecretFound, match="allow_secrets") as caught:
        cassettes.convert(stage.path, target)
    fingerprint = str(caught.value.mend).partition("allow_secrets: [")[2].partition("]")[0]

    cassettes.convert(stage.path, target, redact=["iban", re.compile("cus_[0-9]+")], allow_secrets=[fingerprint])

    text = target.read_text("utf-8")
    assert "DE00" not in text
    assert "cus_42" not in text
    assert "AKIAABCDEFGHIJKLMNOP" in text
    if name.endswith("yaml"):
        settings = cassettes.load(target).settings
        assert settings.redact == ("iban",)
        assert settings.allow_secrets == {fingerprint}


def test_a_tape_needs_no_extension(tmp_path: Path) -> None:
    (tmp_path / "tape").write_text((TAPES / "vcr_httpx.yaml").read_text("utf-8"), "utf-8")

    assert cassettes.convert(tmp_path / "tape", tmp_path / "new.yaml") == 4


def test_where_nothing_can_be_written_the_error_says_so(tmp_path: Path) -> None:
    source = TAPES / "vcr_httpx.yaml"
    (tmp_path / "file").write_text("")

    with pytest.raises(cassettes.CassetteError, match=r"this is a folder\nName the new file, such as .*tape.yaml"):
        cassettes.convert(source, tmp_path)
    for name in ("file/new.yaml", "file/new.har"):
        with pytest.raises(cassettes.CassetteNotWritten, match=f"{name}: the file could not be written: "):
            cassettes.convert(source, tmp_path / name)


def test_a_folder_is_not_converted_into_one_file(tmp_path: Path) -> None:
    with pytest.raises(cassettes.CassetteError, match=r"tape.har: a folder is converted into a folder"):
        cassettes.convert(TAPES, tmp_path / "tape.har")


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scandir(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("os.scandir", scandir)

    with pytest.raises(cassettes.CassetteError, match=r"the folder cannot be read: Permission denied"):
        cassettes.convert(tmp_path, tmp_path / "new")


def test_a_folder_of_all_sorts_gives_its_tapes_alone(tmp_path: Path) -> None:
    source = tmp_path / "tapes"
    (source / "_blobs").mkdir(parents=True)
    (source / ".hidden").mkdir()
    text = (TAPES / "vcr_httpx.yaml").read_text("utf-8")
    for name in ("a.yaml", "a.yml", ".hidden/b.yaml"):
        (source / name).write_text(text, "utf-8")
    (source / "_blobs" / "0123456789abcdef.json").write_text('{"log": {"entries": []}}')
    (source / "pyproject.toml").write_text("[tool]\na = 1\n")
    (source / "list.json").write_text('[{"interactions": 1}]')
    (source / "empty.yaml").write_text("")

    assert cassettes.convert(source, tmp_path / "new") == 8

    new = sorted(path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*.yaml"))
    assert new == ["a.yaml", "a.yml.yaml"]


def test_tapes_of_a_folder_that_cannot_be_converted_do_not_keep_the_others(tmp_path: Path) -> None:
    source = tmp_path / "tapes"
    source.mkdir()
    (source / "a.yaml").write_text("interactions: [\n")
    (source / "b.yaml").write_text((TAPES / "vcr_httpx.yaml").read_text("utf-8"), "utf-8")

    with pytest.raises(cassettes.CassetteDamaged, match=r"a.yaml:2:1: not valid YAML"):
        cassettes.convert(source, tmp_path / "new")

    assert len(cassettes.load(tmp_path / "new" / "b.yaml").interactions) == 4
    (source / "c.yaml").write_text("http_interactions: 1\n")
    with pytest.raises(cassettes.CassetteError) as caught:
        cassettes.convert(source, tmp_path / "more")
    assert str(caught.value).startswith(
        f"{source}: 2 tapes of this folder could not be converted:\n{source / 'a.yaml'}:2:1: "
    )
    assert f"{source / 'c.yaml'}:1: " in str(caught.value)
