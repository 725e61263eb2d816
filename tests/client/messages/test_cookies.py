"""Cookies as users see them, judged by the IETF's own vectors."""

from __future__ import annotations

import copy
import enum
import pickle
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from understudy.client.errors import CookieConflict, LocalProtocolError
from understudy.client.messages.cookies import Cookies
from understudy.client.messages.headers import Headers
from understudy.client.messages.request import Request
from understudy.client.messages.response import Response

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "http-state" / "tests" / "data" / "parser"

# 0028 sets "foo" without "=" and then a tab; what its file expects are the test's own two lines, which nobody can send.
# Nothing is sent here.
DIFFERENT = {"0028"}


class Clock:
    """A clock that stands until it is told to go on."""

    time = 1_333_238_400.0

    def __call__(self) -> float:
        return self.time


def answered(url: str, *lines: str | bytes) -> Response:
    fields = [(b"Set-Cookie", line.encode() if isinstance(line, str) else line) for line in lines]
    fields.insert(0, (b"Server", b"a=b"))
    return Response(200, headers=Headers.received(fields), request=Request("GET", url))


def sent(cookies: Cookies, url: str, **options: Any) -> str | None:
    request = Request("GET", url)
    cookies.set_cookie_header(request, **options)
    return request.headers.get("Cookie")


class Flavor(str, enum.Enum):
    OAT = "oat"


class Size(enum.IntEnum):
    LARGE = 3


def test_members_of_enumerations_are_sent_as_what_they_say() -> None:
    assert sent(Cookies({Flavor.OAT: Size.LARGE, "b": Flavor.OAT}), "https://api.test/") == "oat=3; b=oat"


@pytest.mark.parametrize(
    "given",
    [
        {"a": "1", "b": "2"},
        [("a", "1"), ("b", "2")],
        (("a", "1"), ("b", "2")),
        Cookies({"a": "1", "b": "2"}),
        Headers({"a": "1", "b": "2"}),
    ],
)
def test_cookies_are_made_from_mappings_pairs_and_cookies(given: Any) -> None:
    cookies = Cookies(given)

    assert dict(cookies) == {"a": "1", "b": "2"}
    assert sent(cookies, "http://example.org/") == "a=1; b=2"


def test_cookies_of_nothing_are_empty_and_false() -> None:
    for cookies in (Cookies(), Cookies(None), Cookies({}), Cookies([])):
        assert len(cookies) == 0
        assert not cookies
        assert sent(cookies, "http://example.org/") is None


@pytest.mark.parametrize("given", [7, "a=b", object()])
def test_cookies_of_anything_else_are_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError, match="cookies are a mapping"):
        Cookies(given)


@pytest.mark.parametrize("given", [[1], [("a",)], [("a", "b", "c")], ["ab"]])
def test_cookies_of_a_list_that_holds_no_pairs_are_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError, match=r"cookies in a list are pairs \(name, value\), not "):
        Cookies(given)


def test_cookies_made_from_cookies_are_their_own() -> None:
    first = Cookies({"a": "1"})
    second = Cookies(first)
    second["a"] = "2"

    assert first["a"] == "1"


def test_a_mutable_mapping_is_there() -> None:
    cookies = Cookies()

    cookies["a"] = "1"
    cookies.setdefault("b", "2")
    cookies.update({"c": "3"})
    cookies.update()

    assert "a" in cookies
    assert not cookies.__contains__(7)
    assert list(cookies) == ["a", "b", "c"]
    assert list(cookies.items()) == [("a", "1"), ("b", "2"), ("c", "3")]
    assert len(cookies) == 3
    assert cookies.pop("a") == "1"
    del cookies["b"]
    assert cookies == {"c": "3"}
    with pytest.raises(KeyError):
        cookies["a"]
    with pytest.raises(KeyError):
        del cookies["a"]


def test_views_show_the_moment_when_somebody_began_to_look() -> None:
    cookies = Cookies({"a": "1", "b": "2"})
    items, values = iter(cookies.items()), iter(cookies.values())

    assert (next(items), next(values)) == (("a", "1"), "1")
    del cookies["b"]  # as another thread may

    assert ([*items], [*values]) == ([("b", "2")], ["2"])
    assert ([*cookies.items()], [*cookies.values()]) == ([("a", "1")], ["1"])


def test_one_name_of_several_domains_needs_its_domain() -> None:
    cookies = Cookies()
    cookies.set("a", "1", domain="one.org")
    cookies.set("a", "2", domain=".two.org", path="/x")

    for look in (lambda: cookies["a"], lambda: list(cookies.items()), lambda: list(cookies.values())):
        with pytest.raises(CookieConflict, match=r"'a' \(one.org/, two.org/x\)"):
            look()
    assert cookies.get("a", domain="one.org") == "1"
    assert cookies.get("a", domain="TWO.org") == cookies.get("a", path="/x") == "2"
    assert cookies.get("a", domain="three.org") is None
    assert cookies.get("a", "-", domain="three.org") == "-"
    assert "a" in cookies


