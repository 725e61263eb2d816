"""The matcher grammar: which requests fit, and which words are refused."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from typing import Any

import pytest

from understudy import URL, Headers, QueryParams, Request, mock
from understudy.mock import ABSENT, ANY, RouteError, Unordered, match
from understudy.mock.matching.grammar import FIELDS
from understudy.mock.matching.lookups import LOOKUPS

ORDER = {"items": [{"sku": "a", "qty": 2}, {"sku": "b", "qty": 1}], "total": 12.5, "note": None, "type": "web"}


def request(
    method: str = "POST", url: str = "https://api.test/v1/orders?page=1&tag=a&tag=b&empty=", **body: Any
) -> Request:
    return Request(method, url, **body)


def order(**more: Any) -> Request:
    headers = {"X-Key": "abc123", "Cookie": "sid=1; theme=dark", "Authorization": "Bearer t0ken", **more}
    return request(json=ORDER, headers=headers, extensions={"timeout": {"read": 5.0, "connect": 1.0}})


def shown(criteria: dict[str, Any]) -> str:
    """Return the name of a test: the same in every process, or pytest-xdist could not share the tests out."""
    return re.sub(r" at 0x\w+", "", repr(criteria))


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"method": "POST"},
        {"method": "post"},
        {"method": "GET,POST"},
        {"method": ["GET", "POST"]},
        {"method__in": ["get", "post"]},
        {"method__ne": "get"},
        {"method": re.compile("^P")},
        {"scheme": "HTTPS"},
        {"scheme__in": ["http", "https"]},
        {"host": "API.test."},
        {"host": "*.test"},
        {"host": "{tenant}.test"},
        {"host": "{tenant}.TEST"},
        {"host": "{anything}"},
        {"host": "{tenant:[a-z]+}.test"},
        {"url": "https://{tenant:[a-z]+}.test:443/v1/orders"},
        {"host__regex": "^api"},
        {"host__in": ["api.test", "b.test"]},
        {"port": 443},
        {"port": "443"},
        {"port__lt": 1024},
        {"path": "/v1/orders"},
        {"path": "/{version}/orders"},
        {"path__startswith": "/v1"},
        {"path__regex": r"/v\d/"},
        {"path__glob": "/v?/*"},
        {"path__endswith": "orders"},
        {"url__startswith": "https://api.test/"},
        {"url__contains": "page=1"},
        {"url": "https://api.test/v1/orders"},
        {"url": URL("https://api.test/v1/orders?page=1&tag=a&tag=b&empty=")},
        {"url": "https://api.test/v1/orders?tag=a&tag=b&empty=&page=1"},
        {"url": re.compile("orders")},
        {"params": {"page": "1"}},
        {"params": {"page": 1}},
        {"params": {"tag": "b"}},
        {"params": {"tag": ["a", "b"]}},
        {"params": {"tag": Unordered(["b", "a"])}},
        {"params": {"empty": ""}},
        {"params": {"empty": None}},
        {"params": {"page": ANY, "missing": ABSENT}},
        {"params": {"page": re.compile(r"^\d$")}},
        {"params": "page=1&empty="},
        {"params": [("tag", "a"), ("tag", "b")]},
        {"params": QueryParams({"page": "1"})},
        {"params__contains": {"page": "1"}},
        {"params__eq": {"page": "1", "tag": ["a", "b"], "empty": ""}},
        {"params__page": "1"},
        {"params__page__gte": 1},
        {"params__page__lt": 2},
        {"params__page__between": (1, 3)},
        {"params__page__in": [1, 2]},
        {"params__tag__ne": "c"},
        {"params__missing__absent": True},
        {"params__page__exists": True},
        {"params__tag__unordered": ["b", "a"]},
        {"params__tag__eq": ["a", "b"]},
        {"params__page__type": str},
        {"params__exists": True},
        {"query": {"page": "1"}},
        {"headers": {"x-key": "abc123"}},
        {"headers": {"X-KEY": re.compile("^abc")}},
        {"headers": {"x-missing": ABSENT}},
        {"headers": Headers({"X-Key": "abc123"})},
        {"headers": {b"x-key": b"abc123"}},
        {"headers__x_key": "abc123"},
        {"headers__x_key__regex": r"^[a-f0-9]+$"},
        {"headers__X_Key__len": 6},
        {"headers__x_missing__absent": True},
        {"cookies": {"sid": "1"}},
        {"cookies": {"sid": 1, "theme": "dark"}},
        {"cookies__eq": {"sid": "1", "theme": "dark"}},
        {"cookies__theme__startswith": "da"},
        {"auth": "Bearer t0ken"},
        {"auth__startswith": "Bearer "},
        {"json": ORDER},
        {"json": {**ORDER, "items": Unordered([{"sku": "b", "qty": ANY}, {"sku": re.compile("a"), "qty": int}])}},
        {"json__has": {"items": [{"sku": "a"}, {"qty": 1}]}},
        {"json__contains": {"total": 12.5}},
        {"json__total": 12.5},
        {"json__total__between": (1, 99)},
        {"json__items__0__sku": "a"},
        {"json__items__0__qty__gte": 2},
        {"json__items__len": 2},
        {"json__items__any": {"sku": "b", "qty": 1}},
        {"json__items__all": mock.match},
        {"json__items__contains": {"sku": "a", "qty": 2}},
        {"json__items__unordered": [{"sku": "b", "qty": 1}, {"sku": "a", "qty": 2}]},
        {"json__note": None},
        {"json__note__type": None},
        {"json__note__exists": True},
        {"json__missing__absent": True},
        {"json__missing": ABSENT},
        {"json__missing__ne": 1},
        {"json__type__eq": "web"},
        {"json__total__type": "number"},
        {"json__items__type": list},
        {"json__jsonpath": "$.items[*].qty"},
        {"json__jsonpath": ("$.items[*].qty", int)},
        {"json__jsonpath": {"$.items[0].sku": "a", "$..missing": ABSENT}},
        {"json__schema": {"type": "object", "required": ["total"]}},
        {"json__total__gt": 12, "json__total__lt": 13},
        {"extensions": {"timeout": {"read": 5.0}}},
        {"extensions__timeout__read": 5.0},
        {"text__contains": '"sku":"a"'},
        {"content__contains": b'"sku"'},
        {"content__contains": '"sku"'},
        {"content__regex": '"sku"'},
        {"content__startswith": "{"},
        {"content__glob": "{*"},
        {"json__items__0__contains": "sku"},
        {"when": lambda request: request.url.host == "api.test"},
        {"not__headers__x_debug": ANY},
        {"not__method": "GET"},
        {"not__json__total__gt": 100},
        {"not__path": "/v2/orders"},
        {"data__absent": True},
        {"form": {}},
        {"graphql": ABSENT},
    ],
    ids=shown,
)
def test_these_words_fit_the_order(criteria: dict[str, Any]) -> None:
    if criteria.get("json__items__all") is match:
        criteria = {"json__items__all": {"sku": ANY, "qty": ANY}}

    assert match(**criteria).matches(order())


@pytest.mark.parametrize(
    "criteria",
    [
        {"method": "GET"},
        {"method__in": ["GET", "PUT"]},
        {"scheme": "http"},
        {"host": "b.test"},
        {"host": "*.api.test"},
        {"host": "{tenant:[b-z]+}.test"},
        {"port": 80},
        {"path": "/v1/orders/"},
        {"path": "/v1/{id:int}"},
        {"path__startswith": "/v2"},
        {"url": "https://api.test/v1/orders?page=1"},
        {"url": "http://api.test/v1/orders"},
        {"params": {}},
        {"params__absent": True},
        {"params": {"page": "2"}},
        {"params": {"page": ABSENT}},
        {"params": {"empty": "x"}},
        {"params": {"tag": ["b", "a"]}},
        {"params": {"tag": ["a"]}},
        {"params__eq": {"page": "1"}},
        {"params__page__gt": 1},
        {"params__empty__gt": 1},
        {"params__tag__ne": "a"},
        {"params__missing__regex": "."},
        {"params__page__absent": True},
        {"headers": {"x-key": "abc"}},
        {"headers": {"x-missing": ANY}},
        {"headers__x_key__regex": "^b"},
        {"cookies": {"sid": "1", "other": "2"}},
        {"cookies": {}},
        {"auth": ("user", "pass")},
        {"json": {}},
        {"json__total": True},
        {"json__total__gt": 12.5},
        {"json__note__gt": 1},
        {"json__items__0__qty__regex": "9"},
        {"json__items__9": ANY},
        {"json__items__len__eq": 3},
        {"json__items__all": {"sku": "a", "qty": ANY}},
        {"json__items__any": {"sku": "c"}},
        {"json__total__any": 1},
        {"json__jsonpath": "$.nothing"},
        {"json__jsonpath": ("$.items[*].qty", 2)},
        {"json__schema": {"type": "array"}},
        {"json__total__in": [1, 2]},
        {"json__total__startswith": "1"},
        {"json__total__glob": "1*"},
        {"json__missing__gt": 1},
        {"extensions": {"timeout": {"read": 6.0}}},
        {"text": "{}"},
        {"content": b""},
        {"form": {"a": "1"}},
        {"xml__exists": True},
        {"graphql": "GetUser"},
        {"when": lambda request: False},
        {"not__method": "POST"},
        {"not__headers__x_key": "abc123"},
    ],
    ids=shown,
)
def test_these_words_do_not_fit_the_order(criteria: dict[str, Any]) -> None:
    assert not match(**criteria).matches(order())


def test_a_header_in_several_lines_fits_by_line_and_as_a_whole() -> None:
    sent = request(headers=[("X-Tag", "a"), ("X-Tag", "b")])

    assert match(headers={"X-Tag": "b"}).matches(sent)
    assert match(headers={"X-Tag": "a, b"}).matches(sent)
    assert not match(headers={"X-Tag": "b, a"}).matches(sent)


def test_true_has_no_size() -> None:
    assert not match(json__flag__gte=1).matches(request(json={"flag": True}))


def test_basic_credentials_are_a_pair() -> None:
    sent = request(headers={"Authorization": "Basic YWRhOnA6dw=="})

    assert match(auth=("ada", "p:w")).matches(sent)
    assert not match(auth=("ada", "x")).matches(sent)
    assert match(auth__exists=False).matches(request())
    assert match(auth="Basic !!").matches(request(headers={"Authorization": "Basic !!"}))


def test_forms_fit_as_params_do_urlencoded_and_multipart() -> None:
    urlencoded = request(data={"user": "ada", "tag": ["a", "b"]})
    multipart = request(data={"user": "ada"}, files={"picture": ("a.gif", b"GIF", "image/gif")})

    assert match(form={"user": "ada", "tag": ["a", "b"]}).matches(urlencoded)
    assert match(data={"user": "ada"}).matches(multipart)
    assert match(form__eq={"user": "ada"}).matches(multipart)
    assert match(form__user__startswith="a", files={"picture": ANY}).matches(multipart)
    assert match(files={"picture": b"GIF"}).matches(multipart)
    assert match(files={"picture": ("a.gif", b"GIF")}).matches(multipart)
    assert match(files={"picture": ("a.gif", b"GIF", "image/gif")}).matches(multipart)
    assert not match(files={"picture": ("b.gif", b"GIF")}).matches(multipart)
    assert not match(files={"picture": b"PNG"}).matches(multipart)
    assert not match(files={"other": ANY}).matches(multipart)


def test_xml_is_compared_in_its_canonical_form() -> None:
    sent = request(content='<a  y="2" x="1"><b/>\n</a>')

    assert match(xml='<a x="1" y="2"><b></b></a>').matches(sent)
    assert not match(xml="<a/>").matches(sent)
    assert not match(xml="<a/>").matches(request(content="<!DOCTYPE a><a/>"))


def test_graphql_goes_by_operation_and_variables_over_post_and_get() -> None:
    query = "query GetUser($id: ID!) {\n  user(id: $id) { name } }"
    posted = request(json={"query": query, "variables": {"id": 7}})
    got = Request("GET", "https://api.test/", params={"query": query, "variables": '{"id": 7}'})

    for sent in (posted, got):
        assert match(graphql="GetUser").matches(sent)
        assert match(graphql={"operation": "GetUser", "variables": {"id": 7}}).matches(sent)
        assert match(graphql__variables__has={"id": 7}).matches(sent)
        assert not match(graphql="Other").matches(sent)
    assert match(graphql__operation=None).matches(request(json={"query": "{ me }"}))


def test_a_body_that_is_not_json_is_no_match_and_no_crash() -> None:
    for content in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        assert not match(json=ANY).matches(request(content=content))
    assert match(json=ABSENT).matches(request(content=b"{"))
    assert match(json__a=2).matches(request(content=b'{"a": 1, "a": 2}'))


def test_matchers_join_with_and_or_and_not() -> None:
    cheap = match(json__total__lt=10) | match(json__type__eq="web")

    assert cheap.matches(order())
    assert (cheap & match(method="POST")).matches(order())
    assert not (cheap & match(method="GET")).matches(order())
    assert not (~cheap).matches(order())
    assert (~match(method="GET")).matches(order())
    assert (~match(method="POST", path="/x")).matches(order())
    assert match(cheap, lambda request: True, method="POST").matches(order())
    assert repr(cheap & match(method="POST")) == (
        "<Matcher method POST and (json $.total less than 10 or json $.type 'web')>"
    )
    assert repr(match()) == "<Matcher anything>"


def test_a_star_takes_several_labels_of_a_host_and_a_hole_takes_one() -> None:
    deep = Request("GET", "https://a.b.test/")

    assert match(host="*.test").matches(deep)
    assert match(host="{whole}").matches(deep)
    assert match(host="{one}.{two}.test").matches(deep)
    assert not match(host="{one}.test").matches(deep)
    with pytest.raises(RouteError, match=r"the host '\*\*' takes a path: write `\*` for any host"):
        match(host="**")


def test_urls_are_compared_in_one_form() -> None:
    for pattern, url in [
        ("https://API.test:443/", "https://api.test"),
        ("https://api.test", "https://api.test/"),
        ("https://api.test/%7Eada", "https://api.test/~ada"),
        ("https://api.test/?q=a+b", "https://api.test/?q=a%20b"),
        ("https://bücher.test/", "https://xn--bcher-kva.test/"),
        ("https://api.test./", "https://api.test/"),
        ("//api.test/x", "http://api.test/x"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
    ]:
        assert match(url=pattern).matches(Request("GET", url)), pattern


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"hedaers": {}}, "unknown field 'hedaers' in `hedaers=`, did you mean 'headers'?"),
        ({"header__x": 1}, "did you mean 'headers'?"),
        ({"body": b""}, "did you mean 'content'?"),
        ({"zzz": 1}, "unknown field 'zzz' in `zzz=`; known are auth, content,"),
        (
            {"status": 1},
            "`status=` says nothing of a request",
        ),
        ({"payload": 1}, "where it is meant for the reply, write `.respond(json=...)` after the route"),
        (
            {"path__startwith": "/"},
            "unknown lookup 'startwith' in `path__startwith=`, did you mean `path__startswith=`?",
        ),
        ({"path__zzz": "/"}, "unknown lookup 'zzz'"),
        ({"json__a__btween": (1, 2)}, "looks like the lookup 'between'"),
        ({"path__regex": "("}, "the regular expression '(' is not valid"),
        ({"path__regex": 5}, "a regular expression is text"),
        ({"json__a__between": (9, 1)}, "takes the lower end first"),
        ({"json__a__between": 5}, "`between` takes the two ends"),
        ({"json__a__between": (1, None)}, "None has none: give a number"),
        ({"json__a__gt": None}, "`gt` compares by size"),
        ({"json__a__in": "abc"}, "`in` takes a list"),
        ({"json__a__exists": 1}, "`exists` takes True or False"),
        ({"json__a__type": "strin"}, "`type` takes a type"),
        ({"json__a__unordered": 5}, "`unordered` takes a list"),
        ({"json__a__startswith": 5}, "`startswith` takes text"),
        ({"json__jsonpath": "items"}, "starts at the document's root"),
        ({"json__jsonpath": "$.a[?(@.b)]"}, "filters are not supported"),
        ({"json__jsonpath": 5}, "`jsonpath` takes a path"),
        ({"json__schema": {"typ": "object"}}, "did you mean 'type'?"),
        ({"json__schema": {"type": "objekt"}}, "is none of array"),
        ({"json__schema": 5}, "`schema` takes a JSON Schema"),
        ({"params__len": 2}, "write params__<name>__len="),
        ({"params": 5}, "`params` takes a dict"),
        ({"params": {5: 1}}, "the names of `params` are text"),
        ({"method": 5}, "`method` takes a method"),
        ({"scheme": 5}, "`scheme` takes text"),
        ({"host": 5}, "`host` takes text"),
        ({"host": "a b"}, "'a b' is no host"),
        ({"port": 0}, "`port` takes a number"),
        ({"port": True}, "`port` takes a number"),
        ({"path": "users"}, "starts with '/'"),
        ({"path": "/users?x=1"}, "`path` has no query"),
        ({"content": {"a": 1}}, "`content` takes bytes or text"),
        ({"auth": "t0ken"}, "`auth` takes (user, password)"),
        ({"xml": "<a"}, "`xml` takes a well-formed document"),
        ({"when": 5}, "`when` takes a function"),
        ({"when__eq": len}, "`when` takes a function"),
        ({"not__url": "https://a.test/"}, "a whole URL cannot be negated"),
        ({"graphql__oper": "x"}, "`graphql` has operation, query and variables"),
        ({"graphql": {"op": "x"}}, "`graphql` has operation, query and variables"),
    ],
    ids=repr,
)
def test_words_that_cannot_be_fail_where_they_are_written(criteria: dict[str, Any], message: str) -> None:
    with pytest.raises(RouteError, match=re.escape(message)):
        match(**criteria)


def test_a_matcher_is_a_matcher_or_a_function() -> None:
    wrong: Any = "POST"

    with pytest.raises(RouteError, match=r"a matcher comes from `match\(\.\.\.\)`.*is said with `\.respond\(\.\.\.\)`"):
        match(wrong)


def test_every_lookup_and_every_field_is_named_in_one_place() -> None:
    lookups = "eq ne in contains startswith endswith regex glob gt gte lt lte between len exists absent has unordered"
    fields = "method scheme host port path url params headers cookies auth json form files content text xml graphql"

    assert " ".join(sorted(LOOKUPS)) == " ".join(sorted(f"{lookups} type schema jsonpath any all".split()))
    assert " ".join(sorted(FIELDS)) == " ".join(sorted(f"{fields} extensions when".split()))
