# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy.client.misfits import WANTED

if TYPE_CHECKING:
    from .conftest import Side

MISFITS: dict[str, list[Any]] = {
    "default_encoding": [5, ["utf-8"]],
    "event_hooks": [print, [print], {"request": print}, {"request": [5]}, {"response": "print"}],
    "guards": [5, {"max_response_size": 5}],
    "json_codec": ["orjson", {"dumps": print}, (print,), (print, 5)],
    "layers": [print, "layer", [5]],
    "max_redirects": ["20", None, True],
    "mounts": [5, "https://", [("https://", None)]],
    "redirect_policy": [5, "strict"],
    "secret_headers": ["x-token", b"x-token", 5, [5]],
}


def test_every_setting_has_misfits_here() -> None:
    assert set(MISFITS) == set(WANTED)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in MISFITS.items() for value in values])
def test_what_cannot_be_meant_is_refused_where_it_is_given(side: Side, name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{name}=.*: pass "):
        side.client(**{name: value})


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"limits": 5}, TypeError, r"limits=5: pass Limits\(\.\.\.\)"),
        ({"proxy": {"http://": "http://127.0.0.1"}}, TypeError, r"proxy=\{.*mounts=\{"),
        ({"proxy": 5}, TypeError, "proxy=5: one URL"),
        ({"verify": 5}, TypeError, "verify=5: True, False, a path"),
        ({"verify": None}, TypeError, "verify=None: True, False, a path"),
        ({"cert": 5}, TypeError, r"cert=\.\.\.: a path, \(certificate, key\)"),
        ({"cert": ["a.pem", "a.key"]}, TypeError, r"cert=\.\.\.: a path"),
        ({"cert": "nowhere/a.pem"}, FileNotFoundError, "cert='nowhere/a.pem': there is no such file"),
        ({"cert": (__file__, "nowhere/a.key")}, FileNotFoundError, "cert='nowhere/a.key': there is no such file"),
    ],
)
def test_what_only_the_network_uses_is_refused_there_as_well(
    side: Side, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        side.client(**options)


def test_functions_tuples_and_generators_fit(side: Side) -> None:
    side.client(
        default_encoding=lambda content: "latin-1",
        event_hooks={"request": (print,), "error": [print]},
        guards=understudy.Guards(),
        json_codec=(str, bytes.decode),
        layers=(),
        mounts={},
        redirect_policy=lambda response, request: True,
        secret_headers={"x-token"},
    )
