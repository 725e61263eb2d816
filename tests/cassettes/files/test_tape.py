"""The file on disk, on file systems that can less and beside processes that are faster."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING

import pytest

from understudy import cassettes
from understudy.cassettes.errors import CassetteNotWritten
from understudy.cassettes.files import disk
from understudy.cassettes.files.folders import tapes_within
from understudy.cassettes.files.tape import SideTape, Tape

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Callable


def header() -> bytes:
    return b"cassette: 1\n...\n"


def refusing(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def test_a_file_appears_whole_where_the_file_system_has_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(source: str, target: str) -> None:
        raise refusing(errno.EPERM)

    monkeypatch.setattr(os, "link", link)

    Tape(str(tmp_path / "tape.yaml")).write(header, b"--- one\n")

    assert os.listdir(tmp_path) == ["tape.yaml"]
    assert (tmp_path / "tape.yaml").read_bytes() == header() + b"--- one\n"


def test_a_link_that_fails_otherwise_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: str, target: str) -> None:
        raise refusing(errno.EIO)

    monkeypatch.setattr(os, "link", link)

    with pytest.raises(CassetteNotWritten, match="could not be written"):
        Tape(str(tmp_path / "tape.yaml")).write(header, b"--- one\n")

    assert os.listdir(tmp_path) == []


def test_what_a_faster_process_has_created_is_appended_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tape.yaml"

    def link(source: str, target: str) -> None:
        path.write_bytes(b"cassette: 1 # theirs")
        raise refusing(errno.EEXIST)

    monkeypatch.setattr(os, "link", link)

    Tape(str(path)).write(header, b"--- one\n")

    assert path.read_bytes() == b"cassette: 1 # theirs\n--- one\n"


def test_what_others_put_in_its_place_meanwhile_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "tape.yaml"
    tape = Tape(str(path))
    tape.write(header, b"--- one\n")
    tape.write(header, b"--- two\n")

    (tmp_path / "edited").write_bytes(b"cassette: 1 # mine\n...\n--- one\n--- two\n")
    (tmp_path / "edited").replace(path)
    tape.write(header, b"--- three\n")
    tape.write(header, b"--- four\n")

    assert path.read_bytes() == b"cassette: 1 # mine\n...\n--- one\n--- two\n--- three\n--- four\n"


def test_a_file_that_was_deleted_meanwhile_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "tape.yaml"
    tape = Tape(str(path))
    tape.write(header, b"--- one\n")
    tape.write(header, b"--- two\n")

    path.unlink()
    tape.write(header, b"--- three\n")
    tape.write(header, b"--- four\n")

    assert path.read_bytes() == header() + b"--- three\n--- four\n"


def test_between_writes_nothing_is_open_where_nobody_could_replace_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: set[int] = set()
    open_file, close = os.open, os.close

    def opening(path: str, *arguments: int) -> int:
        descriptor = open_file(path, *arguments)
        opened.add(descriptor)
        return descriptor

    def closing(descriptor: int) -> None:
        opened.discard(descriptor)
        close(descriptor)

    monkeypatch.setattr(disk, "IS_WINDOWS", True)
    monkeypatch.setattr(os, "open", opening)
    monkeypatch.setattr(os, "close", closing)
    tape = Tape(str(tmp_path / "tape.yaml"))

    for document in (b"--- one\n", b"--- two\n", b"--- three\n"):
        tape.write(header, document)
        assert not opened

    assert (tmp_path / "tape.yaml").read_bytes() == header() + b"--- one\n--- two\n--- three\n"


@pytest.mark.skipif(os.name == "nt", reason="while a file is written to, nobody replaces it here")
def test_what_was_taken_into_the_new_file_already_is_not_written_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tape.yaml"
    tape = Tape(str(path))
    tape.write(header, b"--- one\n")
    write = os.write

    def overtaken(descriptor: int, data: bytes) -> int:
        size = write(descriptor, data)
        (tmp_path / "settled").write_bytes(path.read_bytes().replace(b"one", b"uno").replace(b"\n", b"\r\n"))
        (tmp_path / "settled").replace(path)
        return size

    monkeypatch.setattr(os, "write", overtaken)
    tape.write(header, b"--- two\n")

    assert path.read_bytes() == b"cassette: 1\r\n...\r\n--- uno\r\n--- two\r\n"


def test_a_replacement_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tape.yaml"
    path.write_bytes(b"old")

    def replace(source: str, target: str) -> None:
        raise refusing(errno.EACCES)

    monkeypatch.setattr(os, "replace", replace)

    with pytest.raises(CassetteNotWritten):
        Tape(str(path)).replace(b"new")

    assert os.listdir(tmp_path) == ["tape.yaml"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_crash_of_another_writer_left_is_cut_before_the_next_document(tmp_path: Path, end: str) -> None:
    path = tmp_path / "tape.yaml"
    path.write_bytes(f"a{end}...{end}".encode())
    opened = Tape(str(path))
    opened.read()
    opened.write(header, b"b\n...\n")
    with path.open("ab") as file:
        file.write(b"c")

    def whole(raw: bytes) -> int:
        assert raw.endswith(b"c")
        return len(raw) - 1

    opened.write(header, b"d\n...\n", whole)

    assert path.read_bytes().decode() == f"a{end}...{end}b{end}...{end}d{end}...{end}"


def test_a_file_that_others_write_to_has_grown(tmp_path: Path) -> None:
    path = tmp_path / "tape.yaml"
    path.write_bytes(b"a\n")
    opened = Tape(str(path))
    opened.read()

    path.write_bytes(b"a\nb\n")

    assert opened.has_grown()


def test_a_file_that_is_gone_has_not_grown(tmp_path: Path) -> None:
    assert not Tape(str(tmp_path / "none.yaml")).has_grown()


def test_a_side_tape_that_cannot_be_opened_or_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CassetteNotWritten):
        SideTape(str(tmp_path / "file" / "tape.yaml")).open()

    side = SideTape(str(tmp_path / "tape.yaml"))
    side.open()
    whole = os.write

    def write(descriptor: int, data: bytes) -> int:
        return whole(descriptor, data[:2])

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(CassetteNotWritten):
        side.append(b"--- one\n")

    assert (tmp_path / "tape.yaml.new").read_bytes() == b""
    side.remove()
    side.remove()
    assert not (tmp_path / "tape.yaml.new").exists()


def test_a_write_that_ends_halfway_is_undone_and_the_next_one_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Tape(str(tmp_path / "tape.yaml"))
    file.write(header, b"--- one\n...\n")
    file.write(header, b"--- two\n...\n")
    write = os.write

    def begin_to_write(descriptor: int, data: bytes) -> int:
        return write(descriptor, data[:5])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", begin_to_write)
        with pytest.raises(CassetteNotWritten, match="No space left"):
            file.write(header, b"--- three\n...\n")
    file.write(header, b"--- four\n...\n")
    file.close()

    assert (tmp_path / "tape.yaml").read_bytes() == header() + b"--- one\n...\n--- two\n...\n--- four\n...\n"


def test_a_tape_that_was_written_to_is_closed(tmp_path: Path) -> None:
    before = os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else []

    with cassettes.use(tmp_path / "tape.yaml", "new_episodes") as cassette:
        for path in ("/one", "/two"):
            cassette.record(cassettes.Interaction(cassettes.RecordedRequest("GET", f"https://api.test{path}")))

    assert len(cassette) == 2
    assert not os.path.isdir("/dev/fd") or os.listdir("/dev/fd") == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_regular_file_is_an_error_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    os.symlink("pipe.yaml", tmp_path / "link.yaml")
    entry = {
        "request": {"method": "GET", "url": "https://a.test/"},
        "response": {"status": 200, "content": {"_file": "pipe.yaml"}},
    }
    (tmp_path / "har.har").write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")
    (tmp_path / "routes.yaml").write_text("cassette: 1\nroutes: [{GET https://a.test/: {file: pipe.yaml}}]\n", "utf-8")

    for name in ("pipe.yaml", "link.yaml", os.devnull):
        for opened in (cassettes.load, cassettes.CassetteTransport, cassettes.open):
            with pytest.raises(cassettes.CassetteError, match=r"a pipe, a socket or a device.*\nName a regular file"):
                opened(tmp_path / name)
    for name in ("har.har", "routes.yaml"):
        with pytest.raises(cassettes.CassetteDamaged, match=r"file: pipe\.yaml` names no regular file"):
            cassettes.load(tmp_path / name)
    assert list(tapes_within(str(tmp_path))) == [str(tmp_path / "har.har"), str(tmp_path / "routes.yaml")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a\0", "it holds a NUL"), ("a\ud800", r"utf-8, the encoding of names, has no .*ud800'\nName another file\.$")],
)
def test_a_name_that_no_file_can_have_is_an_error_of_the_family(tmp_path: Path, name: str, reason: str) -> None:
    whole = tmp_path / "tape.yaml"
    whole.write_bytes(header())

    for opened in (cassettes.load, cassettes.CassetteTransport, cassettes.open, cassettes.verify):
        with pytest.raises(cassettes.CassetteError, match=reason):
            opened(f"{name}.yaml")
    for target in (f"{name}.yaml", f"{name}.har"):
        with pytest.raises(cassettes.CassetteError, match=reason):
            cassettes.convert(whole, target)


def test_a_file_is_changed_where_it_lies_by_then(tmp_path: Path) -> None:
    path = tmp_path / "tape.yaml"
    path.write_bytes(b"one\n")
    seen: list[bytes] = []

    def changed(data: bytes) -> bytes:
        seen.append(data)
        return data + b"three\n"

    tape = Tape(str(path))
    stat = os.stat
    with pytest.MonkeyPatch.context() as patch:

        def replaced(name: str) -> os.stat_result:
            patch.setattr(os, "stat", stat)
            (tmp_path / "other.yaml").write_bytes(b"two\n")
            (tmp_path / "other.yaml").replace(path)
            return stat(name)

        patch.setattr(os, "stat", replaced)
        tape.change(changed)

    assert seen == [b"two\n"]
    assert path.read_bytes() == b"two\nthree\n"


def test_what_is_written_is_in_the_file_that_stands_there_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tape.yaml"
    tape = Tape(str(path))
    tape.write(header, b"--- one\n")
    others = [b"--- theirs\n", b"--- theirs, again\n"]
    append = Tape._append

    def replaced_at_once(self: Tape, document: bytes, whole: Callable[[bytes], int]) -> None:
        append(self, document, whole)
        if others:
            (tmp_path / "other.yaml").write_bytes(header() + others.pop(0))
            (tmp_path / "other.yaml").replace(path)

    monkeypatch.setattr(Tape, "_append", replaced_at_once)
    tape.write(header, b"--- two\n")

    assert path.read_bytes() == header() + b"--- theirs, again\n--- two\n"
