"""A blocking client where gevent has put sockets, locks and threads of its own in the place of Python's.

Its sockets wait in a loop of their own, and know of time limits only what Python's `settimeout` has told them.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from .authorities import authority, server_context
from .server import HostileServer
from .steps import Echo, ReadHead, Stall

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("gevent", reason="gevent is not installed")
pytestmark = pytest.mark.once

PROLOGUE = """
import sys
import gevent.monkey
gevent.monkey.patch_all()

import gevent, ssl, time, understudy
from understudy import Client, Limits, Timeout

def after(seconds, error, call):
    ticks = []
    def tick():
        while True:
            gevent.sleep(seconds / 10)
            ticks.append(1)
    ticking = gevent.spawn(tick)
    started = time.monotonic()
    try:
        call()
    except error as caught:
        assert type(caught) is error, repr(caught)
    else:
        raise AssertionError(f"no {error.__name__}")
    took = time.monotonic() - started
    ticking.kill()
    assert seconds <= took + 0.01 and took < 4, took
    assert ticks, "others did not run"

url, trusted = sys.argv[1:]
client = Client(
    verify=ssl.create_default_context(cafile=trusted), trust_env=False, timeout=10, limits=Limits(max_connections=5)
)
client.get(url)  # so that what is looked at waits for the server, and not for modules that are loaded
"""
FIRST = (Echo(1),)
STALLED = (ReadHead(), Stall())


def run_green(program: str, url: str, folder: Path) -> None:
    """Run a program in gevent's world; what it asserts is the test."""
    trusted = folder / "authority.pem"
    authority("trusted").cert_pem.write_to_path(trusted)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROLOGUE + textwrap.dedent(program), url, str(trusted)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("secure", [False, True])
def test_greenlets_share_a_few_connections(tmp_path: Path, secure: bool) -> None:
    program = """
        running = [gevent.spawn(lambda n: client.get(f"{url}{n}").text, number) for number in range(60)]
        gevent.joinall(running)
        assert [one.value for one in running] == [f"/{number}" for number in range(60)]
        assert client.pool.idle <= 5 and client.pool.active == 0, client.pool
        """
    tls = server_context("127.0.0.1") if secure else None
    with HostileServer(*[(Echo(1000),)] * 5, tls=tls) as server:
        run_green(program, server.url(), tmp_path)

        assert len(server.connections) <= 5


@pytest.mark.parametrize("secure", [False, True])
def test_a_server_that_says_nothing_is_given_up(tmp_path: Path, secure: bool) -> None:
    program = """
        after(0.3, understudy.ReadTimeout, lambda: client.get(url, timeout=0.3))
        assert client.get(url).text == "good"
        """
    with HostileServer(FIRST, STALLED, tls=server_context("127.0.0.1") if secure else None) as server:
        run_green(program, server.url(), tmp_path)


def test_a_whole_call_has_one_deadline(tmp_path: Path) -> None:
    program = """
        after(0.3, understudy.DeadlineExceeded, lambda: client.get(url, timeout=Timeout(10, total=0.3)))
        assert client.get(url).text == "good"
        """
    with HostileServer(FIRST, STALLED) as server:
        run_green(program, server.url(), tmp_path)


def test_a_server_that_takes_nothing_is_given_up(tmp_path: Path) -> None:
    program = "after(0.3, understudy.WriteTimeout, lambda: client.post(url, content=bytes(50_000_000), timeout=0.3))"
    with HostileServer(FIRST, (Stall(),)) as server:
        run_green(program, server.url(), tmp_path)


def test_who_waits_for_a_connection_waits_no_longer_than_told(tmp_path: Path) -> None:
    program = """
        client = Client(trust_env=False, timeout=Timeout(10, pool=0.3), limits=Limits(max_connections=1))
        holding = gevent.spawn(lambda: client.get(url))
        gevent.sleep(0.1)
        after(0.3, understudy.PoolTimeout, lambda: client.get(url))
        """
    with HostileServer(FIRST, STALLED) as server:
        run_green(program, server.url(), tmp_path)


def test_a_greenlet_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    program = """
        for _ in range(5):
            killed = gevent.spawn(lambda: client.get(url))
            while not client.pool.active:
                gevent.sleep(0.01)
            gevent.sleep(0.05)
            killed.kill()
        with gevent.Timeout(0.05, False):
            client.get(url)
        assert client.pool.active == client.pool.idle == 0, client.pool
        assert client.get(url).text == "good"
        """
    with HostileServer(FIRST, *[STALLED] * 6) as server:
        run_green(program, server.url(), tmp_path)
