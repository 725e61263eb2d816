"""What functions with `**options` show of them, and what they say of an option that nobody knows.

The verbs take their options as one `TypedDict`, spelled once, and hand them on.
Type checkers and editors see through that; `inspect.signature`, `help` and `create_autospec` do not.
For those, each such function is marked with one of the functions below, whose parameters are written out.
They are never called.
"""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Callable, Literal, TypedDict, TypeVar

from .config import (
    DEFAULT_GUARDS,
    DEFAULT_LIMITS,
    DEFAULT_MAX_REDIRECTS,
    DEFAULT_TIMEOUT_CONFIG,
    USE_CLIENT_DEFAULT,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .arguments import (
        CertTypes,
        CookieTypes,
        EventHook,
        HeaderTypes,
        QueryParamTypes,
        RequestContent,
        RequestData,
        RequestExtensions,
        RequestFiles,
        TimeoutTypes,
        URLTypes,
        VerifyTypes,
    )
    from .auth.accept import AuthTypes
    from .config import HTTP2, Guards, Limits, UseClientDefault
    from .layers.redirects import RedirectPolicy
    from .layers.stack import Layer
    from .network.backends.resolvers import ResolverTypes
    from .network.pins import PinTypes
    from .network.proxy import ProxyTypes
    from .request_options import JSONCodec
    from .retry import Retry

Function = TypeVar("Function", bound=Callable[..., Any])


class NoOptions(TypedDict):
    """The options that nobody knows: there are none."""


def shown_as(full: Callable[..., Any]) -> Callable[[Function], Function]:
    """Mark a function: whoever asks for its parameters is shown those of `full`."""

    def mark(function: Function) -> Function:
        update_wrapper(function, full, assigned=(), updated=())
        return function

    return mark


def refuse_unknown(given: Iterable[str], full: Callable[..., Any]) -> None:
    """Raise a `TypeError` for an option that is none of `full`, with the name that was perhaps meant."""
    code = full.__code__
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for name in given:
        if name not in known:
            raise _unknown(name, known[code.co_argcount :])


def _unknown(name: str, known: Sequence[str]) -> TypeError:
    from difflib import get_close_matches

    if name in _ELSEWHERE:
        return TypeError(f"there is no option {name!r} here: {_ELSEWHERE[name]}")
    close = get_close_matches(name, known, n=1)
    if close:
        mend = f"did you mean {close[0]!r}?"
    elif name in _OF_SENDING:
        mend = f"say it where the request is sent, as in client.send(request, {name}=...)"
    elif name in new_client.__code__.co_varnames:
        mend = f"it belongs to the client, as in Client({name}=...)"
    else:
        mend = f"there are {', '.join(known)}"
    return TypeError(f"there is no option {name!r} here: {mend}")


_OF_SENDING = ("auth", "follow_redirects", "retry")
# What people write who come from requests, aiohttp, urllib3, or an older httpx.
_ELSEWHERE = {
    "allow_redirects": "write follow_redirects=",
    "app": "write transport=WSGITransport(app=...) or transport=ASGITransport(app=...)",
    "body": "write content=, data= or json=",
    "cert": "certificates belong to the client, as in Client(cert=...)",
    "max_retries": "write retry=Retry(attempts=...)",
    "proxies": "write proxy= for all URLs, or mounts= for some; both belong to the client",
    "proxy": "a proxy belongs to the client, as in Client(proxy=...)",
    "retries": "write retry=Retry(attempts=...)",
    "ssl": "write verify= and cert=, which belong to the client",
    "stream": "write `with client.stream(method, url) as response:`, or client.send(request, stream=True)",
    "trust_env": "whether to trust the environment is a matter of the client, as in Client(trust_env=False)",
    "verify": "verifying certificates is a matter of the client, as in Client(verify=...)",
    "verify_ssl": "write verify=, which belongs to the client",
}


def client_request(
    self: Any,
    method: str,
    url: URLTypes,
    *,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
    follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
    timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
    extensions: RequestExtensions | None = None,
    retry: Retry | UseClientDefault | None = USE_CLIENT_DEFAULT,
    compress: str | None = None,
) -> Any: ...


def client_verb(
    self: Any,
    url: URLTypes,
    *,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
    follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
    timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
    extensions: RequestExtensions | None = None,
    retry: Retry | UseClientDefault | None = USE_CLIENT_DEFAULT,
    compress: str | None = None,
) -> Any: ...


def client_build(
    self: Any,
    method: str,
    url: URLTypes,
    *,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
    extensions: RequestExtensions | None = None,
    compress: str | None = None,
) -> Any: ...


def module_request(
    method: str,
    url: URLTypes,
    *,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    follow_redirects: bool = False,
    verify: VerifyTypes = True,
    trust_env: bool = True,
    cert: CertTypes | None = None,
    retry: Retry | None = None,
    compress: str | None = None,
) -> Any: ...


def module_verb(
    url: URLTypes,
    *,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    follow_redirects: bool = False,
    verify: VerifyTypes = True,
    trust_env: bool = True,
    cert: CertTypes | None = None,
    retry: Retry | None = None,
    compress: str | None = None,
) -> Any: ...


def new_client(
    self: Any,
    *,
    auth: AuthTypes | None = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | Literal[False] | None = None,
    verify: VerifyTypes = True,
    cert: CertTypes | None = None,
    trust_env: bool = True,
    http1: bool = True,
    http2: bool | HTTP2 = False,
    proxy: ProxyTypes | None = None,
    mounts: Mapping[str, Any] | None = None,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    follow_redirects: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    max_redirects: int = DEFAULT_MAX_REDIRECTS,
    event_hooks: Mapping[str, Sequence[EventHook]] | None = None,
    base_url: URLTypes = "",
    transport: Any = None,
    default_encoding: str | Callable[[bytes], str | None] = "utf-8",
    guards: Guards = DEFAULT_GUARDS,
    json_codec: JSONCodec | None = None,
    layers: Sequence[Layer] = (),
    raise_for_status: bool = False,
    redirect_policy: RedirectPolicy | None = None,
    retry: Retry | None = None,
    secret_headers: Iterable[str] = (),
    allow_absolute_urls: bool = True,
    pins: Mapping[str, PinTypes] | None = None,
    resolver: ResolverTypes | None = None,
) -> Any: ...
