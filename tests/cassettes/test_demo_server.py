from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import understudy
from understudy.cassettes.demo_server import CREDENTIALS, PIXEL, VERSE, DemoServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer() as server:
        yield server


@pytest.fixture
def client(server: DemoServer) -> Iterator[understudy.Client]:
    with understudy.Client(base_url=server.url) as client:
        yield client


def test_each_kind_of_resource_is_there(client: understudy.Client, server: DemoServer) -> None:
    assert client.get("/users/1").json()["name"] == "Ada"
    assert client.get("/verse").text == VERSE
    assert client.get("/verse").headers["content-encoding"] == "gzip"
    assert client.get("/pixel.gif").content == PIXEL
    assert client.get("/countdown").text.endswith("curtain up\n")
    assert client.get("/nowhere").status_code == 404
    assert server.answered == 6


def test_orders_are_counted(client: understudy.Client) -> None:
    assert client.post("/orders", json={"tea": 2}).json() == {"order": 1, "you_sent": {"tea": 2}}
    assert client.post("/orders", json=[]).json() == {"order": 2, "you_sent": []}


def test_only_who_logs_in_is_known(client: understudy.Client) -> None:
    assert client.get("/me").status_code == 401
    assert client.post("/login", data={"user": "ada", "password": "wrong"}).status_code == 403

    assert client.post("/login", data={name: values[0] for name, values in CREDENTIALS.items()}).status_code == 200
    assert client.get("/me").json() == {"signed_in_as": "ada"}


def test_a_stopped_server_refuses_connections(server: DemoServer) -> None:
    url = server.url

    server.stop()
    server.stop()

    with pytest.raises(understudy.ConnectError):
        understudy.get(url)
