from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from understudy import BasicAuth, Request, Response

if TYPE_CHECKING:
    from ..conftest import Side


def credentials(auth: BasicAuth) -> str:
    request = next(auth.auth_flow(Request("GET", "https://api.test/")))
    scheme, _, said = request.headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    return b64decode(said).decode("utf-8")


@pytest.mark.parametrize(
    ("username", "password", "said"),
    [
        ("me", "secret", "me:secret"),
        (b"me", b"secret", "me:secret"),
        ("müller", "geheimnis€", "müller:geheimnis€"),
        ("", "", ":"),
        ("me", "se:cret", "me:se:cret"),
        ("x" * 1_000, "y" * 1_000, f"{'x' * 1_000}:{'y' * 1_000}"),
    ],
)
def test_name_and_password_are_sent_as_utf_8(username: Any, password: Any, said: str) -> None:
    assert credentials(BasicAuth(username, password)) == said


def test_the_example_of_the_rfc() -> None:
    request = next(BasicAuth("Aladdin", "open sesame").auth_flow(Request("GET", "https://api.test/")))

    assert request.headers["Authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@pytest.mark.parametrize("username", ["me:too", b":", "me:"])
def test_a_name_with_a_colon_cannot_be_sent(username: Any) -> None:
    with pytest.raises(ValueError, match="colon") as caught:
        BasicAuth(username, "hunter2")

    assert "hunter2" not in str(caught.value)


@pytest.mark.anyio
async def test_it_sends_once_whatever_the_answer(side: Side) -> None:
    sent: list[Request] = []

    def handler(request: Request) -> Response:
        sent.append(request)
        return Response(401)

    response = await side.call(side.client(handler, auth=BasicAuth("me", "secret")).get, "https://api.test/")

    assert (response.status_code, len(sent)) == (401, 1)


def test_it_shows_no_secret() -> None:
    assert "hunter2" not in repr(BasicAuth("me", "hunter2"))
