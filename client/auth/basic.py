"""Basic authentication (RFC 7617): a name and a password in every request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..messages.credentials import basic_credentials
from .flow import Auth

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..messages.request import Request
    from ..messages.response import Response


class BasicAuth(Auth):
    """Send a name and a password with every request; texts are encoded as UTF-8.

    A name with a colon cannot be said in Basic authentication, and is a `ValueError`.
    """

    def __init__(self, username: str | bytes, password: str | bytes) -> None:
        self._credentials = basic_credentials(username, password)

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Send the request with the credentials."""
        request.headers["Authorization"] = self._credentials
        yield request

    def __repr__(self) -> str:
        return "BasicAuth(...)"
