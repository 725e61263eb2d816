from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from understudy import cassettes
from understudy.pytest_plugin import fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Suite

pytest_plugins = ["pytester"]


class Clock(BaseHTTPRequestHandler):
    """Answers every request with its path and a number that goes up."""

    ticks = 0

    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        type(self).ticks += 1
        content = json.dumps({"path": self.path, "tick": self.ticks}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """A real server, counting from 1."""
    Clock.ticks = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Clock)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# http_mock


def test_each_test_gets_a_fresh_router(suite: Suite) -> None:
    suite.write(
        """
        import pytest
        import understudy

        client = understudy.Client()

        @pytest.mark.parametrize("name", ["Ada", "Grace"])
        def test_routed(http_mock, name):
            assert "test_suite.py:" in repr(http_mock)
            http_mock.get("https://api.test/user").respond(json={"name": name})
            assert client.get("https://api.test/user").json() == {"name": name}
            assert http_mock.call_count == 1
        """
    )

    suite.run("--block-network").assert_outcomes(passed=2)


def test_a_route_that_was_never_called_fails_a_test_that_passed(suite: Suite) -> None:
    suite.write(
        """
        def test_lazy(http_mock):
            http_mock.get("https://api.test/user").respond(json={})
        """
    )

    result = suite.run()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*https://api.test/user*"])


def test_a_test_that_failed_keeps_its_own_failure(suite: Suite) -> None:
    suite.write(
        """
        def test_wrong(http_mock):
            http_mock.get("https://api.test/user").respond(json={})
            assert 1 + 1 == 3
        """
    )

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *assert (1 + 1) == 3"])


def test_a_request_that_the_code_under_test_swallowed_is_still_reported(suite: Suite) -> None:
    suite.write(
        """
        import contextlib
        import understudy

        def test_swallowing(http_mock):
            with contextlib.suppress(BaseException):
                understudy.get("https://api.test/forgotten")
        """
    )

    result = suite.run()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*no route answers GET https://api.test/forgotten", '  http_mock.get("https://api.test/forgotten").respond()']
    )


def test_a_module_can_have_a_router_behind_those_of_its_tests(suite: Suite) -> None:
    suite.write(
        """
        import pytest
        import understudy
        from understudy import mock

        @pytest.fixture(scope="module", autouse=True)
        def baseline():
            with mock.Router() as router:
                router.get("https://api.test/health", optional=True).respond(json="module")
                yield router

        def test_its_own(http_mock):
            http_mock.get("https://api.test/user").respond(json="test")
            assert understudy.get("https://api.test/user").json() == "test"
            assert understudy.get("https://api.test/health").json() == "module"

        def test_nothing_is_left_of_the_other(http_mock, baseline):
            with pytest.raises(mock.UnmatchedRequest):
                understudy.get("https://api.test/user")
            http_mock.reset()
            baseline.reset()
        """
    )

    suite.run("--block-network").assert_outcomes(passed=2)


def test_a_setting_of_a_fixture_that_no_router_takes_is_wrong_use_that_names_the_right_one(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.fixture
        def http_mock_settings():
            return {"base_ulr": "https://api.test"}

        def test_lost(http_mock):
            pass
        """
    )

    result = suite.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the fixture http_mock_settings knows no base_ulr; did you mean 'base_url'*"])


def test_routers_get_their_settings_from_markers_and_a_fixture(suite: Suite) -> None:
    suite.write(
        """
        import pytest
        import understudy

        pytestmark = pytest.mark.mock(order="first")

        @pytest.fixture
        def http_mock_settings():
            return {"base_url": "https://api.test", "order": "last"}

        def test_both(http_mock):
            assert http_mock.order == "first"
            http_mock.get("/user").respond(json=1)
            assert understudy.get("https://api.test/user").json() == 1

        @pytest.mark.mock(base_url="https://other.test", unmatched=404)
        def test_without_naming_the_fixture():
            assert understudy.get("https://other.test/user").status_code == 404
        """
    )

    suite.run("--block-network").assert_outcomes(passed=2)


# network_ledger


@pytest.mark.parametrize("arguments", [(), ("--block-network", "--allowed-hosts=127.0.0.1")])
def test_the_ledger_lists_what_a_test_asked_of_the_network(suite: Suite, url: str, arguments: tuple[str, ...]) -> None:
    suite.write(
        f"""
        import understudy

        def test_loud(network_ledger):
            understudy.get("{url}")
            assert network_ledger == ["connect to {url[7:]}"]

        def test_quiet(network_ledger):
            assert network_ledger == []
        """
    )

    suite.run(*arguments).assert_outcomes(passed=2)


# cassette


def test_a_tape_that_records_is_let_through_a_blocked_network_and_nothing_else_is(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import socket
        import pytest
        import understudy

        HERE = ("127.0.0.1", {url.rpartition(":")[2]})

        @pytest.fixture(scope="module")
        def greeting(record):
            with record("greeting"):
                return understudy.get("{url}/greeting").status_code

        @pytest.mark.cassette
        def test_tape():
            assert understudy.get("{url}/one").status_code == 200

        def test_fixture(greeting):
            assert greeting == 200
            with pytest.raises(RuntimeError, match="Network is disabled"):
                socket.create_connection(HERE)

        @pytest.mark.cassette
        def test_beside_a_tape_that_is_there(cassette):
            understudy.get("{url}/two")
            if not cassette.is_recording:
                with pytest.raises(RuntimeError, match="Network is disabled"):
                    socket.create_connection(HERE)
        """
    )

    suite.run("--block-network", "--record-mode=once").assert_outcomes(passed=3)
    replayed = suite.run("--block-network", "--record-mode=once")

    replayed.assert_outcomes(passed=3)
    replayed.stdout.fnmatch_lines(["played 3 from 3 tapes, recorded 0"])


