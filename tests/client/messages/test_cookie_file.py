"""Cookies saved and loaded: everything kept, nobody else reads them, a broken file changes nothing."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from understudy.client.messages.cookies import Cookies
from understudy.client.messages.headers import Headers
from understudy.client.messages.request import Request
from understudy.client.messages.response import Response

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {
    "name": "a",
    "value": "1",
    "domain": "example.org",
    "host_only": True,
    "path": "/",
    "secure": False,
    "http_only": False,
    "same_site": None,
    "expires": None,
}


def some() -> Cookies:
    cookies = Cookies({"everywhere": "1"})
    fields = [
        (b"Set-Cookie", b"host=2; Secure; HttpOnly; SameSite=Strict; Max-Age=1000"),
        (b"Set-Cookie", b"wide=caf\xe9; Domain=example.org; Path=/x"),
    ]
    response = Response(200, headers=Headers.received(fields), request=Request("GET", "https://example.org/"))
    cookies.extract_cookies(response)
    return cookies


def told(cookies: Cookies) -> list[tuple[object, ...]]:
    names = ("name", "value", "domain", "host_only", "dotless", "path", "secure", "http_only", "same_site", "expires")
    held = cookies._held()  # pyright: ignore[reportPrivateUsage]
    return [tuple(getattr(cookie, name) for name in names) for cookie in held]


def test_everything_is_kept_the_host_only_flag_too(tmp_path: Path) -> None:
    cookies, path = some(), tmp_path / "cookies.json"
    cookies.set("given", "3", domain="other.test")

    cookies.save(path)
    loaded = Cookies()
    loaded.load(str(path))

    assert told(loaded) == told(cookies)
    request = Request("GET", "https://www.example.org/x")
    loaded.set_cookie_header(request)
    assert (b"Cookie", b"wide=caf\xe9; everywhere=1") in request.headers.raw


def test_the_file_is_its_owners_alone_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "cookies.json"

    some().save(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["cookies.json"]


def test_saving_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cookies.json"
    some().save(path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        Cookies().save(path)

    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["cookies.json"]


def test_saving_leaves_a_link_where_it_is(tmp_path: Path) -> None:
    os.symlink("kept.json", tmp_path / "cookies.json")

    some().save(tmp_path / "cookies.json")

    assert os.readlink(tmp_path / "cookies.json") == "kept.json"
    assert sorted(os.listdir(tmp_path)) == ["cookies.json", "kept.json"]


def test_loading_adds_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "cookies.json"
    some().save(path)
    cookies = Cookies({"mine": "0"})

    cookies.load(path)

    assert list(cookies) == ["mine", "everywhere", "host", "wide"]


def test_what_has_expired_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "cookies.json"
    path.write_text(json.dumps({"version": 1, "cookies": [{**GOOD, "expires": 1.0}]}))
    cookies = Cookies()

    cookies.load(path)

    assert not cookies


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no file of cookies"),
        ("{", "no file of cookies"),
        ("[]", "version 1"),
        ('{"version": 2}', "version 1"),
        ('{"version": 1}', "no list"),
        ('{"version": 1, "cookies": [7]}', "cookie 0: it is not an object"),
        ('{"version": 1, "cookies": [{}]}', "'name' is missing"),
        ("\u00e9", "no file of cookies"),
    ],
)
def test_another_file_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "cookies.json"
    path.write_text(text, "utf-8")

    with pytest.raises(ValueError, match=said):
        Cookies().load(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\r\nb"),
        ("value", "a;b"),
        ("value", 7),
        ("host_only", 1),
        ("secure", None),
        ("expires", True),
        ("expires", "soon"),
        ("same_site", 7),
    ],
)
def test_one_bad_cookie_refuses_the_file_and_adds_none(field: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "cookies.json"
    path.write_text(json.dumps({"version": 1, "cookies": [GOOD, {**GOOD, field: value}]}))
    cookies = Cookies()

    with pytest.raises(ValueError, match="cookie 1"):
        cookies.load(path)

    assert not cookies


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Cookies().load(tmp_path / "nothing")
