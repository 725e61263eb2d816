from __future__ import annotations

import logging
import os
import sys
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from understudy import Client, MockTransport, Request, Response
from understudy.client.auth.netrc import NetRCAuth

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "netrc"
    path.write_text(
        "machine api.test login me password secret\n"
        "machine UPPER.test login up password case\n"
        # Python 3.9 and 3.10 refuse a machine without a password.
        + ("machine nopass.test login me\n" if sys.version_info >= (3, 11) else "")
        + "default login any password thing\n"
    )
    path.chmod(0o600)
    return path


def authorization(auth: NetRCAuth, url: str, **headers: str) -> str | None:
    def answer(request: Request) -> Response:
        if request.url.path == "/away":
            return Response(302, headers={"Location": "https://upper.test/"})
        return Response(200, text=request.headers.get("Authorization", ""))

    with Client(transport=MockTransport(answer), auth=auth, follow_redirects=True) as client:
        return client.get(url, headers=headers).text or None


def basic(pair: bytes) -> str:
    return "Basic " + b64encode(pair).decode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.test/", basic(b"me:secret")),
        ("https://API.test:8443/", basic(b"me:secret")),
        ("https://upper.test/", basic(b"up:case")),
        ("https://sub.api.test/", None),
        ("https://api.test.evil/", None),
        ("https://nopass.test/", None),
        ("https://evil.test/?https://api.test", None),
        ("https://other:word@api.test/", basic(b"other:word")),
        ("https://api.test/away", None),
    ],
)
def test_credentials_go_to_exactly_the_host_that_the_file_names(file: Path, url: str, expected: str | None) -> None:
    assert authorization(NetRCAuth(file), url) == expected


def test_a_host_that_only_looks_like_the_one_meant_gets_nothing(file: Path) -> None:
    # `api.test:@` is the userinfo: the host is what follows.
    assert authorization(NetRCAuth(file), "https://api.test:@evil.test/") == basic(b"api.test:")


def test_credentials_that_were_given_win(file: Path) -> None:
    assert authorization(NetRCAuth(str(file)), "https://api.test/", authorization="Custom x") == "Custom x"


def test_a_missing_file_fails_when_the_auth_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        NetRCAuth(tmp_path / "none")


def test_the_home_directory_has_the_usual_file(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.rename(tmp_path / ".netrc")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert authorization(NetRCAuth(), "https://api.test/") == basic(b"me:secret")


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_file_that_others_may_read_is_worth_a_warning(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.chmod(0o644)

    with caplog.at_level(logging.WARNING, "understudy"):
        NetRCAuth(file)

    assert "chmod 600" in caplog.text


def test_the_passwords_are_not_shown(file: Path) -> None:
    assert repr(NetRCAuth(file)) == "NetRCAuth(api.test, upper.test)"
