"""Routes as decorators: stacked, with parameters, over coroutines and classes. Run with pytest."""

from __future__ import annotations

import pytest

import understudy
from understudy import mock


@mock.get("https://api.test/users/{id:int}").respond(json={"id": 1, "name": "Ada"})
@mock.route("POST https://api.test/audit", reply=202, optional=True)
def test_a_user_has_a_name() -> None:
    user = understudy.get("https://api.test/users/1").json()

    assert user["name"] == "Ada"


@pytest.mark.parametrize("name", ["Ada", "Grace"])
@mock.post("https://api.test/users").respond(lambda request: (201, {"name": request.url.params["name"]}))
def test_users_are_made(name: str) -> None:
    assert understudy.post("https://api.test/users", params={"name": name}).json() == {"name": name}


users = mock.get("https://api.test/users").respond(json=[])


@users
class TestNobody:
    def test_there_is_nobody_yet(self) -> None:
        assert understudy.get("https://api.test/users").json() == []
        assert users.call_count == 1