def test_deleting_is_of_all_or_of_what_is_named() -> None:
    def some() -> Cookies:
        cookies = Cookies()
        for domain, path in (("one.org", "/"), ("one.org", "/x"), ("two.org", "/")):
            cookies.set("a", "1", domain=domain, path=path)
        return cookies

    for named, left in (
        ({}, 0),
        ({"domain": "one.org"}, 1),
        ({"path": "/"}, 1),
        ({"domain": "one.org", "path": "/x"}, 2),
        ({"domain": "three.org"}, 3),
    ):
        cookies = some()
        cookies.delete("a", **named)
        assert len(cookies) == left

    with pytest.raises(KeyError, match="a"):
        some().delete("a", domain="three.org", path="/")


def test_clearing_is_of_all_or_of_a_domain_or_of_a_path() -> None:
    cookies = Cookies()
    for domain, path in (("one.org", "/"), ("one.org", "/x"), ("two.org", "/")):
        cookies.set("a", "1", domain=domain, path=path)

    with pytest.raises(ValueError, match="needs its domain"):
        cookies.clear(path="/x")
    cookies.clear(domain="one.org", path="/x")
    assert len(cookies) == 2
    cookies.clear("one.org")
    assert len(cookies) == 1
    cookies.clear()
    assert len(cookies) == 0


@pytest.mark.parametrize(
    "setting",
    [("a;b", "x"), ("a", "x\r\nSet-Cookie: y"), ("", "x"), ("a", "x;y"), ("a=", "x"), ("a", "x" * 5_000)],
)
def test_what_no_cookie_field_can_carry_is_refused_at_once(setting: tuple[str, str]) -> None:
    cookies = Cookies()

    with pytest.raises(LocalProtocolError):
        cookies.set(*setting)
    with pytest.raises(LocalProtocolError):
        Cookies(dict([setting]))
    assert not cookies


@pytest.mark.parametrize("setting", [("a", None), ("a", True), (None, "x"), ("a", "x", None), ("a", "x", "", 7)])
def test_what_is_no_text_is_refused_at_once(setting: Any) -> None:
    with pytest.raises(TypeError, match="of a cookie is str"):
        Cookies().set(*setting)


def test_numbers_are_written_as_text() -> None:
    numbers: Any = {"a": 7, "b": 0.5}

    assert dict(Cookies(numbers)) == {"a": "7", "b": "0.5"}


def test_the_repr_hides_values() -> None:
    cookies = Cookies({"a": "hunter2"})
    cookies.set("b", "hunter2", domain="example.org")

    assert repr(cookies) == "<Cookies[<Cookie a=[secure] for  />, <Cookie b=[secure] for example.org />]>"


def test_copies_and_pickles_keep_everything_but_the_clock() -> None:
    clock = Clock()
    cookies = Cookies({"a": "1"}, now=clock)
    cookies.extract_cookies(answered("https://example.org/", "b=2; Secure; HttpOnly; Max-Age=100000000"))

    assert Cookies(cookies)._now is clock  # pyright: ignore[reportPrivateUsage]
    for twin in (pickle.loads(pickle.dumps(Cookies({"a": "1"}))), copy.copy(Cookies({"a": "1"}))):
        assert dict(twin) == {"a": "1"}
    assert not set(map(id, copy.copy(cookies)._held())) & set(map(id, cookies._held()))  # pyright: ignore[reportPrivateUsage]
    assert sent(Cookies(cookies), "https://example.org/") == "a=1; b=2"
    assert sent(Cookies(cookies), "https://www.example.org/") == "a=1"


# From responses to requests


def test_a_domain_beyond_ascii_is_the_one_that_the_network_knows() -> None:
    cookies = Cookies()
    cookies.set("a", "1", domain=".M\u00fcller.de")

    assert sent(cookies, "https://www.m\u00fcller.de/") == "a=1"
    assert cookies.get("a", domain="m\u00fcller.de") == cookies.get("a", domain="xn--mller-kva.de") == "1"


def test_what_a_response_sets_goes_back_to_its_host() -> None:
    cookies = Cookies()
    cookies.extract_cookies(answered("http://example.org/login", "a=1", "b=2; Domain=example.org", "c=3; Domain=org"))

    assert sent(cookies, "http://example.org/") == "a=1; b=2"
    assert sent(cookies, "http://www.example.org/") == "b=2"
    assert sent(cookies, "http://example.com/") is None


def test_a_response_without_cookies_needs_no_request() -> None:
    cookies = Cookies()

    cookies.extract_cookies(Response(200))

    assert not cookies


