"""Names and passwords from a netrc file, each for exactly one host."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..messages.credentials import basic_credentials
from .flow import Auth

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..messages.request import Request
    from ..messages.response import Response


class NetRCAuth(Auth):
    """Send Basic credentials to the hosts that a netrc file names, `~/.netrc` unless another is given.

    A host matches only itself: not its subdomains, and a `default` entry is for no host at all.
    A request that has credentials already, in its Authorization field or its URL, keeps them.
    The file is read once, when this is made: `OSError` where it cannot be read, `netrc.NetrcParseError` where it makes
    no sense.
    """

    def __init__(self, file: str | os.PathLike[str] | None = None) -> None:
        # Seldom wanted, so seldom loaded.
        from netrc import netrc

        entries = netrc(None if file is None else os.fspath(file)).hosts
        self._hosts = {
            host.lower(): basic_credentials(name or "", password)
            for host, (name, _account, password) in entries.items()
            if password and host != "default"
        }
        if file is not None:
            _warn_of_readers(file)

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Send the request, with credentials where the file has some for its host."""
        if "Authorization" not in request.headers:
            url = request.url
            if url.userinfo:
                request.headers["Authorization"] = basic_credentials(url.username, url.password)
            else:
                known = self._hosts.get(url.raw_host.decode("ascii")) or self._hosts.get(url.host)
                if known:
                    request.headers["Authorization"] = known
        yield request

    def __repr__(self) -> str:
        return f"NetRCAuth({', '.join(sorted(self._hosts))})"


def _warn_of_readers(file: str | os.PathLike[str]) -> None:
    # The standard library refuses a ~/.netrc that others may read, but looks at no other file.
    if os.name == "posix" and os.stat(file).st_mode & 0o077:
        import logging

        logging.getLogger("understudy").warning(
            "%s holds passwords, and others than its owner may read it: chmod 600 it", os.fspath(file)
        )
