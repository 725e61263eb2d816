"""No secret reaches a file, in either direction and in any encoding; and what was hidden still matches."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

import understudy
from understudy import cassettes
from understudy.cassettes.secrets.names import secret_header_kind, secret_kind
from understudy.cassettes.secrets.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..conftest import Stage

SECRET = "s3cr3t/v+lue=42"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLXRoYXQtaXMtcmVhbA"


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "refreshToken",
        "id-token",
        "password",
        "client_secret",
        "apiKey",
        "api_key",
        "X-Amz-Signature",
        "sig",
        "secretAccessKey",
        "private_key",
        "sessionid",
        "PHPSESSID",
        "GITHUB_TOKEN",
        "X-Amz-Credential",
        "passphrase",
        "passwords",
        "secrets",
        "api_keys",
        "accessTokens",
    ],
)
def test_names_that_sound_secret(name: str) -> None:
    assert secret_kind(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "total_tokens",
        "max_tokens",
        "tokens",
        "include_secrets",
        "token_type",
        "next_page_token",
        "nextToken",
        "key",
        "author",
        "keyboard",
        "tokenizer",
        "design",
        "signature_version",
        "password_reset_url",
        "sku",
        "id",
    ],
)
def test_names_that_do_not(name: str) -> None:
    assert secret_kind(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "X-Api-Key",
        "Ocp-Apim-Subscription-Key",
        "DD-APPLICATION-KEY",
        "X-Custom-Key",
        "X-CSRF-Token",
        "authorization",
        "X-Forwarded-Authorization",
    ],
)
def test_header_names_that_sound_secret(name: str) -> None:
    assert secret_header_kind(name) is not None
    assert secret_header_kind("Idempotency-Key") is None
    assert secret_header_kind("X-Idempotency-Key") is None


def test_thirty_secrets_leave_no_trace(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_API_KEY", SECRET)
    hidden = [f"hidden-value-{number:02}" for number in range(20)]
    encoded = {
        "plain": SECRET,
        "quoted": quote(SECRET, safe=""),
        "base64": base64.b64encode(b"user:" + SECRET.encode()).decode(),
        "base64 at another offset": base64.b64encode(b"ab" + SECRET.encode()).decode(),
    }

    def reply(request: understudy.Request) -> understudy.Response:
        body = gzip.compress(
            json.dumps({"echo": encoded, "access_token": hidden[0], "deep": [{"password": hidden[1]}]}).encode()
        )
        return understudy.Response(
            200,
            headers=[
                ("Content-Type", "application/json"),
                ("Content-Encoding", "gzip"),
                ("Set-Cookie", f"sid={hidden[2]}; Path=/"),
                ("Set-Cookie", "theme=dark"),
                ("Location", f"https://api.test/?token={hidden[3]}&page=2"),
                ("X-Api-Key", hidden[4]),
            ],
            content=body,
        )

    stage.server.reply = reply
    with stage.use():
        stage.client.post(
            f"https://user:{hidden[5]}@api.test/a?api_key={hidden[6]}&sig={hidden[7]}&q=tea",
            json={"password": hidden[8], "nested": {"client_secret": hidden[9]}, "note": f"uses {SECRET}"},
            headers={"Authorization": f"Bearer {hidden[10]}", "Cookie": f"a={hidden[11]}; b={hidden[12]}"},
        )
        stage.client.post("https://api.test/form", data={"password": hidden[13], "name": "ada"})
        stage.client.post("https://api.test/up", data={"token": hidden[14]}, files={"f": b"x"})
        stage.client.post("https://api.test/text", content=f'broken {{"token": "{hidden[15]}", ')
        stage.client.post("https://api.test/xml", content=f"<a><password>{hidden[16]}</password></a>")
        stage.client.get("https://api.test/basic", auth=("ada", hidden[17]))

    found = [secret for secret in (*hidden, *encoded.values(), SECRET) if secret in stage.text]
    assert found == []
    assert "theme=dark" in stage.text
    assert "q=tea" in stage.text
    assert base64.b64encode(f"ada:{hidden[17]}".encode()).decode() not in stage.text


def test_one_secret_has_one_mark_and_replay_accepts_any(stage: Stage) -> None:
    def session(password: str) -> list[int]:
        token = stage.client.post("https://api.test/login", json={"password": password}).json()["access_token"]
        return [stage.client.get("https://api.test/me", params={"access_token": token}).status_code]

    stage.server.reply = lambda request: understudy.Response(200, json={"access_token": "the-real-token"})
    with stage.use():
        live = session("the-real-password")

    with stage.use("none"):
        assert session("any") == live
    assert stage.text.count("__REDACTED_token_1__") == 3


def test_a_jwt_keeps_its_claims_and_loses_its_signature(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, json={"id_token": JWT})

    with stage.use():
        stage.client.get("https://api.test/")

    assert f"id_token: {JWT.rpartition('.')[0]}.__REDACTED_jwt_1__" in stage.text


def test_names_of_parameters_are_decoded(stage: Stage) -> None:
    url = "https://api.test/?user%5Bpassword%5D=hidden-1234&api%5Fkey=hidden-5678"
    stage.server.reply = lambda request: understudy.Response(200, json={"next": url}, headers={"location": url})

    with stage.use():
        stage.client.get("https://api.test/", params={"user[password]": "hidden-9012"})

    assert "hidden" not in stage.text
    assert "user%5Bpassword%5D=__REDACTED_password_1__" in stage.text


def test_credentials_in_a_member_named_after_their_field_are_hidden(stage: Stage) -> None:
    headers = {"Authorization": "Bearer hidden-1234", "X-Authorization": "Basic hidden-5678"}
    harmless = {"authorization": "required", "Authorization": "Token of the user"}
    stage.server.reply = lambda request: understudy.Response(200, json=[{"headers": headers}, harmless])

    with stage.use():
        stage.client.get("https://api.test/")

    assert "hidden" not in stage.text
    assert "Authorization: Bearer __REDACTED_token_1__" in stage.text
    assert "Token of the user" in stage.text
    assert "required" in stage.text


PACKED = base64.b64encode(b'{"password": "hidden-1234"}').decode()


@pytest.mark.parametrize(
    "body",
    [
        {"text": '<div data-props="{&quot;token&quot;: &quot;hidden-1234&quot;}">'},
        {"json": {"note": "curl -H 'Authorization: Bearer hidden-1234-5678'"}},
        {"json": {"state": PACKED}},
        {"json": {"fields": [{"name": "password", "value": "hidden-1234"}, {"name": "user", "value": "ada"}]}},
        {"content": b'{"password":"hidden-1234"}\n{"id":1}\n', "headers": {"Content-Type": "application/x-ndjson"}},
    ],
    ids=["quoted JSON", "bearer", "packed", "pairs", "lines"],
)
def test_secrets_are_hidden_wherever_a_body_says_them(body: dict[str, Any], stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, **body)

    with stage.use():
        stage.client.get("https://api.test/")

    assert "hidden" not in stage.text
    assert PACKED not in stage.text


def test_a_password_in_another_charset_is_hidden_where_it_comes_again(stage: Stage) -> None:
    credentials = base64.b64encode("ada:h\xefdden-1234".encode("latin-1")).decode()
    stage.server.reply = lambda request: understudy.Response(200, json={"you said": "h\xefdden-1234"})

    with stage.use():
        stage.client.get("https://api.test/", headers={"Authorization": f"Basic {credentials}"})

    assert "you said: __REDACTED_password_1__" in stage.text


def test_what_is_empty_is_no_secret(stage: Stage) -> None:
    with stage.use():
        stage.client.get("https://api.test/", headers={"Authorization": "", "X-Api-Key": ""})

    assert "__REDACTED_" not in stage.text


def test_secrets_among_the_claims_of_a_jwt_are_hidden(stage: Stage) -> None:
    claims = {"sub": "ada", "ref": "key-of-the-request", "client_secret": "in-the-claims"}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    jwt = f"eyJhbGciOiJIUzI1NiJ9.{body}.c2lnbmF0dXJlLXRoYXQtaXMtcmVhbA"
    stage.server.reply = lambda request: understudy.Response(200, json={"id_token": jwt})

    with stage.use():
        stage.client.get("https://api.test/", headers={"x-api-key": "key-of-the-request"})

    found = re.search(r"eyJhbGciOiJIUzI1NiJ9\.([\w-]+)\.__REDACTED_jwt_1__", stage.text)
    assert found is not None
    shown = json.loads(base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)))
    assert shown == {"sub": "ada", "ref": "__REDACTED_key_1__", "client_secret": "__REDACTED_secret_1__"}


def test_a_jwt_is_matched_wherever_it_stands(stage: Stage) -> None:
    def ask(token: str) -> None:
        fields = {"authorization": f"Bearer {token}", "x-note": token}
        bodies: list[Any] = [
            {"json": {"note": f"B {token}"}},
            {"content": f"a text {token}"},
            {"data": {"note": token}},
        ]
        for body in bodies:
            stage.client.post("https://api.test/", params={"note": token}, headers=fields, **body)

    with stage.use(match=["method", "url", "body", "headers"]):
        ask(JWT)

    with stage.use("none", match=["method", "url", "body", "headers"]):
        ask(JWT)
    with stage.use("none", match=["method", "url", "body", "headers"]):
        ask(f"{JWT.rpartition('.')[0]}.__REDACTED_jwt_1__")


def test_own_names_are_redacted_too(stage: Stage) -> None:
    with stage.use(redact=["ssn"]):
        stage.client.post("https://api.test/", json={"ssn": "078-05-1120"}, headers={"ssn": "078-05-1120"})

    assert "078-05" not in stage.text


@pytest.mark.parametrize(
    ("secret", "detector"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "AWS access key"),
        ("ghp_" + "a1" * 18, "GitHub token"),
        ("sk_live_" + "a1B2" * 6, "Stripe key"),
        ("xoxb-123456789012-abcdef", "Slack token"),
        (JWT, "JSON Web Token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
    ],
)
def test_what_still_looks_like_a_secret_is_not_written(stage: Stage, secret: str, detector: str) -> None:
    stage.server.reply = lambda request: understudy.Response(200, json={"note": secret})

    received: list[object] = []

    with pytest.raises(cassettes.SecretFound, match=detector) as caught, stage.use():
        received.append(stage.client.get("https://api.test/").json())

    assert received == [{"note": secret}]
    assert secret not in str(caught.value)
    assert not stage.path.exists()


def test_a_false_alarm_is_allowed_by_its_fingerprint(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, json={"note": "AKIAIOSFODNN7EXAMPLE"})
    with pytest.raises(cassettes.SecretFound) as caught, stage.use():
        stage.client.get("https://api.test/")
    fingerprint = (caught.value.mend or "").partition("[")[2].partition("]")[0]

    with stage.use(allow_secrets=[fingerprint]):
        stage.client.get("https://api.test/")

    assert "AKIAIOSFODNN7EXAMPLE" in stage.text


def test_a_large_body_is_looked_at_before_it_becomes_a_file(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, text="x" * 70_000 + " AKIAIOSFODNN7EXAMPLE")

    with pytest.raises(cassettes.SecretFound), stage.use():
        stage.client.get("https://api.test/")

    assert list(stage.path.parent.iterdir()) == []


def test_new_marks_follow_those_of_the_file(stage: Stage) -> None:
    with stage.use():
        stage.client.get("https://api.test/1", headers={"Authorization": "Bearer first-token"})
    with stage.use("new_episodes"):
        stage.client.get("https://api.test/2", headers={"Authorization": "Bearer second-token"})

    assert "__REDACTED_token_1__" in stage.text
    assert "__REDACTED_token_2__" in stage.text


def test_short_cookies_that_say_nothing_stay() -> None:
    redactor = Redactor()

    assert redactor.field("Cookie", "theme=dark; sid=x; flag") == "theme=dark; sid=__REDACTED_cookie_1__; flag"
    assert redactor.field("Set-Cookie", 'id="abcdefghij"; Path=/') == 'id="__REDACTED_cookie_2__"; Path=/'
    assert redactor.field("Set-Cookie", "sid=; Max-Age=0") == "sid=; Max-Age=0"
    assert redactor.field("Authorization", "opaque-token") == "__REDACTED_token_1__"
    assert redactor.field("Authorization", "Basic !") == "Basic __REDACTED_basic_1__"


def test_passwords_that_are_numbers_are_hidden_and_still_match(stage: Stage) -> None:
    with stage.use():
        stage.client.post("https://api.test/login", json={"user": 7, "otp": 123456, "password": [87654321, None]})
    with stage.use("none"):
        stage.client.post("https://api.test/login", json={"user": 7, "otp": 654321, "password": [1, None]})

    assert "otp: 0" in stage.text
    assert "password: [0, null]" in stage.text
    assert "user: 7" in stage.text


def test_secrets_in_urls_inside_json_are_hidden(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200,
        json={
            "next": "https://api.test/x?page=2&access_token=abcdef0123",
            "signed": "https://store.test/k?X-Amz-Signature=abcdef0124&X-Amz-Date=2026",
            "database": "postgres://ada:abcdef0125@db.test/shop",
            "back": "https://api.test/?to=https%3A%2F%2Fa.test%2F%3Ftoken%3Dabcdef0126%26b%3D1",
            "within": json.dumps({"password": "abcdef0127"}),
            "plain": "https://api.test/x?page=2&note=abcdef0128",
        },
    )

    with stage.use():
        stage.client.get("https://api.test/links")

    assert [number for number in range(123, 129) if f"abcdef0{number}" in stage.text] == [128]
    assert "next: https://api.test/x?page=2&access_token=__REDACTED_token_1__\n" in stage.text
    assert "%3Ftoken%3D__REDACTED_token_2__%26b%3D1" in stage.text


def test_secrets_in_dictionaries_as_python_shows_them_are_hidden(stage: Stage) -> None:
    login = {"user": "it's Ada", "password": "abcdef0123", "pin": {"passcode": "it's abcdef0124"}, "key": b"kept"}
    detail = f"cannot log in with {login}, headers {{'X-Api-Key': b'abcdef0125', 'Accept': 'kept'}}"
    stage.server.reply = lambda request: understudy.Response(422, json={"detail": detail})

    with stage.use():
        stage.client.post(
            "https://api.test/login", content=f"{login!r} isn't JSON: 'password': not quoted, 'password': 'cut"
        )

    assert "abcdef01" not in stage.text
    assert "'user': \"it's Ada\", 'password': '__REDACTED_password_1__', 'pin': {'passcode'" in stage.text.replace(
        "\\", ""
    )
    assert stage.text.count("__REDACTED_") == 5
    assert stage.text.count("kept") == 3
    assert "'password': not quoted, 'password': 'cut" in stage.text


def test_secrets_in_pages_and_xml_are_hidden(stage: Stage) -> None:
    page = """<html><meta name="csrf-token" content="abcdef0123"><meta content='abcdef0124' name=csrf-token />
