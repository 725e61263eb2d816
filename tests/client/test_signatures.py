from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Callable
from unittest.mock import create_autospec

import pytest

import understudy
from understudy.client import signatures
from understudy.client.request_options import BuildOptions, CallOptions, ClientExtras, RequestOptions

if TYPE_CHECKING:
    from .conftest import Side

VERBS = ["get", "head", "options", "post", "put", "patch", "delete", "query"]
# What httpx 0.28 documents, kind and default included: all by keyword, none required.
OF_HTTPX_VERBS = {"params", "headers", "cookies", "auth", "follow_redirects", "timeout", "extensions"}
OF_HTTPX_BODIES = {"content", "data", "files", "json"}
OF_HTTPX_FUNCTIONS = {
    "params",
    "headers",
    "cookies",
    "auth",
    "proxy",
    "timeout",
    "follow_redirects",
    "verify",
    "trust_env",
}


def options_of(function: Callable[..., Any]) -> set[str]:
    parameters = inspect.signature(function).parameters.values()
    assert all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters)
    return {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


def annotated(*kinds: Any) -> set[str]:
    return {name for kind in kinds for name in kind.__annotations__}


@pytest.mark.parametrize("client", [understudy.Client, understudy.AsyncClient])
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_shows_every_option_it_takes(client: Any, verb: str) -> None:
    shown = options_of(getattr(client, verb))

    assert shown == annotated(BuildOptions, RequestOptions)
    assert shown >= OF_HTTPX_VERBS | OF_HTTPX_BODIES


@pytest.mark.parametrize("client", [understudy.Client, understudy.AsyncClient])
@pytest.mark.parametrize("name", ["request", "stream"])
def test_a_request_of_any_method_shows_the_same(client: Any, name: str) -> None:
    assert options_of(getattr(client, name)) == annotated(BuildOptions, RequestOptions)
    assert list(inspect.signature(getattr(client, name)).parameters)[:3] == ["self", "method", "url"]


def test_building_shows_what_makes_a_request() -> None:
    assert options_of(understudy.Client.build_request) == annotated(BuildOptions)


@pytest.mark.parametrize("name", [*VERBS, "request", "stream"])
def test_a_function_shows_the_options_of_its_client_too(name: str) -> None:
    shown = options_of(getattr(understudy, name))

    assert shown == annotated(CallOptions)
    assert shown >= OF_HTTPX_FUNCTIONS | OF_HTTPX_BODIES


@pytest.mark.parametrize("client", [understudy.Client, understudy.AsyncClient])
def test_a_client_shows_what_it_may_be_told(client: Any) -> None:
    shown = inspect.signature(client).parameters
    real = inspect.signature(client.__init__, follow_wrapped=False).parameters

    assert set(shown) == annotated(ClientExtras) | set(real) - {"self", "extras"}
    for name, parameter in real.items():
        if name in shown:
            assert shown[name].default == parameter.default


@pytest.mark.parametrize(
    ("full", "real"),
    [
        (signatures.client_request, understudy.Client.request),
        (signatures.client_request, understudy.AsyncClient.request),
        (signatures.client_build, understudy.Client.build_request),
    ],
)
def test_what_is_shown_is_what_is_there(full: Callable[..., Any], real: Callable[..., Any]) -> None:
    shown = {name: (there.kind, there.default) for name, there in inspect.signature(full).parameters.items()}
    real_ones = inspect.signature(real, follow_wrapped=False).parameters

    assert shown == {name: (there.kind, there.default) for name, there in real_ones.items() if name != "unknown"}


def test_a_mock_made_from_a_client_refuses_what_the_client_refuses() -> None:
    client = create_autospec(understudy.Client, instance=True)

    client.get("https://api.test/", params={"page": 1})

    with pytest.raises(TypeError, match="parms"):
        client.get("https://api.test/", parms={"page": 1})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("parms", "did you mean 'params'"),
        ("follow_redirect", "did you mean 'follow_redirects'"),
        ("allow_redirects", "write follow_redirects="),
        ("max_retries", "write retry=Retry"),
        ("retries", "write retry=Retry"),
        ("stream", "client.stream"),
        ("verify", "Client\\(verify"),
        ("verify_ssl", "write verify=, which belongs to the client"),
        ("limits", "it belongs to the client, as in Client\\(limits"),
        ("body", "write content="),
        ("xyzzy", "there are content, data"),
    ],
)
@pytest.mark.anyio
async def test_a_misspelt_option_names_the_one_that_was_meant(side: Side, given: str, words: str) -> None:
    options: Any = {given: 1}

    for send in (side.client().get, side.client().request):
        with pytest.raises(TypeError, match=f"'{given}'.*{words}"):
            await side.call(send, *(("GET",) if send.__name__ == "request" else ()), "https://api.test/", **options)
    with pytest.raises(TypeError, match=f"'{given}'"):
        side.client().build_request("GET", "https://api.test/", **options)


@pytest.mark.parametrize("given", ["auth", "follow_redirects", "retry"])
def test_what_is_said_when_a_request_is_sent_is_no_option_of_building_it(side: Side, given: str) -> None:
    options: Any = {given: None}

    with pytest.raises(TypeError, match=rf"client\.send\(request, {given}="):
        side.client().build_request("GET", "https://api.test/", **options)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("timeot", "did you mean 'timeout'"),
        ("proxies", "mounts="),
        ("app", "WSGITransport"),
        ("ssl", "write verify="),
        ("xyzzy", "there are auth"),
    ],
)
@pytest.mark.parametrize("client", [understudy.Client, understudy.AsyncClient])
def test_a_misspelt_setting_of_a_client_names_the_one_that_was_meant(client: Any, given: str, words: str) -> None:
    options: Any = {given: 1}

    with pytest.raises(TypeError, match=f"'{given}'.*{words}"):
        client(**options)


def test_a_misspelt_option_of_a_function_names_one_of_its_client() -> None:
    options: Any = {"verfy": False}

    with pytest.raises(TypeError, match="did you mean 'verify'"):
        understudy.get("https://api.test/", **options)
