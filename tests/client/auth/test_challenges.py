from __future__ import annotations

import time

import pytest

from understudy.client.auth.challenges import MOST_CHARACTERS, Challenge, parse_challenges


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("Basic", [Challenge("basic", {})], id="a scheme alone"),
        pytest.param('Basic realm="x"', [Challenge("basic", {"realm": "x"})], id="one parameter"),
        pytest.param(
            'DIGEST Realm = "a, b" ,NONCE=c', [Challenge("digest", {"realm": "a, b", "nonce": "c"})], id="loose spaces"
        ),
        pytest.param(
            r'Digest realm="say \"hi\" \\ bye"', [Challenge("digest", {"realm": r'say "hi" \ bye'})], id="escapes"
        ),
        pytest.param(
            'Negotiate, Digest realm="x", nonce="y", Basic realm="z"',
            [
                Challenge("negotiate", {}),
                Challenge("digest", {"realm": "x", "nonce": "y"}),
                Challenge("basic", {"realm": "z"}),
            ],
            id="several in one field",
        ),
        pytest.param(
            "Negotiate YWJj+/==, Bearer",
            [Challenge("negotiate", {}, "YWJj+/=="), Challenge("bearer", {})],
            id="a token",
        ),
        pytest.param('Digest realm="x', [Challenge("digest", {"realm": "x"})], id="a quote left open"),
        pytest.param('Digest realm="x\\', [Challenge("digest", {"realm": "x"})], id="an escape left open"),
        pytest.param('Digest realm="x", realm="y"', [Challenge("digest", {"realm": "x"})], id="the first one counts"),
        pytest.param('=, "", realm="x"', [Challenge("realm", {}), Challenge("x", {})], id="no scheme"),
        pytest.param("Digest realm=, a=b", [Challenge("digest", {"a": "b"}, "realm=")], id="a token that ends in ="),
        pytest.param("Digest a=b, realm=", [Challenge("digest", {"a": "b", "realm": ""})], id="an empty value"),
        pytest.param(", ,Basic ,", [Challenge("basic", {})], id="empty list items"),
    ],
)
def test_a_field_is_a_list_of_challenges(field: str, expected: list[Challenge]) -> None:
    assert parse_challenges([field]) == expected


def test_several_fields_are_one_list() -> None:
    found = parse_challenges(['Digest realm="x"', 'nonce="y", Basic realm="z"'])

    # A parameter never belongs to the challenge of another field.
    assert [challenge.scheme for challenge in found] == ["digest", "nonce", "y", "basic"]


def test_more_than_a_challenge_can_need_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 16384 characters of WWW-Authenticate"):
        parse_challenges(["Basic", "x" * MOST_CHARACTERS])


@pytest.mark.parametrize("piece", ['"', "\\", '"\\', ",", " ", "a ", "a=", 'a="', "a b=", "=", "a=b,", "a\t", "~ ~"])
def test_parsing_takes_linear_time(piece: str) -> None:
    text = "Digest " + (piece * MOST_CHARACTERS)[: MOST_CHARACTERS - 7]

    started = time.process_time()
    parse_challenges([text])

    assert time.process_time() - started < 2