def test_a_host_field_picks_no_cookies() -> None:
    cookies = Cookies()
    request = Request("GET", "http://evil.org/", headers={"Host": "bank.org"})
    cookies.extract_cookies(Response(200, headers={"Set-Cookie": "a=evil; Domain=bank.org"}, request=request))
    cookies.extract_cookies(answered("http://bank.org/", "b=secret"))

    cookies.set_cookie_header(request)

    assert "Cookie" not in request.headers


def test_a_cookie_field_of_the_caller_stays_as_it_is() -> None:
    request = Request("GET", "http://example.org/", headers={"Cookie": "mine=1"})

    Cookies({"a": "1"}).set_cookie_header(request)

    assert request.headers.get_list("Cookie") == ["mine=1"]


def test_cookies_without_a_domain_can_stay_home() -> None:
    cookies = Cookies({"everywhere": "1"})
    cookies.set("there", "2", domain="example.org")

    assert sent(cookies, "http://example.org/") == "everywhere=1; there=2"
    assert sent(cookies, "http://example.org/", scoped_only=True) == "there=2"
    assert sent(cookies, "http://other.org/", scoped_only=True) is None


def test_bytes_that_are_no_text_go_back_as_they_came() -> None:
    cookies = Cookies()
    cookies.extract_cookies(answered("http://example.org/", b"latin=caf\xe9", "utf=café".encode()))
    request = Request("GET", "http://example.org/")

    cookies.set_cookie_header(request)

    assert (b"Cookie", b"latin=caf\xe9; utf=caf\xc3\xa9") in request.headers.raw
    assert cookies["utf"] == "café"


def test_time_passes_as_the_clock_says() -> None:
    clock = Clock()
    cookies = Cookies(now=clock)
    cookies.extract_cookies(answered("http://example.org/", "a=1; Max-Age=10", "b=2"))

    clock.time += 9
    assert sent(cookies, "http://example.org/") == "a=1; b=2"
    clock.time += 1
    assert sent(cookies, "http://example.org/") == "b=2"
    assert list(cookies) == ["b"]


def test_a_clock_at_the_end_leaves_nothing_true() -> None:
    clock = Clock()
    cookies = Cookies(now=clock)
    cookies.extract_cookies(answered("http://example.org/", "a=1; Max-Age=10"))
    assert cookies

    clock.time += 10

    assert not cookies
    assert len(cookies) == 0


def test_a_response_can_remove_a_cookie() -> None:
    cookies = Cookies(now=Clock())
    cookies.extract_cookies(answered("http://example.org/", "a=1", "a=2; Max-Age=0"))

    assert not cookies


@pytest.mark.parametrize(
    ("domain", "line"),
    [
        ("example.org", "a=new; Path=/"),
        ("example.org", "a=new; Path=/; Domain=example.org"),
        (".example.org", "a=new; Path=/; Domain=example.org"),
    ],
)
def test_what_a_host_sets_takes_the_place_of_what_a_program_gave_for_it(domain: str, line: str) -> None:
    cookies = Cookies()
    cookies.set("a", "old", domain=domain)
    cookies.set("b", "2", domain=domain)

    cookies.extract_cookies(answered("http://example.org/", line))
    assert sent(cookies, "http://example.org/") == "a=new; b=2"
    assert cookies["a"] == "new"

    cookies.extract_cookies(answered("http://example.org/", f"{line}; Max-Age=0"))
    assert list(cookies) == ["b"]


def test_what_a_program_gives_takes_the_place_of_what_the_host_has_set() -> None:
    cookies = Cookies()
    cookies.extract_cookies(answered("http://example.org/", "a=host; Path=/", "a=domain; Path=/; Domain=example.org"))
    assert sent(cookies, "http://example.org/") == "a=host; a=domain"

    cookies.set("a", "mine", domain="example.org")

    assert sent(cookies, "http://example.org/") == "a=mine"


def test_a_host_without_a_dot_is_known_by_the_name_that_the_standard_library_gives_it() -> None:
    cookies = Cookies()
    cookies.set("a", "old", domain="testserver.local")
    assert sent(cookies, "http://testserver/") == sent(cookies, "http://testserver.local/") == "a=old"
    assert sent(cookies, "http://other/") is None

    cookies.extract_cookies(answered("http://testserver/", "a=new; Path=/"))

    assert sent(cookies, "http://testserver/") == "a=new"
    assert cookies.get("a", domain="testserver.local") == cookies.get("a", domain="testserver") == "new"
    assert cookies.get("a", domain="server.local") is None


def test_an_insecure_place_does_not_cover_a_secure_cookie() -> None:
    cookies = Cookies()
    cookies.extract_cookies(answered("https://example.org/", "a=secret; Secure; Domain=example.org"))

    cookies.extract_cookies(answered("http://www.example.org/", "a=evil", "a=evil; Domain=example.org", "b=fine"))

    assert sent(cookies, "https://www.example.org/") == "a=secret; b=fine"