def test_the_same_file_passes_live_and_then_with_the_network_blocked(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import asyncio
        import pytest
        import understudy

        @pytest.mark.cassette
        def test_blocking():
            assert understudy.get("{url}/users").json() == {{"path": "/users", "tick": 1}}

        @pytest.mark.cassette
        def test_asynchronous():
            async def both():
                async with understudy.AsyncClient() as client:
                    return [(await client.get("{url}/" + name)).json()["tick"] for name in "ab"]

            assert asyncio.run(both()) == [2, 3]

        class TestUsers:
            @pytest.mark.cassette
            @pytest.mark.parametrize("user", ["ada/lovelace"])
            def test_one(self, user):
                assert understudy.get("{url}/users/" + user).json()["tick"] == 4
        """
    )

    live = suite.run("--record-mode=once")
    replayed = suite.run("--block-network")

    live.assert_outcomes(passed=3)
    replayed.assert_outcomes(passed=3)
    assert Clock.ticks == 4
    assert sorted(path.name for path in (suite.path / "cassettes/test_suite").iterdir()) == [
        "TestUsers.test_one[ada%2Flovelace].yaml",
        "test_asynchronous.yaml",
        "test_blocking.yaml",
    ]
    live.stdout.fnmatch_lines(["=* tapes =*", "played 0 from 0 tapes, recorded 4 on 3 tapes"])
    replayed.stdout.fnmatch_lines(["=* tapes =*", "played 4 from 3 tapes, recorded 0"])


def test_without_a_word_a_missing_tape_fails_and_nothing_is_sent(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest
        import understudy

        @pytest.mark.cassette
        def test_users():
            understudy.get("{url}/users")
        """
    )

    result = suite.run()

    result.assert_outcomes(errors=1)
    assert Clock.ticks == 0
    result.stdout.fnmatch_lines(
        [
            "CassetteMissing: *cassettes/test_suite/test_users.yaml: *",
            'Record it once, and commit the file: pytest --record-mode=once "test_suite.py::test_users"',
        ]
    )


def test_the_fixture_is_the_tape(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import understudy

        def test_users(cassette):
            assert cassette.path.endswith("cassettes/test_suite/test_users.yaml")
            understudy.get("{url}/users")
            assert len(cassette.recorded) + len(cassette.played) == 1
        """
    )

    suite.run("--record-mode=once").assert_outcomes(passed=1)
    suite.run("--block-network").assert_outcomes(passed=1)


def test_routes_are_in_front_of_the_tape_whichever_is_named_first(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest
        import understudy

        def ask(http_mock):
            http_mock.get("https://api.test/mocked").respond(json=1)
            assert understudy.get("https://api.test/mocked").json() == 1
            assert understudy.get("{url}/live").status_code == 200

        @pytest.mark.cassette
        @pytest.mark.mock
        def test_markers(http_mock): ask(http_mock)

        def test_fixtures(http_mock, cassette): ask(http_mock)

        def test_fixtures_the_other_way_round(cassette, http_mock): ask(http_mock)
        """
    )

    suite.run("--record-mode=once").assert_outcomes(passed=3)
    result = suite.run("--unused=fail")

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["played 3 from 3 tapes, recorded 0"])


