from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from understudy import HTTPError
from understudy.pytest_plugin.network_block import Block, NetworkBlocked, audit, start, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import Suite

pytest_plugins = ["pytester"]


@pytest.fixture
def block() -> Iterator[Block]:
    """A block that lets nothing through."""
    block = Block(())
    block.test = "tests/test_shop.py::test_pay"
    start(block)
    yield block
    stop(block)


def connect_four() -> None:
    with socket.socket() as plug:
        plug.connect(("192.0.2.1", 80))


def connect_four_by_name() -> None:
    with socket.socket() as plug:
        plug.connect(("localhost", 80))


def connect_four_quietly() -> None:
    with socket.socket() as plug:
        plug.setblocking(False)
        plug.connect_ex(("192.0.2.1", 80))


def connect_six() -> None:
    with socket.socket(socket.AF_INET6) as plug:
        plug.connect(("2001:db8::1", 80))


def connect_unix() -> None:
    with socket.socket(socket.AF_UNIX) as plug:
        plug.connect("/run/shop.sock")


def send_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as plug:
        plug.sendto(b"hello", ("192.0.2.1", 53))


def send_message() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as plug:
        plug.sendmsg([b"hello"], [], 0, ("192.0.2.1", 53))


def send_to_unix() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as plug:
        plug.sendto(b"hello", "/run/shop.sock")


def ask_dns() -> None:
    socket.getaddrinfo("shop.test", 443)


def ask_dns_the_old_way() -> None:
    socket.gethostbyname("shop.test")


def ask_dns_backwards() -> None:
    socket.gethostbyaddr("192.0.2.1")


def ask_dns_for_a_name() -> None:
    socket.getnameinfo(("192.0.2.1", 80), 0)


@pytest.mark.parametrize(
    ("use", "attempt"),
    [
        (connect_four, "connect to 192.0.2.1:80"),
        (connect_four_by_name, "connect to localhost:80"),
        (connect_four_quietly, "connect to 192.0.2.1:80"),
        (connect_six, "connect to [2001:db8::1]:80"),
        (connect_unix, "connect to the Unix socket /run/shop.sock"),
        (send_datagram, "send a datagram to 192.0.2.1:53"),
        (send_message, "send a datagram to 192.0.2.1:53"),
        (send_to_unix, "send a datagram to the Unix socket /run/shop.sock"),
        (ask_dns, "ask DNS for shop.test"),
        (ask_dns_the_old_way, "ask DNS for shop.test"),
        (ask_dns_backwards, "ask DNS for the name of 192.0.2.1"),
        (ask_dns_for_a_name, "ask DNS for the name of 192.0.2.1"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_every_way_to_the_network_is_stopped_and_named(block: Block, use: Callable[[], None], attempt: str) -> None:
    with pytest.raises(NetworkBlocked) as caught:
        use()

    assert str(caught.value).startswith("Network is disabled for host '")
    assert f"': tests/test_shop.py::test_pay tried to {attempt}.\n" in str(caught.value)
    assert "--allowed-hosts=" in str(caught.value)
    assert block.attempts == [("tests/test_shop.py::test_pay", attempt)]


@pytest.mark.parametrize(
    ("event", "arguments", "attempt"),
    [
        ("socket.connect", (None, ("192.0.2.1", 80)), "connect to 192.0.2.1:80"),
        ("socket.connect", (None, b"\0abstract"), "connect to the Unix socket \0abstract"),
        ("socket.sendto", (None, ("192.0.2.1", 80)), "send a datagram to 192.0.2.1:80"),
        ("socket.sendto", (None, "/run/shop.sock"), "send a datagram to the Unix socket /run/shop.sock"),
        ("socket.getaddrinfo", (b"shop.test", 80, 0, 0, 0), "ask DNS for shop.test"),
        ("socket.getnameinfo", (("192.0.2.1", 80),), "ask DNS for the name of 192.0.2.1"),
        ("socket.gethostbyaddr", ("192.0.2.1",), "ask DNS for the name of 192.0.2.1"),
    ],
)
def test_the_hook_judges_what_the_interpreter_tells_it(
    block: Block, event: str, arguments: tuple[object, ...], attempt: str
) -> None:
    with pytest.raises(NetworkBlocked):
        audit(event, arguments)

    assert block.uses == [attempt]


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, (0, 0))),  # netlink: a process and its groups
        ("socket.sendmsg", (None, None)),  # a socket that is connected
        ("socket.sendto", (None, (0, 0))),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
        ("socket.getaddrinfo", ("", 80, 0, 0, 0)),
        ("socket.getaddrinfo", ("192.0.2.1", 80, 0, 0, 0)),  # an address is no question
        ("socket.getaddrinfo", (b"fe80::1%eth0", 80, 0, 0, 0)),
        ("open", ("/etc/hosts", "r", 0)),
    ],
)
def test_what_is_no_network_passes_the_hook(block: Block, event: str, arguments: tuple[object, ...]) -> None:
    audit(event, arguments)

    assert block.uses == []


def test_outside_a_test_it_is_pytest_that_is_named(block: Block) -> None:
    block.test = None

    with pytest.raises(
        NetworkBlocked,
        match=r"'192\.0\.2\.1': pytest, outside a test, tried to ",
    ):
        connect_four()


def test_the_block_is_no_oserror_that_code_under_test_would_swallow() -> None:
    assert not issubclass(NetworkBlocked, (OSError, HTTPError))


