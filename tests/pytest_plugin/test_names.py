from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.pytest_plugin.names import LONGEST, automatic, chosen, escape


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test_plain", "test_plain"),
        ("test_get[1-a]", "test_get[1-a]"),
        ("test_get[a/b]", "test_get[a%2Fb]"),
        ("test_get[a\\b]", "test_get[a%5Cb]"),
        ("test_get[https://x.test/?a=1&b=2]", "test_get[https%3A%2F%2Fx.test%2F%3Fa=1%26b=2]"),
        ("test_get[100%]", "test_get[100%25]"),
        ("test_get[é]", "test_get[%C3%A9]"),
        ("..", "%2E%2E"),
        (".hidden", "%2Ehidden"),
        ("ends with a dot.", "ends with a dot%2E"),
        ("CON", "%43ON"),
        ("nul.txt", "%6Eul.txt"),
        ("console", "console"),
        ("a\0b\nc", "a%00b%0Ac"),
    ],
)
def test_a_name_stays_readable_and_loses_nothing(name: str, expected: str) -> None:
    assert escape(name) == expected
    assert unquote(expected, errors="surrogatepass") == name


@given(st.text(max_size=16))
def test_every_name_comes_back(name: str) -> None:
    escaped = escape(name)

    assert unquote(escaped, errors="surrogatepass") == name
    assert not set(escaped) & set('/\\:*?"<>|\0\n')
    assert escaped not in (".", "..")


def test_a_name_that_is_too_long_is_cut_and_stays_its_own() -> None:
    first, second = escape("x" * 500), escape("x" * 499 + "y")

    assert first != second
    assert len(first) == len(second) == LONGEST
    assert first.startswith("xxx")


def test_the_tape_of_a_method_names_its_classes() -> None:
    assert automatic(["TestUsers", "TestRead", "test_one[a]"]) == "TestUsers.TestRead.test_one[a].yaml"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("users", "users.yaml"), ("shop/users", "shop/users.yaml"), ("users.yaml", "users.yaml"), ("v1.2", "v1.2.yaml")],
)
def test_a_chosen_name_gets_its_suffix(name: str, expected: str) -> None:
    assert chosen(name) == expected


@pytest.mark.parametrize("name", ["", "..", "../users", "a/../../b", "/etc/users", "C:/users", "a\\b", "a\0b"])
def test_a_chosen_name_stays_inside_the_folder(name: str) -> None:
    with pytest.raises(ValueError, match="not a path inside the folder of tapes"):
        chosen(name)
