"""Suites of pytest-recording and of pytest-vcr, run as they are."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from ..conftest import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest_plugins = ["pytester"]

TAPE = """\
interactions:
- request:
    body: null
    headers:
      accept:
      - '*/*'
      authorization:
      - DUMMY
    method: GET
    uri: https://api.test/{path}
  response:
    body:
      string: '{{"from": "{path}"}}'
    headers:
      content-type:
      - application/json
    status:
      code: 200
      message: OK
version: 1
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    for name in ("CI", "GITHUB_ACTIONS", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    return Suite(pytester)


def tape(folder: Path, name: str, path: str = "users") -> Path:
    """Write a tape of vcrpy."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TAPE.format(path=path), "utf-8")
    return file


class Echo(BaseHTTPRequestHandler):
    """Answers with the path."""

    def do_GET(self) -> None:
        content = json.dumps({"live": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_tapes_of_pytest_recording_are_played_where_they_lie(suite: Suite) -> None:
    folder = suite.path / "cassettes" / "test_suite"
    tape(folder, "test_plain.yaml")
    tape(folder, "TestClass.test_method[a-b].yaml")
    tape(folder, "shared.yaml", "shared")
    suite.write(
        """
        import pytest, understudy

        def ask(path="users"):
            return understudy.get(f"https://api.test/{path}", headers={"Authorization": "real"}).json()["from"]

        @pytest.mark.vcr
        def test_plain(vcr):
            assert ask() == "users"
            assert vcr.play_count == 1 and vcr.all_played and not vcr.dirty
            assert len(vcr) == len(vcr.requests) == 1
            request, = vcr.requests
            assert (request.method, request.path, request.port, request.query) == ("GET", "/users", 443, [])
            assert vcr.responses[0]["status"] == {"code": 200, "message": "OK"}
            assert vcr.responses_of(request) == vcr.responses

        class TestClass:
            @pytest.mark.vcr()
            @pytest.mark.parametrize("value", ["a/b"])
            def test_method(self, value):
                assert ask() == "users"

        @pytest.mark.default_cassette("shared.yaml")
        @pytest.mark.vcr
        def test_named():
            assert ask("shared") == "shared"

        @pytest.mark.vcr("shared.yaml")
        def test_extra_alone():
            assert ask("shared") == "shared"

        @pytest.mark.default_cassette("shared.yaml")
        @pytest.mark.vcr("nowhere.yaml")
        def test_with_another_tape_that_is_nowhere():
            assert ask("shared") == "shared"

        @pytest.mark.vcr
        def test_without_requests():
            pass

        @pytest.mark.vcr("nowhere.yaml")
        def test_missing():
            understudy.get("https://api.test/missing")
        """
    )

    result = suite.run("--strict-markers", "--block-network")

    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(
        ["*there is no such tape, and GET https://api.test/missing is to be answered*; nor is there *nowhere.yaml"]
    )


def test_several_tapes_are_asked_one_after_the_other(suite: Suite) -> None:
    folder = suite.path / "cassettes" / "test_suite"
    tape(folder, "test_all.yaml")
    tape(folder, "one.yaml", "one")
    tape(folder, "two.yaml", "two")
    suite.write(
        """
        import pytest, understudy

        @pytest.mark.vcr("one.yaml", "two.yaml")
        def test_all():
            for path in ("two", "users", "one"):
                assert understudy.get(f"https://api.test/{path}").json() == {"from": path}
        """
    )

    suite.run("--block-network").assert_outcomes(passed=1)


def test_tapes_of_pytest_vcr_are_found_beside_each_other(suite: Suite) -> None:
    tape(suite.path / "cassettes", "test_flat.yaml")
    tape(suite.path / "tapes", "other.yaml", "other")
    suite.write(
        """
        import asyncio, pytest, understudy

        @pytest.mark.vcr()
        def test_flat(vcr_cassette):
            assert understudy.get("https://api.test/users").json() == {"from": "users"}
            assert vcr_cassette.play_count == 1

        def test_by_hand(vcr):
            with vcr.use_cassette("other.yaml", cassette_library_dir="tapes") as cassette:
                assert understudy.get("https://api.test/other").json() == {"from": "other"}
            assert cassette.play_count == 1

            @vcr.use_cassette("tapes/other.yaml", path_transformer=lambda path: "../../" + path)
            def ask():
                return understudy.get("https://api.test/other").json()
            assert ask() == {"from": "other"}

            @vcr.use_cassette("other.yaml", cassette_library_dir="tapes")
            async def aask():
                async with understudy.AsyncClient() as client:
                    return (await client.get("https://api.test/other")).json()
            assert asyncio.run(aask()) == {"from": "other"}

            with pytest.raises(TypeError, match="takes the path of a tape"):
                vcr.use_cassette()
        """
    )

    suite.run("--block-network").assert_outcomes(passed=2)


def test_the_settings_of_vcrpy_are_understood(suite: Suite) -> None:
    folder = suite.path / "elsewhere"
    tape(folder, "test_config.yaml", "users?page=1")
    tape(folder, "test_matcher.yaml")
    suite.write(
        """
        import pytest, understudy

        @pytest.fixture(scope="module")
        def vcr_config():
            return {
                "filter_headers": ["authorization", ("x-key", "hidden")],
                "filter_query_parameters": ["api_key"],
                "match_on": ["method", "uri"],
            }

        @pytest.fixture(scope="module")
        def vcr_cassette_dir():
            return "elsewhere"

        @pytest.mark.vcr
        def test_config():
            response = understudy.get("https://api.test/users?page=1&api_key=s3cret")
            assert response.status_code == 200

        @pytest.mark.vcr(match_on=["method", "mine"], allow_playback_repeats=True)
        def test_matcher(vcr):
            pass

        def test_own_matcher(vcr):
            def mine(one, other):
                assert one.host == other.host
            vcr.register_matcher("mine", mine)
            with vcr.use_cassette("test_matcher.yaml", match_on=["mine"], allow_playback_repeats=True):
                for path in ("users", "anything"):
                    assert understudy.get(f"https://api.test/{path}").json() == {"from": "users"}
                with pytest.raises(understudy.cassettes.NoMatch, match="mine says no"):
                    understudy.get("https://other.test/users")
        """
    )

    result = suite.run("--block-network")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*no matcher is called 'mine'*"])


def test_what_is_recorded_is_a_cassette_and_played_by_the_next_run(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest, understudy

        @pytest.fixture(scope="session")
        def vcr_config():
            def before(request):
                if request.path == "/health":
                    return None
                request.uri = request.uri.replace("token=abc", "token=x")
                return request

            def after(response):
                response["body"]["string"] = response["body"]["string"].replace(b"live", b"kept")
                return response
            return {{"before_record_request": before, "before_record_response": after}}

        @pytest.mark.vcr
        def test_record(record_mode):
            assert understudy.get("{url}/a?token=abc").status_code == 200
            if record_mode == "once":
                assert understudy.get("{url}/health").json() == {{"live": "/health"}}
        """
    )

    suite.run("--record-mode=once").assert_outcomes(passed=1)
    written = (suite.path / "cassettes" / "test_suite" / "test_record.yaml").read_text("utf-8")
    suite.run("--block-network").assert_outcomes(passed=1)

    assert written.startswith("cassette: 1")
    assert "kept: /a?token=" in written
    assert "/health" not in written
    assert "abc" not in written.partition("url:")[2].partition("\n")[0]


