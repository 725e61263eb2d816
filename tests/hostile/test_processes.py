"""What becomes of a whole process: forks, failing handshakes, no descriptors left, clients never closed (C51 to S6).

Each runs in a Python of its own, which has no other threads and no descriptors of other tests.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from understudy import Client, HTTPTransport

from .authorities import authority, server_context
from .cases import GOOD
from .server import HostileServer
from .steps import Reset, Send

ROOT = Path(__file__).parents[2]

CALLERS = ["blocking", "asyncio", "trio"]

ASK = '''
import sys
import understudy

caller, *urls = sys.argv[1:]

if caller == "blocking":
    client = understudy.Client(verify=False, trust_env=False, timeout=5.0)
else:
    client = understudy.AsyncClient(verify=False, trust_env=False, timeout=5.0)


def ask(*urls, then=None):
    """Send requests one after another, each in the color of this process; return what each came to."""
    if caller == "blocking":
        return [one(client.get, url) for url in urls]
    if caller == "asyncio":
        import asyncio
        return asyncio.run(ask_later(urls))
    import trio
    return trio.run(ask_later, urls)


async def ask_later(urls):
    found = []
    for url in urls:
        try:
            found.append((await client.get(url)).content)
        except understudy.TransportError as error:
            found.append(error)
    return found


def one(get, url):
    try:
        return get(url).content
    except understudy.TransportError as error:
        return error
'''

FORK = """
import os

assert ask(urls[0] + "/parent") == [b"good"]
child = os.fork()
if not child:
    try:
        answers = ask(urls[0] + "/child", urls[0] + "/child")
        if caller == "blocking":
            client.close()
        os._exit(0 if answers == [b"good", b"good"] else 1)
    finally:
        os._exit(2)
_, status = os.waitpid(child, 0)
assert os.WEXITSTATUS(status) == 0, status
assert ask(urls[0] + "/parent") == [b"good"]
"""

CLOSE_IN_CHILD = """
import os

if caller == "blocking":
    def close():
        client.close()
else:
    def close():
        import anyio
        anyio.run(client.aclose, backend=caller)

assert ask(urls[0] + "/parent") == [b"good"]
child = os.fork()
if not child:
    try:
        close()
        os._exit(0)
    finally:
        os._exit(2)
_, status = os.waitpid(child, 0)
assert os.WEXITSTATUS(status) == 0, status
assert ask(urls[0] + "/parent") == [b"good"]
"""

EXHAUST = """
import resource
import socket

assert ask(urls[0]) == [b"good"]
# As many as there are, and the event loop's own come back when there are some again.
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def exhaust():
    taken = []
    try:
        while True:
            taken.append(socket.socket())
    except OSError:
        return taken


if caller == "blocking":
    taken = exhaust()
    errors = ask(urls[1], urls[1], urls[1])
    [one.close() for one in taken]
else:
    async def all_of_it():
        await ask_later(urls[:1])
        taken = exhaust()
        errors = await ask_later([urls[1]] * 3)
        [one.close() for one in taken]
        return errors + await ask_later([urls[1]])

    if caller == "asyncio":
        import asyncio
        *errors, last = asyncio.run(all_of_it())
    else:
        import trio
        *errors, last = trio.run(all_of_it)
    assert last == b"good", last
assert [type(error) for error in errors] == [understudy.ConnectError] * 3, errors
assert all("Too many open files" in str(error) for error in errors), errors
assert ask(urls[1]) == [b"good"]
"""


FAIL_TO_CONNECT = """
import gc
import os

*urls, trusted, times = urls


def state():
    gc.collect()
    with open("/proc/self/statm") as statm:
        memory = int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    return memory, len(os.listdir("/proc/self/fd"))


async def fail(client, times):
    for number in range(times):
        try:
            answer = client.get(urls[number % len(urls)])
            if caller != "blocking":
                await answer
        except understudy.ConnectError:
            continue
        raise AssertionError("a handshake that must fail")


async def fail_often(client):
    await fail(client, 300)
    memory, descriptors = state()
    await fail(client, int(times))
    more, left = state()
    # What one leaves may be noise; ten thousand may leave 4 MiB.
    assert more - memory < 1_048_576 + 300 * int(times), f"{memory} bytes grew to {more}"
    # One may be closed in the next turn of the loop.
    assert left <= descriptors + 1, f"{descriptors} descriptors grew to {left}"
    assert client.pool.open == 0, client.pool


async def fail_later():
    async with understudy.AsyncClient(verify=trusted, trust_env=False, timeout=5.0) as client:
        await fail_often(client)


