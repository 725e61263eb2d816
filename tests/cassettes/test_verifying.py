"""Recordings held against the real thing."""

from __future__ import annotations

import itertools
import json
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Stage

ORDER = {"id": 1, "total": 12.5, "state": "open", "token": "a-secret-of-today", "items": [{"sku": "tea"}]}


def api(change: Callable[[understudy.Request], understudy.Response] | None = None, **members: Any) -> Any:
    """Return a server of orders; `members` differ from those of yesterday."""

    def reply(request: understudy.Request) -> understudy.Response:
        found = change(request) if change is not None else None
        if found is not None:
            return found
        if request.url.path == "/old":
            return understudy.Response(301, headers={"location": "/orders/1"})
        if request.url.path == "/label":
            return understudy.Response(200, content=b"\x00\x01", headers={"content-type": "image/png"})
        if request.url.path == "/down":
            raise understudy.ConnectError("refused", request=request)
        order = {name: value for name, value in {**ORDER, **members}.items() if value is not ...}
        return understudy.Response(200, json=order)

    return reply


def record(stage: Stage, **settings: Any) -> None:
    stage.server.reply = api()
    with stage.use("once", **settings):
        for path in ("/orders/1", "/old", "/label"):
            stage.client.get(f"https://api.test{path}", headers={"authorization": "Bearer a-token-of-mine"})
        stage.client.post("https://api.test/orders", json={"sku": "tea"})
        stage.client.get("https://api.test/orders/1?token=a-token-of-mine")
        with pytest.raises(understudy.ConnectError):
            stage.client.get("https://api.test/down")
    stage.server.asked.clear()


def test_what_has_not_changed_is_verified_and_unsafe_requests_are_not_sent(stage: Stage) -> None:
    record(stage)

    result = cassettes.verify(stage.path, client=stage.client)

    assert result
    assert result.sent == 3
    assert result.drifts() == []
    assert [str(request.url) for request in stage.server.asked] == [
        "https://api.test/orders/1",
        "https://api.test/old",
        "https://api.test/label",
    ]
    assert [checked.skipped for checked in result.checked[3:]] == [
        "POST may change something",
        "its URL holds a secret",
        "recorded was ConnectError, which proves nothing",
    ]
    assert all("authorization" not in request.headers for request in stage.server.asked)


def test_marks_of_secrets_are_filled_in_where_somebody_says_with_what(stage: Stage) -> None:
    record(stage)

    result = cassettes.verify(stage.path, client=stage.client, secrets={"__REDACTED_token_1__": "today's"})

    assert result.sent == 4
    assert stage.server.asked[0].headers["authorization"] == "Bearer today's"
    assert stage.server.asked[3].url.query == b"token=today's"


@pytest.mark.parametrize(
    ("secrets", "authorization", "sent"),
    [
        ({"header.authorization": "of today"}, "Bearer of today", 3),
        ({"api.test header.Authorization": "of today"}, "Bearer of today", 3),
        ({"*.test header.authorization": "x", "__REDACTED_token_1__": "of today"}, "Bearer of today", 4),
        ({"other.test header.authorization": "of today", "header.x-key": "x"}, None, 3),
        ({"query.token": "of today"}, None, 4),
    ],
)
def test_what_was_redacted_can_be_named_by_its_place(
    stage: Stage, secrets: dict[str, str], authorization: str | None, sent: int
) -> None:
    record(stage)

    result = cassettes.verify(stage.path, client=stage.client, secrets=secrets)

    assert result.sent == sent
    assert stage.server.asked[0].headers.get("authorization") == authorization
    assert "x-key" not in stage.server.asked[0].headers
    if sent == 4:
        assert stage.server.asked[3].url.params["token"] == "of today"


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"data": {"password": "a-password", "user": "ada"}}, b"password=a%2B%26%22b&user=ada"),
        ({"json": {"password": "a-password"}}, b'{"password":"a+&\\"b"}'),
        ({"content": "<password>a-password</password>"}, b'<password>a+&"b</password>'),
    ],
)
def test_a_body_is_sent_with_what_was_redacted_or_not_at_all(stage: Stage, body: dict[str, Any], sent: bytes) -> None:
    stage.server.reply = api()
    with stage.use("once"):
        stage.client.post("https://api.test/login", **body)
    stage.server.asked.clear()

    skipped = cassettes.verify(stage.path, client=stage.client, methods="POST")
    secrets = {"__REDACTED_password_1__": 'a+&"b'}
    cassettes.verify(stage.path, client=stage.client, methods="POST", secrets=secrets)

    assert (skipped.sent, skipped.checked[0].wanted) == (0, "__REDACTED_password_1__")
    assert [request.read() for request in stage.server.asked] == [sent]


