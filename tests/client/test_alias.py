from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

import pytest

import understudy
from understudy.client.alias import alias_httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC = """
    __description__ __title__ __version__ ASGITransport AsyncBaseTransport AsyncByteStream AsyncClient
    AsyncHTTPTransport Auth BaseTransport BasicAuth ByteStream Client CloseError codes ConnectError ConnectTimeout
    CookieConflict Cookies create_ssl_context DecodingError delete DigestAuth get head Headers HTTPError HTTPStatusError
    HTTPTransport InvalidURL Limits LocalProtocolError main MockTransport NetRCAuth NetworkError options patch
    PoolTimeout post ProtocolError Proxy ProxyError put QueryParams ReadError ReadTimeout RemoteProtocolError request
    Request RequestError RequestNotRead Response ResponseNotRead stream StreamClosed StreamConsumed StreamError
    SyncByteStream Timeout TimeoutException TooManyRedirects TransportError UnsupportedProtocol URL USE_CLIENT_DEFAULT
    WriteError WriteTimeout WSGITransport
"""

ADDED = ["EventSource", "FunctionAuth", "Origin", "SSEError", "ServerSentEvent", "alias_httpx", "query"]

SEMI_PUBLIC = {
    "_types": """URLTypes QueryParamTypes HeaderTypes CookieTypes AuthTypes TimeoutTypes ProxyTypes CertTypes
        RequestContent RequestData RequestFiles FileTypes FileContent PrimitiveData ResponseContent RequestExtensions
        ResponseExtensions SyncByteStream AsyncByteStream""",
    "_client": "UseClientDefault USE_CLIENT_DEFAULT ClientState BaseClient EventHook Client AsyncClient",
    "_config": "DEFAULT_TIMEOUT_CONFIG DEFAULT_LIMITS DEFAULT_MAX_REDIRECTS Timeout Limits Proxy create_ssl_context",
    "_transports.base": "BaseTransport AsyncBaseTransport",
    "_transports.default": """HTTPTransport AsyncHTTPTransport
        map_httpcore_exceptions ResponseStream AsyncResponseStream""",
    "_transports.mock": "MockTransport",
    "_transports.asgi": "ASGITransport",
    "_transports.wsgi": "WSGITransport",
    "_content": """ByteStream IteratorByteStream AsyncIteratorByteStream encode_request encode_response
        encode_json encode_urlencoded_data encode_multipart_data""",
    "_decoders": "IdentityDecoder",
    "_models": "Request Response Headers Cookies",
    "_exceptions": "HTTPError RequestError TransportError InvalidURL StreamError",
    "_urls": "URL QueryParams",
    "_auth": "Auth BasicAuth DigestAuth NetRCAuth FunctionAuth",
    "_status_codes": "codes",
    "_api": "get post stream request",
    "_utils": "URLPattern get_environment_proxies peek_filelike_length",
}


def forget() -> dict[str, ModuleType]:
    """Take the modules of httpx, aliased or real, out of the process."""
    roots = {"httpx", "httpx2", "httpcore", "httpcore2"}
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in roots}


