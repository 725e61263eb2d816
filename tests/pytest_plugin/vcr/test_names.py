from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.pytest_plugin.vcr.names import default_name, found

if TYPE_CHECKING:
    from pathlib import Path


def test_what_file_systems_do_not_like_is_a_dash() -> None:
    assert default_name(["TestA"], "test_b[x/y:z]") == "TestA.test_b[x-y-z]"


def test_long_names_are_cut_and_kept_apart() -> None:
    one, other = (default_name([], f"test_{'x' * 300}{end}") for end in "ab")

    assert one != other
    assert len(f"{one}.yaml".encode()) == 255


def test_a_tape_beside_the_folder_is_found_where_the_folder_has_none(tmp_path: Path) -> None:
    folder = tmp_path / "test_a"
    flat = tmp_path / "test_one.yaml"
    flat.touch()

    assert found(folder, "test_one") == flat
    assert found(folder, "test_two") == folder / "test_two.yaml"
    assert found(folder, "test_two.json") == folder / "test_two.json"
