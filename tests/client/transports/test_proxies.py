from __future__ import annotations

import os
import sys
import time
from typing import Any

import pytest

from understudy import URL
from understudy.client.transports.mounts import sorted_mounts
from understudy.client.transports.proxies import environment_mounts, get_environment_proxies


def mounts(**environment: str) -> dict[str, str | None]:
    return environment_mounts(str, environment)


def through(url: str, environment: dict[str, str]) -> str | None:
    """Return the proxy that a URL goes through."""
    for pattern, proxy in sorted_mounts(environment_mounts(str, environment)).items():
        if pattern.matches(URL(url)):
            return str(proxy) if proxy is not None else None
    return None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {}),
        ({"HTTP_PROXY": "http://proxy.test"}, {"http://": "http://proxy.test"}),
        ({"http_proxy": "http://proxy.test"}, {"http://": "http://proxy.test"}),
        ({"HTTPS_PROXY": "http://proxy.test"}, {"https://": "http://proxy.test"}),
        ({"ALL_PROXY": "socks5://proxy.test"}, {"all://": "socks5://proxy.test"}),
        (
            {"HTTP_PROXY": "http://a.test", "HTTPS_PROXY": "http://b.test", "ALL_PROXY": "http://c.test"},
            {"http://": "http://a.test", "https://": "http://b.test", "all://": "http://c.test"},
        ),
        ({"HTTP_PROXY": "proxy.test:3128"}, {"http://": "http://proxy.test:3128"}),
        ({"HTTP_PROXY": "", "HTTPS_PROXY": ""}, {}),
        ({"HTTP_PROXY": "http://upper.test", "http_proxy": "http://lower.test"}, {"http://": "http://lower.test"}),
        ({"http_proxy": "http://lower.test", "HTTP_PROXY": "http://upper.test"}, {"http://": "http://lower.test"}),
        ({"HTTP_PROXY": "http://upper.test", "http_proxy": ""}, {}),
        ({"FTP_PROXY": "http://proxy.test"}, {}),
        ({"NO_PROXY": "example.com"}, {}),
        ({"NOT_A_PROXY_AT_ALL": "http://proxy.test"}, {}),
    ],
)
def test_the_environment_names_proxies(environment: dict[str, str], expected: dict[str, str]) -> None:
    assert mounts(**environment) == expected


@pytest.mark.parametrize("no_proxy", ["*", "example.com, *", "*,example.com"])
def test_where_there_are_to_be_no_proxies_none_is_made(no_proxy: str) -> None:
    def refuse(url: str) -> str:
        raise ValueError(url)

    assert environment_mounts(refuse, {"ALL_PROXY": "gopher://proxy.test", "NO_PROXY": no_proxy}) == {}


def test_a_proxy_that_a_client_of_a_cgi_program_names_is_not_used() -> None:
    assert mounts(HTTP_PROXY="http://evil.test", REQUEST_METHOD="GET") == {}
    assert mounts(HTTP_PROXY="http://evil.test", REQUEST_METHOD="GET", http_proxy="http://mine.test") == {
        "http://": "http://mine.test"
    }
    assert mounts(HTTPS_PROXY="http://mine.test", REQUEST_METHOD="GET") == {"https://": "http://mine.test"}


def test_nor_is_it_where_the_system_knows_no_small_letters() -> None:
    class OfWindows(dict[str, str]):
        """All names are upper case, and found however they are written."""

        def __contains__(self, name: object) -> bool:
            return super().__contains__(str(name).upper())

    environment = OfWindows(HTTP_PROXY="http://evil.test", REQUEST_METHOD="GET")

    assert environment_mounts(str, environment) == {}


