"""Which file is meant, and what is said where it is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy import cassettes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("orders.yml", "there is no such file\nDid you mean {folder}/orders.yaml?"),
        ("else.yaml", "there is no such file\nName another one."),
        ("no/folder.yaml", "there is no such file\nName another one."),
        ("orders.yaml:5", "a whole file is wanted here, without a line\nSay {folder}/orders.yaml"),
        ("link.yaml", "the link leads to nowhere.yaml, which is not there\nName another file."),
    ],
)
def test_what_is_not_there_is_told_with_what_may_be_meant(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "orders.yaml").write_text("cassette: 1\n")
    (tmp_path / "link.yaml").symlink_to("nowhere.yaml")
    path = f"{tmp_path}/{name}"

    for function in (cassettes.load, cassettes.verify):
        with pytest.raises(cassettes.CassetteMissing) as caught:
            function(path)
        assert str(caught.value) == f"{path}: {told.format(folder=tmp_path)}"


def test_standard_input_is_no_tape() -> None:
    with pytest.raises(cassettes.CassetteMissing, match="no tape is read from standard input"):
        cassettes.load("-")
