"""Challenges, credentials, retries and event streams: what holds for all of them, whatever a server says."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from understudy import BearerAuth, Client, DigestAuth, MockTransport, RemoteProtocolError, Request, Response, Retry
from understudy.client.auth.challenges import parse_challenges
from understudy.client.retry import retry_after_seconds

_TOKENS = st.text("abcXYZ019!#$%&'*+-.^_`|~", min_size=1, max_size=8)
_VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
_SPACES = st.text(" \t", max_size=2)
_HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80).map(str.strip)


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(
    st.lists(st.tuples(_TOKENS, st.dictionaries(_TOKENS.map(str.lower), _VALUES, min_size=1, max_size=4)), max_size=4),
    _SPACES,
)
def test_challenges_are_found_as_they_were_written(written: list[tuple[str, dict[str, str]]], space: str) -> None:
    field = f"{space},{space}".join(
        scheme + " " + f"{space},{space}".join(f"{name}{space}={space}{quoted(value)}" for name, value in said.items())
        for scheme, said in written
    )

    found = parse_challenges([field])

    assert [(challenge.scheme, challenge.parameters) for challenge in found] == [
        (scheme.lower(), said) for scheme, said in written
    ]


@given(st.lists(st.text(max_size=60), max_size=4))
def test_no_text_breaks_the_parser(fields: list[str]) -> None:
    for challenge in parse_challenges(fields):
        assert challenge.scheme == challenge.scheme.lower()


@given(_HEADER_TEXT, st.sampled_from(["", "Digest ", 'Digest realm="r", nonce="n", ']))
def test_no_challenge_makes_digest_send_more_than_three_requests(said: str, start: str) -> None:
    sent: list[Request] = []

    def answer(request: Request) -> Response:
        sent.append(request)
        return Response(401, headers={"WWW-Authenticate": (start + said).strip()})

    client = Client(transport=MockTransport(answer), auth=DigestAuth("hidden-name", "hidden-word"))
    with suppress(RemoteProtocolError):
        client.get("https://api.test/")

    assert len(sent) <= 3
    assert not any("hidden-word" in request.headers.get("Authorization", "") for request in sent)


@given(st.integers(1, 5), st.lists(st.sampled_from([200, 401, 429, 503]), min_size=8, max_size=8))
def test_a_request_is_never_sent_more_often_than_it_may_be(attempts: int, statuses: list[int]) -> None:
    sent: list[int] = []

    def answer(request: Request) -> Response:
        sent.append(statuses[len(sent)])
        return Response(sent[-1])

    retry = Retry(attempts, backoff=0.0)
    with Client(transport=MockTransport(answer), retry=retry) as client:
        response = client.get("https://api.test/")

    assert len(sent) <= attempts
    assert response.status_code == sent[-1]
    assert [attempt.status for attempt in response.extensions["attempts"]] == sent
    assert all(status in retry.statuses for status in sent[:-1])


@given(st.text(max_size=40), st.none() | st.text(max_size=40))
def test_no_retry_after_is_negative_or_an_error(said: str, date: str | None) -> None:
    seconds = retry_after_seconds(said, date)

    assert seconds is None or seconds >= 0


@given(st.text(min_size=1, max_size=20))
def test_a_token_is_sent_as_it_is_or_refused(token: str) -> None:
    try:
        auth = BearerAuth(token)
    except ValueError:
        return
    with Client(transport=MockTransport(lambda _: Response(200)), auth=auth) as client:
        assert client.get("https://api.test/").request.headers["Authorization"] == f"Bearer {token}"
