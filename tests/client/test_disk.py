"""Files that somebody else has open: the same words on every system."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from understudy.client import disk

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lock_is_one_files_until_it_is_closed(tmp_path: Path) -> None:
    with open(tmp_path / "a", "a+b") as first, open(tmp_path / "a", "a+b") as second:
        first.write(b"text")
        disk.lock(first)
        with pytest.raises(OSError):  # noqa: PT011  # the words are each system's own
            disk.lock(second)

        first.write(b" and more")
        first.flush()
        assert (tmp_path / "a").read_bytes() == b"text and more"

        first.close()
        disk.lock(second)


def test_a_file_is_replaced_behind_its_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"file")
    for name, target in (("link", "file"), ("dangling", "missing"), ("further", "link")):
        os.symlink(target, tmp_path / name)

    found = {name: disk.place_of(tmp_path / name) for name in ("file", "link", "further", "dangling", "new")}

    expected = {"file": "file", "link": "file", "further": "file", "dangling": "missing", "new": "new"}
    assert {name: os.path.basename(place) for name, place in found.items()} == expected


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="say the name of the file"):
        disk.place_of(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes on Windows")
@pytest.mark.parametrize("name", ["pipe", os.devnull])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(FileExistsError, match="is a device, a pipe or a socket"):
        disk.place_of(tmp_path / name)


def test_replacing_waits_a_moment_for_who_has_the_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old")
    replace = os.replace
    tries: list[Path] = []

    def refuse_twice(source: Path, target: Path) -> None:
        tries.append(target)
        if len(tries) < 3:
            raise PermissionError(13, "somebody has it open")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse_twice)
    monkeypatch.setattr(disk, "_PAUSES", (0.0, 0.0, 0.0))
    disk.replace(tmp_path / "new", tmp_path / "old")

    assert len(tries) == 3
    assert (tmp_path / "old").read_bytes() == b"new"


def test_replacing_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(13, "somebody has it open")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(disk, "_PAUSES", (0.0, 0.0))

    with pytest.raises(PermissionError):
        disk.replace(tmp_path / "new", tmp_path / "old")


def test_a_closed_pipe_has_another_name_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    invalid = OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(disk, "IS_WINDOWS", False)
    assert disk.is_closed_pipe(BrokenPipeError())
    assert not disk.is_closed_pipe(invalid)

    monkeypatch.setattr(disk, "IS_WINDOWS", True)
    assert disk.is_closed_pipe(BrokenPipeError())
    assert disk.is_closed_pipe(invalid)
    assert not disk.is_closed_pipe(OSError(errno.EINVAL, "Invalid argument", "a?b"))
    assert not disk.is_closed_pipe(ValueError())
