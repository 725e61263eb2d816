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
from understudy.cassettes.blobs import MAX_IN_MEMORY, Blobs, Spool

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stage


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


def descriptors() -> list[str]:
    """Return what is open, where that can be seen."""
    return os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else []


ONE, OTHER = b"\x89PNG" + bytes(9000), b"\x89PNG" + bytes(9001)


def test_recording_anew_removes_files_that_nobody_names_any_more(stage: Stage) -> None:
    record(stage, ONE, "once")
    before = files(stage)
    opened = descriptors()

    record(stage, OTHER, "update")

    assert descriptors() == opened
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


@pytest.mark.skipif(os.name != "posix", reason="nobody else can ask whether a process is alive")
def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    program = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead = tmp_path / "_blobs" / f".{int(program.stdout)}-abc.tmp"
    alive = tmp_path / "_blobs" / f".{os.getppid()}-abc.tmp"
    dead.parent.mkdir()
    dead.touch()
    alive.touch()

    spool = Spool(str(tmp_path))
    spool.open()
    spool.discard()

    assert list(dead.parent.iterdir()) == [alive]


def test_a_folder_that_takes_no_file_is_reported_at_the_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    answer(stage, bytes(MAX_IN_MEMORY + 1))
    used = stage.use()
    used.__enter__()
    with monkeypatch.context() as patched:
        patched.setattr("understudy.cassettes.blobs.os.open", refuse)
        response = stage.client.get("https://api.test/picture")

    with pytest.raises(cassettes.CassetteNotWritten, match="No space left on device"):
        used.__exit__()

    assert len(response.content) == MAX_IN_MEMORY + 1


def test_a_file_that_cannot_be_written_is_closed_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    blobs = Blobs(str(tmp_path / "tape.yaml"))
    blobs.keep(ONE, "image/png")
    monkeypatch.setattr("understudy.cassettes.blobs.os.write", refuse)
    before = descriptors()

    with pytest.raises(OSError, match="No space"):
        blobs.flush()

    blobs.release()
    assert descriptors() == before
    assert list((tmp_path / "_blobs").iterdir()) == []