def test_a_foreign_tape_that_is_recorded_onto_becomes_a_cassette(suite: Suite, url: str) -> None:
    file = tape(suite.path / "cassettes" / "test_suite", "test_more.yaml")
    tape(file.parent, "test_more.yaml.understudy-new.yaml", "left by a run that was killed")
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.vcr
        def test_more():
            assert understudy.get("https://api.test/users").json() == {{"from": "users"}}
            assert understudy.get("{url}/new").json() == {{"live": "/new"}}
        """
    )

    result = suite.run("--record-mode=new_episodes")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["converted: 1 tape of another tool*", "  cassettes/test_suite/test_more.yaml"])
    suite.run("--block-network").assert_outcomes(passed=1)

    assert file.read_text("utf-8").startswith("cassette: 1")
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("option", ["--record-mode=rewrite", "--vcr-record=rewrite"])
def test_rewriting_drops_what_is_not_asked_any_more(option: str, suite: Suite, url: str) -> None:
    file = tape(suite.path / "cassettes" / "test_suite", "test_anew.yaml", "old")
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.vcr
        def test_anew():
            assert understudy.get("{url}/new").status_code == 200
        """
    )

    suite.run(option).assert_outcomes(passed=1)

    written = file.read_text("utf-8")
    assert "/new" in written
    assert "/old" not in written


