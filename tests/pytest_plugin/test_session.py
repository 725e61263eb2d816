from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from understudy.pytest_plugin.session import WORKER_OUTPUT, pytest_sessionfinish, pytest_testnodedown, tally_of
from understudy.pytest_plugin.tally import Tally, Use

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]

TWO_TAPES = """
    import pytest
    import understudy
    from understudy import mock

    @pytest.mark.cassette
    @pytest.mark.parametrize("n", range(2))
    def test_recorded(n):
        assert understudy.get("https://api.test/number").json() == 7
"""

# What records needs something to record: a router behind the tape plays the server.
SERVER = """
    import pytest
    from understudy import mock

    @pytest.fixture(scope="session", autouse=True)
    def server():
        with mock.Router() as router:
            router.get("https://api.test/number", optional=True).respond(json=7)
            yield
"""


def test_a_suite_that_uses_none_of_it_sees_nothing_of_it(suite: Suite) -> None:
    suite.write("def test_nothing(): pass")

    result = suite.run()

    result.stdout.no_fnmatch_line("=* tapes =*")


def test_the_markers_are_registered(suite: Suite) -> None:
    result = suite.run("--markers")

    result.stdout.fnmatch_lines(
        ["@pytest.mark.cassette(name=None, *", "@pytest.mark.mock([*]files, *", "@pytest.mark.network(*"]
    )


@pytest.mark.parametrize("arguments", [("-x",), ("--maxfail=1",)])
def test_a_run_that_stopped_early_claims_no_orphans(suite: Suite, arguments: tuple[str, ...]) -> None:
    suite.write(SERVER, "conftest.py")
    suite.write(TWO_TAPES)
    suite.run("--record-mode=once").assert_outcomes(passed=2)
    suite.write(TWO_TAPES.replace("range(2)", "range(1)") + "\n    def test_broken(): assert False\n")

    stopped, complete = suite.run(*arguments), suite.run()

    stopped.stdout.no_fnmatch_line("orphaned*")
    complete.stdout.fnmatch_lines(["orphaned: 1 tape that no test has", "  *test_recorded[[]1].yaml"])


def test_a_test_that_was_skipped_keeps_its_tape(suite: Suite) -> None:
    suite.write(SERVER, "conftest.py")
    suite.write(TWO_TAPES)
    suite.run("--record-mode=once").assert_outcomes(passed=2)
    suite.write(TWO_TAPES.replace("def test_recorded(n):", "def test_recorded(n):\n        pytest.skip('today')"))

    result = suite.run("--unused=fail")

    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("orphaned*")


def test_a_test_that_was_renamed_is_told_with_the_tape_that_it_left_behind(suite: Suite) -> None:
    suite.write(SERVER, "conftest.py")
    suite.write(TWO_TAPES)
    suite.run("--record-mode=once").assert_outcomes(passed=2)
    suite.write(TWO_TAPES.replace("range(2)", "(0, 2)"))

    result = suite.run()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*CassetteMissing*test_recorded[[]2].yaml: there is no such cassette*"])
    result.stdout.fnmatch_lines(["orphaned: 1 tape that no test has", "  *test_recorded[[]1].yaml"])


def test_a_worker_hands_its_count_over(suite: Suite) -> None:
    config = suite.pytester.parseconfigure()
    worker = Tally()
    worker.add("a.yaml", Use(played=3))

    pytest_testnodedown(SimpleNamespace(config=config, workeroutput={WORKER_OUTPUT: worker.plain()}), None)

    assert tally_of(config).played == 3
    assert not tally_of(config).is_partial


def test_a_worker_leaves_its_count_in_its_output(suite: Suite) -> None:
    config: Any = suite.pytester.parseconfigure()
    output: dict[str, Any] = {}
    config.workeroutput = output
    tally_of(config).add("a.yaml", Use(played=3))
    session: Any = SimpleNamespace(config=config, shouldstop=False, shouldfail=False)

    pytest_sessionfinish(session, pytest.ExitCode.OK)

    assert output[WORKER_OUTPUT]["tapes"]["a.yaml"]["played"] == 3


@pytest.mark.parametrize("error", [None, "Not properly terminated"])
def test_a_worker_that_crashed_makes_the_run_partial(suite: Suite, error: str | None) -> None:
    config = suite.pytester.parseconfigure()

    pytest_testnodedown(SimpleNamespace(config=config), error)

    assert tally_of(config).is_partial


@pytest.mark.once
def test_workers_of_xdist_count_as_one_run(suite: Suite) -> None:
    pytest.importorskip("xdist")
    suite.write(SERVER, "conftest.py")
    suite.write(TWO_TAPES)

    result = suite.run_apart("-n", "2", "--record-mode=once", "--unused=fail")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["played 0 from 0 tapes, recorded 2 on 2 tapes"])


def test_what_a_test_failed_with_is_let_go_of_when_it_is_over(suite: Suite) -> None:
    suite.write(
        """
        import gc
        import weakref

        class Large: pass

        kept = []

        def test_one():
            large = Large()
            kept.append(weakref.ref(large))
            assert False

        def test_two():  # pytest itself keeps the last failure
            assert False

        def test_three():
            gc.collect()
            assert kept[0]() is None
        """
    )

    # In this process the recorder of hooks would keep it.
    suite.run_apart().assert_outcomes(passed=1, failed=2)
