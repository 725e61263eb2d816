"""What holds for every URL, however it is made."""

from __future__ import annotations

import pickle
import re

from hypothesis import assume, example, given
from hypothesis import strategies as st

from understudy.client.errors import InvalidURL
from understudy.client.urls import URL, QueryParams

# Text that goes near the edges: everything that ends, splits, hides or doubles a part of a URL.
PIECES = st.sampled_from(
    """http: https: // / \\ ? # @ : [ ] % %2f %41 %25 . .. /../ /./ ::1 127.1 0x7f xn-- xn--n3h a b.c example.com 80 65536
    = & + ; é ☃ { } " < | ^ `""".split()
    + ["\t", "\n", "\r", "\x00", " ", "\x7f", "\u200d", "\u3002", "\uff0f", "\ud800"]
)
EDGY = st.lists(PIECES, max_size=12).map("".join)
ANY_TEXT = st.one_of(EDGY, st.text(max_size=40), EDGY.map(lambda text: "http://" + text))
PARAMETERS = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))), max_size=6
)

_ON_THE_WIRE = re.compile(rb"[!-~]+")
_HOST = re.compile(r"[!$&-.0-9;=A-Z_a-z~%]*|[0-9a-f:]+(%[A-Za-z0-9._~-]+)?")


def parsed(text: str) -> URL | None:
    try:
        return URL(text)
    except InvalidURL:
        return None


@given(ANY_TEXT)
@example("http://a:b@c\\")
@example("https://x/\ud800")
@example("")
def test_parsing_gives_a_url_or_invalid_url_and_the_url_reads_as_itself(text: str) -> None:
    url = parsed(text)
    assume(url is not None)
    assert url is not None

    again = URL(str(url))

    assert again == url
    assert hash(again) == hash(url)
    assert (again.raw_scheme, again.userinfo, again.raw_host, again.port) == (
        url.raw_scheme,
        url.userinfo,
        url.raw_host,
        url.port,
    )
    assert (again.raw_path, again.fragment) == (url.raw_path, url.fragment)
    assert pickle.loads(pickle.dumps(url)) == url


@given(ANY_TEXT)
def test_nothing_raw_reaches_the_wire(text: str) -> None:
    url = parsed(text)
    assume(url is not None)
    assert url is not None

    assert _ON_THE_WIRE.fullmatch(url.raw_path)
    assert _ON_THE_WIRE.fullmatch(url.netloc) or not url.netloc
    assert _HOST.fullmatch(url.raw_host.decode("ascii"))
    assert str(url).isascii()
    assert str(url).isprintable()
    assert isinstance(url.host, str)
    assert isinstance(url.path, str)
    assert isinstance(url.params, QueryParams)


@given(EDGY)
def test_the_host_is_what_a_browser_reads_or_nothing(text: str) -> None:
    url = parsed("http://" + text)
    assume(url is not None)
    assert url is not None

    # The first steps of the WHATWG parser: strip, drop, read `\` as `/`, then take what follows the last @.
    stripped = text.rstrip("".join(map(chr, range(0x21))))
    for dropped in "\t\n\r":
        stripped = stripped.replace(dropped, "")
    authority = re.split(r"[/\\?#]", stripped, maxsplit=1)[0]
    assert URL("http://" + authority.rpartition("@")[2]).raw_host == url.raw_host


@given(EDGY.filter(lambda text: "//" not in text and "\\" not in text and ":" not in text))
def test_a_reference_that_is_only_a_path_never_changes_the_host(reference: str) -> None:
    base = URL("https://user:pass@good.example:8443/a/b?c#d")
    try:
        joined = base.join(reference)
    except InvalidURL:
        return

    assert (joined.scheme, joined.userinfo, joined.netloc) == (base.scheme, base.userinfo, base.netloc)


@given(ANY_TEXT, ANY_TEXT)
def test_joining_gives_a_url_or_invalid_url_and_the_url_reads_as_itself(base: str, reference: str) -> None:
    try:
        joined = URL(base).join(reference)
    except InvalidURL:
        return

    assert URL(str(joined)) == joined


@given(st.sampled_from(["path", "host", "fragment", "username", "password", "scheme"]), ANY_TEXT)
def test_a_part_given_by_name_cannot_change_another(part: str, text: str) -> None:
    base = URL("https://user:pass@good.example:8443/a/b?c#d")
    try:
        changed = base.copy_with(**{part: text})
    except InvalidURL:
        return

    assert URL(str(changed)) == changed
    for other in {"path", "host", "fragment", "scheme", "query"} - {part}:
        assert getattr(changed, other) == getattr(base, other)


@given(PARAMETERS)
def test_parameters_read_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    params = QueryParams(pairs)

    assert QueryParams(str(params)).multi_items() == pairs
    assert URL("https://x", params=params).params == params


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_a_segment_reads_as_it_was_written(text: str) -> None:
    assume(not set(text) & set("?#%/") and text not in (".", ".."))

    assert URL("https://x").copy_with(path="/" + text).path == "/" + text
