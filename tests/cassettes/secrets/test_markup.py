"""Values in XML and HTML whose names stand beside them."""

from __future__ import annotations

import pytest

from understudy.cassettes.secrets import markup


def named(name: str, value: str) -> str:
    return "HIDDEN" if name in ("password", "token") else value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "<key>password</key>\n <string>x</string><key>name</key><string>y</string>",
            "<key>password</key>\n <string>HIDDEN</string><key>name</key><string>y</string>",
        ),
        (
            "<member><name>token</name><value><string>x</string></value></member>",
            "<member><name>token</name><value><string>HIDDEN</string></value></member>",
        ),
        ("<a>y</a><b:password type='t'>x", "<a>y</a><b:password type='t'>HIDDEN"),
        ("<a:token>x</a:token><name>ada</name>", "<a:token>HIDDEN</a:token><name>ada</name>"),
    ],
)
def test_elements(text: str, shown: str) -> None:
    assert markup.in_elements(text, named) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<add key="token" value="x"/>', '<add key="token" value="HIDDEN"/>'),
        ("<input type=hidden name=token value=x>", "<input type=hidden name=token value=HIDDEN>"),
        ('<INPUT ID = "token" VALUE = "x">', '<INPUT ID = "token" VALUE = "HIDDEN">'),
        ('<input data-x="a>b" name="token" value="x">', '<input data-x="a>b" name="token" value="HIDDEN">'),
        (
            '<input name="q" id="token" value="x"><input value="x">',
            '<input name="q" id="token" value="x"><input value="x">',
        ),
    ],
)
def test_fields(text: str, shown: str) -> None:
    assert markup.in_fields(text, named) == shown


def test_attributes() -> None:
    text = '<s:user s:token=\'x\' name="y" xmlns:token="z">'

    assert markup.in_attributes(text, named) == text.replace("'x'", "'HIDDEN'")


def test_json_in_an_attribute() -> None:
    text = '<div data-props="{&quot;token&quot;: &quot;x&quot;,&quot;name&quot;:&quot;y&quot;}">'

    assert markup.in_quoted_json(text, named) == text.replace("&quot;x&quot;", "&quot;HIDDEN&quot;")


def test_a_secret_is_known_without_its_entities_and_other_values_keep_theirs() -> None:
    asked: list[str] = []

    def named(name: str, value: str) -> str:
        asked.append(value)
        return value.replace("p&ss", "HIDDEN") if name == "b" else value

    assert markup.in_elements("<a>x &#38; y</a><b>p&amp;ss &lt;1</b>", named) == "<a>x &#38; y</a><b>HIDDEN &lt;1</b>"
    assert markup.in_attributes("<c b='p&amp;ss'>", named) == "<c b='HIDDEN'>"
    assert asked == ["x & y", "p&ss <1", "p&ss"]
