"""Many callers of one client: what the long form of `benchmarks/load.py` promises, in its short form."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from understudy import Client, HTTPTransport, TransportError

from .invariants import check_pool
from .server import HostileServer
from .steps import Read, ReadHead, Send, Stall

ROOT = Path(__file__).parents[2]
OPTIONS = {"http1": (), "http2": ("--http2",)}


@pytest.mark.once
@pytest.mark.skipif(not (ROOT / "benchmarks" / "load.py").exists(), reason="the benchmarks are not here")
@pytest.mark.parametrize("protocol", ["http1", "http2"])
def test_callers_who_leave_take_nothing_with_them_and_leave_nothing_behind(protocol: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", "--short", *OPTIONS[protocol]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("nothing leaked") >= 4


@pytest.mark.once
@pytest.mark.skipif(not (ROOT / "benchmarks" / "soak.py").exists(), reason="the benchmarks are not here")
@pytest.mark.parametrize("protocol", ["http1", "http2"])
def test_keep_alive_requests_leave_no_memory_behind(protocol: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--requests", "6000", *OPTIONS[protocol]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("is_uploading", [False, True])
def test_closing_wakes_a_thread_that_waits_for_its_answer(is_uploading: bool) -> None:
    script = (ReadHead(), Stall()) if is_uploading else (Read(), Stall())
    errors: list[Exception] = []
    with HostileServer(script) as server:
        transport = HTTPTransport(trust_env=False)
        with Client(transport=transport, trust_env=False, timeout=60.0) as client:
            content = bytes(32 * 1024 * 1024) if is_uploading else None

            def ask() -> None:
                try:
                    client.post(server.url(), content=content)
                except TransportError as error:
                    errors.append(error)

            thread = threading.Thread(target=ask)
            thread.start()
            until = time.monotonic() + 20
            while not server.requests and time.monotonic() < until:
                time.sleep(0.001)
            transport.close()
            thread.join(20)

            assert not thread.is_alive()
            assert len(errors) == 1
            assert "closed" in str(errors[0])
            check_pool(transport.snapshot())
            assert client.get(server.url()).content == b"good"


def test_a_body_that_is_being_read_fails_when_another_thread_closes() -> None:
    with HostileServer((Read(), Send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), Stall())) as server:
        transport = HTTPTransport(trust_env=False)
        client = Client(transport=transport, trust_env=False, timeout=5.0)
        with client, client.stream("GET", server.url()) as response:
            closing = threading.Timer(0.02, transport.close)
            closing.start()

            with pytest.raises(TransportError, match="closed"):
                response.read()

            closing.join()
