from __future__ import annotations

import ssl
import sys
from typing import Any

import pytest

from understudy import URL, AsyncClient, Client, InvalidURL, LocalProtocolError, Proxy
from understudy.client.network.proxy import proxy_from


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_a_proxy_is_spoken_to_in_one_of_these_ways(scheme: str) -> None:
    proxy = Proxy(f"{scheme}://proxy.test:3128")

    assert proxy.url == f"{scheme}://proxy.test:3128"
    assert proxy.auth is None
    assert proxy.raw_auth is None
    assert proxy.headers == {}
    assert proxy.ssl_context is None


@pytest.mark.parametrize("url", ["ftp://proxy.test", "socks4://proxy.test", "proxy.test", "//proxy.test", ""])
def test_any_other_scheme_is_an_error_that_says_which_there_are(url: str) -> None:
    with pytest.raises(ValueError, match="http, https, socks5, socks5h"):
        Proxy(url)


def test_a_proxy_that_is_no_url_is_an_error() -> None:
    with pytest.raises(InvalidURL):
        Proxy("http://[::1")
    for url in ("http://", "socks5://"):
        with pytest.raises(ValueError, match="host"):
            Proxy(url)


@pytest.mark.parametrize(
    ("proxy", "auth"),
    [
        (Proxy("http://me:secret@proxy.test"), ("me", "secret")),
        (Proxy("http://me@proxy.test"), ("me", "")),
        (Proxy("http://m%40e:s%3Aecret@proxy.test"), ("m@e", "s:ecret")),
        (Proxy("http://proxy.test", auth=("me", "secret")), ("me", "secret")),
        (Proxy("http://you:other@proxy.test", auth=("me", "secret")), ("me", "secret")),
        (Proxy(URL("http://me:secret@proxy.test")), ("me", "secret")),
    ],
)
def test_credentials_stand_beside_the_url(proxy: Proxy, auth: tuple[str, str]) -> None:
    assert proxy.auth == auth
    assert proxy.raw_auth == (auth[0].encode(), auth[1].encode())
    assert proxy.url == "http://proxy.test"


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_without_what_speaks_socks_a_client_that_names_such_a_proxy_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)

    with pytest.raises(ImportError, match=r"pip install 'understudy\[socks\]'"):
        client(proxy="socks5://proxy.test")

    # One that the environment names hurts only who goes through it.
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.test")
    client()


def test_headers_are_checked() -> None:
    assert Proxy("http://proxy.test", headers={"X-Field": "1"}).headers == {"X-Field": "1"}
    with pytest.raises(LocalProtocolError):
        Proxy("http://proxy.test", headers={"X-Field": "1\r\n2"})


def test_trust_is_kept() -> None:
    context = ssl.create_default_context()

    assert Proxy("https://proxy.test", ssl_context=context).ssl_context is context


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        (Proxy("http://proxy.test"), "Proxy('http://proxy.test')"),
        (Proxy("http://me:hunter2@proxy.test"), "Proxy('http://proxy.test', auth=('me', '********'))"),
        (
            Proxy("http://proxy.test", headers={"X-Field": "1", "Proxy-Authorization": "Basic hunter2"}),
            "Proxy('http://proxy.test', headers={'x-field': '1', 'proxy-authorization': '[secure]'})",
        ),
    ],
)
def test_a_proxy_shows_where_it_is_and_no_secret(proxy: Proxy, shown: str) -> None:
    assert repr(proxy) == shown


@pytest.mark.parametrize("url", ["ftp://me:hunter2@proxy.test", "http://me:hunter2@[::1", "http://me:hunter2@"])
def test_an_error_shows_no_secret(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        Proxy(url)

    assert "hunter2" not in str(caught.value)


def test_a_url_stands_for_a_proxy() -> None:
    proxy: Any = Proxy("http://proxy.test")

    assert proxy_from(None) is None
    assert proxy_from(proxy) is proxy
    for given in ("http://proxy.test", URL("http://proxy.test")):
        made = proxy_from(given)
        assert made is not None
        assert made.url == "http://proxy.test"
