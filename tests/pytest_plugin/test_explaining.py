"""An error that explains itself is shown with the suite's own lines, however its test is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]

UNMATCHED = """
    import understudy

    def fetch():
        return understudy.get("https://api.test/nothing")

    def test_nothing(http_mock):
        fetch()
"""


def test_an_error_that_explains_itself_shows_the_suites_lines_only(suite: Suite) -> None:
    suite.write(UNMATCHED)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "> *fetch()",
            '> *return understudy.get("https://api.test/nothing")',
            "E *UnmatchedRequest: no route answers *",
        ]
    )
    assert "_send(" not in result.stdout.str()


DECORATED = """
    import asyncio
    import unittest

    import understudy
    from understudy import mock

    other = mock.get("https://api.test/other", optional=True).respond()

    def fetch():
        return understudy.get("https://api.test/nothing")

    @other
    def test_blocking():
        fetch()

    class TestCase(unittest.TestCase):
        @other
        def test_method(self):
            fetch()

    class TestAsync(unittest.IsolatedAsyncioTestCase):
        @other
        async def test_coroutine(self):
            async with understudy.AsyncClient() as client:
                await client.get("https://api.test/nothing")

    class TestTask(unittest.TestCase):
        def test_other_loop(self):
            asyncio.run(run())

    @other
    async def run():
        async with understudy.AsyncClient() as client:
            await client.get("https://api.test/nothing")