@pytest.fixture(autouse=True)
def without_httpx() -> Iterator[None]:
    before = forget()
    yield
    forget()
    sys.modules.update(before)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The ones that are installed as far as anybody can tell: neither, to begin with."""
    names: set[str] = set()

    def find(name: str, package: str | None = None) -> Any:
        if name in ("httpx", "httpx2"):
            return object() if name in names else None
        return find_spec(name, package)

    monkeypatch.setattr("importlib.util.find_spec", find)
    return names


@pytest.fixture(params=["httpx", "httpx2"])
def httpx(request: pytest.FixtureRequest) -> Any:
    alias_httpx()
    return importlib.import_module(request.param)


@pytest.mark.parametrize("name", PUBLIC.split())
def test_every_public_name_is_there(httpx: Any, name: str) -> None:
    assert getattr(httpx, name) is not None
    if name != "__version__":
        assert getattr(httpx, name) is getattr(understudy, name)


@pytest.mark.parametrize("name", ADDED)
def test_what_came_later_is_there_too(httpx: Any, name: str) -> None:
    assert getattr(httpx, name) is getattr(understudy, name)


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in SEMI_PUBLIC.items() for name in names.split()]
)
def test_every_name_that_libraries_import_is_there(httpx: Any, module: str, name: str) -> None:
    found = importlib.import_module(f"{httpx.__name__}.{module}")

    assert getattr(found, name) is not None
    assert getattr(found, name) is getattr(understudy, name, getattr(found, name))


@pytest.mark.parametrize("name", ["HeaderTypes", "RequestFiles", "AuthTypes", "TimeoutTypes", "CertTypes"])
def test_types_are_real_unions(httpx: Any, name: str) -> None:
    union = getattr(importlib.import_module(f"{httpx.__name__}._types"), name)

    assert get_origin(union) is Union
    assert len(get_args(union)) > 1


def test_the_version_is_one_that_libraries_know() -> None:
    alias_httpx()

    assert importlib.import_module("httpx").__version__ == "0.28.1"
    assert importlib.import_module("httpx.__version__").__version__ == "0.28.1"
    assert importlib.import_module("httpx2").__version__ == "2.16.2"


def test_every_way_to_import_leads_there(httpx: Any) -> None:
    there: dict[str, Any] = {}
    name = httpx.__name__

    exec(
        f"import {name}\nimport {name}._types as types\nfrom {name} import Client, _client\n"
        f"from {name}._config import Timeout\nfrom {name} import *\n",
        there,
    )

    assert there["Client"] is there["_client"].Client is understudy.Client
    assert there["types"].URLTypes is there[name]._types.URLTypes
    assert there["Timeout"] is understudy.Timeout
    assert there["AsyncClient"] is understudy.AsyncClient


def test_a_name_that_is_not_there_is_an_attribute_error(httpx: Any) -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'nothing': understudy stands in"):
        _ = httpx.nothing
    with pytest.raises(ImportError):
        importlib.import_module(f"{httpx.__name__}._nothing")


def test_the_modules_can_be_looked_at(httpx: Any) -> None:
    assert repr(httpx) == f"<module {httpx.__name__!r} by understudy>"
    assert {"Client", "get"} <= set(dir(httpx))
    assert find_spec(httpx.__name__) is not None
    assert "by understudy" in httpx.__doc__


def test_twice_is_once() -> None:
    alias_httpx()
    first = sys.modules["httpx"]

    alias_httpx()

    assert sys.modules["httpx"] is first


@pytest.mark.parametrize(
    ("found", "aliased"),
    [
        ([], ["httpx", "httpx2"]),
        (["httpx"], ["httpx"]),
        (["httpx2"], ["httpx2"]),
        (["httpx", "httpx2"], ["httpx", "httpx2"]),
    ],
)
def test_what_is_missing_beside_the_other_stays_missing(
    installed: set[str], found: list[str], aliased: list[str]
) -> None:
    installed.update(found)

    alias_httpx()
    alias_httpx()

    assert [name for name in ("httpx", "httpx2") if name in sys.modules] == aliased


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_it_is_too_late_when_the_real_one_is_there(name: str) -> None:
    sys.modules[name] = ModuleType(name)

    with pytest.raises(RuntimeError, match=f"{name} has been imported already"):
        alias_httpx()

    assert {key for key in sys.modules if key.startswith("httpx")} == {name}


@pytest.mark.skipif(find_spec("httpcore") is not None, reason="httpcore is installed and stays what it is")
def test_the_errors_of_what_httpx_is_made_of_are_the_same() -> None:
    alias_httpx()

    httpcore = importlib.import_module("httpcore")

    assert httpcore.ReadTimeout is understudy.ReadTimeout
    with pytest.raises(AttributeError, match="ConnectionPool"):
        _ = httpcore.ConnectionPool


def test_a_subclass_of_the_aliased_client_stands_in_like_any_other(httpx: Any) -> None:
    def answer(request: Any) -> Any:
        return httpx.Response(200, text=request.url.path)

    custom: Any = type("Custom", (httpx.Client,), {})
    client: Any
    with understudy.stand_in(httpx.MockTransport(answer)), custom(base_url="https://api.test") as client:
        assert client.get("/users").text == "/users"


def test_a_fresh_process_needs_one_line() -> None:
    program = (
        "import understudy; understudy.alias_httpx(); import httpx, sys; "
        "print(httpx.Client is understudy.Client, 'ssl' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "False"]
