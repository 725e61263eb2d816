"""Texts that people and programs write are searched for secrets, and left alone where they only speak of them."""

from __future__ import annotations

import pytest

from understudy.cassettes.secrets.redaction import Redactor
from understudy.cassettes.secrets.written import written

HIDDEN = [
    "db:\n  user: ada\n  password: hidden-1\n",
    "- password: 'hidden-1' # of the database\r\n",
    "[db]\nuser = ada\npassword = hidden-1\n",
    '[db]\npassword = "hidden-1"\n',
    "USER=ada\nexport DB_PASSWORD=hidden-one\n",
    'API_TOKEN="hidden with blanks"\nA=b\n',
    "spring.datasource.password=hidden-1",
    "2026-11-22 INFO login password=hidden-1 ok",
    "tool --user=ada --token=hidden-12 --fast",
    "GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer hidden-12\r\n\r\n",
    "curl -H 'Authorization: Bearer hidden-long-enough-1' https://a.test",
    'window.config = {apiKey: "hidden-12", theme: "dark"};',
    'mutation { login(user: "ada", password: "hidden-1") { id } }',
    "{Name:ada Password:hidden-1}",
    '{"password"=>"hidden-1"}',
    "array('api_key' => 'hidden-12')",
    "user,password,mail\nada,hidden,a@b.test\n",
    '"user";"api_key"\r\n"ada";"hidden-12"\r\n"eve";""\r\n',
    "user\ttoken\nada\thidden-12",
]
HARMLESS = [
    "Password: required\nYour password: choose a strong one\nThe secret: 8-64 characters\n",
    "password:\n  type: string\ntoken: {type: string}\n",
    'de:\n  password: Passwort\n  token: "Zeichen"\n  wrong_password: "Passwort muss 8 Zeichen haben"\n',
    "def login(user, password=None, token: str = ''):\n    token = get_token(password)\n    key = settings.KEY\n",
    "const password = req.body.password;\nlet apiKey = process.env.API_KEY;\nif (password === password2) {}\n",
    "type T struct {\n\tPassword string\n}\nauth_key := sha256.Sum256(data)\n",
    "password: ${DB_PASSWORD_1}\nsecret: {{ .Values.secret1 }}\nexport TOKEN=$TOKEN1\ntoken: null\n",
    "token: https://auth.test/oauth2/token\nsecret: arn:aws:secretsmanager:1:x\nsecret_key: /etc/key1.pem\n",
    "run 7: pass=15/20\nauth: v1.2.3-beta\nsession: 2026-05-01\ntoken: 12345678\nkey: user:12\n",
    "token,count\nthe,5\n",
    "Dear Ada, your token, please\nbring it, with you, now\n",
    "user,password\nada\n",
    "user,<password>\nada,x1\n",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_what_stands_under_a_telling_name_is_hidden(text: str) -> None:
    said = Redactor().body(text)

    assert "hidden" not in said
    assert "__REDACTED_" in said


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_speaks_of_secrets_stays(text: str) -> None:
    assert Redactor().body(text) == text


@pytest.mark.parametrize("media", ["application/yaml", "text/x-yaml", "application/toml", "text/x-java-properties"])
@pytest.mark.parametrize("text", ["db:\n  password: hidden\n", 'password = "hidden"\n', "db.password = hidden # 1\n"])
def test_in_settings_a_password_may_be_any_word(media: str, text: str) -> None:
    assert Redactor().body(text) == text
    assert "hidden" not in Redactor().body(text, media)


@pytest.mark.parametrize(
    "text",
    [
        *HARMLESS[1:3],
        "password: null\ntoken: abcdefgh\npassword: ${password}\npassword: !vault password\npassword: Contraseña\n",
        "password: choose a long one\n",
    ],
)
def test_in_settings_labels_and_expressions_stay(text: str) -> None:
    assert Redactor().body(text, "application/yaml") == text


def test_names_of_the_author_count_whatever_stands_under_them() -> None:
    found = written("iban: letters\nname,iban\nada,letters\n", frozenset({"iban"}))

    assert [name for _, _, name in found] == ["iban"]


def test_each_cell_of_a_column_is_hidden() -> None:
    text = "User name,Secret access key,Note\n" + "".join(
        f'u{number},"hid-{number}","a, b;\tc"\n' for number in range(3)
    )

    said = Redactor().body(text)

    assert "hid-" not in said
    assert said.count('"a, b;\tc"') == 3