@pytest.mark.parametrize("option", ["--disable-recording", "--disable-vcr"])
def test_without_tapes_everything_is_live(option: str, suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.vcr
        def test_live(disable_recording):
            assert disable_recording
            assert understudy.get("{url}/a").json() == {{"live": "/a"}}
        """
    )

    suite.run(option).assert_outcomes(passed=1)

    assert not (suite.path / "cassettes").exists()


def test_the_network_is_blocked_by_a_marker(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.block_network
        def test_blocked():
            understudy.get("{url}")

        def test_free_after_it():
            assert understudy.get("{url}").status_code == 200

        @pytest.mark.block_network(allowed_hosts=[r"127\\.0\\.0\\..*"])
        def test_allowed_by_pattern():
            assert understudy.get("{url}").status_code == 200

        @pytest.mark.block_network
        @pytest.mark.allowed_hosts(["127.0.0.1"])
        def test_allowed_by_marker():
            assert understudy.get("{url}").status_code == 200
        """
    )

    result = suite.run()

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*NetworkBlocked*"])


def test_a_tape_that_records_is_let_through_by_the_option(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.vcr
        def test_recorded():
            assert understudy.get("{url}").status_code == 200

        def test_blocked():
            understudy.get("{url}")
        """
    )

    suite.run("--block-network", "--record-mode=once").assert_outcomes(passed=1, failed=1)
    suite.run("--block-network").assert_outcomes(passed=1, failed=1)


def test_what_a_marker_allows_is_let_through_by_the_option(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.block_network(allowed_hosts=["127.0.0.*"])
        def test_allowed():
            assert understudy.get("{url}").status_code == 200
        """
    )

    suite.run("--block-network").assert_outcomes(passed=1)


def test_a_tape_that_answers_nothing_need_not_exist(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import asyncio, pytest, understudy

        def nothing(request):
            return None

        @pytest.mark.vcr(ignore_localhost=True)
        def test_ignored():
            assert understudy.get("{url}").status_code == 200

        @pytest.mark.vcr(before_record_request=nothing)
        def test_dropped():
            async def ask():
                async with understudy.AsyncClient() as client:
                    return await client.get("{url}")

            assert asyncio.run(ask()).status_code == 200

        @pytest.mark.vcr(ignore_hosts=["other.test"])
        def test_missing():
            understudy.get("{url}")
        """
    )

    result = suite.run()

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*there is no such tape, and GET *"])


def test_mistakes_in_the_marker_are_collection_errors(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.vcr(filter_header=["authorization"])
        def test_one():
            pass

        @pytest.mark.vcr(record_mode="sometimes")
        def test_two():
            pass
        """
    )

    result = suite.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*test_one: @pytest.mark.vcr: vcr knows no setting 'filter_header', did you mean 'filter_headers'*",
            "*test_two: @pytest.mark.vcr: record mode 'sometimes': one of*",
        ]
    )


