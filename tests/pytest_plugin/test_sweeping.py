"""`--mock-sweep`: tests that pass meet every fault at every call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]

SHOP = """
    import pytest, understudy
    from understudy import mock

    setups = []

    @pytest.fixture(scope="module", autouse=True)
    def module():
        setups.append("module")
        yield
        setups.append("left")

    @pytest.fixture
    def fresh():
        setups.append("test")

    def price():
        try:
            return understudy.get("https://api.test/price").raise_for_status().json()
        except (understudy.HTTPError, ValueError):
            return None

    def test_copes(http_mock, fresh):
        http_mock.get("https://api.test/price").respond(json=7)
        assert price() in (7, None)

    @mock.get("https://api.test/price").respond(json=7)
    def test_does_not():
        assert understudy.get("https://api.test/price").json() == 7

    def test_without_calls():
        pass

    def test_last():
        assert setups.count("module") == 1
        assert setups.count("test") > 5
        assert "left" not in setups
"""


def test_tests_that_pass_meet_every_fault(suite: Suite) -> None:
    suite.write(SHOP)

    result = suite.run("--mock-sweep")

    result.assert_outcomes(passed=4)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*= faults =*", "*test_copes*", "*test_does_not*", "*ConnectError*"])
    result.stdout.no_fnmatch_line("*test_without_calls*")


def test_asynchronous_tests_are_swept_too(suite: Suite) -> None:
    suite.write(
        """
        import pytest, understudy

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_later(http_mock):
            http_mock.get("https://api.test/price").respond(json=7)
            async with understudy.AsyncClient() as client:
                assert (await client.get("https://api.test/price")).json() == 7
        """
    )

    result = suite.run("--mock-sweep")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*= faults =*", "*test_later*", "*ConnectError*"])


def test_a_test_that_fails_is_not_swept(suite: Suite) -> None:
    suite.write(
        """
        import understudy

        def test_wrong(http_mock):
            http_mock.get("https://api.test/price").respond(json=7)
            assert understudy.get("https://api.test/price").json() == 8
        """
    )

    result = suite.run("--mock-sweep")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*= faults =*")


@pytest.mark.once
def test_workers_send_their_matrices(suite: Suite) -> None:
    pytest.importorskip("xdist")
    suite.write(SHOP.partition("    def test_without_calls")[0])

    result = suite.run_apart("-n", "2", "--mock-sweep")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines_random(["*test_copes*", "*test_does_not*"])


@pytest.mark.parametrize(("option", "mode"), [((), "mock"), (("--mock-mode=wire",), "wire")])
def test_routers_play_in_the_mode_of_the_run(option: tuple[str, ...], mode: str, suite: Suite) -> None:
    suite.write(
        f"""
        import understudy
        from understudy import mock

        at_import = mock.Router()

        def test_mode(http_mock):
            assert http_mock.mode == at_import.mode == "{mode}"
            http_mock.get("https://api.test/price").respond(json=7)
            assert understudy.get("https://api.test/price").json() == 7
        """
    )

    suite.run(*option).assert_outcomes(passed=1)


def test_routes_of_a_file_answer_what_the_test_does_not(suite: Suite) -> None:
    suite.write(
        """
        cassette: 1
        routes:
          - GET https://api.test/users/{id:int}: {json: {name: Ada}}
          - GET https://api.test/price: {json: 1}
        """,
        "routes/shop.yaml",
    )
    suite.write(
        """
        import pytest, understudy

        @pytest.mark.mock("routes/shop.yaml")
        def test_file(http_mock):
            http_mock.get("https://api.test/price").respond(json=7)
            assert understudy.get("https://api.test/users/1").json() == {"name": "Ada"}
            assert understudy.get("https://api.test/price").json() == 7

        @pytest.mark.mock("routes/shop.yaml")
        def test_miss():
            understudy.get("https://api.test/nothing")
        """
    )

    result = suite.run("--block-network")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*GET https://api.test/nothing*"])
