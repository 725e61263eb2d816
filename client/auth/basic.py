"""Basic authentication (RFC 7617): a name and a password in every request."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from .flow import Auth

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..messages.request import Request
    from ..messages.response import Response


def basic_credentials(username: str | bytes, password: str | bytes) -> str:
    """Return the value of an Authorization field."""
    return "Basic " + b64encode(_encoded(username) + b":" + _encoded(password)).decode("ascii")


class BasicAuth(Auth):
    """Send a name and a password with every request; texts are encoded as UTF-8.

    A name with a colon cannot be said in Basic authentication, and is a `ValueError`.
    """

    def __init__(self, username: str | bytes, password: str | bytes) -> None:
        if b":" in _encoded(username):
            raise ValueError("a user name with a colon cannot be sent with Basic authentication (RFC 7617, section 2)")
        self._credentials = basic_credentials(username, password)

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Send the request with the credentials."""
        request.headers["Authorization"] = self._credentials
        yield request

    def __repr__(self) -> str:
        return "BasicAuth(...)"


def _encoded(text: str | bytes) -> bytes:
    return text.encode("utf-8") if isinstance(text, str) else text
