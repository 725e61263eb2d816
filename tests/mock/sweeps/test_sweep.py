"""Fault sweeps: what becomes of a function when each of its calls meets each fault."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import AsyncClient, Client, Retry, mock
from understudy.mock import RouteError

if TYPE_CHECKING:
    from collections.abc import Generator

BASE = "https://api.test"
STRICT = ["connect-refused", "read-timeout", 503, "half-json"]


def fetch(path: str = "/user", **settings: Any) -> Any:
    with Client(base_url=BASE, **settings) as client:
        return client.get(path).raise_for_status().json()


def careless() -> None:
    with mock.Router(base_url=BASE) as api:
        api.get("/user").respond(json={"name": "Ada"})
        assert fetch()["name"] == "Ada"


def careful() -> None:
    with mock.Router(base_url=BASE) as api:
        api.get("/user").respond(json={"name": "Ada"})
        try:
            found = fetch()["name"]
        except (understudy.HTTPError, ValueError):
            found = "Ada"
        assert found == "Ada"


def outcomes(sweep: mock.Sweep) -> dict[str, str]:
    return {case.fault: case.told for case in sweep}


def test_a_careless_function_lets_every_error_out() -> None:
    found = mock.sweep(careless, faults=STRICT, quiet=True)

    assert outcomes(found) == {
        "connect-refused": "ConnectError",
        "read-timeout": "ReadTimeout",
        "503": "HTTPStatusError",
        "half-json": "JSONDecodeError",
    }
    assert [case.outcome for case in found] == ["raised"] * 4
    assert found.calls[0].label == "GET https://api.test/user"


def test_a_careful_function_handles_all() -> None:
    found = mock.sweep(careful, quiet=True)

    assert len(found.handled) == len(found.cases) == 11
    found.assert_handled()
    found.assert_never_hangs()


def test_a_retry_gets_what_the_route_has_to_say() -> None:
    def retrying() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user", times=1, state="open -> read").respond(json={"name": "Ada"})
            assert fetch(retry=Retry(attempts=2))["name"] == "Ada"
            assert len(api.calls) in (1, 2)

    found = mock.sweep(retrying, faults=["connect-refused", "reset", 503], quiet=True)

    assert set(outcomes(found).values()) == {"handled"}


def test_an_assertion_that_does_not_hold_and_a_call_without_a_route_are_failures() -> None:
    def guessing() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(json={"name": "Ada"})
            try:
                name = fetch()["name"]
            except ValueError:
                name = None
            except understudy.HTTPStatusError:
                name = fetch("/other")["name"]
            assert name == "Ada"

    found = mock.sweep(guessing, faults=["half-json", 500], quiet=True)

    assert outcomes(found) == {"half-json": "assert", "500": "no route"}
    assert [case.outcome for case in found] == ["failed", "failed"]
    with pytest.raises(AssertionError, match="no route"):
        found.assert_handled()


def test_waiting_without_a_timeout_is_hanging_also_when_the_error_is_swallowed() -> None:
    def patient() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(json={"name": "Ada"})
            fetch(timeout=None)

    def swallowing() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(json={"name": "Ada"})
            try:
                fetch(timeout=None)
            except Exception:
                return

    for function in (patient, swallowing):
        found = mock.sweep(function, faults=["read-timeout"], quiet=True)

        assert [case.outcome for case in found.hung] == ["hung"]
        with pytest.raises(AssertionError, match="waits for an answer without a timeout"):
            found.assert_never_hangs()


def test_asking_for_ever_is_hanging_too() -> None:
    def stubborn() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(json={"name": "Ada"})
            api.get("/broken", optional=True).respond(500)
            path = "/user"
            while True:
                try:
                    fetch(path)
                    return
                except Exception:
                    path = "/broken"

    found = mock.sweep(stubborn, faults=["connect-refused"], quiet=True)

    assert [(case.outcome, type(case.error).__name__) for case in found] == [("hung", "Endless")]


def test_each_call_is_met_in_a_run_of_its_own() -> None:
    def several() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(json={"n": 1}).then(json={"n": 2})
            api.get("/other").respond(json={"n": 3})
            assert [fetch()["n"], fetch()["n"], fetch("/other")["n"]] == [1, 2, 3]

    found = mock.sweep(several, faults=["reset"], quiet=True)

    assert [case.call.number for case in found] == [1, 2, 3]
    assert [case.told for case in found] == ["ReadError"] * 3
    assert [case.has_struck for case in found] == [True] * 3
    assert [case.call.key[2] for case in found] == [1, 2, 1]


def test_a_request_that_is_sent_once_more_with_new_credentials_is_a_call_of_its_own() -> None:
    class Renewed(understudy.Auth):
        def auth_flow(self, request: understudy.Request) -> Generator[understudy.Request, understudy.Response, None]:
            response = yield request
            if response.status_code == 401:
                request.headers["Authorization"] = "Bearer new"
                yield request

    def renewing() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(401)
            api.get("/user", auth="Bearer new").respond(json={"name": "Ada"})
            assert fetch(auth=Renewed())["name"] == "Ada"

    found = mock.sweep(renewing, faults=[500], quiet=True)

    assert [call.call.response.status_code for call in found.calls if call.call.response] == [401, 200]
    assert [case.told for case in found] == ["HTTPStatusError", "HTTPStatusError"]


def test_what_cannot_meet_a_call_is_left_out() -> None:
    def texts() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/text").respond(text="text")
            api.get("/none").respond(204)
            api.get("/stream").stream([b"a"])
            api.get("/down").error(understudy.ConnectError)
            with Client(base_url=BASE) as client:
                client.get("/text")
                client.get("/none")
                with client.stream("GET", "/stream"):
                    pass
                with pytest.raises(understudy.ConnectError):
                    client.get("/down")

    found = mock.sweep(texts, faults=["half-json", "empty", "truncate"], quiet=True)

    possible = {(case.fault, case.call.number) for case in found if case.is_possible}
    assert possible == {("empty", 1), ("truncate", 1)}
    assert {case.outcome for case in found if not case.is_possible} == {"skipped"}


def test_asynchronous_functions_run_under_the_loop_of_your_choice() -> None:
    async def asynchronous() -> None:
        async with mock.Router(base_url=BASE) as api, AsyncClient(base_url=BASE) as client:
            api.get("/user").respond(json={"name": "Ada"})
            assert (await client.get("/user")).raise_for_status().json() == {"name": "Ada"}

    for backend in ("asyncio", "trio"):
        found = mock.sweep(asynchronous, faults=STRICT, backend=backend, quiet=True)

        assert outcomes(found)["connect-refused"] == "ConnectError"


def test_decorated_functions_arguments_and_the_wire_go_along() -> None:
    @mock.get(BASE + "/user", mode="wire").respond(json={"name": "Ada"})
    def decorated(name: str, *, greeting: str) -> None:
        assert fetch()["name"] == name
        assert greeting

    found = mock.sweep(decorated, "Ada", greeting="Hello", faults=["goaway", "truncate"], quiet=True)

    # The network sends again by itself what a server has not looked at.
    assert outcomes(found) == {"goaway": "handled", "truncate": "IncompleteBody"}


def test_a_sweep_can_be_driven_step_by_step() -> None:
    swept = mock.Sweep("careless", faults=[503, (404, "nothing here"), mock.reply(fault="reset")])

    with swept.watching():
        careless()
    for case in swept.cases:
        error: BaseException | None = None
        with case.running():
            try:
                careless()
            except Exception as raised:
                error = raised
        assert case.judge(error) == "raised"

    assert swept.faults == ["503", "404", "fails: reset"]
    assert repr(swept) == "<Sweep of careless: 1 calls, 3 cases>"
    assert repr(swept.cases[0]) == "<SweepCase 503 at GET https://api.test/user: raised>"
    assert repr(swept.calls[0]) == "<SweptCall 1 GET https://api.test/user>"


def test_routes_that_were_not_called_are_missed_only_in_the_undisturbed_run() -> None:
    def giving_up() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(json={"name": "Ada"})
            api.get("/other").respond(json={})
            try:
                fetch()
            except understudy.HTTPError:
                return
            fetch("/other")

    def forgetful() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(json={})

    assert outcomes(mock.sweep(giving_up, faults=["reset"], quiet=True))["reset"] == "ReadError"
    with pytest.raises(AssertionError, match="never called"):
        mock.sweep(forgetful, quiet=True)


def test_the_first_run_has_to_pass() -> None:
    def failing() -> None:
        raise LookupError("not even undisturbed")

    with pytest.raises(LookupError):
        mock.sweep(failing)


def test_there_is_one_sweep_at_a_time() -> None:
    with mock.Sweep().watching(), pytest.raises(RuntimeError, match="only one in a process"):
        mock.sweep(careless, quiet=True)
    mock.sweep(careless, faults=[500], quiet=True)


def test_calls_of_other_threads_are_in_it() -> None:
    def threaded() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(json={"name": "Ada"})
            found: list[Any] = []
            thread = threading.Thread(target=lambda: found.append(Client(base_url=BASE).get("/user").status_code))
            thread.start()
            thread.join()
            assert found == [200]

    assert outcomes(mock.sweep(threaded, faults=[500], quiet=True)) == {"500": "assert"}


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        (["rset"], "unknown fault 'rset', did you mean 'reset'"),
        (["500"], "unknown fault '500': a status is a number, 500"),
        ([True], "takes names of faults, statuses and replies, not True"),
        ([], "at least one fault"),
        ([99], "99 is no status"),
    ],
)
def test_what_is_no_fault_is_refused(faults: list[Any], message: str) -> None:
    with pytest.raises(RouteError, match=message):
        mock.sweep(careless, faults=faults)


# What it looks like


def printed(function: Any, width: int, monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    return str(mock.sweep(function, quiet=True, **options)).splitlines()


def test_the_matrix_reads_like_this(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(careless, 100, monkeypatch, faults=["connect-refused", 200, "half-json"])
    place = mock.Place(__file__, fetch.__code__.co_firstlineno + 2)

    assert lines[0] == "fault sweep of careless: 1 call, 3 runs"
    assert lines[2] == f"   1  GET https://api.test/user  {place}"
    assert lines[4:8] == [
        "                   1",
        "  connect-refused  ConnectError",
        "  200              JSONDecodeError",
        "  half-json        JSONDecodeError",
    ]
    assert lines[9:13] == [
        "3 raised",
        "",
        "raised: the error came out",
        f"   1  {place}  connect-refused, 200, half-json",
    ]
    assert lines[13].startswith("      ConnectError: connection refused")
    assert lines[14].startswith("      JSONDecodeError: ")
    assert len(lines) == 15


def test_wide_matrices_go_below_one_another_and_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def many() -> None:
        with mock.Router(base_url=BASE) as api:
            api.get("/user").respond(json={})
            for _ in range(9):
                fetch()

    lines = printed(many, 64, monkeypatch, faults=["connect-refused", "reset"])

    assert max(map(len, lines)) <= 64
    assert sum(line.startswith("  connect-refused") for line in lines) == 3


def test_nothing_to_sweep_is_told() -> None:
    assert "made no mocked calls" in str(mock.sweep(lambda: None, quiet=True))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colors_and_a_file_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    swept = mock.sweep(careless, faults=[500], quiet=True)
    terminal, file = Terminal(), io.StringIO()

    swept.show(terminal)
    swept.show(file)

    assert "\x1b[33m1 raised\x1b[0m" in terminal.getvalue()
    assert "\x1b" not in file.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    swept.show(plain)
    assert "\x1b" not in plain.getvalue()


def test_it_prints_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    mock.sweep(careless, faults=[500])

    assert capsys.readouterr().out.startswith("fault sweep of careless: 1 call, 1 run")


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match="sweep takes a function"):
        mock.sweep(3)  # type: ignore[arg-type]  # the mistake