@pytest.mark.parametrize("rival", ["pytest_recording", "pytest_vcr"])
def test_where_the_real_plugin_is_installed_its_names_stay_its_own(
    rival: str, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.write("", f"{rival}.py")
    monkeypatch.setattr("sys.path", [str(suite.path), *sys.path])
    suite.write("def test_fixture(vcr):\n    pass\n")

    result = suite.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'vcr' not found*"])


def test_tapes_that_are_used_by_hand_are_found_where_pytest_vcr_has_left_them(suite: Suite) -> None:
    tape(suite.path / "cassettes", "flat.yaml")
    suite.write(
        """
        import understudy

        def test_it(vcr):
            with vcr.use_cassette("flat.yaml") as tape:
                assert understudy.get("https://api.test/users").json() == {"from": "users"}
                assert tape.play_count == 1
        """
    )

    suite.run("--block-network").assert_outcomes(passed=1)


def test_the_hook_of_pytest_recording_registers_matchers_and_sets_defaults(suite: Suite) -> None:
    tape(suite.path / "cassettes" / "test_suite", "test_it.yaml")
    suite.pytester.makeconftest(
        """
        def on_path(one, other):
            return one.path == other.path

        def pytest_recording_configure(config, vcr):
            vcr.register_matcher("on_path", on_path)
            vcr.register_serializer("mine", object())
            vcr.register_persister(object())
            vcr.match_on = ["on_path"]
        """
    )
    suite.write(
        """
        import pytest, understudy

        @pytest.mark.vcr
        def test_it():
            assert understudy.post("http://elsewhere.test/users?page=2").json() == {"from": "users"}
        """
    )

    suite.run("--block-network").assert_outcomes(passed=1)


def test_settings_and_options_say_which_hosts_the_block_lets_through(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest, understudy

        @pytest.fixture
        def vcr_config(request):
            return {{"allowed_hosts": ["127.0.0.*"]}} if request.node.name == "test_config" else {{}}

        @pytest.mark.block_network
        def test_config():
            assert understudy.get("{url}/x").status_code == 200

        @pytest.mark.vcr
        def test_tape():
            pass

        @pytest.mark.block_network
        def test_option():
            with pytest.raises(RuntimeError, match=r"^Network is disabled for host '127\\.0\\.0\\.1'"):
                understudy.get("{url}/x")
        """
    )

    suite.run().assert_outcomes(passed=3)
    suite.run("--block-network").assert_outcomes(passed=3)
    suite.run("--allowed-hosts=127.0.0.1").assert_outcomes(passed=2, failed=1)


def test_a_recording_is_played_once_or_the_first_of_them_always(suite: Suite) -> None:
    file = tape(suite.path / "cassettes" / "test_suite", "test_once.yaml", "one")
    one, end = file.read_text("utf-8").replace("/one\n", "/users\n").split("version: 1\n")
    file.write_text(f"{one}{one.partition(chr(10))[2].replace('from', 'then')}version: 1\n{end}", "utf-8")
    file.with_name("test_always.yaml").write_bytes(file.read_bytes())
    suite.write(
        """
        import pytest, understudy

        def ask():
            return list(understudy.get("https://api.test/users").json())

        @pytest.mark.vcr
        def test_once():
            assert [ask(), ask()] == [["from"], ["then"]]
            with pytest.raises(understudy.cassettes.NoMatch):
                ask()

        @pytest.mark.vcr(allow_playback_repeats=True)
        def test_always(vcr):
            assert [ask(), ask(), ask()] == [["from"]] * 3
            assert vcr.play_count == 3
        """
    )

    suite.run("--block-network").assert_outcomes(passed=2)


def test_what_a_filter_drops_is_not_recorded_and_what_is_recorded_is_shown(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.vcr(before_record_response=lambda response: None)
        def test_dropped(vcr):
            assert understudy.get("{url}/x").status_code == 200
            assert len(vcr) == 0

        @pytest.mark.vcr
        def test_kept(vcr):
            understudy.get("{url}/x")
            assert [request.path for request in vcr.requests] == ["/x"]
            assert len(vcr) == len(vcr.responses) == 1

        @pytest.mark.vcr
        def test_nothing():
            pass
        """
    )

    suite.run("--record-mode=once").assert_outcomes(passed=3)

    files = [file.name for file in (suite.path / "cassettes" / "test_suite").iterdir()]
    assert files == ["test_kept.yaml"]
    suite.run("--record-mode=once").assert_outcomes(passed=3)
