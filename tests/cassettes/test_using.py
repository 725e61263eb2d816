"""Recording and replaying, as users do it."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stage


def test_the_first_run_records_and_the_second_replays_without_the_server(stage: Stage) -> None:
    with stage.use():
        live = stage.client.get("https://api.test/users")

    with stage.use() as cassette:
        replayed = stage.client.get("https://api.test/users")

    assert len(stage.server.asked) == 1
    assert (replayed.status_code, replayed.content) == (live.status_code, live.content)
    assert replayed.headers.raw == live.headers.raw
    assert cassette.play_count == 1
    assert cassette.unplayed == []


@pytest.mark.anyio
async def test_asynchronous_clients_record_and_replay_too(stage: Stage) -> None:
    async with stage.use():
        live = await stage.async_client.get("https://api.test/users")

    async with stage.use("none"):
        replayed = await stage.async_client.get("https://api.test/users")

    assert len(stage.server.asked) == 1
    assert replayed.content == live.content


@pytest.mark.anyio
async def test_what_one_kind_of_client_recorded_the_other_replays(stage: Stage) -> None:
    with stage.use():
        live = stage.client.get("https://api.test/users")

    with stage.use("none"):
        replayed = await stage.async_client.get("https://api.test/users")

    assert replayed.content == live.content


def test_a_function_is_decorated(stage: Stage) -> None:
    @stage.use()
    def users(suffix: str) -> object:
        """Ask for users."""
        return stage.client.get("https://api.test/users" + suffix).json()

    assert users("/1") == users("/1") == {"path": "/users/1"}
    assert len(stage.server.asked) == 1
    assert users.__name__ == "users"


@pytest.mark.anyio
async def test_a_coroutine_function_is_decorated(stage: Stage) -> None:
    @stage.use()
    async def users() -> object:
        return (await stage.async_client.get("https://api.test/users")).json()

    assert await users() == await users()
    assert len(stage.server.asked) == 1


def test_threads_that_enter_one_object_each_leave_a_cassette_of_their_own(stage: Stage) -> None:
    with stage.use():
        live = stage.client.get("https://api.test/users").json()
    shared = stage.use("none")
    found: list[object] = []
    is_entered, is_left = threading.Event(), threading.Event()

    def stay() -> None:
        with shared as cassette:
            is_entered.set()
            is_left.wait()
            found.extend([stage.client.get("https://api.test/users").json(), cassette.play_count])

    thread = threading.Thread(target=contextvars.Context().run, args=(stay,))
    with shared as mine:
        thread.start()
        is_entered.wait()
    is_left.set()
    thread.join()

    assert found == [live, 1]
    assert mine.play_count == 0


def test_a_generator_function_is_refused(stage: Stage) -> None:
    def numbers() -> object:
        yield 1

    with pytest.raises(TypeError, match="put `with use"):
        stage.use()(numbers)


def test_a_path_is_required() -> None:
    with pytest.raises(TypeError, match="path of a cassette"):
        cassettes.use(print)  # type: ignore[arg-type]  # what the test is about


def test_an_unknown_mode_fails_at_once(stage: Stage) -> None:
    with pytest.raises(ValueError, match="mode is one of none, once"), stage.use("sometimes"):
        raise AssertionError


def test_new_episodes_replays_what_is_there_and_records_what_is_not(stage: Stage) -> None:
    with stage.use():
        stage.client.get("https://api.test/1")

    with stage.use("new_episodes") as cassette:
        assert [item.summary for item in cassette.unplayed] == ["GET /1 -> 200"]
        stage.client.get("https://api.test/1")
        stage.client.get("https://api.test/2")

    assert cassette.unplayed == []
    assert [item.summary for item in cassette.played] == ["GET /1 -> 200"]
    assert [request.url.path for request in stage.server.asked] == ["/1", "/2"]
    assert cassette.recorded == ["GET /2 -> 200"]
    assert [item.summary for item in cassettes.load(stage.path).interactions] == ["GET /1 -> 200", "GET /2 -> 200"]


def test_none_without_a_cassette_says_how_to_make_one(stage: Stage) -> None:
    with pytest.raises(cassettes.CassetteMissing, match="mode='once'") as caught, stage.use("none"):
        raise AssertionError

    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.path == str(stage.path)
    assert not stage.path.exists()


def test_a_block_that_sends_nothing_leaves_a_cassette_that_says_so(stage: Stage) -> None:
    with stage.use():
        pass

    with stage.use("none") as cassette:
        assert cassette.interactions == []
    with stage.use("once"), pytest.raises(cassettes.NoMatch):
        stage.client.get("https://api.test/users")


def test_a_block_that_fails_before_it_sends_anything_leaves_nothing(stage: Stage) -> None:
    with pytest.raises(KeyError), stage.use():
        raise KeyError

    assert not stage.path.exists()


def test_a_cassette_with_only_settings_is_recorded_into(stage: Stage) -> None:
    stage.written(header="# Mine.\ncassette: 1\nignore: [query.nonce]\n")

    with stage.use():
        stage.client.get("https://api.test/users?nonce=1")
    with stage.use("none"):
        stage.client.get("https://api.test/users?nonce=2")

    assert stage.text.startswith("# Mine.\ncassette: 1\nignore: [query.nonce]\n--- # GET /users -> 200\n")


def test_cassette_transport_serves_one_client(stage: Stage) -> None:
    inner = understudy.MockTransport(stage.server)
    with understudy.Client(transport=cassettes.CassetteTransport(stage.path, inner=inner)) as client:
        client.get("https://api.test/users")

    with understudy.Client(transport=cassettes.CassetteTransport(stage.path, "none")) as client:
        assert client.get("https://api.test/users").json() == {"path": "/users"}

    assert len(stage.server.asked) == 1


@pytest.mark.anyio
async def test_cassette_transport_serves_one_asynchronous_client(stage: Stage) -> None:
    inner = understudy.MockTransport(stage.server)
    transport = cassettes.CassetteTransport(stage.path, inner=inner)
    async with understudy.AsyncClient(transport=transport) as client:
        await client.get("https://api.test/users")

    async with understudy.AsyncClient(transport=cassettes.CassetteTransport(stage.path, "none")) as client:
        assert (await client.get("https://api.test/users")).json() == {"path": "/users"}

    assert repr(transport) == f"<CassetteTransport {str(stage.path)!r} mode='once'>"


def test_threads_that_are_first_at_once_share_one_inner_transport(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[understudy.MockTransport] = []

    def make() -> understudy.MockTransport:
        time.sleep(0.01)  # while the others come
        made.append(understudy.MockTransport(stage.server))
        return made[-1]

    monkeypatch.setattr("understudy.cassettes.transport.HTTPTransport", make)
    with understudy.Client(transport=cassettes.CassetteTransport(stage.path)) as client:
        threads = [threading.Thread(target=client.get, args=("https://api.test/users",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(made) == 1


def test_an_inner_transport_of_the_wrong_kind_is_named(stage: Stage) -> None:
    class OnlyAsync(understudy.AsyncBaseTransport):
        """Answers nobody who blocks."""

    transport = cassettes.CassetteTransport(stage.path, inner=OnlyAsync())

    with (
        understudy.Client(transport=transport) as client,
        pytest.raises(TypeError, match="OnlyAsync, has no `handle_r"),
    ):
        client.get("https://api.test/")


def test_an_inner_cassette_that_only_replays_lets_the_outer_one_answer(stage: Stage, tmp_path: Path) -> None:
    outer = understudy.MockTransport(lambda request: understudy.Response(200, text="outer"))
    with stage.use():
        stage.client.get("https://api.test/inner")

    with understudy.stand_in(outer), stage.use("none"):
        inside = stage.client.get("https://api.test/inner")
        outside = stage.client.get("https://api.test/other")

    assert (inside.json(), outside.text) == ({"path": "/inner"}, "outer")


@pytest.mark.anyio
async def test_it_lets_the_outer_one_answer_asynchronous_clients_too(stage: Stage) -> None:
    outer = understudy.MockTransport(lambda request: understudy.Response(200, text="outer"))
    stage.written()

    with understudy.stand_in(outer), stage.use("none"):
        assert (await stage.async_client.get("https://api.test/other")).text == "outer"


def test_nested_use_of_one_object_opens_a_cassette_each_time(stage: Stage) -> None:
    tape = stage.use()

    with tape:
        stage.client.get("https://api.test/1")
    with tape:
        assert stage.client.get("https://api.test/1").json() == {"path": "/1"}

    assert repr(tape) == f"use({str(stage.path)!r}, mode='once')"


@pytest.mark.parametrize("module", ["yaml", "understudy.mock", "logging"])
def test_what_only_some_cassettes_need_is_loaded_with_them(module: str) -> None:
    import subprocess

    code = f"import sys, understudy.cassettes; sys.exit({module!r} in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_setting_that_there_is_not_fails_at_the_call_with_the_nearest_one() -> None:
    with pytest.raises(TypeError, match=r"no setting 'ignor': did you mean 'ignore'\?"):
        cassettes.use("tape.yaml", ignor=["json.id"])  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match=r"no setting 'record_mode': write mode="):
        cassettes.use("tape.yaml", record_mode="once")  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match=r"no setting 'xyzzy': there are mode, match, "):
        cassettes.use("tape.yaml", xyzzy=1)  # type: ignore[call-arg]  # that is the point


def test_a_recorded_connection_that_was_refused_is_tried_as_often_as_it_was(tmp_path: Path) -> None:
    def refuse(request: understudy.Request) -> understudy.Response:
        raise understudy.ConnectError("refused", request=request)

    def order() -> None:
        with understudy.Client(retry=understudy.Retry(backoff=0)) as client, pytest.raises(understudy.ConnectError):
            client.post("https://api.test/orders")

    tape = str(tmp_path / "tape.yaml")
    with understudy.stand_in(understudy.MockTransport(refuse)), cassettes.use(tape):
        order()
    with cassettes.use(tape, mode="none") as cassette:
        order()

    assert (len(cassette.played), cassette.unplayed) == (3, [])


def test_a_mode_that_there_is_not_fails_at_the_call() -> None:
    with pytest.raises(ValueError, match=r"mode is one of none, once, .*, not 'onse'"):
        cassettes.use("tape.yaml", mode="onse")  # type: ignore[arg-type]  # that is the point
