"""The page about cassettes: its YAML is what it says it is. Its Python runs in `tests/test_readme.py`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import understudy
from understudy import cassettes
from understudy.cassettes import settings
from understudy.cassettes.swap_file import SwapFile

PAGE = (Path(__file__).parents[2] / "docs" / "cassettes.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_there_are_a_tape_a_script_and_a_file_of_transports() -> None:
    assert len(BLOCKS) == 3


@pytest.mark.parametrize("block", [block for block in BLOCKS if "cassette: 1" in block])
def test_cassettes_of_the_page_are_cassettes(block: str, tmp_path: Path) -> None:
    (tmp_path / "tape.yaml").write_text(block, "utf-8")

    tape = cassettes.load(tmp_path / "tape.yaml")

    assert all(interaction.request.url for interaction in tape.interactions)
    assert len(tape) == block.count("\nrequest:")


def test_routes_of_the_page_answer(tmp_path: Path) -> None:
    (block,) = [block for block in BLOCKS if "cassette: 1" in block and "routes:" in block]
    (tmp_path / "tape.yaml").write_text(block, "utf-8")

    with understudy.Client(transport=cassettes.CassetteTransport(tmp_path / "tape.yaml", "none")) as client:
        assert client.get("https://api.example.com/v1/users/7").json() == {"name": "Ada"}
        assert [client.post("https://api.example.com/v1/orders").status_code for _ in range(2)] == [503, 201]
        assert client.get("https://api.example.com/v1/search?q=tea").json() == ["tea"]


def test_transports_of_the_page_are_understood() -> None:
    (block,) = [block for block in BLOCKS if block.startswith("transports:")]

    kinds = [entry.kind for entry in SwapFile("understudy.yaml", block).entries]

    assert sorted(kinds) == ["app", "block", "cassette", "network", "routes"]


@pytest.mark.parametrize("name", [*settings.KNOWN[3:], *settings.Options.__annotations__])
def test_every_setting_is_on_the_page(name: str) -> None:
    assert re.search(rf"`{name}[:=]", PAGE) is not None


@pytest.mark.parametrize("mode", settings.MODES)
def test_every_mode_is_on_the_page(mode: str) -> None:
    assert f'`"{mode}"`' in PAGE
