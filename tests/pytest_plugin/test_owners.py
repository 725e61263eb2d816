from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]

TWO_CASES = """
    import pytest

    def test_users(): pass
    def test_Users(): pass
    """


@pytest.fixture
def install(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another installed plugin, which gives every test a `cassette` of its own."""
    suite.write(
        """
        import pytest

        @pytest.fixture(autouse=True)
        def cassette():
            return "theirs"
        """,
        "installed/other_tapes.py",
    )
    information = "installed/other_tapes-1.0.dist-info"
    suite.write("Metadata-Version: 2.1\nName: other-tapes\nVersion: 1.0\n", f"{information}/METADATA")
    suite.write("[pytest11]\nothers = other_tapes\n", f"{information}/entry_points.txt")
    monkeypatch.setattr(sys, "path", [*sys.path, str(suite.path / "installed")])


@pytest.mark.usefixtures("install")
def test_a_suite_of_another_plugin_with_our_fixtures_name_runs_as_if_ours_was_absent(suite: Suite) -> None:
    suite.write(TWO_CASES + "\n    def test_theirs(cassette): assert cassette == 'theirs'\n")

    result = suite.run()

    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*tapes ===*")


@pytest.mark.usefixtures("install")
def test_a_marker_whose_fixture_is_another_plugins_would_send_and_is_an_error(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.cassette
        def test_users(): pass
        """
    )

    result = suite.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "test_suite.py::test_users: @pytest.mark.cassette: the fixture `cassette` is that of other-tapes here, "
            "and the requests of this test would go to the network; run pytest with -p no:others, or uninstall "
            "other-tapes"
        ]
    )
    suite.run("-p", "no:others").stdout.fnmatch_lines(["*ERROR at setup of test_users*"])  # there is no tape yet


def test_a_fixture_of_the_suite_with_the_name_of_ours_has_no_tapes(suite: Suite) -> None:
    suite.write("import pytest\n\n@pytest.fixture(autouse=True)\ndef cassette(): pass\n", "conftest.py")
    suite.write(TWO_CASES)

    suite.run().assert_outcomes(passed=2)


def test_what_such_a_fixture_records_is_nothing_that_may_be_deleted(suite: Suite) -> None:
    suite.write(
        """
        import pytest
        from understudy import cassettes

        @pytest.fixture
        def cassette(cassette_dir, cassette_name):
            with cassettes.use(cassette_dir / cassette_name, mode="once") as tape:
                yield tape
        """,
        "conftest.py",
    )
    suite.write("def test_users(cassette): pass")
    suite.run().assert_outcomes(passed=1)

    result = suite.run("--unused=delete")

    result.stdout.no_fnmatch_line("*tapes ===*")
    assert (suite.path / "cassettes/test_suite/test_users.yaml").exists()


def test_what_such_a_fixture_plays_is_behind_the_routes_of_a_mock(suite: Suite) -> None:
    suite.write(
        """
        import pytest
        from understudy import MockTransport, Response, stand_in

        @pytest.fixture
        def cassette():
            with stand_in(MockTransport(lambda request: Response(500))):
                yield
        """,
        "conftest.py",
    )
    suite.write(
        """
        import understudy

        def test_users(http_mock, cassette):
            http_mock.get("https://api.test/").respond(201)
            assert understudy.get("https://api.test/").status_code == 201
        """
    )

    suite.run().assert_outcomes(passed=1)


def test_a_fixture_that_stands_before_ours_has_its_tape(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.fixture(autouse=True)
        def cassette(cassette):
            assert cassette.mode == "none"
            return cassette
        """,
        "conftest.py",
    )
    suite.write(TWO_CASES)

    result = suite.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_Users: its tape test_Users.yaml would be that of *"])