@pytest.mark.parametrize(
    ("allowed", "host", "expected"),
    [
        ("localhost", "127.0.0.1", True),
        ("localhost", "127.0.0.53", True),
        ("localhost", "::1", True),
        ("localhost", "localhost", True),
        ("localhost", "LOCALHOST.", True),
        ("localhost", "128.0.0.1", False),
        ("localhost", "localhost.shop.test", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "shop.test", False),
        ("fe80::/10", "fe80::1%eth0", True),
        ("*.shop.test", "api.shop.test", True),
        ("*.shop.test", "shop.test", False),
        ("API.shop.test", "api.shop.test", True),
        ("/run/*.sock", "/run/shop.sock", True),
        ("/run/*.sock", "/tmp/shop.sock", False),
        ("*", "anything.test", True),
    ],
)
def test_what_is_let_through(allowed: str, host: str, expected: bool) -> None:
    assert Block((allowed,)).lets_through(host) is expected


def test_the_addresses_of_an_allowed_name_are_let_through(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    block.allowed = ("shop.test",)
    addresses = {"shop.test": "192.0.2.7", "of-one-test.test": "192.0.2.9"}

    def answer(host: str, port: None) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses[host], 0))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)

    block.begin("test_one", ("of-one-test.test",))
    block.resolve("shop.test")
    block.resolve("of-one-test.test")

    assert block.lets_through("192.0.2.7")
    assert not block.lets_through("192.0.2.8")
    assert block.lets_through("192.0.2.9")
    block.finish()
    assert block.lets_through("192.0.2.7")
    assert not block.lets_through("192.0.2.9")


def test_a_name_is_asked_for_once_and_not_judged_again_while_that_goes_on(
    block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(host: str, port: None) -> list[object]:
        asked.append(host)
        audit("socket.getaddrinfo", (host, port, 0, 0, 0))
        audit("socket.connect", (None, ("192.0.2.53", 53)))
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    block.begin("test", ("shop.test",))

    audit("socket.getaddrinfo", ("shop.test", 443, 0, 0, 0))

    assert asked == ["shop.test"]
    assert block.uses == ["ask DNS for shop.test"]


def test_where_everything_is_allowed_nobody_is_asked(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", pytest.fail)
    block.begin("test", ("*",))

    audit("socket.getaddrinfo", ("shop.test", 443, 0, 0, 0))

    assert block.lets_through("192.0.2.7")


def test_a_blocked_socket_is_closed_for_callers_who_would_leave_it_open(block: Block) -> None:
    plug = socket.socket()

    with pytest.raises(NetworkBlocked):
        audit("socket.connect", (plug, ("192.0.2.1", 80)))

    assert plug.fileno() == -1


def test_an_allowed_name_without_addresses_is_the_callers_own_error(block: Block) -> None:
    block.allowed = ("*.invalid",)

    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nowhere.invalid", 443)


def test_asking_for_this_machines_own_addresses_is_no_network(block: Block) -> None:
    assert socket.getaddrinfo(None, 80)
    assert block.attempts == []


def test_other_kinds_of_sockets_are_left_alone(block: Block) -> None:
    first, second = socket.socketpair()
    with first, second:
        first.send(b"hello")

        assert second.recv(5) == b"hello"
    assert block.attempts == []


def test_a_socket_pair_that_python_makes_of_a_connection_is_no_network(block: Block) -> None:
    # As `socket.socketpair` does it on Windows, where every event loop begins with one.
    program = "def socketpair(plug, address):\n    plug.connect(address)\n"
    of_python: dict[str, Any] = {"__name__": "socket"}
    of_others: dict[str, Any] = {"__name__": "shop"}
    exec(program, of_python)
    exec(program, of_others)
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.socket() as plug:
            of_python["socketpair"](plug, server.getsockname())
        assert block.attempts == []

        with socket.socket() as plug, pytest.raises(NetworkBlocked):
            of_others["socketpair"](plug, server.getsockname())


def test_a_test_that_uses_the_network_fails_under_the_option(suite: Suite) -> None:
    suite.write(
        """
        import socket

        def test_quiet():
            pass

        def test_loud():
            socket.create_connection(("192.0.2.1", 80), timeout=1)
        """
    )

    result = suite.run("--block-network")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["E *NetworkBlocked: Network is disabled for host '192.0.2.1': test_suite.py::test_loud tried to connect to *"]
    )


def test_allowed_hosts_and_the_marker_let_a_test_through(suite: Suite) -> None:
    suite.write(
        """
        import socket, threading
        import pytest

        def visit(host="127.0.0.1"):
            with socket.create_server((host, 0)) as server:
                with socket.create_connection(server.getsockname(), timeout=1):
                    return True

        def test_blocked():
            with pytest.raises(RuntimeError, match="test_blocked"):
                visit()

        @pytest.mark.network
        def test_all_of_it():
            assert visit()

        @pytest.mark.network("127.0.0.1")
        def test_one_host():
            assert visit()

        @pytest.mark.network("192.0.2.1")
        def test_another_host():
            with pytest.raises(RuntimeError):
                visit()
        """
    )

    suite.run("--block-network").assert_outcomes(passed=4)
    suite.run("--block-network", "--allowed-hosts=localhost").assert_outcomes(passed=2, failed=2)


def test_the_network_is_blocked_while_tests_are_imported(suite: Suite) -> None:
    suite.write(
        """
        import socket

        socket.getaddrinfo("shop.test", 443)

        def test_nothing(): pass
        """
    )

    result = suite.run("--block-network")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ["E *NetworkBlocked: Network is disabled *pytest, outside a test, tried to ask DNS for shop.test*"]
    )


def test_the_block_ends_with_the_run(suite: Suite, tmp_path: Path) -> None:
    suite.write("def test_nothing(): pass")

    suite.run("--block-network").assert_outcomes(passed=1)

    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=1):
        assert tmp_path.exists()