@pytest.mark.parametrize(
    ("no_proxy", "direct", "proxied"),
    [
        ("localhost", ["http://localhost/", "http://localhost:8080/", "http://LOCALHOST/"], ["http://127.0.0.1/"]),
        ("localhost.", ["http://localhost/"], ["http://a.test/"]),
        ("127.0.0.1", ["http://127.0.0.1/", "http://127.0.0.1:8080/"], ["http://127.0.0.2/", "http://localhost/"]),
        ("127.0.0.1:8080", ["http://127.0.0.1:8080/"], ["http://127.0.0.1/"]),
        ("::1", ["http://[::1]/", "http://[::1]:8080/"], ["http://[::2]/"]),
        ("[::1]", ["http://[::1]/"], ["http://[::2]/"]),
        ("[::1]:8080", ["http://[::1]:8080/"], ["http://[::1]/"]),
        ("10.0.0.0/8", ["http://10.1.2.3/", "https://10.255.0.1:8443/"], ["http://11.0.0.1/", "http://a.test/"]),
        ("192.168.1.0/24", ["http://192.168.1.99/"], ["http://192.168.2.1/"]),
        ("fd00::/8", ["http://[fd12:3456::1]/"], ["http://[fe80::1]/"]),
        ("[fd00::]/8", ["http://[fd12:3456::1]/"], ["http://[fe80::1]/"]),
        ("example.com", ["https://example.com/", "https://www.example.com/"], ["https://notexample.com/"]),
        ("EXAMPLE.com", ["https://example.COM/"], ["https://example.org/"]),
        (".example.com", ["https://www.example.com/"], ["https://example.com/", "https://notexample.com/"]),
        ("*.example.com", ["https://www.example.com/"], ["https://example.com/"]),
        ("example.com:8080", ["http://example.com:8080/", "http://www.example.com:8080/"], ["http://example.com/"]),
        ("example.com:443", ["https://example.com/"], ["http://example.com/"]),
        ("https://example.com", ["https://example.com/"], ["http://example.com/"]),
        ("bücher.example", ["https://xn--bcher-kva.example/"], ["https://a.test/"]),
        ("*", ["https://a.test/", "http://localhost/"], []),
        ("a.test,*", ["https://b.test/"], []),
        (" a.test , b.test ,, ", ["https://a.test/", "https://b.test/"], ["https://c.test/"]),
        ("", [], ["https://a.test/"]),
    ],
)
def test_no_proxy(no_proxy: str, direct: list[str], proxied: list[str]) -> None:
    environment = {"ALL_PROXY": "http://proxy.test", "NO_PROXY": no_proxy}

    assert [through(url, environment) for url in direct] == [None] * len(direct)
    assert [through(url, environment) for url in proxied] == ["http://proxy.test"] * len(proxied)


@pytest.mark.parametrize(
    "entry", ["[::1", "exa mple.com", "a.test:port", "10.0.0.0/99", "https://", "\x00", "fe80::%", ".", "*."]
)
def test_what_is_no_entry_of_no_proxy_hinders_nobody(entry: str) -> None:
    environment = {"ALL_PROXY": "http://proxy.test", "NO_PROXY": f"{entry},b.test"}

    assert through("https://b.test/", environment) is None
    assert through("http://c.test/", environment) == "http://proxy.test"


def test_a_long_no_proxy_takes_linear_time() -> None:
    entries = ",".join(["a" * 100_000, "." * 100_000, *[f"h{number}.test" for number in range(10_000)]])
    began = time.process_time()

    found = environment_mounts(str, {"all_proxy": "http://proxy.test", "no_proxy": entries})

    assert time.process_time() - began < 2.0
    assert len(found) > 10_000


def test_the_environment_of_the_process_is_where_it_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    assert environment_mounts(str) == {}

    monkeypatch.setenv("ALL_PROXY", "http://proxy.test")

    assert environment_mounts(str) == {"all://": "http://proxy.test"}


def test_libraries_ask_for_the_proxies_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", "api.test")

    assert get_environment_proxies() == {"https://": "http://127.0.0.1:3128", "all://*api.test": None}


def test_a_system_with_settings_of_its_own_is_asked_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.request

    settings: dict[str, Any] = {"http": "http://system.test"}
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(urllib.request, "getproxies", lambda: settings)

    assert environment_mounts(str) == {"http://": "http://system.test"}
    assert environment_mounts(str, {}) == {}
