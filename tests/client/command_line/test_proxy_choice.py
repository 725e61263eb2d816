from __future__ import annotations

import pytest

from understudy import URL
from understudy.client.command_line.proxy_choice import choose

PROXY = "http://proxy.test:3128"


@pytest.mark.parametrize(
    ("environment", "url", "proxy", "why"),
    [
        ({}, "https://a.test", None, "https_proxy and all_proxy are not set"),
        ({"http_proxy": PROXY}, "https://a.test", None, "the variables name none for https"),
        ({"https_proxy": PROXY}, "https://a.test", PROXY, "https_proxy says so"),
        ({"HTTPS_PROXY": PROXY}, "https://a.test", PROXY, "HTTPS_PROXY says so"),
        ({"HTTPS_PROXY": "http://other", "https_proxy": PROXY}, "https://a.test", PROXY, "https_proxy says so"),
        ({"ALL_PROXY": "proxy.test:3128"}, "https://a.test", PROXY, "ALL_PROXY says so"),
        ({"all_proxy": PROXY, "NO_PROXY": "b.test, .test"}, "https://a.test", None, "NO_PROXY holds .test"),
        ({"all_proxy": PROXY, "no_proxy": "10.0.0.0/8"}, "https://10.1.2.3", None, "no_proxy holds 10.0.0.0/8"),
        ({"all_proxy": PROXY, "no_proxy": "*"}, "https://a.test", None, "no_proxy holds *"),
        ({"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}, "http://a.test", None, "HTTP_PROXY is ignored"),
    ],
)
def test_the_word_that_decided_is_named(environment: dict[str, str], url: str, proxy: str | None, why: str) -> None:
    choice = choose(URL(url), environment)

    assert choice.proxy == proxy
    assert choice.why.startswith(why)


def test_a_password_is_not_shown() -> None:
    choice = choose(URL("http://a.test"), {"http_proxy": "http://ada:s3cret@proxy.test"})

    assert choice.shown == "http://ada:[secure]@proxy.test"
    assert choose(URL("https://a.test"), {}).shown == "none"


def test_a_proxy_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="unknown scheme for proxy URL"):
        choose(URL("http://a.test"), {"http_proxy": "gopher://proxy.test"})
