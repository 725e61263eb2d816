"""Errors that explain themselves, shown with the suite's own lines only: the rest of the way is in their message."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .collection import uses_tape

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType

EXPLAINED = (
    "understudy.cassettes.errors",
    "understudy.compat.respx.calls",
    "understudy.mock.errors",
    "understudy.pytest_plugin.network_block",
)
LIBRARY = Path(__file__).parent.parent
STANDARD = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
SITE = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}


# Not first of all, as pytest's own hook for `unittest.TestCase` is: that one finds out how such a test failed.
@pytest.hookimpl(specname="pytest_runtest_makereport")
def pytest_explain_test(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Cut the traceback of a test before it is reported."""
    error = failure(call)
    if error is None or not explains_itself(error):
        return
    tell_how_to_record(error, item)
    if not item.config.getoption("fulltrace"):
        call.excinfo = shortened(error, item.path)


@pytest.hookimpl(specname="pytest_make_collect_report", wrapper=True)
def pytest_explain_collection(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Cut the traceback of a module that cannot be imported for a route or a tape that is wrong in it."""
    report = yield
    call: pytest.CallInfo[Any] | None = getattr(report, "call", None)
    error = None if call is None else failure(call)
    if error is not None and explains_itself(error) and not collector.config.getoption("fulltrace"):
        shown = collector.repr_failure(shortened(error, collector.path))
        if not isinstance(shown, str):  # which is what pytest makes of its own errors
            report.longrepr = shown
    return report


def failure(call: pytest.CallInfo[Any]) -> BaseException | None:
    """Return what was raised, if anything was."""
    return None if call.excinfo is None else call.excinfo.value


def explains_itself(error: BaseException) -> bool:
    """Whether the message and a line of the suite are all that there is to read."""
    return type(error).__module__ in EXPLAINED


def tell_how_to_record(error: BaseException, item: pytest.Item) -> None:
    """Let the error of a tape name the command that records it, and the place of settings in a suite."""
    has_tape = uses_tape(item)
    if not has_tape and "record" not in getattr(item, "fixturenames", ()):
        return
    from ..cassettes import CassetteError, CassetteMissing, NoMatch

    if not isinstance(error, CassetteError):
        return
    place = "@pytest.mark.cassette(...)" if has_tape else "record(...)"
    if error.mend is not None:
        error.mend = error.mend.replace(" in code", f" in {place}")
    if isinstance(error, CassetteMissing):
        error.mend = f'Record it once, and commit the file: pytest --record-mode=once "{item.nodeid}"'
    elif isinstance(error, NoMatch):
        error.mend = f'{error.mend or ""}\nWith pytest: pytest --record-mode=new_episodes "{item.nodeid}"'.lstrip()


def shortened(error: BaseException, file: Path) -> pytest.ExceptionInfo[BaseException]:
    """Cut an error's traceback, and those of its causes, down to the suite's lines; `file` is the test's."""
    cause = error.__cause__
    while cause is not None:
        if not cut(cause, file):
            cause.__traceback__ = None
        cause = cause.__cause__
    if cut(error, file):
        return pytest.ExceptionInfo[BaseException].from_exception(error)
    # A fixture or a decorator of the library failed: there is no line of the suite to show.
    try:
        pytest.fail(f"{type(error).__name__}: {error}", pytrace=False)
    except pytest.fail.Exception:
        return pytest.ExceptionInfo[BaseException].from_current()


def cut(error: BaseException, file: Path) -> bool:
    """Leave of a traceback what the suite and the libraries that it uses did; return whether that is anything.

    It begins with the test's own file: before that stands what ran the test, decorators of the library included.
    """
    frames: list[tuple[TracebackType, Path]] = []
    at = error.__traceback__
    while at is not None:
        frames.append((at, Path(at.tb_frame.f_code.co_filename)))
        at = at.tb_next
    sources = [source for _, source in frames]
    own = [source == file for source in sources]
    if True not in own:
        own = [is_foreign(source) and is_local(source) for source in sources]
    if True not in own:
        return False
    kept = [at for at, source in frames[own.index(True) :] if is_foreign(source)]
    for here, there in zip(kept, kept[1:]):
        here.tb_next = there
    kept[-1].tb_next = None
    return True


def is_foreign(source: Path) -> bool:
    """Whether a file is neither this library's nor Python's own."""
    return LIBRARY not in source.parents and (STANDARD.isdisjoint(source.parents) or not is_local(source))


def is_local(source: Path) -> bool:
    """Whether a file is not an installed one."""
    return source.is_absolute() and SITE.isdisjoint(source.parents)