def test_what_was_given_is_not_shown(stage: Stage) -> None:
    record(stage)
    stage.server.reply = api(echo="a secret of today")

    result = cassettes.verify(stage.path, client=stage.client, secrets={"query.token": "a secret of today"})

    assert result.drifts("additive")
    assert "of today" not in str(result.as_data())


def test_the_clients_own_fields_stand_in_for_redacted_ones(stage: Stage) -> None:
    record(stage)
    stage.client.headers["authorization"] = "Bearer of-the-client"

    cassettes.verify(stage.path, client=stage.client)

    assert stage.server.asked[0].headers["authorization"] == "Bearer of-the-client"


def test_the_clients_cookies_stand_in_for_redacted_ones(stage: Stage) -> None:
    stage.server.reply = api()
    with stage.use("once"):
        stage.client.get("https://api.test/orders/1", headers={"cookie": "session=of-yesterday; seen=of-yesterday"})
    stage.server.asked.clear()
    stage.client.cookies.set("session", "of-today")

    cassettes.verify(stage.path, client=stage.client)
    cassettes.verify(stage.path, client=stage.client, secrets={"__REDACTED_cookie_1__": "given"})

    cookies = [request.headers["cookie"] for request in stage.server.asked]
    assert cookies == ["session=of-today", "session=given; seen=given"]


def test_changes_are_told_as_text_and_as_data(stage: Stage) -> None:
    record(stage)
    stage.server.reply = api(total="12.50", state="closed", discount=0, items=...)

    result = cassettes.verify(stage.path, client=stage.client)

    assert not result
    assert str(result) == (
        f"{stage.path}: 3 requests sent, 2 breaking, 1 additive, 1 value; 3 not sent\n"
        "  line 5  GET /orders/1\n"
        '    BREAKING  json.total     number 12.5 -> string "12.50"\n'
        '    value     json.state     "open" -> "closed"\n'
        "    BREAKING  json.items     list -> gone\n"
        "    additive  json.discount  nothing -> number\n"
        f"  line {result.checked[3].interaction.line}  POST /orders  not sent: POST may change something\n"
        f"  line {result.checked[4].interaction.line}  GET /orders/1  not sent: its URL holds a secret: "
        "pass secrets={'api.test query.token': ...}\n"
        f"  line {result.checked[5].interaction.line}  GET /down  not sent: recorded was ConnectError, "
        "which proves nothing"
    )
    data = json.loads(json.dumps(result.as_data()))
    assert (data["sent"], data["breaking"], data["additive"], data["value"]) == (3, 2, 1, 1)
    assert data["requests"][0]["drifts"][0] == {
        "kind": "breaking",
        "place": "json.total",
        "recorded": "number 12.5",
        "live": 'string "12.50"',
    }


@pytest.mark.parametrize(
    ("path", "answer", "drift"),
    [
        ("/orders/1", understudy.Response(404), ("breaking", "status", "200", "404")),
        (
            "/orders/1",
            understudy.Response(200, text="{}"),
            ("breaking", "header.content-type", "application/json", "text/plain"),
        ),
        ("/old", understudy.Response(301), ("breaking", "header.location", "/orders/1", "nothing")),
        (
            "/orders/1",
            understudy.Response(200, content=b"<p>", headers={"content-type": "application/json"}),
            ("breaking", "body", "JSON", "no JSON"),
        ),
        (
            "/label",
            understudy.Response(200, content=b"\x00", headers={"content-type": "image/png"}),
            ("value", "body", "2 bytes", "1 other bytes"),
        ),
    ],
    ids=["status", "media type", "location", "no JSON", "bytes"],
)
def test_each_part_of_an_answer_is_compared(
    stage: Stage, path: str, answer: understudy.Response, drift: tuple[str, str, str, str]
) -> None:
    record(stage)
    stage.server.reply = api(lambda request: answer if request.url.path == path else None)  # type: ignore[arg-type, return-value]  # None: the usual answer

    drifts = cassettes.verify(stage.path, client=stage.client).drifts()

    assert (drifts[0].kind, drifts[0].place, drifts[0].recorded, drifts[0].live) == drift