def test_the_tape_runs_before_other_fixtures_of_the_test_send_anything(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest
        import understudy

        @pytest.fixture(scope="module")
        def settings():
            return "/token"

        @pytest.fixture
        def token(settings):
            return understudy.get("{url}" + settings).json()["tick"]

        @pytest.mark.cassette
        def test_token(token):
            assert token == 1
        """
    )

    suite.run("--record-mode=once").assert_outcomes(passed=1)
    suite.run("--block-network").assert_outcomes(passed=1)


def test_folder_name_and_settings_can_be_overridden(suite: Suite, url: str) -> None:
    suite.write(
        """
        import pytest

        @pytest.fixture
        def cassette_dir(tmp_path_factory, pytestconfig):
            return pytestconfig.rootpath / "tapes"

        @pytest.fixture
        def cassette_name(request):
            return f"{request.node.name}-v2.yaml"

        @pytest.fixture
        def cassette_settings():
            return {"ignore": ["query.nonce"]}
        """,
        "conftest.py",
    )
    suite.write(
        f"""
        import itertools
        from pathlib import Path

        import pytest
        import understudy

        @pytest.mark.cassette
        def test_users():
            nonce = Path("nonce.txt")
            nonce.write_text(nonce.read_text() + "x" if nonce.exists() else "x")
            assert understudy.get("{url}/users", params={{"nonce": nonce.read_text()}}).json()["tick"] == 1
        """
    )

    suite.run("--record-mode=once").assert_outcomes(passed=1)
    suite.run("--block-network").assert_outcomes(passed=1)

    assert (suite.path / "tapes/test_users-v2.yaml").exists()


def test_tests_may_share_a_tape_by_name(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest
        import understudy

        @pytest.mark.cassette("shared/users", repeats="always")
        def test_one():
            assert understudy.get("{url}/users").json()["tick"] == 1

        @pytest.mark.cassette(name="shared/users.yaml", repeats="always")
        def test_two():
            assert understudy.get("{url}/users").json()["tick"] == 1
        """
    )

    suite.run("--record-mode=once").assert_outcomes(passed=2)
    suite.run("--block-network").assert_outcomes(passed=2)

    assert [path.name for path in (suite.path / "cassettes/test_suite/shared").iterdir()] == ["users.yaml"]


@pytest.mark.once
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_tape_that_is_made_in_this_run_is_open_to_all_tests_that_share_it(
    suite: Suite, url: str, workers: tuple[str, ...]
) -> None:
    suite.write(
        f"""
        import pytest
        import understudy

        @pytest.fixture
        def cassette_name():
            return "named/by/a/fixture.yaml"

        @pytest.mark.parametrize("name", ["one", "two"])
        class TestUsers:
            @pytest.mark.cassette("shared")
            def test_user(self, name):
                assert understudy.get(f"{url}/{{name}}").status_code == 200

            @pytest.mark.skipif({bool(workers)}, reason="nobody can know of this tape in another process")
            def test_user_on_a_tape_of_a_fixture(self, name, cassette):
                assert understudy.get(f"{url}/{{name}}").status_code == 200
        """
    )

    first = (suite.run_apart if workers else suite.run)("--record-mode=once", *workers)

    first.assert_outcomes(passed=2 if workers else 4, skipped=2 if workers else 0)
    suite.run("--block-network").assert_outcomes(passed=2 if workers else 4, skipped=2 if workers else 0)
    suite.run("--record-mode=once", "--unused=fail").assert_outcomes(
        passed=2 if workers else 4, skipped=2 if workers else 0
    )


def test_a_test_that_skips_itself_can_do_so_again(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.cassette
        def test_elsewhere():
            pytest.skip("not here")
        """
    )

    for arguments in (["--record-mode=once"], ["--block-network"], ["--record-mode=update"], ["--unused=fail"]):
        result = suite.run(*arguments)
        result.assert_outcomes(skipped=1)
        assert result.ret == pytest.ExitCode.OK


@pytest.mark.once
def test_workers_record_one_tape_anew_one_after_the_other(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import time
        import pytest
        import understudy

        @pytest.fixture(scope="session")
        def login(record):
            with record("login"):
                time.sleep(1)  # so that the other worker comes meanwhile
                return understudy.get("{url}/login").status_code

        @pytest.mark.parametrize("number", range(2))
        def test_login(login, number):
            assert login == 200
        """
    )
    suite.run("--record-mode=once").assert_outcomes(passed=2)

    suite.run_apart("-n", "2", "--record-mode=update").assert_outcomes(passed=2)

    suite.run("--unused=fail").assert_outcomes(passed=2)


