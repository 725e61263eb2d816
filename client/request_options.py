"""The options of a call, spelled once: every verb of every client and of the module takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, TypedDict, Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .arguments import (
        CertTypes,
        CookieTypes,
        HeaderTypes,
        QueryParamTypes,
        RequestContent,
        RequestData,
        RequestExtensions,
        RequestFiles,
        VerifyTypes,
    )
    from .auth.accept import AuthTypes
    from .config import Guards, TimeoutTypes, UseClientDefault
    from .layers.redirects import RedirectPolicy
    from .layers.stack import Layer
    from .network.backends.resolvers import ResolverTypes
    from .network.pins import PinTypes
    from .network.proxy import ProxyTypes
    from .retry import Retry

JSONCodec = tuple[Callable[[Any], Union[str, bytes]], Callable[[bytes], Any]]
"""How a client writes and reads JSON: `(dumps, loads)`, such as `(orjson.dumps, orjson.loads)`."""


class BuildOptions(TypedDict, total=False):
    """What makes a request."""

    content: RequestContent | None
    data: RequestData | None
    files: RequestFiles | None
    json: Any
    params: QueryParamTypes | None
    headers: HeaderTypes | None
    cookies: CookieTypes | None
    timeout: TimeoutTypes | UseClientDefault
    extensions: RequestExtensions | None
    compress: str | None


class RequestOptions(BuildOptions, total=False):
    """What `client.get(url, ...)` and its siblings take: a request, and how to send it."""

    auth: AuthTypes | UseClientDefault | None
    follow_redirects: bool | UseClientDefault
    retry: Retry | UseClientDefault | None


class ClientExtras(TypedDict, total=False):
    """What a client may be told beyond what httpx knows; each is explained in `Client`."""

    guards: Guards
    json_codec: JSONCodec | None
    layers: Sequence[Layer]
    pins: Mapping[str, PinTypes] | None
    raise_for_status: bool
    redirect_policy: RedirectPolicy | None
    resolver: ResolverTypes | None
    retry: Retry | None
    secret_headers: Iterable[str]
    allow_absolute_urls: bool


class CallOptions(TypedDict, total=False):
    """What `understudy.get(url, ...)` and its siblings take: a request and the client for it at once."""

    content: RequestContent | None
    data: RequestData | None
    files: RequestFiles | None
    json: Any
    params: QueryParamTypes | None
    headers: HeaderTypes | None
    cookies: CookieTypes | None
    compress: str | None
    auth: AuthTypes | None
    proxy: ProxyTypes | None
    follow_redirects: bool
    retry: Retry | None
    timeout: TimeoutTypes
    verify: VerifyTypes
    cert: CertTypes | None
    trust_env: bool
