"""What the command line promises whatever it is given."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from understudy import URL, Client, MockTransport
from understudy.client.command_line.json_layout import laid_out
from understudy.client.command_line.proxy_choice import choose
from understudy.client.transports.proxies import environment_mounts

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@examples(60)
@given(value=VALUES, indent=st.sampled_from([None, 1, 4]), ascii_only=st.booleans())
def test_what_is_laid_out_says_the_same(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    found = laid_out(text)

    assert found is not None
    assert json.loads(found) == value
    assert laid_out(found) == found
    if not ascii_only:
        assert found == json.dumps(value, indent=2, ensure_ascii=False)


_HOSTS = st.sampled_from(["a.test", "b.a.test", "test", "10.1.2.3", "localhost"])


@examples(60)
@given(
    environment=st.fixed_dictionaries(
        {},
        optional={
            "http_proxy": st.just("http://one.test"),
            "https_proxy": st.just("http://two.test"),
            "ALL_PROXY": st.just("http://three.test"),
            "no_proxy": st.lists(
                st.sampled_from(["a.test", ".a.test", "10.0.0.0/8", "localhost", "a.test:443", "*", "?"]), max_size=3
            ).map(",".join),
        },
    ),
    url=st.builds("{}://{}".format, st.sampled_from(["http", "https"]), _HOSTS),
)
def test_the_choice_is_the_one_of_a_client(environment: dict[str, str], url: str) -> None:
    direct = MockTransport(_never)
    mounts: dict[str, Any] = environment_mounts(_Through, environment)
    with Client(transport=direct, mounts=mounts) as client:
        chosen = client._transport_for_url(URL(url))

    assert choose(URL(url), environment).proxy == getattr(chosen, "proxy", None)


class _Through(MockTransport):
    def __init__(self, proxy: str) -> None:
        super().__init__(_never)
        self.proxy = proxy


def _never(_: object) -> Any:
    raise AssertionError("nothing is sent")
