"""Where a proxy is, and how it wants to be spoken to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from ..messages.headers import SECRET_HEADERS, Headers, HeaderTypes
from ..urls import URL

if TYPE_CHECKING:
    import ssl

SOCKS = ("socks5", "socks5h")
SCHEMES = ("http", "https", *SOCKS)


class Proxy:
    """A proxy: its URL, what it needs to see, and how to trust it.

    `auth` is a name and a password, and may stand in the URL instead; `headers` go to the proxy only, never through it;
    `ssl_context` is for the connection to an `https://` proxy, and says nothing about the servers behind it.
    """

    def __init__(
        self,
        url: URL | str,
        *,
        ssl_context: ssl.SSLContext | None = None,
        auth: tuple[str, str] | None = None,
        headers: HeaderTypes | None = None,
    ) -> None:
        url = URL(url)
        if url.scheme not in SCHEMES:
            raise ValueError(f"unknown scheme for proxy URL {url!r}: a proxy is one of {', '.join(SCHEMES)}")
        if not url.host:
            raise ValueError(f"proxy URL {url!r} has no host")
        if url.username or url.password:
            auth = (url.username, url.password) if auth is None else auth
            url = url.copy_with(username=None, password=None)
        self.url = url
        self.auth = auth
        self.headers: Headers = Headers(headers)
        self.ssl_context = ssl_context

    @property
    def raw_auth(self) -> tuple[bytes, bytes] | None:
        """The name and the password as bytes."""
        return None if self.auth is None else (self.auth[0].encode("utf-8"), self.auth[1].encode("utf-8"))

    def __repr__(self) -> str:
        auth = "" if self.auth is None else f", auth=({self.auth[0]!r}, '********')"
        shown = {name: "[secure]" if name in SECRET_HEADERS else value for name, value in self.headers.items()}
        headers = f", headers={shown!r}" if shown else ""
        return f"Proxy({str(self.url)!r}{auth}{headers})"


ProxyTypes = Union[URL, str, Proxy]


def socks5() -> Any:
    """Return what speaks SOCKS5."""
    try:
        from socksio import socks5
    except ImportError as missing:
        raise ImportError("SOCKS5 proxies need the package socksio: pip install 'understudy[socks]'") from missing
    return socks5


def proxy_from(proxy: ProxyTypes | None) -> Proxy | None:
    """Return the `Proxy` that a URL stands for."""
    if isinstance(proxy, (str, URL)):
        return Proxy(proxy)
    if proxy is not None and not isinstance(proxy, Proxy):
        raise TypeError(
            f"proxy={proxy!r}: one URL or Proxy(...) for all requests; "
            "where they differ, mounts={'https://': HTTPTransport(proxy=url), ...}"
        )
    return proxy