<input type="hidden" name="authenticity_token" value="abcdef0125"/><input value="kept" name="q"><input value="kept">
<a href="/y?token=abcdef0126&amp;b=2" data-api-key="abcdef0127" class="auth">x</a>
<Password Type="#PasswordText">abcdef0128</Password><s:token><![CDATA[abcdef0129]]></s:token>
<s:Envelope xmlns:auth="http://schema.test/auth"/>"""
    stage.server.reply = lambda request: understudy.Response(200, html=page)

    with stage.use():
        stage.client.get("https://api.test/page")
    with stage.use("none"):
        replayed = stage.client.get("https://api.test/page").text

    assert "abcdef01" not in stage.text
    assert replayed.count("__REDACTED_") == 7
    assert 'xmlns:auth="http://schema.test/auth"' in replayed
    assert replayed.count("kept") == 2
    assert "<![CDATA[__REDACTED_token_" in replayed


def test_a_secret_is_hidden_wherever_it_stands_and_its_request_is_found_again(stage: Stage) -> None:
    def ask(token: str) -> None:
        headers = {"authorization": f"Bearer {token}"}
        stage.client.post(f"https://api.test/keys/{token}", headers=headers, json={"echo": token, token: 1})
        stage.client.post("https://api.test/upload", content=b"\xff\x00" + token.encode())
        stage.client.post("https://api.test/form", files={token: (token, b"\xff" + token.encode())})

    with stage.use():
        ask("one-long-secret-1")
    with stage.use("none") as cassette:
        ask("one-long-secret-1")
        assert cassette.unplayed == []
    with stage.use("none") as cassette:
        ask("another-secret-of-other-length-2")
        assert cassette.unplayed == []

    assert "one-long" not in stage.text
    assert b"one-long" not in b"".join(one.request.content for one in cassettes.load(stage.path).interactions)


def test_a_secret_that_is_seen_late_is_hidden_in_all_of_its_interaction(stage: Stage) -> None:
    with stage.use():
        stage.client.post("https://api.test/keys/one-long-secret", json={"password": "one-long-secret"})
    with stage.use("none"):
        stage.client.post("https://api.test/keys/one-long-secret", json={"password": "one-long-secret"})
    with stage.use("none", order="strict"):
        stage.client.post("https://api.test/keys/one-long-secret", json={"password": "one-long-secret"})

    assert "one-long" not in stage.text


def test_what_a_replay_remembers_of_secrets_is_bounded() -> None:
    redactor = Redactor(is_blank=True)

    for number in range(30_000):
        redactor.learn(f"secret-number-{number}", "token")

    assert redactor.learned < 20_100
    assert redactor.text("secret-number-29999") == "__REDACTED__"


def test_the_word_password_is_no_secret_outside_its_own_place(stage: Stage) -> None:
    with stage.use():
        stage.client.post("https://api.test/password", json={"password": "password", "hint": "the password"})
        stage.client.post("https://api.test/form", files={"password": b"x"}, data={"password": "letmeinnow"})
        stage.client.post("https://api.test/form", json={"letmeinnow": "letmeinnow"})
    with stage.use("none") as cassette:
        stage.client.post("https://api.test/password", json={"password": "password", "hint": "the password"})
        stage.client.post("https://api.test/form", files={"password": b"x"}, data={"password": "letmeinnow"})
        stage.client.post("https://api.test/form", json={"letmeinnow": "letmeinnow"})

    assert cassette.unplayed == []
    assert "url: https://api.test/password\n" in stage.text
    assert "    password: __REDACTED_password_1__\n    hint: the password\n" in stage.text
    assert "- {name: password, " in stage.text
    assert "    letmeinnow: __REDACTED_password_2__\n" in stage.text


def test_values_beside_their_names_are_hidden(stage: Stage) -> None:
    answer = {
        "env": [{"name": "DB_PASSWORD", "value": "hidden-1"}, {"name": "MODE", "value": "kept"}],
        "headers": [{"key": "Authorization", "value": "Bearer hidden-234"}],
        "credentials": {"password": {"value": "hidden-3"}},
        "patch": [{"op": "replace", "path": "/password", "value": "hidden-4"}],
    }
    stage.server.reply = lambda request: understudy.Response(200, json=answer)

    with stage.use():
        stage.client.get("https://api.test/")
    answer = {"password": {"type": "kept", "minimum": 8}, "form": [{"name": "password", "value": ""}]}
    with stage.use("new_episodes"):
        stage.client.get("https://api.test/schema")

    assert "hidden" not in stage.text
    assert stage.text.count("kept") == 2


def test_a_token_of_a_language_model_is_none(stage: Stage) -> None:
    answer = {"content": [{"token": " understanding", "logprob": -0.25}]}
    stage.server.reply = lambda request: understudy.Response(200, json=answer)

    with stage.use():
        stage.client.get("https://api.test/")

    assert "understanding" in stage.text


@pytest.mark.parametrize("is_url_safe", [True, False])
def test_json_in_base64_is_searched(stage: Stage, is_url_safe: bool) -> None:
    def packed(password: str) -> str:
        data = json.dumps({"user": "ada?>", "password": password}).encode()
        encoded = base64.urlsafe_b64encode(data).rstrip(b"=") if is_url_safe else base64.b64encode(data)
        return encoded.decode()

    harmless = base64.b64encode(b'{"cursor": 1234567890}').decode()
    for password in ("abcdef0123", "another-one"):
        with stage.use("once" if password[0] == "a" and not stage.path.exists() else "none"):
            stage.client.post("https://api.test/", json={"payload": packed(password), "next": harmless})
            stage.client.post("https://api.test/", data={"state": packed(password)})

    assert harmless in stage.text
    packs = re.findall(r"(?:payload|state): (\S+)", stage.text)
    shown = [base64.urlsafe_b64decode(pack.replace("+", "-").replace("/", "_") + "==") for pack in packs]
    assert [json.loads(data)["password"] for data in shown] == ["__REDACTED_password_1__"] * 2


def test_json_in_json_in_json_and_urls_in_urls_are_searched(stage: Stage) -> None:
    inner = json.dumps({"a": json.dumps({"b": json.dumps({"password": 'hidden "1"'})})})
    url = quote(quote("https://b.test/?token=hidden-234&x=1", safe=""), safe="")

    with stage.use():
        stage.client.post(f"https://api.test/?next={url}", json={"inner": inner})
    with stage.use("none"):
        stage.client.post(f"https://api.test/?next={url}", json={"inner": inner})

    assert "hidden" not in stage.text
    assert "x%25253D1" in stage.text.replace("x%253D1", "x%25253D1")


def test_a_member_that_broke_off_in_its_value_is_hidden() -> None:
    assert Redactor().body('{"name": "ada", "password": "hid') == '{"name": "ada", "password": "__REDACTED_password_1__'


def test_texts_in_charsets_that_nobody_names_are_searched(stage: Stage) -> None:
    bodies = [
        '{"password": "abcdef0123"}'.encode("utf-16-le"),
        '{"password": "abcdef0124"}'.encode("utf-16-be"),
        '{"name": "J\xfcrg", "password": "abcdef0125"}'.encode("latin-1"),
    ]
    stage.server.reply = lambda request: understudy.Response(200, content=bodies[int(request.url.path[1:])])
    with stage.use():
        for number, body in enumerate(bodies):
            stage.client.post(f"https://api.test/{number}", content=body)
    with stage.use("none"):
        replayed = [
            stage.client.post(f"https://api.test/{number}", content=body).content for number, body in enumerate(bodies)
        ]

    assert [b"abcdef" in body.replace(b"\0", b"") for body in replayed] == [False] * 3
    assert replayed[0].decode("utf-16-le") == '{"password": "__REDACTED_password_1__"}'
    assert "J\xfcrg" in replayed[2].decode("latin-1")


@pytest.mark.parametrize(
    "head",
    [
        b'content-disposition: form-data; name="password"',
        b"Content-Disposition: form-data; name=password",
        b'Content-Type: text/plain\r\nContent-Disposition: form-data; name="password"',
        b'Content-Disposition: form-data; name="password"\r\nContent-Transfer-Encoding: 8bit',
    ],
)
def test_forms_in_parts_of_unusual_spelling_are_searched(stage: Stage, head: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}

    def body(password: bytes) -> bytes:
        return b"--b\r\n" + head + b"\r\n\r\n" + password + b"\r\n--b--\r\n"

    with stage.use():
        stage.client.post("https://api.test/", content=body(b"hidden"), headers=headers)
    with stage.use("none"):
        stage.client.post("https://api.test/", content=body(b"other"), headers=headers)

    assert "hidden" not in stage.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("q=a=b=c=d=e=f&x=1", "q=a=b=c=d=e=f&x=1"),
        ("q=a=b=c=d=e=token=abcdef012&x=1", "q=a=b=c=d=e=token=__REDACTED_token_1__&x=1"),
        ("password=a1=b=c=d=e=f=g&x=1", "password=__REDACTED_password_1__&x=1"),
        ("q=a=b=c=d=password=e=f=g", "q=a=b=c=d=password=__REDACTED_password_1__"),
        ("q=a=b=c=d=e=%3Ftoken%3Dabcdef012", "q=a=b=c=d=e=%3Ftoken%3D__REDACTED_token_1__"),
        ("q=%253Ftoken%253Dabcdef012", "q=%253Ftoken%253D__REDACTED_token_1__"),
    ],
)
def test_names_in_a_row_and_urls_quoted_many_times_are_searched(text: str, said: str) -> None:
    assert Redactor().text(text) == said


def test_cookies_without_a_name_or_behind_a_comma_are_hidden() -> None:
    redactor = Redactor()

    assert redactor.field("Set-Cookie", "abcdef0123; Path=/") == "__REDACTED_cookie_1__; Path=/"
    dated = "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/"
    assert redactor.field("Set-Cookie", dated) == dated
    assert (
        redactor.field("Set-Cookie", f"{dated}, sid=abcdef0124; Path=/")
        == f"{dated}, sid=__REDACTED_cookie_2__; Path=/"
    )


def test_a_key_that_is_sent_as_a_user_is_a_secret(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(401, text="no such key: key-of-the-user")

    with stage.use():
        stage.client.get("https://api.test/", auth=("key-of-the-user", ""))
        stage.client.get("https://key-1-of-the-user@api.test/", params={"to": "https://ada@b.test/"})

    assert "of-the-user" not in stage.text
    assert "ada" in stage.text


@pytest.mark.parametrize("breaks", [True, False])
def test_a_compressed_body_that_broke_off_is_searched_as_far_as_it_goes(stage: Stage, breaks: bool) -> None:
    noise = "".join(f"{number * 7919 % 9973:x}" for number in range(3000))
    content = gzip.compress(json.dumps({"access_token": "abcdef0123", "noise": noise}).encode())

    def body() -> Iterator[bytes]:
        yield content[:500]
        yield content[500:900]
        if breaks:
            raise understudy.ReadError("gone")
        yield content[900:]

    def ask() -> bytes:
        received = b""
        with contextlib.suppress(understudy.ReadError), stage.client.stream("GET", "https://api.test/") as response:
            for piece in response.iter_bytes():
                received += piece
                if not breaks:
                    break
        return received

    stage.server.reply = lambda request: understudy.Response(
        200, headers={"content-encoding": "gzip", "content-type": "application/json"}, content=body()
    )
    with stage.use():
        live = ask()
    with stage.use("none"):
        replayed = ask()

    assert "  wire: {encoding: gzip}\n" in stage.text
    assert replayed == live.replace(b"abcdef0123", b"__REDACTED_token_1__")


def test_bytes_keep_the_length_that_is_said_before_a_token_and_match_whatever_it_is(stage: Stage) -> None:
    def send(token: str) -> bytes:
        content = b"\x0a" + bytes([len(token)]) + token.encode() + b"\x12\x00"
        return stage.client.post(
            "https://api.test/", content=content, headers={"Authorization": f"Bearer {token}"}
        ).content

    stage.server.reply = lambda request: understudy.Response(200, content=request.content)
    with stage.use():
        send("a-token-of-thirty-characters-x")

    with stage.use("none"):
        answer = send("another-one-that-is-as-long!!!")

    assert answer == b"\x0a\x1e__REDACTED_token_1____________\x12\x00"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.test/?token=ab,cd'ef;gh\"12&page=1,2", "https://api.test/?token=__REDACTED_token_1__&page=1,2"),
        ("https://api.test/#access_token=abcd,efgh", "https://api.test/#access_token=__REDACTED_token_1__"),
        ("https://api.test/a;jsessionid=AB12?b=c,d", "https://api.test/a;jsessionid=__REDACTED_session_1__?b=c,d"),
        ("https://api.test/?q=1;token=ab", "https://api.test/?q=1;token=__REDACTED_token_1__"),
    ],
)
def test_a_secret_in_a_url_ends_where_its_parameter_does(url: str, shown: str) -> None:
    assert Redactor().url(url) == shown
    assert Redactor().field("Location", url) == shown


def test_a_secret_of_several_words_is_known_from_a_query() -> None:
    redactor = Redactor()

    redactor.url("https://api.test/?passphrase=correct+horse+%22staple%22+9")

    assert redactor.text('say correct horse "staple" 9 twice') == "say __REDACTED_password_1__ twice"
