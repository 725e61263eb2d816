"""What differs between terminals."""

from __future__ import annotations

import os

import pytest

from understudy.cassettes.command_line.terminal import shell_word


@pytest.mark.parametrize(
    ("system", "text", "word"),
    [
        ("posix", "tape.yaml", "tape.yaml"),
        ("posix", "my tape.yaml", "'my tape.yaml'"),
        ("posix", "users.*.id", "'users.*.id'"),
        ("nt", "C:\\tapes\\tape.yaml", "C:\\tapes\\tape.yaml"),
        ("nt", "C:\\my tapes\\tape.yaml", '"C:\\my tapes\\tape.yaml"'),
        ("nt", "users.*.id", '"users.*.id"'),
    ],
)
def test_a_word_is_quoted_as_the_shell_of_the_system_wants_it(
    monkeypatch: pytest.MonkeyPatch, system: str, text: str, word: str
) -> None:
    monkeypatch.setattr(os, "name", system)

    assert shell_word(text) == word
