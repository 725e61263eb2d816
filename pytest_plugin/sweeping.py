"""`--mock-sweep`: a test that passes with mocked calls runs again, once for every call and every fault.

The test is set up anew for each run, fixtures of its own scope included; those of wider scopes stay.
What became of the runs is a matrix in the summary. It fails nothing: a test of the happy path need not handle a fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol

from .session import tally_of

if TYPE_CHECKING:
    from ..mock import SweepCase

_ERROR = pytest.StashKey[BaseException]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test, and then run it again in all kinds of trouble."""
    from ..mock import Sweep

    hooks, found = item.ihook, Sweep(item.nodeid)
    hooks.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    with found.watching():
        reports = runtestprotocol(item, nextitem=_sibling(item))
    if found.calls and all(report.passed for report in reports):
        for case in found.cases:
            if case.is_possible:
                _run(item, case)
        tally_of(item.config).sweeps.append(str(found))
    _leave(item, nextitem)
    hooks.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Keep the first error of a run, whichever phase it came from."""
    if call.excinfo is not None:
        item.stash.setdefault(_ERROR, call.excinfo.value)


def _run(item: pytest.Item, case: SweepCase) -> None:
    """Run a test once more, with one fault at one call."""
    if _ERROR in item.stash:
        del item.stash[_ERROR]
    again: Any = getattr(item, "_initrequest", None)
    if again is not None:
        again()
    with case.running():
        runtestprotocol(item, log=False, nextitem=_sibling(item))
    case.judge(item.stash.get(_ERROR, None))


def _leave(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Tear down what the next test does not need: no run has had the true next test yet."""
    state: Any = item.session._setupstate  # pytest tells nobody else
    state.teardown_exact(nextitem)


class _Sibling:
    """A test that would need all that this one needs but itself: its fixtures are torn down, wider ones stay."""

    def __init__(self, item: pytest.Item) -> None:
        self._chain = item.listchain()[:-1]

    def listchain(self) -> list[Any]:
        return self._chain


def _sibling(item: pytest.Item) -> Any:
    return _Sibling(item)