def test_a_worker_does_not_wait_for_ever(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    config: Any = SimpleNamespace(workeroutput={})
    monkeypatch.setattr(fixtures, "PATIENCE", 0.1)
    first, second = (cassettes.use(suite.path / "tape.yaml", "all") for _ in range(2))

    with first, pytest.raises(cassettes.CassetteLocked):
        fixtures.fresh_or_counted(config, second).__enter__()


def test_a_tape_from_before_this_run_is_closed(suite: Suite, url: str) -> None:
    source = f"""
        import pytest
        import understudy

        @pytest.mark.cassette
        def test_user():
            assert understudy.get("{url}/one").status_code == 200
        """
    suite.write(source)
    suite.run("--record-mode=once").assert_outcomes(passed=1)
    suite.write(source.replace("/one", "/another"))

    suite.run("--record-mode=once").assert_outcomes(failed=1)


@pytest.mark.parametrize("name", ['"shared"', ""], ids=["marker", "fixture"])
@pytest.mark.parametrize("mode", ["all", "update"])
def test_recording_one_test_anew_leaves_what_others_have_on_its_tape(
    suite: Suite, url: str, mode: str, name: str
) -> None:
    if not name:
        (suite.path / "conftest.py").write_text(
            "import pytest\n@pytest.fixture\ndef cassette_name(): return 'shared.yaml'\n", "utf-8"
        )
    suite.write(
        f"""
        import pytest
        import understudy

        pytestmark = pytest.mark.cassette({name})

        @pytest.mark.parametrize("name", ["one", "two"])
        def test_user(name):
            assert understudy.get(f"{url}/{{name}}").status_code == 200
        """
    )
    suite.run("--record-mode=new_episodes").assert_outcomes(passed=2)

    suite.run(f"--record-mode={mode}").assert_outcomes(passed=2)
    suite.run(f"--record-mode={mode}", "-k", "one").assert_outcomes(passed=1, deselected=1)

    suite.run("--block-network").assert_outcomes(passed=2)


def test_the_nearest_marker_wins_and_unittest_works(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import unittest

        import pytest
        import understudy

        pytestmark = pytest.mark.cassette(mode="none", repeats="never")

        @pytest.mark.cassette(mode="once")
        class UsersTest(unittest.TestCase):
            def test_users(self):
                self.assertEqual(understudy.get("{url}/users").json()["tick"], 1)
        """
    )

    suite.run().assert_outcomes(passed=1)
    suite.run("--block-network").assert_outcomes(passed=1)
    assert Clock.ticks == 1


def test_under_ci_a_marker_records_nothing(suite: Suite, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    suite.write(
        f"""
        import pytest
        import understudy

        @pytest.mark.cassette(mode="once")
        def test_users():
            understudy.get("{url}/users")
        """
    )

    suite.run().assert_outcomes(errors=1)

    assert Clock.ticks == 0
    assert not (suite.path / "cassettes").exists()


def test_a_secret_that_was_found_names_the_marker_and_following_it_mends_the_test(suite: Suite, url: str) -> None:
    test = f"""
        import pytest
        import understudy

        @pytest.mark.cassette()
        def test_users():
            understudy.post("{url}/users", json={{"note": "AKIA" + "ABCDEFGHIJKLMNOP"}})
        """
    suite.write(test)

    result = suite.run("--record-mode=once")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*with `redact:` in the first document or redact= in @pytest.mark.cassette(...); or, * there."]
    )
    suite.write(test.replace("cassette()", "cassette(redact=['json.note'])"))
    suite.run("--record-mode=once").assert_outcomes(passed=1)


def test_a_tape_of_record_that_is_missing_names_the_command_that_records_it(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest
        import understudy

        @pytest.fixture(scope="module")
        def user(record):
            with record("user", ignore=["query.nonce"]):
                return understudy.get("{url}/users/1")

        def test_user(user):
            assert user.status_code == 200
        """
    )

    result = suite.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*Record it once, * pytest --record-mode=once "test_suite.py::test_user"'])
    suite.run("--record-mode=once").assert_outcomes(passed=1)
    suite.run().assert_outcomes(passed=1)


def test_a_request_that_is_not_on_the_tape_names_the_nearest_recording(suite: Suite, url: str) -> None:
    source = f"""
        import pytest
        import understudy

        @pytest.mark.cassette
        def test_users():
            understudy.get("{url}/users/1")
        """
    suite.write(source)
    suite.run("--record-mode=once").assert_outcomes(passed=1)
    suite.write(source.replace("users/1", "users/2"))

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *NoMatch: *test_users.yaml*", "E * path *recorded '/users/1' *now '/users/2'*"])
    assert "understudy/client" not in result.stdout.str()
    result.stdout.fnmatch_lines(['E *With pytest: pytest --record-mode=new_episodes "test_suite.py::test_users"'])
    assert " in code" not in result.stdout.str()


def test_without_tapes_every_request_is_live(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import understudy

        def test_users(cassette):
            understudy.get("{url}/users")
            assert cassette.recorded == ["GET /users -> 200"]
        """
    )

    for _ in range(2):
        result = suite.run("--disable-recording")
        result.assert_outcomes(passed=1)
        result.stdout.no_fnmatch_line("=* tapes =*")

    assert Clock.ticks == 2
    assert not (suite.path / "cassettes").exists()


def test_a_fixture_of_any_scope_has_a_tape_of_its_own(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest
        import understudy

        @pytest.fixture(scope="session")
        def token(record):
            with record("login/token", ignore=["query.now"]) as tape:
                assert tape.path.endswith("token.yaml")
                return understudy.get("{url}/token").json()["tick"]

        @pytest.mark.cassette
        def test_users(token):
            assert token == 1
            assert understudy.get("{url}/users").json()["tick"] == 2
        """
    )

    live = suite.run("--record-mode=once")
    replayed = suite.run("--block-network")

    live.stdout.fnmatch_lines(["played 0 from 0 tapes, recorded 2 on 2 tapes"])
    replayed.stdout.fnmatch_lines(["played 2 from 2 tapes, recorded 0"])
    assert (suite.path / "cassettes/login/token.yaml").exists()


def test_a_block_that_fails_on_its_own_tape_raises_what_it_raised(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest
        import understudy

        def test_login(record):
            with pytest.raises(ZeroDivisionError), record("login"):
                understudy.get("{url}/token")
                1 / 0
        """
    )

    suite.run("--record-mode=once").assert_outcomes(passed=1)


# What is unused


def recorded_suite(suite: Suite, url: str) -> None:
    """Two tapes; then one test sends less than it did, and the other has gone."""
    before = f"""
        import pytest
        import understudy

        @pytest.mark.cassette
        def test_users():
            understudy.get("{url}/one")
            understudy.get("{url}/two")

        @pytest.mark.cassette
        def test_old():
            understudy.get("{url}/old")
        """
    after = f"""
        import pytest
        import understudy

        @pytest.mark.cassette
        def test_users():
            understudy.get("{url}/one")

        def test_new():
            pass
        """
    suite.write(before)
    suite.run("--record-mode=once").assert_outcomes(passed=2)
    suite.write(after)


def test_what_is_unused_is_reported(suite: Suite, url: str) -> None:
    recorded_suite(suite, url)

    result = suite.run()

    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "played 1 from 1 tape, recorded 0",
            "unused: 1 recording that no test played",
            "  cassettes/test_suite/test_users.yaml*  GET /two -> 200",
            "orphaned: 1 tape that no test has",
            "  cassettes/test_suite/test_old.yaml",
        ]
    )


def test_what_is_unused_can_fail_the_run(suite: Suite, url: str) -> None:
    recorded_suite(suite, url)

    assert suite.run("--unused=fail").ret == pytest.ExitCode.TESTS_FAILED
    assert suite.run("--unused=ignore").ret == pytest.ExitCode.OK


def test_what_became_of_the_tapes_can_be_read_by_a_machine(suite: Suite, url: str) -> None:
    recorded_suite(suite, url)

    suite.run("--cassette-report=tapes.json")

    report = json.loads((suite.path / "tapes.json").read_text("utf-8"))
    (unused,) = report.pop("unused")
    assert report == {
        "played": 1,
        "recorded": 0,
        "tapes": {"cassettes/test_suite/test_users.yaml": {"played": 1, "recorded": 0}},
        "orphans": ["cassettes/test_suite/test_old.yaml"],
        "expired": [],
        "deleted": [],
        "drifts": [],
        "converted": [],
        "blocked": [],
    }
    assert (unused["tape"], unused["summary"]) == ("cassettes/test_suite/test_users.yaml", "GET /two -> 200")


@pytest.mark.parametrize(
    "arguments", [("-k", "users"), ("test_suite.py::test_users",), ("--deselect", "test_suite.py::test_new")]
)
def test_a_partial_run_claims_no_orphans(suite: Suite, url: str, arguments: tuple[str, ...]) -> None:
    recorded_suite(suite, url)

    result = suite.run(*arguments)

    result.stdout.fnmatch_lines(["unused: 1 recording that no test played"])
    result.stdout.no_fnmatch_line("orphaned*")
