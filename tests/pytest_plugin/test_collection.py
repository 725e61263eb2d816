from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]


WRONG = [
    (
        "cassette(modus='once', recrod=1)",
        " knows no modus, recrod; it knows *ignore, live, match, mode, name, *repeats*",
    ),
    ("cassette(mode='twice')", ": mode is one of none, once, *, not 'twice'"),
    ("cassette(ignor=['json.id'])", " knows no ignor; did you mean 'ignore'[?]"),
    ("cassette(mode='onec')", ": mode is one of *, not 'onec'; did you mean 'once'[?]"),
    ("cassette(order='strit')", ": `order` is one of any, strict, not 'strit'; did you mean 'strict'[?]"),
    ("cassette(repeats='alwys')", ": `repeats` is *, not 'alwys'; did you mean 'always'[?]"),
    ("cassette(match=['methd'])", ": cannot match on 'methd': *; did you mean 'method'[?]"),
    ("cassette(ignore=['jsn.id'])", ": 'jsn.id' names *; did you mean json.id[?]"),
    ("cassette(ignor=[], else_=1)", " knows no else_, ignor; it knows *; did you mean 'ignore'[?]"),
    ("cassette('../elsewhere')", ": '../elsewhere' is not a path inside the folder of tapes*"),
    ("cassette(name='/etc/users')", ": '/etc/users' is not a path inside the folder of tapes*"),
    ("cassette('a', 'b')", ": one name for one tape, not 'a', 'b'"),
    ("cassette('a', name='b')", ": one name for one tape, not 'a', 'b'"),
    ("cassette(1)", ": the name of a tape is a string, not 1"),
    ("mock(base_ulr='https://api.test')", " knows no base_ulr; did you mean 'base_url'[?]"),
    ("mock(mode='wir')", ": `mode` is 'mock' or 'wire', not 'wir'"),
    ("mock(parent='https://api.test')", " knows no parent; it knows *base_url, *unmatched*"),
    ("mock('shop.yaml')", ": there is no file of routes */shop.yaml"),
    ("network(host='api.test')", " takes hosts without names: network('api.test')"),
    ("network('api.test:80')", ": 'api.test:80' is more than a host; write 'api.test', for every port"),
    ("network(['api.test'])", ": hosts are given one by one, not as *'api.test'*"),
    ("block_network(hosts=['api.test'])", " knows allowed_hosts, not hosts"),
]


def marked(suite: Suite, number: int, marker: str) -> None:
    """Write a file with one test that has this marker."""
    suite.write(f"import pytest\n\n@pytest.mark.{marker}\ndef test_it(): pass\n", f"test_{number}.py")


def test_a_wrong_marker_is_a_collection_error_that_names_the_right_words(suite: Suite) -> None:
    for number, (marker, _) in enumerate(WRONG):
        marked(suite, number, marker)

    result = suite.run("--block-network")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=len(WRONG))
    result.stdout.fnmatch_lines(["*ERROR collecting test_0.py*"])
    result.stdout.fnmatch_lines_random(
        [
            f"test_{number}.py::test_it: @pytest.mark.{marker.partition('(')[0]}{expected}"
            for number, (marker, expected) in enumerate(WRONG)
        ]
    )


def test_what_a_suite_calls_network_by_itself_is_nothing_to_complain_about(suite: Suite) -> None:
    marked(suite, 1, "network(reason='it asks the package index')")
    marked(suite, 2, "network('https://api.test/')")

    suite.run().assert_outcomes(passed=2)


def test_two_tests_whose_tapes_differ_in_letter_case_only_are_a_collection_error(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.cassette
        def test_users(): pass

        def test_USERS(cassette): pass
        """
    )

    result = suite.run()

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "test_suite.py::test_USERS: its tape test_USERS.yaml would be that of test_suite.py::test_users "
            "where a file system ignores letter case; name one: @pytest.mark.cassette(name=...)"
        ]
    )


def test_a_name_in_the_marker_ends_the_collision(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.cassette(mode="once")
        def test_users(): pass

        @pytest.mark.cassette("capital", mode="once")
        def test_USERS(): pass
        """
    )

    suite.run().assert_outcomes(passed=2)


def test_names_in_markers_that_differ_in_letter_case_only_are_a_collection_error(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.cassette("shop/Users")
        def test_one(): pass

        @pytest.mark.cassette("shop/users")
        def test_two(): pass
        """
    )

    suite.run().stdout.fnmatch_lines(
        [
            "test_suite.py::test_two: its tape shop/users.yaml would be that of test_suite.py::test_one "
            "where a file system ignores letter case; write shop/Users.yaml"
        ]
    )


def test_tests_that_share_a_tape_by_name_are_no_collision(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.cassette("test_three", mode="once")
        def test_one(): pass

        @pytest.mark.cassette("test_three", mode="once")
        def test_two(): pass

        @pytest.mark.cassette(mode="once")
        def test_three(): pass
        """
    )

    suite.run().assert_outcomes(passed=3)


def test_every_mistake_of_a_file_is_named_at_once(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.cassette(modus="once")
        def test_one(): pass

        @pytest.mark.cassette(mode="twice")
        def test_two(): pass
        """
    )

    result = suite.run()

    result.stdout.fnmatch_lines(["test_suite.py::test_one: *", "test_suite.py::test_two: *"])


def test_mistakes_in_unittest_classes_are_found_as_well(suite: Suite) -> None:
    suite.write(
        """
        import unittest
        import pytest

        class UsersTest(unittest.TestCase):
            @pytest.mark.cassette(modus="once")
            def test_users(self): pass
        """
    )

    result = suite.run()

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["test_suite.py::UsersTest::test_users: @pytest.mark.cassette knows no modus*"])


def test_the_tape_is_requested_after_wider_fixtures_and_before_those_of_the_test(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.fixture(scope="session")
        def whole(): pass

        @pytest.fixture
        def mine(): pass

        @pytest.mark.cassette(mode="once")
        def test_order(request, mine, whole, tmp_path):
            names = request.fixturenames
            assert names.index("whole") < names.index("cassette") < names.index("mine")
        """
    )

    suite.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ("def test_users(): pass", "test_users"),
        ("class TestUsers:\n    @route.respond\n    def test_one(self): pass", "TestUsers::test_one"),
    ],
)
def test_a_decorator_without_its_parentheses_does_not_swallow_the_test(suite: Suite, test: str, name: str) -> None:
    start = "from understudy import mock\nroute = mock.get('https://api.test/users')\n"
    suite.write(start + (test if test.startswith("class") else f"@route.respond\n{test}"))

    result = suite.run("-W", "ignore")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"test_suite.py::{name}: a route took the test's place; call its decorator, as in *"])
