"""What goes wrong around test runs, by the numbers of `table.md`: what the other files of this folder do not show."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]


@pytest.mark.once
def test_p02_sixty_tests_record_once_and_replay_alone_and_under_four_workers(suite: Suite) -> None:
    pytest.importorskip("xdist")
    suite.write(
        """
        import pytest
        from understudy import mock

        @pytest.fixture(scope="session", autouse=True)
        def server():
            with mock.Router() as router:
                @router.handler("GET https://api.test/{kind}/{id:int}")
                def answer(kind, id):
                    return {"kind": kind, "id": id}
                yield
        """,
        "conftest.py",
    )
    source = """
        import pytest, understudy

        pytestmark = pytest.mark.cassette

        @pytest.mark.parametrize("number", range(10))
        def test_user(number):
            assert understudy.get(f"https://api.test/{__name__}/{number}").json()["id"] == number

        class TestOrders:
            @pytest.mark.parametrize("number", range(10))
            def test_order(self, number):
                with understudy.Client(base_url="https://api.test") as client:
                    for step in range(3):
                        assert client.get(f"/orders/{number * 10 + step}").json()["kind"] == "orders"
        """
    for name in ("test_one.py", "test_two.py", "test_three.py"):
        suite.write(source, name)

    suite.run("--record-mode=once").assert_outcomes(passed=60)
    (suite.path / "conftest.py").unlink()
    alone = suite.run("--block-network", "--unused=fail")
    workers = suite.run_apart("-n", "4", "--block-network", "--unused=fail")

    for result in (alone, workers):
        result.assert_outcomes(passed=60)
        result.stdout.fnmatch_lines(["played 120 from 60 tapes, recorded 0"])
        assert result.ret == 0
    assert len(list(suite.path.rglob("cassettes/*/*.yaml"))) == 60


def test_p03_beside_other_plugins_of_the_kind_nobody_fights(suite: Suite) -> None:
    # Stand-ins of the same names, with the same options, fixtures and markers as the real ones.
    suite.write(
        """
        import pytest

        def pytest_addoption(parser):
            group = parser.getgroup("recording")
            group.addoption("--record-mode", action="store", default=None)
            group.addoption("--block-network", action="store_true", default=False)
            group.addoption("--allowed-hosts", action="store", default=None)
            group.addoption("--disable-recording", action="store_true", default=False)

        @pytest.fixture
        def vcr():
            return "theirs"
        """,
        "pytest_recording/__init__.py",
    )
    suite.write("import pytest\n\n@pytest.fixture\ndef respx_mock():\n    return 'theirs'\n", "respx_plugin.py")
    suite.write("import pytest\n\n@pytest.fixture\ndef httpx_mock():\n    return 'theirs'\n", "httpx_plugin.py")
    suite.write(
        """
        import understudy

        def test_theirs(vcr, respx_mock, httpx_mock):
            assert vcr == respx_mock == httpx_mock == "theirs"

        def test_ours(http_mock):
            http_mock.get("https://api.test/").respond(json=1)
            assert understudy.get("https://api.test/").json() == 1
        """
    )
    plugins = [argument for name in ("pytest_recording", "respx_plugin", "httpx_plugin") for argument in ("-p", name)]

    result = subprocess.run(
        [sys.executable, "-m", "pytest", *suite.LEAN, *plugins, "--block-network"],
        cwd=suite.path,
        env={"PYTHONPATH": str(suite.path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_p04_routes_never_reach_the_next_of_many_shuffled_tests(suite: Suite) -> None:
    suite.write(
        """
        import random
        import pytest, understudy
        from understudy import mock

        @pytest.fixture(scope="session")
        def client():
            with understudy.Client(base_url="https://api.test") as client:
                yield client

        order = list(range(300))
        random.Random(7).shuffle(order)

        @pytest.mark.parametrize("number", order)
        def test_own_routes_only(number, client, http_mock):
            if number % 3:
                http_mock.get(f"/{number}").respond(json=number)
                assert client.get(f"/{number}").json() == number
            else:
                with http_mock.expect_unmatched(), pytest.raises(mock.UnmatchedRequest):
                    client.get(f"/{number + 1}")
        """
    )

    suite.run("-q").assert_outcomes(passed=300)


@pytest.mark.once
def test_p06_an_interrupt_while_recording_leaves_a_tape_that_can_be_read(suite: Suite) -> None:
    suite.write(
        """
        import pytest, understudy
        from understudy import mock

        @pytest.fixture(autouse=True, scope="session")
        def server():
            with mock.Router() as router:
                router.get("https://api.test/one", optional=True).respond(json=1)
                yield

        @pytest.mark.cassette
        def test_interrupted():
            assert understudy.get("https://api.test/one").json() == 1
            raise KeyboardInterrupt
        """
    )

    result = suite.run_apart("--record-mode=once")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    (tape,) = suite.path.rglob("*.yaml")
    from understudy import cassettes

    assert [each.summary for each in cassettes.load(tape).interactions] == ["GET /one -> 200"]


def test_p09_a_suite_that_uses_nothing_opens_nothing_and_loads_nothing(suite: Suite) -> None:
    suite.write(
        """
        import sys, threading

        def test_nothing():
            assert threading.active_count() == 1
            loaded = {name for name in sys.modules if name.startswith("understudy.")}
            heavy = {"understudy.client", "understudy.mock", "understudy.cassettes"}
            assert not heavy & loaded
            assert not {"ssl", "asyncio", "yaml", "anyio", "certifi"} & set(sys.modules)
        """
    )

    # pdb imports asyncio from Python 3.14 on.
    result = suite.run_apart("-p", "no:xdist", "-p", "no:faulthandler", "-p", "no:debugging", "--block-network")

    result.assert_outcomes(passed=1)


def test_p10_reports_are_written_where_the_run_began(suite: Suite) -> None:
    suite.write("def test_nothing():\n    pass\n", "inner/test_suite.py")

    suite.run("--cassette-report=report.json", "inner")

    assert json.loads((suite.path / "report.json").read_text("utf-8"))["played"] == 0
    assert time.time() - (suite.path / "report.json").stat().st_mtime < 3_600


def test_a_report_makes_its_folder_and_where_it_cannot_the_run_fails_and_says_so(suite: Suite) -> None:
    suite.write("def test_nothing():\n    pass\n")

    made = suite.run("--cassette-report=out/report.json")
    failed = suite.run("--cassette-report=out")

    assert made.ret == pytest.ExitCode.OK
    assert json.loads((suite.path / "out" / "report.json").read_text("utf-8"))["played"] == 0
    assert failed.ret == pytest.ExitCode.TESTS_FAILED
    failed.stdout.fnmatch_lines(["=* tapes =*", "the file of --cassette-report cannot be written: *out*"])
