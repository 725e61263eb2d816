"""Locks, and replacing what somebody else looks at: the same words on every system."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from understudy.cassettes.files import disk
from understudy.cassettes.files.disk import Locked

if TYPE_CHECKING:
    from pathlib import Path


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | disk.FLAGS, 0o666)


def test_a_lock_keeps_others_away_until_it_is_given_back(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "a"), opened(tmp_path / "a")

    with Locked(first) as is_locked:
        assert is_locked
        with pytest.raises(BlockingIOError):
            disk.lock(second, waits=False)
        with pytest.raises(BlockingIOError):
            disk.lock(second, is_shared=True, waits=False)
    disk.lock(second, waits=False)

    os.close(second)
    os.close(first)


def test_readers_share_a_lock_and_keep_writers_away(tmp_path: Path) -> None:
    first, second, third = (opened(tmp_path / "a") for _ in range(3))

    with Locked(first, is_shared=True), Locked(second, is_shared=True), pytest.raises(BlockingIOError):
        disk.lock(third, waits=False)
    disk.lock(third, waits=False)

    for descriptor in (first, second, third):
        os.close(descriptor)


def test_a_lock_ends_with_its_descriptor(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "a"), opened(tmp_path / "a")
    disk.lock(first)

    os.close(first)
    disk.lock(second, waits=False)

    os.close(second)


def test_what_is_locked_can_be_read_and_written_by_who_does_not_ask(tmp_path: Path) -> None:
    holder = opened(tmp_path / "a")
    with Locked(holder):
        (tmp_path / "a").write_bytes(b"text")
        assert (tmp_path / "a").read_bytes() == b"text"
    os.close(holder)


def test_a_folder_is_locked_by_whichever_name_it_is_called(tmp_path: Path) -> None:
    first, second = disk.open_folder(str(tmp_path)), disk.open_folder(os.path.join(tmp_path, "."))

    disk.lock(first, is_shared=True)
    with pytest.raises(BlockingIOError):
        disk.lock(second, waits=False)

    os.close(first)
    os.close(second)


def test_replacing_waits_a_moment_for_who_has_the_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old")
    replace = os.replace
    tries: list[str] = []

    def refuse_twice(source: str, target: str) -> None:
        tries.append(target)
        if len(tries) < 3:
            raise PermissionError(13, "somebody has it open")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse_twice)
    monkeypatch.setattr(disk, "_PAUSES", (0.0, 0.0, 0.0))
    disk.replace(str(tmp_path / "new"), str(tmp_path / "old"))

    assert len(tries) == 3
    assert os.listdir(tmp_path) == ["old"]
    assert (tmp_path / "old").read_bytes() == b"new"


def test_replacing_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise PermissionError(13, "somebody has it open")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(disk, "_PAUSES", (0.0, 0.0))

    with pytest.raises(PermissionError):
        disk.replace(str(tmp_path / "new"), str(tmp_path / "old"))


@pytest.mark.parametrize("is_windows", [False, True])
def test_an_open_file_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_windows: bool) -> None:
    if not is_windows and os.name == "nt":
        pytest.skip("not here")
    monkeypatch.setattr(disk, "IS_WINDOWS", is_windows)
    descriptor = opened(tmp_path / "a")

    assert disk.is_at(descriptor, str(tmp_path / "a"))
    disk.remove_open(str(tmp_path / "a"), descriptor)

    assert os.listdir(tmp_path) == []
    with pytest.raises(OSError):  # noqa: PT011  # the words are each system's own
        os.fstat(descriptor)


def test_processes_are_alive_where_nobody_says_they_are_not() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert disk.is_alive(child.pid)
        child.kill()
        child.wait()

    assert disk.is_alive(os.getpid())
    assert disk.is_alive(2**80)
    assert not disk.is_alive(child.pid)


@pytest.mark.skipif(os.name != "posix", reason="signals ask nothing here")
def test_processes_of_others_are_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(process: int, signal: int) -> None:
        raise ProcessLookupError if process == 1 else PermissionError

    monkeypatch.setattr(os, "kill", kill)
    assert not disk.is_alive(1)
    assert disk.is_alive(2)


def test_a_closed_pipe_has_another_name_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    invalid = OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(disk, "IS_WINDOWS", False)
    assert disk.is_closed_pipe(BrokenPipeError())
    assert not disk.is_closed_pipe(invalid)

    monkeypatch.setattr(disk, "IS_WINDOWS", True)
    assert disk.is_closed_pipe(BrokenPipeError())
    assert disk.is_closed_pipe(invalid)
    assert not disk.is_closed_pipe(OSError(errno.EINVAL, "Invalid argument", "a?b.yaml"))