"""


def test_a_decorated_test_shows_its_own_line_and_none_of_what_ran_it(suite: Suite) -> None:
    suite.write(DECORATED)

    result = suite.run()

    result.assert_outcomes(failed=4)
    shown = result.stdout.str()
    assert shown.count('return understudy.get("https://api.test/nothing")') == 2
    assert shown.count('>           await client.get("https://api.test/nothing")') == 2
    for inside in ("_send(", "own.playing()", "return function(", "run_until_complete"):
        assert inside not in shown


@pytest.mark.parametrize("test", ["def test_nothing(): pass", "async def test_nothing(anyio_backend): pass"])
def test_a_decorator_that_fails_at_the_end_shows_its_message_only(suite: Suite, test: str) -> None:
    suite.write(
        f"""
        import pytest
        from understudy import mock

        @mock.get("https://api.test/other").respond()
        @pytest.mark.anyio
        {test}
        """
    )

    result = suite.run()

    shown = result.stdout.str()
    assert "ExpectationsNotMet: 1 route was never called" in shown
    for inside in ("All traceback entries are hidden", "with own.playing()", "run_until_complete"):
        assert inside not in shown


def test_a_route_that_is_wrong_where_a_module_makes_it_shows_the_modules_line_only(suite: Suite) -> None:
    suite.write(
        """
        from understudy import mock

        @mock.get("https://api.test/users/{id")
        def test_nothing(): pass
        """
    )

    short, full = suite.run(), suite.run("--full-trace")

    short.stdout.fnmatch_lines(["test_suite.py:4: in <module>", "E *RouteError: in '/users/{id': a '{' without *"])
    assert "parse_target(" not in short.stdout.str()
    assert "parse_target(" in full.stdout.str()


def test_what_python_says_of_a_mistake_is_shown_without_its_way_there(suite: Suite) -> None:
    suite.write(
        """
        def test_no_json(http_mock):
            http_mock.get("https://api.test/").respond(json=object())
        """
    )

    result = suite.run()

    result.stdout.fnmatch_lines(["TypeError: Object of type object is not JSON serializable", "E *RouteError: this *"])
    assert "def default(" not in result.stdout.str()


def test_a_test_case_that_failed_is_not_blamed_for_routes_that_it_did_not_come_to(suite: Suite) -> None:
    suite.write(
        """
        import unittest
        import pytest

        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def routes(self, http_mock):
                http_mock.get("https://api.test/").respond()

            def test_broken(self):
                self.assertEqual(1, 2)
        """
    )

    suite.run().assert_outcomes(failed=1)


def test_the_whole_traceback_is_there_on_request(suite: Suite) -> None:
    suite.write(UNMATCHED)

    result = suite.run("--full-trace")

    assert "_send(" in result.stdout.str()


def test_a_real_error_of_the_network_keeps_its_whole_traceback(suite: Suite) -> None:
    suite.write(
        """
        import socket

        import understudy

        def test_refused():
            with socket.socket() as closed:
                closed.bind(("127.0.0.1", 0))
                understudy.get(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        """
    )

    result = suite.run()

    result.assert_outcomes(failed=1)
    assert "_connect_once(" in result.stdout.str()


def test_what_a_mock_lets_go_wrong_shows_the_suites_lines_only(suite: Suite) -> None:
    suite.write(
        """
        import pytest
        import understudy

        @pytest.mark.parametrize("mode", ["mock", "wire"])
        def test_fault(http_mock, mode):
            http_mock.get("https://api.test/", mode=mode).fault("reset")
            understudy.get("https://api.test/")

        def test_error(http_mock):
            http_mock.get("https://api.test/").reply(understudy.ConnectError("refused"))
            try:
                understudy.get("https://api.test/")
            except understudy.ConnectError:
                raise ValueError("no answer")

        def test_status(http_mock):
            http_mock.get("https://api.test/").respond(500)
            understudy.get("https://api.test/").raise_for_status()
        """
    )

    result = suite.run()

    result.assert_outcomes(failed=4)
    shown = result.stdout.str()
    assert "During handling of the above exception" in shown
    for inside in ("_send(", "api.py", "def raise_for_status"):
        assert inside not in shown


def test_what_a_function_of_the_suite_raises_is_shown_without_the_librarys_lines(suite: Suite) -> None:
    suite.write(
        """
        import understudy

        def broken(request):
            return {"id": request.no_such_thing}

        def test_handler(http_mock):
            http_mock.get("https://api.test/").reply(broken)
            understudy.get("https://api.test/")

        def test_hook(http_mock):
            http_mock.get("https://api.test/").respond()
            with understudy.Client(event_hooks={"request": [broken]}) as client:
                client.get("https://api.test/")
        """
    )

    result = suite.run()

    result.assert_outcomes(failed=2)
    shown = result.stdout.str()
    assert shown.count('>       return {"id": request.no_such_thing}') == 2
    assert "_send(" not in shown


def test_the_members_of_a_group_of_errors_are_cut_too(suite: Suite) -> None:
    suite.write(
        """
        import anyio
        import understudy

        async def fetch():
            async with understudy.AsyncClient() as client:
                await client.get("https://api.test/nothing")

        async def both():
            async with anyio.create_task_group() as group:
                group.start_soon(fetch)

        def test_group(http_mock):
            anyio.run(both)
        """
    )

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UnmatchedRequest: no route answers GET https://api.test/nothing*"])
    assert "_send(" not in result.stdout.str()


def test_a_mistake_of_a_handler_is_shown_without_the_librarys_lines(suite: Suite) -> None:
    suite.write(
        """
        import understudy

        async def later(request):
            return 204

        def test_color(http_mock):
            http_mock.get("https://api.test/").reply(later)
            understudy.get("https://api.test/")

        def test_kind(http_mock):
            http_mock.get("https://api.test/").reply(lambda request: object())
            understudy.get("https://api.test/")
        """
    )

    result = suite.run()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E *TypeError: *is asynchronous*", "E *TypeError: *returned what is no reply*"])
    assert "_send(" not in result.stdout.str()


def test_a_run_without_a_terminal_fails_as_it_should(suite: Suite) -> None:
    suite.write(
        """
        from understudy import mock

        def test_unused(http_mock):
            http_mock.get("https://api.test/")

        @mock.get("https://api.test/").respond()
        def test_unused_as_well():
            assert False
        """
    )
    suite.write("from understudy import mock\nmock.get('')", "test_other.py")

    result = suite.run_apart("-p", "no:terminal", "--continue-on-collection-errors")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.errlines == []
