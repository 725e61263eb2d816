"""`Origin`: what decides whether two URLs trust each other."""

from __future__ import annotations

import copy
import pickle

import pytest

from understudy.client.urls import URL, Origin


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("http://example.com/a?b#c", "http", "example.com", 80),
        ("https://example.com", "https", "example.com", 443),
        ("ws://example.com", "ws", "example.com", 80),
        ("wss://example.com", "wss", "example.com", 443),
        ("ftp://example.com", "ftp", "example.com", 21),
        ("https://user:pass@example.com:8443", "https", "example.com", 8443),
        ("HTTPS://EXAMPLE.COM:443", "https", "example.com", 443),
        ("https://[::0001]", "https", "::1", 443),
        ("https://bücher.example", "https", "xn--bcher-kva.example", 443),
        ("socks5://proxy.example", "socks5", "proxy.example", None),
    ],
)
def test_an_origin_is_scheme_host_and_port(text: str, scheme: str, host: str, port: int | None) -> None:
    origin = Origin(text)

    assert (origin.scheme, origin.host, origin.port) == (scheme, host, port)
    assert URL(text).origin == origin
    assert Origin(URL(text)) == origin


def test_one_place_has_one_origin() -> None:
    origins = {Origin("https://example.com/a"), URL("https://u:p@EXAMPLE.com:443/b").origin}

    assert len(origins) == 1


@pytest.mark.parametrize("other", ["http://example.com", "https://example.com:8443", "https://www.example.com"])
def test_another_scheme_port_or_host_is_another_origin(other: str) -> None:
    assert Origin("https://example.com") != Origin(other)


def test_an_origin_is_no_string() -> None:
    assert Origin("https://example.com") != "https://example.com"


@pytest.mark.parametrize("text", ["", "/path", "//example.com", "mailto:jo@example.com", "file:///etc"])
def test_only_an_absolute_url_has_an_origin(text: str) -> None:
    with pytest.raises(ValueError, match="absolute"):
        Origin(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://u:p@example.com:443/a?b", "https://example.com"),
        ("http://example.com:443", "http://example.com:443"),
        ("https://[fe80::1%25eth0]:8443/", "https://[fe80::1%25eth0]:8443"),
        ("foo://host", "foo://host"),
        ("http+unix://%2Frun%2Fx/a", "http+unix://%2Frun%2Fx"),
    ],
)
def test_an_origin_as_text_is_a_url_of_the_same_origin(text: str, written: str) -> None:
    assert str(Origin(text)) == written
    assert Origin(written) == Origin(text)


def test_an_origin_is_frozen() -> None:
    origin = Origin("https://example.com")

    with pytest.raises(AttributeError, match="frozen"):
        origin.port = 80
    with pytest.raises(AttributeError, match="frozen"):
        del origin.port
    assert origin.port == 443


def test_an_origin_shows_its_parts() -> None:
    assert repr(Origin("https://example.com")) == "Origin(scheme='https', host='example.com', port=443)"


def test_an_origin_pickles_and_copies() -> None:
    origin = Origin("https://example.com:8443")

    assert pickle.loads(pickle.dumps(origin)) == origin
    assert copy.deepcopy(origin) == origin