@pytest.mark.parametrize("error", [understudy.ConnectError, understudy.ConnectTimeout, understudy.ProxyError])
def test_a_server_that_nobody_reaches_has_changed_nothing_and_is_asked_once(
    stage: Stage, error: type[understudy.RequestError]
) -> None:
    record(stage)
    with stage.use("new_episodes"):
        stage.client.get("https://other.test/")
    stage.server.asked.clear()

    def refuse(request: understudy.Request) -> understudy.Response:
        if request.url.host == "other.test":
            return understudy.Response(200, json=ORDER)
        raise error("refused", request=request)

    stage.server.reply = refuse
    result = cassettes.verify(stage.path, client=stage.client)

    assert not result
    assert result.drifts() == []
    assert (result.sent, result.unanswered) == (2, 1)
    assert [str(request.url) for request in stage.server.asked] == ["https://api.test/orders/1", "https://other.test/"]
    lines = str(result).splitlines()
    assert lines[:3] == [
        f"{stage.path}: 2 requests sent, 0 breaking, 0 additive, 0 value; 1 without an answer; 5 not sent",
        f"  line 5  GET /orders/1  no answer: {error.__name__}: refused",
        f"  line {result.checked[1].interaction.line}  GET /old  not sent: https://api.test could not be reached, "
        "see line 5",
    ]
    data = result.as_data()
    assert (data["unanswered"], data["breaking"]) == (1, 0)
    assert [one["unanswered"] for one in data["requests"][:2]] == [f"{error.__name__}: refused", None]


def test_an_answer_that_does_not_come_in_time_is_none_and_the_next_one_may(stage: Stage) -> None:
    record(stage)

    def hesitate(request: understudy.Request) -> understudy.Response | None:
        if request.url.path == "/old":
            raise understudy.ReadTimeout("too late", request=request)
        return None

    stage.server.reply = api(hesitate)  # type: ignore[arg-type]  # None: the usual answer
    result = cassettes.verify(stage.path, client=stage.client)

    assert not result
    assert [one.unanswered for one in result.checked[:3]] == [None, "ReadTimeout: too late", None]
    assert result.drifts() == []


def test_an_answer_that_is_no_http_is_breaking(stage: Stage) -> None:
    record(stage)

    def babble(request: understudy.Request) -> understudy.Response:
        raise understudy.RemoteProtocolError("no HTTP", request=request)

    stage.server.reply = babble
    result = cassettes.verify(stage.path, client=stage.client)

    assert {(drift.place, drift.live) for drift in result.drifts("breaking")} == {
        ("answer", "RemoteProtocolError: no HTTP")
    }
    assert (result.sent, result.unanswered) == (3, 0)


def test_age_is_no_news_to_who_compares_with_the_real_thing(stage: Stage) -> None:
    record(stage)
    stage.path.write_text(
        re.sub("recorded: .*", "recorded: 2020-01-01\nexpires: 5d", stage.text, count=1), encoding="utf-8"
    )

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cassettes.verify(stage.path, client=stage.client)

    with pytest.warns(cassettes.CassetteExpired):
        cassettes.load(stage.path)


def test_a_stream_that_the_program_has_left_is_not_read_to_its_end(stage: Stage) -> None:
    events = itertools.count()

    def endless(request: understudy.Request) -> understudy.Response:
        stream = (f"data: {number}\n\n".encode() for number in events)
        return understudy.Response(200, content=stream, headers={"content-type": "text/event-stream"})

    stage.server.reply = endless
    with stage.use("once"), stage.client.sse("https://api.test/events") as source:
        assert next(iter(source)).data == "0"
    heard = next(events)

    result = cassettes.verify(stage.path, client=stage.client)

    assert (result.sent, result.drifts()) == (1, [])
    assert next(events) == heard + 1


