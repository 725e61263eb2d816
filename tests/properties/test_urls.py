"""What holds for every URL, however it is made."""

from __future__ import annotations

import pickle
import re

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from understudy.client.errors import InvalidURL
from understudy.client.urls import URL, QueryParams

# Text that goes near the edges: everything that ends, splits, hides or doubles a part of a URL.
PIECES = st.sampled_from(
    [
        *(
            "http:",
            "https:",
            "//",
            "/",
            "\\",
            "?",
            "#",
            "@",
            ":",
            "[",
            "]",
            "%",
            "%2f",
            "%41",
            "%25",
            ".",
            "..",
            "/../",
            "/./",
        ),
        *(
            "::1",
            "127.1",
            "0x7f",
            "xn--",
            "xn--n3h",
            "a",
            "b.c",
            "example.com",
            "80",
            "65536",
            "=",
            "&",
            "+",
            ";",
            "é",
            "☃",
        ),
        *(
            "\t",
            "\n",
            "\r",
            "\x00",
            " ",
            "\x7f",
            "\u200d",
            "\u3002",
            "\uff0f",
            "\ud800",
            "{",
            "}",
            '"',
            "<",
            "|",
            "^",
            "`",
        ),
    ]
)
EDGY = st.lists(PIECES, max_size=12).map("".join)
HOSTS = st.sampled_from(
    ["example.com", "u:p@b.c", "127.1:80", "[::1]", "[fe80::1%25e]", "xn--n3h", "☃", "%41", "a.", "u@v@w"]
)
ROOTED = st.tuples(st.sampled_from(["http://", "https://", "//", "foo://"]), HOSTS, EDGY).map("".join)
ANY_TEXT = st.one_of(EDGY, ROOTED, st.text(max_size=40))
WRITABLE = st.text(st.characters(codec="utf-8"), max_size=30)
PARAMETERS = st.lists(st.tuples(WRITABLE, WRITABLE), max_size=6)

relaxed = settings(deadline=None)  # the first host beyond ASCII loads `idna`

_ON_THE_WIRE = re.compile(rb"[!-~]+")
_HOST = re.compile(r"[!$&-.0-9;=A-Z_a-z~%]*|[0-9a-f:]+(%[A-Za-z0-9._~-]+)?")


def parsed(text: str) -> URL | None:
    try:
        return URL(text)
    except InvalidURL:
        return None


@relaxed
@given(ANY_TEXT)
@example("http://a:b@c\\")
@example("https://x/\ud800")
@example("")
def test_parsing_gives_a_url_or_invalid_url_and_the_url_reads_as_itself(text: str) -> None:
    url = parsed(text)
    if url is None:
        return

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


@relaxed
@given(ANY_TEXT)
def test_nothing_raw_reaches_the_wire(text: str) -> None:
    url = parsed(text)
    if url is None:
        return

    assert _ON_THE_WIRE.fullmatch(url.raw_path)
    assert _ON_THE_WIRE.fullmatch(url.netloc) or not url.netloc
    assert _HOST.fullmatch(url.raw_host.decode("ascii"))
    assert str(url).isascii()
    assert str(url).isprintable()
    assert isinstance(url.host, str)
    assert isinstance(url.path, str)
    assert isinstance(url.params, QueryParams)


def authority_for_browsers(reference: str, *, base_scheme: str) -> str | None:
    """Return what the WHATWG parser takes for the authority; `None` where it names none of its own."""
    text = reference.strip("".join(map(chr, range(0x21))))
    for dropped in "\t\n\r":
        text = text.replace(dropped, "")
    head = re.split("[?#]", text, maxsplit=1)[0].replace("\\", "/")
    scheme = re.match("([A-Za-z][A-Za-z0-9+.-]*):", head)
    if scheme is not None:
        head = head[scheme.end() :]
        if scheme[1].lower() not in ("http", "https"):
            return None
        if scheme[1].lower() == base_scheme and not head.startswith("//"):
            return None
    elif not head.startswith("//"):
        return None
    return head.lstrip("/").partition("/")[0]


@relaxed
@given(st.one_of(EDGY, ROOTED))
@example("/\\evil.example")
@example("http:/\t/evil.example")
@example("https:evil.example")
def test_a_followed_reference_leads_where_a_browser_goes(reference: str) -> None:
    base = URL("http://user:pass@good.example:8443/a/b?c#d")
    try:
        joined = base.join(reference)
    except InvalidURL:
        return

    authority = authority_for_browsers(reference, base_scheme="http")
    if authority is not None:
        assert joined.raw_host == URL("http://" + authority.rpartition("@")[2]).raw_host
    elif joined.scheme == "http":
        assert joined.raw_host == base.raw_host


@relaxed
@given(EDGY.filter(lambda text: "//" not in text and "\\" not in text and ":" not in text))
def test_a_reference_that_is_only_a_path_never_changes_the_host(reference: str) -> None:
    base = URL("https://user:pass@good.example:8443/a/b?c#d")
    try:
        joined = base.join(reference)
    except InvalidURL:
        return

    assert (joined.scheme, joined.userinfo, joined.netloc) == (base.scheme, base.userinfo, base.netloc)


@relaxed
@given(ANY_TEXT, ANY_TEXT)
def test_joining_gives_a_url_or_invalid_url_and_the_url_reads_as_itself(base: str, reference: str) -> None:
    try:
        joined = URL(base).join(reference)
    except InvalidURL:
        return

    assert URL(str(joined)) == joined


@relaxed
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


@relaxed
@given(PARAMETERS)
def test_parameters_read_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    params = QueryParams(pairs)

    assert QueryParams(str(params)).multi_items() == pairs
    assert URL("https://x", params=params).params == params


@relaxed
@given(WRITABLE)
def test_a_segment_reads_as_it_was_written(text: str) -> None:
    assume(not set(text) & set("?#%/") and text not in (".", ".."))

    assert URL("https://x").copy_with(path="/" + text).path == "/" + text
