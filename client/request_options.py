"""The options of a call, spelled once: every verb of every client and of the module takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
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
    from .config import TimeoutTypes, UseClientDefault
    from .network.proxy import ProxyTypes


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


class RequestOptions(BuildOptions, total=False):
    """What `client.get(url, ...)` and its siblings take: a request, and how to send it."""

    auth: AuthTypes | UseClientDefault | None
    follow_redirects: bool | UseClientDefault


class CallOptions(TypedDict, total=False):
    """What `understudy.get(url, ...)` and its siblings take: a request and the client for it at once."""

    content: RequestContent | None
    data: RequestData | None
    files: RequestFiles | None
    json: Any
    params: QueryParamTypes | None
    headers: HeaderTypes | None
    cookies: CookieTypes | None
    auth: AuthTypes | None
    proxy: ProxyTypes | None
    follow_redirects: bool
    timeout: TimeoutTypes
    verify: VerifyTypes
    cert: CertTypes | None
    trust_env: bool