def test_a_client_that_raises_for_a_status_compares_it_all_the_same(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(404, json={"error": 1})
    with stage.use("once"):
        stage.client.get("https://api.test/nowhere")

    with understudy.Client(transport=understudy.MockTransport(stage.server), raise_for_status=True) as client:
        alike = cassettes.verify(stage.path, client=client)
        stage.server.reply = lambda request: understudy.Response(404, json={"error": "1"})
        changed = cassettes.verify(stage.path, client=client)

    assert alike.drifts() == []
    assert [(drift.place, drift.live) for drift in changed.drifts()] == [("json.error", 'string "1"')]


def test_what_the_cassette_ignores_may_change_its_value(stage: Stage) -> None:
    record(stage, ignore=["json.state"])
    stage.path.write_text(stage.text.replace("cassette: 1\n", "cassette: 1\nvolatile: [json.state]\n"), "utf-8")
    stage.server.reply = api(state="closed")

    assert cassettes.verify(stage.path, client=stage.client).drifts() == []


def test_what_is_said_to_be_volatile_in_code_may_change_its_value(stage: Stage) -> None:
    record(stage)
    stage.server.reply = api(state="closed")

    assert cassettes.verify(stage.path, client=stage.client).drifts()
    assert cassettes.verify(stage.path, client=stage.client, volatile=["json.state"]).drifts() == []


def test_moments_differ_as_numbers_too(stage: Stage) -> None:
    moments = iter([1_795_907_868.25, 1_795_907_999.5])
    stage.server.reply = lambda request: understudy.Response(200, json={"at": next(moments)})
    with stage.use("once"):
        stage.client.get("https://api.test/job")

    assert cassettes.verify(stage.path, client=stage.client).drifts() == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_request_whose_credentials_were_hidden_is_no_proof_where_it_is_refused(stage: Stage, status: int) -> None:
    record(stage)
    stage.server.reply = lambda request: understudy.Response(status)

    result = cassettes.verify(stage.path, client=stage.client)

    reasons = {(one.skipped, one.wanted) for one in result.checked[:3]}
    assert reasons == {("the server wants credentials, which no recording holds", "api.test header.authorization")}
    secrets = {"__REDACTED_token_1__": "a-token-of-mine"}
    assert cassettes.verify(stage.path, client=stage.client, secrets=secrets).drifts("breaking")


def test_credentials_of_the_client_that_are_refused_are_not_missing(stage: Stage) -> None:
    record(stage)
    stage.server.reply = lambda request: understudy.Response(401)

    with understudy.Client(transport=understudy.MockTransport(stage.server), auth=("ada", "wrong")) as client:
        result = cassettes.verify(stage.path, client=client)

    assert not result
    assert {(drift.place, drift.live) for drift in result.drifts("breaking")} == {("status", "401")}


def test_of_a_cookie_and_a_field_for_credentials_the_field_is_asked_for_first(stage: Stage) -> None:
    stage.server.reply = api()
    with stage.use("once"):
        headers = {"cookie": "session=of-yesterday", "authorization": "Bearer a-token-of-mine"}
        stage.client.get("https://api.test/orders/1", headers=headers)
    stage.server.reply = lambda request: understudy.Response(401)

    result = cassettes.verify(stage.path, client=stage.client)
    given = cassettes.verify(stage.path, client=stage.client, secrets={"header.authorization": "of-today"})

    assert result.checked[0].wanted == "api.test header.authorization"
    assert given.checked[0].wanted == "api.test header.cookie"


def test_a_safe_method_that_was_not_asked_for_is_not_called_unsafe(stage: Stage) -> None:
    record(stage)

    result = cassettes.verify(stage.path, client=stage.client, methods=["POST"])

    assert result.checked[0].skipped == "GET is not among `methods`"


def test_of_what_was_polled_the_nearest_state_counts(stage: Stage) -> None:
    states = iter(["queued", "done", "done"])
    stage.server.reply = lambda request: understudy.Response(200, json={"state": next(states)})
    with stage.use("once"):
        stage.client.get("https://api.test/job")
        stage.client.get("https://api.test/job")

    result = cassettes.verify(stage.path, client=stage.client)

    assert (result.sent, result.drifts()) == (1, [])


def test_a_client_of_its_own_goes_where_every_client_goes(stage: Stage) -> None:
    record(stage)

    with understudy.stand_in(understudy.MockTransport(stage.server)):
        assert cassettes.verify(stage.path)


def test_wrong_use_fails_at_the_call(stage: Stage) -> None:
    record(stage)

    with pytest.raises(TypeError, match=r"verify sends with a Client, which blocks, and not with <.*AsyncClient"):
        cassettes.verify(stage.path, client=stage.async_client)  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(TypeError, match=r"`secrets` says what each mark stands for, as a mapping, not str"):
        cassettes.verify(stage.path, client=stage.client, secrets="x")  # type: ignore[arg-type]  # that is the mistake
    for name in ("authorization", "json.token", "api.test"):
        with pytest.raises(ValueError, match=r"a secret is named by its mark.*, not '"):
            cassettes.verify(stage.path, client=stage.client, secrets={name: "x"})
    for host in ("https://api.test", "api.test:443", "api.test/x"):
        with pytest.raises(ValueError, match=f"to a host, without scheme, port and path, .*'{host}' in .* is none"):
            cassettes.verify(stage.path, client=stage.client, secrets={f"{host} query.key": "x"})
    assert stage.server.asked == []


@pytest.mark.parametrize("methods", ["get", ["get"], ["GET"]])
def test_methods_are_named_in_any_case(stage: Stage, methods: Any) -> None:
    record(stage)

    assert cassettes.verify(stage.path, client=stage.client, methods=methods).sent == 3
