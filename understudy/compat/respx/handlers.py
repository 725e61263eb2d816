"""Side effects made of applications, and the header of a cookie."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Callable

from ...client import ASGITransport, Request, Response, WSGITransport

if TYPE_CHECKING:
    from datetime import datetime


class ASGIHandler:
    """Lets an ASGI application answer: `respx.route(host="auth.test").mock(side_effect=ASGIHandler(app))`."""

    def __init__(self, app: Callable[..., Any], **options: Any) -> None:
        self.transport: ASGITransport = ASGITransport(app, **options)

    async def __call__(self, request: Request) -> Response:
        response = await self.transport.handle_async_request(request)
        await response.aread()
        return response


class WSGIHandler:
    """Lets a WSGI application answer."""

    def __init__(self, app: Callable[..., Any], **options: Any) -> None:
        self.transport: WSGITransport = WSGITransport(app, **options)

    def __call__(self, request: Request) -> Response:
        response = self.transport.handle_request(request)
        response.read()
        return response


class SetCookie(tuple[str, str]):
    """The header that sets a cookie: `route.respond(headers=[SetCookie("sid", "1", path="/")])`."""

    __slots__ = ()

    def __new__(
        cls,
        name: str,
        value: str,
        *,
        path: str | None = None,
        domain: str | None = None,
        expires: datetime | str | None = None,
        max_age: int | None = None,
        http_only: bool = False,
        same_site: str | None = None,
        secure: bool = False,
        partitioned: bool = False,
    ) -> SetCookie:
        when = expires if expires is None or isinstance(expires, str) else format_datetime(expires, usegmt=True)
        attributes: list[tuple[str, object]] = [
            ("Path", path),
            ("Domain", domain),
            ("Expires", when),
            ("Max-Age", max_age),
            ("HttpOnly", http_only),
            ("SameSite", same_site),
            ("Secure", secure),
            ("Partitioned", partitioned),
        ]
        parts = [f"{name}={value}"]
        for attribute, said in attributes:
            if said is True:
                parts.append(attribute)
            elif said is not None and said is not False:
                parts.append(f"{attribute}={said}")
        return super().__new__(cls, ("Set-Cookie", "; ".join(parts)))