if caller == "blocking":
    with understudy.Client(verify=trusted, trust_env=False, timeout=5.0) as client:
        try:
            fail_often(client).send(None)
        except StopIteration:
            pass
elif caller == "asyncio":
    import asyncio
    asyncio.run(fail_later())
else:
    import trio
    trio.run(fail_later)
"""


def run(script: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASK + script, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(("caller", "secure"), [("blocking", False), *((caller, True) for caller in CALLERS)])
def test_c79_a_forked_child_writes_nothing_into_its_parents_connections(caller: str, secure: bool) -> None:
    with HostileServer(tls=server_context("127.0.0.1") if secure else None) as server:
        run(FORK, caller, server.url("").rstrip("/"))

        by_connection = [[head.split(b" ")[1] for head in connection.heads] for connection in server.connections]

    # Nothing but whole requests of one process came over any of them.
    assert all(len(set(paths)) == 1 for paths in by_connection), by_connection
    assert sorted(path for paths in by_connection for path in paths) == [b"/child"] * 2 + [b"/parent"] * 2
    if caller == "blocking":
        assert by_connection[0] == [b"/parent"] * 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("caller", CALLERS)
def test_c79_a_forked_child_that_closes_the_client_says_nothing_to_its_parents_peers(caller: str) -> None:
    with HostileServer(tls=server_context("127.0.0.1")) as server:
        run(CLOSE_IN_CHILD, caller, server.url("").rstrip("/"))

        assert [head.split(b" ")[1] for head in server.requests] == [b"/parent"] * 2
        # An event loop takes its connections with it when it ends; a blocking client keeps its own.
        assert len(server.connections) == (1 if caller == "blocking" else 2)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors as Linux shows them")
@pytest.mark.parametrize("caller", CALLERS)
def test_c83_without_descriptors_connecting_is_an_error(caller: str) -> None:
    with HostileServer() as first, HostileServer() as second:
        run(EXHAUST, caller, first.url(), second.url())


def fail_to_connect(caller: str, times: int, trusted: Path) -> None:
    """Let handshakes of a process of its own fail, for the certificate, by a reset, and where there is no TLS."""
    authority("trusted").cert_pem.write_to_path(str(trusted))
    most = 300 + times
    with (
        HostileServer(tls=server_context("elsewhere.test")) as untrusted,
        HostileServer(*[(Send(GOOD),)] * most) as plain,
        HostileServer(*[(Reset(),)] * most) as resetting,
    ):
        urls = [server.url().replace("http:", "https:") for server in (untrusted, plain, resetting)]
        run(FAIL_TO_CONNECT, caller, *urls, str(trusted), str(times))


@pytest.mark.once
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors as Linux shows them")
@pytest.mark.parametrize("caller", CALLERS)
def test_c51_failing_handshakes_take_no_memory(caller: str, tmp_path: Path) -> None:
    fail_to_connect(caller, 300, tmp_path / "authority.pem")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors as Linux shows them")
@pytest.mark.parametrize("caller", CALLERS)
def test_c51_nor_do_very_many(caller: str, tmp_path: Path) -> None:
    fail_to_connect(caller, 10_000, tmp_path / "authority.pem")


@pytest.mark.anyio
async def test_s6_clients_that_come_and_go_leave_nothing(side: Any) -> None:
    # What is left of sockets and threads is counted after every test.
    with HostileServer() as server:
        for _ in range(60):
            async with side.client() as client:
                assert (await side.call(client.get, server.url())).content == b"good"

        assert len(server.connections) == 60


@pytest.mark.parametrize("kind", ["client", "transport", "response"])
def test_s6_what_was_never_closed_is_freed(kind: str) -> None:
    with HostileServer() as server:
        with warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always")
            for _ in range(20):
                transport = HTTPTransport(trust_env=False)
                client = Client(transport=transport, trust_env=False)
                if kind == "response":
                    client.send(client.build_request("GET", server.url()), stream=True)
                else:
                    client.get(server.url())
                if kind == "client":
                    transport.close()
                del client, transport
            gc.collect()

        assert {warning.category for warning in noted} <= {ResourceWarning}
        assert wait_for_all_to_hang_up(server)


def wait_for_all_to_hang_up(server: HostileServer) -> bool:
    """Whether every client of the server is gone, which it hears at once, and notes a moment later."""
    import time

    until = time.monotonic() + 5
    while not all(connection.is_ended for connection in server.connections) and time.monotonic() < until:
        time.sleep(0.005)
    return all(connection.is_ended for connection in server.connections)
