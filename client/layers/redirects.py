"""The layer that follows redirects (RFC 9110, section 15.4).

Theory of operation

1. `redirect` decides, without I/O: the next request, or none.
2. The method changes as it does in httpx: 303 makes everything but HEAD a GET, 302 everything but HEAD and QUERY,
   301 only a POST. A request that changed its method has no body, and no field that describes or announces one.
3. To another origin no secret travels: every field of `SECRET_HEADERS`, and of those that the client adds to them, is
   dropped, whichever door it came in by, and stays dropped when a later hop leads back, because each hop is built from
   the one before it. One exception: from http to https on the same host and default ports the secrets may go on, but
   for Proxy-Authorization, which a proxy would not see any more.
4. Cookies are chosen anew for each hop from the client's jar, never copied. Those that were given without a domain,
   and so are good for every host, stay at home once a hop has left the first origin, unless it is that exception.
5. Nothing leads out of HTTP: not to `file:`, `ftp:` or `javascript:`.
6. A policy, where the client has one, is asked last; what it refuses is returned as it is, with its `next_request`.
7. A body that was sent and cannot be sent again is an error, never an empty body.
8. A fragment is inherited where the Location has none.
9. What the caller said of one URL is not said of another: the `target` extension ends with the first hop, and
   `sni_hostname` holds for the same host only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from ..errors import InvalidURL, RemoteProtocolError, TooManyRedirects, UnsupportedProtocol
from ..messages.headers import SECRET_HEADERS, Headers
from ..messages.request import Request
from ..urls import URL

if TYPE_CHECKING:
    from collections.abc import Set

    from ..callers import Caller
    from ..messages.cookies import Cookies
    from ..messages.response import Response
    from .stack import Send

_CROSSED = "redirected_across_origins"

RedirectPolicy = Callable[..., Any]
"""A function of the redirecting response and the request that it leads to; False refuses to follow."""

_ONLY_A_PORT = re.compile(r"(https?://)(?=:\d)", re.IGNORECASE)
_BODY_FIELDS = (
    "Content-Length",
    "Content-Type",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Transfer-Encoding",
    "Expect",
)


class Redirects:
    """Follows redirects, at most `limit` of them, or only says where the next one leads."""

    def __init__(
        self,
        cookies: Cookies,
        caller: Caller,
        *,
        follow: bool,
        limit: int,
        policy: RedirectPolicy | None = None,
        secrets: Set[str] = SECRET_HEADERS,
    ) -> None:
        self._cookies = cookies
        self._caller = caller
        self._follow = follow
        self._limit = limit
        self._policy = policy
        self._secrets = secrets

    def fits(self, cookies: Cookies, follow: bool, limit: int) -> bool:
        """Whether this layer does what one made with these settings would do."""
        return self._cookies is cookies and self._follow is follow and self._limit == limit

    async def __call__(self, request: Request, send: Send) -> Response:
        response = await send(request)
        response.history = []
        return await self.go_on(request, response, send) if response.has_redirect_location else response

    async def go_on(self, request: Request, response: Response, send: Send) -> Response:
        """Go where the response to a request leads, if it leads anywhere."""
        history: list[Response] = []
        while response.has_redirect_location:
            try:
                following = self._next(request, response)
                if following is None or not self._follow or not await self._is_welcome(response, following):
                    response.next_request = following
                    return response
                if len(history) >= self._limit:
                    raise TooManyRedirects(
                        f"exceeded {self._limit} redirects, the last one from {request.method} {request.url.redacted}: "
                        "raise max_redirects where so many are meant",
                        request=request,
                    )
                if following.stream is request.stream:
                    following.require_replayable()
                await self._caller.drain(response)
            except BaseException:
                await self._caller.close(response)
                raise
            history.append(response)
            request = following
            response = await send(request)
            response.history = history.copy()
        return response

    async def _is_welcome(self, response: Response, following: Request) -> bool:
        return self._policy is None or await self._caller.call(self._policy, response, following) is not False

    def _next(self, request: Request, response: Response) -> Request | None:
        try:
            return redirect(request, response, self._cookies, self._secrets)
        except (RemoteProtocolError, UnsupportedProtocol):
            if self._follow:
                raise
            return None


def redirect(request: Request, response: Response, cookies: Cookies, secrets: Set[str] = SECRET_HEADERS) -> Request:
    """Return the request that a redirect leads to.

    Raises `RemoteProtocolError` where its Location is not a URL, `UnsupportedProtocol` where it leads out of HTTP.
    """
    method = redirect_method(request.method, response.status_code)
    url = redirect_url(request, response)
    crosses = bool(request.extensions.get(_CROSSED)) or (
        url.origin != request.url.origin and not _is_upgrade(request.url, url)
    )
    following = Request(
        method,
        url,
        headers=redirect_headers(request, url, method, secrets),
        stream=request.stream if method == request.method else None,
        extensions=request.extensions,
    )
    following.extensions.pop("target", None)
    if url.host != request.url.host:
        following.extensions.pop("sni_hostname", None)
    if crosses:
        following.extensions[_CROSSED] = True
    cookies.set_cookie_header(following, scoped_only=crosses)
    return following


def refuse_downgrade(response: Response, request: Request) -> bool:
    """A `redirect_policy` that follows no redirect from https to http."""
    return not (response.request.url.scheme == "https" and request.url.scheme == "http")


def redirect_method(method: str, status: int) -> str:
    """Return the method of the next request (rule 2)."""
    if status == 303 and method != "HEAD":
        return "GET"
    if status == 302 and method not in ("HEAD", "QUERY"):
        return "GET"
    if status == 301 and method == "POST":
        return "GET"
    return method


def redirect_url(request: Request, response: Response) -> URL:
    """Return where the Location leads, seen from the request's URL."""
    locations = set(response.headers.get_list("Location"))
    if len(locations) > 1:
        raise RemoteProtocolError(
            f"the redirect from {request.method} {request.url.redacted} leads to {len(locations)} places at once",
            request=request,
        )
    location = locations.pop()
    scheme, colon, rest = location.partition(":")
    if colon and scheme.lower() == request.url.scheme and not rest.startswith("//"):
        # Some servers write `https:/path` and mean their own host; so do browsers understand it.
        location = rest
    hostless = _ONLY_A_PORT.match(location)
    if hostless is not None:
        # Others name a port and no host, and mean their own; no browser reads another one there.
        host = request.url.raw_host.decode("ascii")
        location = f"{hostless[1]}{f'[{host}]' if ':' in host else host}{location[hostless.end() :]}"
    try:
        url = URL(location)
        if url.is_relative_url and not url.scheme:
            url = request.url.join(url)
    except InvalidURL as error:
        raise RemoteProtocolError(
            f"the redirect from {request.method} {request.url.redacted} leads to an invalid URL: {error}",
            request=request,
        ) from error
    if url.scheme not in ("http", "https", request.url.scheme):
        raise UnsupportedProtocol(
            f"the redirect from {request.method} {request.url.redacted} leads to {url.redacted[:200]!r}: "
            "only http:// and https:// are followed",
            request=request,
        )
    if request.url.fragment and not url.fragment:
        url = url.copy_with(fragment=request.url.fragment)
    return url


def redirect_headers(request: Request, url: URL, method: str, secrets: Set[str] = SECRET_HEADERS) -> Headers:
    """Return the fields that travel on (rules 2 to 4)."""
    headers = Headers(request.headers)
    if url.origin != request.url.origin:
        for name in secrets if not _is_upgrade(request.url, url) else ("Proxy-Authorization",):
            headers.pop(name, None)
        headers.pop("Host", None)
    if method != request.method:
        for name in _BODY_FIELDS:
            headers.pop(name, None)
    headers.pop("Cookie", None)
    if headers.get("Authorization", "")[:7].lower() == "digest ":
        # It proves something about one method, one URL and one count: anywhere else it is a failure, or a replay.
        headers.pop("Authorization", None)
    return headers


def _is_upgrade(url: URL, to: URL) -> bool:
    return (
        url.host == to.host
        and url.scheme == "http"
        and to.scheme == "https"
        and url.port in (None, 80)
        and to.port in (None, 443)
    )
