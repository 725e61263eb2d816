"""What `auth=` accepts, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Union, cast

from .basic import BasicAuth
from .flow import Auth, FunctionAuth

if TYPE_CHECKING:
    from ..messages.request import Request
    from ..urls import URL

AuthTypes = Union[tuple[Union[str, bytes], Union[str, bytes]], Callable[["Request"], "Request"], Auth]


def auth_from(auth: AuthTypes | None) -> Auth | None:
    """Return the `Auth` that a tuple of name and password, a function or an `Auth` stands for."""
    if auth is None or isinstance(auth, Auth):
        return auth
    if isinstance(auth, tuple):
        pair = cast("tuple[str | bytes, ...]", auth)
        if len(pair) != 2:
            raise TypeError(f"auth=(...) is a name and a password, not {len(pair)} values")
        return BasicAuth(username=pair[0], password=pair[1])
    if callable(auth):
        return FunctionAuth(func=auth)
    raise TypeError(
        f"invalid 'auth' argument of type {type(auth).__name__}: pass (name, password), a function or an Auth object"
    )


def auth_in_url(url: URL) -> Auth | None:
    """Return the Basic authentication that a URL carries in its userinfo."""
    if not url.userinfo:
        return None
    return BasicAuth(username=url.username, password=url.password)
