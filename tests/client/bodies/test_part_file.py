"""The file that a download is written to: one download at a time owns it, whatever others do in the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import Client, MockTransport, Response
from understudy.client.bodies import part_file as module
from understudy.client.bodies.part_file import PartFile

if TYPE_CHECKING:
    from pathlib import Path

fcntl = pytest.importorskip("fcntl")


def opened(path: Path) -> PartFile:
    part = PartFile(str(path), "it", "sha256")
    part.open(True)
    return part


def test_a_part_that_became_the_target_before_it_was_locked_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data"
    first = opened(path)
    first.add(b"whole")
    lock = module._lock

    def finished_meanwhile(*given: Any) -> None:
        monkeypatch.setattr(module, "_lock", lock)
        first.finish()
        lock(*given)

    monkeypatch.setattr(module, "_lock", finished_meanwhile)
    second = opened(path)
    second.add(b"new")
    second.flush()

    assert path.read_bytes() == b"whole"
    second.finish()
    assert path.read_bytes() == b"new"


def test_a_part_that_vanishes_again_and_again_is_another_downloads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(*_: Any) -> None:
        (tmp_path / "data.part").unlink()

    monkeypatch.setattr(module, "_lock", vanish)

    with pytest.raises(BlockingIOError, match="another download is writing"):
        opened(tmp_path / "data")


def test_a_part_of_no_use_is_removed_before_others_may_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = opened(tmp_path / "data")
    remove = module._remove

    def looked_at(path: str) -> None:
        if path.endswith(".part"):
            with pytest.raises(BlockingIOError):
                opened(tmp_path / "data")
        remove(path)

    monkeypatch.setattr(module, "_remove", looked_at)
    part.close(keep=True)

    assert list(tmp_path.iterdir()) == []


def test_a_part_that_cannot_be_read_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(algorithm: str) -> Any:
        raise OSError("broken")

    with Client(transport=MockTransport(lambda _: Response(200, content=b"abc"))) as client:
        with monkeypatch.context() as patched:
            patched.setattr(module, "new_hash", fail)
            with pytest.raises(OSError, match="broken") as failed:
                client.download("https://api.test/", tmp_path / "data")
        assert failed.tb is not None  # which keeps the part alive
        client.download("https://api.test/", tmp_path / "data")

    assert (tmp_path / "data").read_bytes() == b"abc"
