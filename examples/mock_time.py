"""Time that costs nothing: retries, Retry-After, delays against timeouts, slow bodies. Run with pytest."""

from __future__ import annotations

import pytest

import understudy
from understudy import Retry, mock


def test_three_attempts_and_their_waits_take_no_time() -> None:
    with mock.Router() as api:
        flaky = api.get("https://api.test/flaky").fault("connect-timeout")
        flaky.then(503, headers={"retry-after": "2"}).then(json={"ok": True})

        with understudy.Client(retry=Retry(attempts=3)) as client:
            assert client.get("https://api.test/flaky").json() == {"ok": True}

        assert flaky.call_count == 3
        assert len(api.clock.slept) == 2
        assert api.clock.slept[1] >= 2


def test_a_delay_runs_into_the_clients_timeout_at_once() -> None:
    with mock.Router() as api:
        api.get("https://api.test/slow").respond(json={}, delay=30)

        with pytest.raises(understudy.ReadTimeout):
            understudy.get("https://api.test/slow", timeout=5)
        assert understudy.get("https://api.test/slow", timeout=60).json() == {}


def test_a_body_that_drips_too_slowly_runs_into_it_too() -> None:
    with mock.Router() as api:
        api.get("https://api.test/drip").stream([b"a", b"b"], every=10)

        with pytest.raises(understudy.ReadTimeout):
            understudy.get("https://api.test/drip", timeout=5)