def test_a_flood_of_cookies_stays_within_bounds() -> None:
    cookies = Cookies()

    cookies.extract_cookies(answered("http://example.org/", *(f"n{number}=x" for number in range(10_000)), "a=1"))

    assert len(cookies) == 50
    assert cookies["a"] == "1"


def test_a_cookie_field_has_at_most_8_kib_and_whole_cookies() -> None:
    cookies = Cookies()
    cookies.extract_cookies(
        answered("http://example.org/", *(f"n{number}={'x' * 3_000}" for number in range(5)), "z=1")
    )

    said = sent(cookies, "http://example.org/")

    assert said is not None
    assert len(said) <= 8_192
    assert [pair.partition("=")[0] for pair in said.split("; ")] == ["n0", "n1", "z"]


def test_what_a_program_gives_for_every_host_is_kept_and_sent_whole() -> None:
    given = {f"n{number}": "v" * 400 for number in range(100)}
    cookies = Cookies(given)
    cookies.extract_cookies(answered("http://example.org/", "theirs=1"))

    assert dict(cookies) == {**given, "theirs": "1"}
    assert sent(cookies, "http://example.org/") == "; ".join(f"{name}={value}" for name, value in cookies.items())


def test_threads_share_cookies() -> None:
    cookies = Cookies()
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(100):
                cookies.extract_cookies(answered(f"http://h{number}.org/", f"a{turn % 7}={turn}"))
                sent(cookies, f"http://h{number}.org/")
                cookies.set(f"b{number}", "x")
                cookies.delete(f"b{number}")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert len(cookies) == 28


class Handed:
    """A lock that somebody else gets as soon as it is free, once."""

    def __init__(self, other: Callable[[], object]) -> None:
        self.lock = threading.RLock()
        self.depth = 0
        self.others = [other]

    def __enter__(self) -> None:
        self.lock.acquire()
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1
        self.lock.release()
        if not self.depth and self.others:
            self.others.pop()()


@pytest.mark.parametrize(("method", "arguments"), [("delete", ("a",)), ("clear", ()), ("__delitem__", ("a",))])
def test_two_threads_may_forget_the_same_cookie(method: str, arguments: tuple[str, ...]) -> None:
    cookies: Any = Cookies({"a": "1", "b": "2"})
    cookies._lock = Handed(cookies.clear)

    getattr(cookies, method)(*arguments)

    assert not cookies


def test_a_look_at_names_and_values_is_at_one_moment() -> None:
    cookies = Cookies({"a": "1", "b": "2"})
    items, values = cookies.items(), cookies.values()
    begun = iter(items), iter(values)

    cookies.clear()

    assert [list(look) for look in begun] == [[("a", "1"), ("b", "2")], ["1", "2"]]
    assert (list(items), list(values)) == ([], [])


# The IETF's vectors


def vector_names() -> list[str]:
    return sorted(
        path.name[: -len("-test")] for path in VECTORS.glob("*-test") if not path.name.startswith("disabled-")
    )


def test_the_vectors_are_there() -> None:
    if not VECTORS.is_dir():
        pytest.skip("the public test vectors are not there: ../shared/data/http-state")

    assert len(vector_names()) == 218
    assert len(DIFFERENT) <= 4


@pytest.mark.parametrize("name", vector_names())
def test_a_vector_of_the_ietf_sends_what_it_should(name: str) -> None:
    fields: list[tuple[bytes, bytes]] = []
    result = f"/cookie-parser-result?{name}"
    for line in (VECTORS / f"{name}-test").read_bytes().split(b"\n"):
        field, _, value = line.rstrip(b"\r").partition(b":")
        if field.lower() == b"set-cookie":
            fields.append((b"Set-Cookie", value.strip(b" ")))
        elif field.lower() == b"location":
            result = value.strip().decode("ascii")
    cookies = Cookies(now=Clock())
    asked = Request("GET", f"http://home.example.org:8888/cookie-parser?{name}")
    cookies.extract_cookies(Response(200, headers=Headers.received(fields), request=asked))

    request = Request("GET", asked.url.join(result))
    cookies.set_cookie_header(request)

    said = [b"Cookie: " + value for field, value in request.headers.raw if field == b"Cookie"]
    wanted = (VECTORS / f"{name}-expected").read_bytes().strip(b"\r\n")
    if name in DIFFERENT:
        assert said == []
    else:
        assert b"\n".join(said) == wanted


def test_update_takes_its_parameter_by_the_name_that_it_has_in_httpx() -> None:
    cookies = Cookies()

    cookies.update(cookies={"a": "b"})

    assert dict(cookies) == {"a": "b"}
