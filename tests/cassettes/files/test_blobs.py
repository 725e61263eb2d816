"""The files beside a cassette: kept as long as anybody names them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes
from understudy.cassettes.files.blobs import Blobs, Spool

if TYPE_CHECKING:
    from pathlib import Path

    from ..conftest import Stage


def answer(stage: Stage, content: bytes) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200, headers={"content-type": "image/png"}, content=content
    )


def record(stage: Stage, content: bytes, mode: str) -> None:
    answer(stage, content)
    with stage.use(mode):
        stage.client.get("https://api.test/picture")


def files(stage: Stage) -> list[str]:
    return sorted(path.name for path in (stage.path.parent / "_blobs").iterdir())


ONE, OTHER = b"\x89PNG" + bytes(9000), b"\x89PNG" + bytes(9001)


def test_recording_anew_removes_files_that_nobody_names_any_more(stage: Stage) -> None:
    record(stage, ONE, "once")
    before = files(stage)

    record(stage, OTHER, "update")

    assert len(before) == len(files(stage)) == 1
    assert before != files(stage)
    record(stage, OTHER, "none")


def test_a_file_that_another_cassette_names_stays(stage: Stage) -> None:
    record(stage, ONE, "once")
    (stage.path.parent / "other.yaml").write_text(stage.text, "utf-8")

    record(stage, OTHER, "all")

    assert len(files(stage)) == 2


def test_nothing_is_removed_while_somebody_is_about_to_name_it(stage: Stage) -> None:
    record(stage, ONE, "once")
    other = Blobs(str(stage.path.parent / "other.yaml"))
    other.keep(ONE, "image/png")
    other.flush()

    record(stage, OTHER, "update")
    assert len(files(stage)) == 2

    other.release()
    record(stage, ONE, "update")
    assert len(files(stage)) == 1


def test_a_file_of_the_same_content_is_written_once(stage: Stage) -> None:
    record(stage, ONE, "once")
    written = os.stat(stage.path.parent / "_blobs" / files(stage)[0])

    record(stage, ONE, "all")

    assert os.stat(stage.path.parent / "_blobs" / files(stage)[0]).st_ino == written.st_ino


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    program = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead = tmp_path / "_blobs" / f".{int(program.stdout)}-abc.tmp"
    alive = tmp_path / "_blobs" / f".{os.getpid()}-abc.tmp"
    dead.parent.mkdir()
    dead.touch()
    alive.touch()

    spool = Spool(str(tmp_path))
    spool.open()
    spool.discard()

    assert list(dead.parent.iterdir()) == [alive]


@pytest.mark.parametrize("size", [9_000, 9 * 1024 * 1024])
@pytest.mark.parametrize("damaged", [b"version https://git-lfs.github.com/spec/v1\n", b"", None])
def test_a_file_that_somebody_has_changed_is_written_again(stage: Stage, size: int, damaged: bytes | None) -> None:
    record(stage, bytes(size), "once")
    (path,) = (stage.path.parent / "_blobs").iterdir()
    path.write_bytes(bytes(size - 1) + b"x" if damaged is None else damaged)

    record(stage, bytes(size), "update")

    assert path.read_bytes() == bytes(size)
    record(stage, bytes(size), "none")
    assert files(stage) == [path.name]


@pytest.mark.parametrize(
    ("was", "became", "lines"), [(b"\n", b"\r\n", 2_000), (b"\r\n", b"\n", 2_000), (b"\n", b"\r\n", 1_000_000)]
)
def test_line_ends_that_a_checkout_has_changed_are_what_they_were(
    tmp_path: Path, was: bytes, became: bytes, lines: int
) -> None:
    content = (b"nine byte" + was) * lines
    blobs = Blobs(str(tmp_path / "tape.yaml"))
    name, digest = blobs.keep(content, "text/plain").values()
    blobs.flush()
    blobs.release()
    (tmp_path / name).write_bytes(content.replace(was, became))

    assert blobs.read(name, digest) == content
    if became == b"\r\n":  # the other way around, long texts are not looked through twice
        assert b"".join(blobs.stream(name, digest)) == content

    (tmp_path / name).write_bytes(content.replace(was, became) + b"more")
    with pytest.raises(ValueError, match="is not what was recorded"):
        blobs.read(name, digest)
    with pytest.raises(ValueError, match="is not what was recorded"):
        list(blobs.stream(name, digest))


@pytest.mark.parametrize("size", [9_000, 9 * 1024 * 1024])
def test_a_body_that_the_disk_has_no_room_for_takes_none(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    answer(stage, bytes(size))
    opened: list[int] = []
    open_file, write = os.open, os.write

    def opening(path: str, *arguments: int) -> int:
        descriptor = open_file(path, *arguments)
        if path.endswith(".tmp"):
            opened.append(descriptor)
        return descriptor

    def full(descriptor: int, data: bytes) -> int:
        if descriptor in opened:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    monkeypatch.setattr(os, "open", opening)
    monkeypatch.setattr(os, "write", full)

    with pytest.raises(cassettes.CassetteError, match="No space left"), stage.use():
        assert len(stage.client.get("https://api.test/picture").content) == size

    assert files(stage) == []
    for descriptor in opened:
        with pytest.raises(OSError):  # noqa: PT011  # the words are each system's own
            os.fstat(descriptor)


def test_a_folder_that_takes_no_files_takes_no_response_from_the_program(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(stage, bytes(9 * 1024 * 1024))
    open_file = os.open

    def refusing(path: str, *arguments: int) -> int:
        if path.endswith(".tmp"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return open_file(path, *arguments)

    monkeypatch.setattr(os, "open", refusing)

    with pytest.raises(cassettes.CassetteError, match="Permission denied"), stage.use():
        assert len(stage.client.get("https://api.test/picture").content) == 9 * 1024 * 1024
