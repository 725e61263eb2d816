from __future__ import annotations

import typing

import pytest

from understudy import Client, Cookies, Headers, QueryParams, Timeout
from understudy.client import arguments, request_options


@pytest.mark.parametrize(
    "name",
    [
        *("CertTypes", "CookieTypes", "FileContent", "FileTypes", "HeaderTypes", "PrimitiveData", "QueryParamTypes"),
        *(
            "RequestContent",
            "RequestData",
            "RequestFiles",
            "ResponseContent",
            "TimeoutTypes",
            "URLTypes",
            "VerifyTypes",
        ),
    ],
)
def test_the_type_of_an_argument_is_a_union_that_exists_at_run_time(name: str) -> None:
    union = getattr(arguments, name)

    assert typing.get_origin(union) is typing.Union
    assert typing.get_origin(typing.Optional[union]) is typing.Union
    assert not isinstance(union, str)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("CookieTypes", Cookies), ("HeaderTypes", Headers), ("QueryParamTypes", QueryParams), ("TimeoutTypes", Timeout)],
)
def test_our_own_types_are_members(name: str, kind: type) -> None:
    members = typing.get_args(getattr(arguments, name))

    assert any(member is kind or getattr(member, "__forward_arg__", None) == kind.__name__ for member in members)


def test_everything_that_is_named_is_there() -> None:
    for name in arguments.__all__:
        assert hasattr(arguments, name)


def test_the_options_of_a_call_are_those_that_request_takes() -> None:
    import inspect

    taken = {*inspect.signature(Client.request).parameters} - {"self", "method", "url"}

    assert taken == {*request_options.RequestOptions.__annotations__}
    assert {*request_options.BuildOptions.__annotations__} == taken - {"auth", "follow_redirects", "retry"}
    assert taken <= {*request_options.CallOptions.__annotations__} | {"extensions"}
