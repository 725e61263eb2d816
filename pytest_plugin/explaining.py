"""Errors that explain themselves, shown with the suite's own lines only: the rest of the way is in their message.

1. What a mock, a tape or a block of the network says, and what the client says of a request that never came to the
   network, is cut down to the lines of the suite and of the libraries that it uses.
2. What a function of the suite raises, called back by the client or a mock, keeps all but this library's lines.
3. Everything else is left alone: what the network did, and mistakes of this library.
4. The same holds for what an error followed from, and for what a group of errors is made of.
"""

from __future__ import annotations

import sysconfig
from dis import opmap
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
NETWORK = LIBRARY / "client" / "network"
# Where errors of the client are made on purpose.
MADE = {LIBRARY / name for name in ("cassettes", "compat", "mock")}
STANDARD = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
SITE = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}


# Not first of all, as pytest's own hook for `unittest.TestCase` is: that one finds out how such a test failed.
@pytest.hookimpl(specname="pytest_runtest_makereport")
def pytest_explain_test(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Cut the traceback of a test before it is reported."""
    error = failure(call)
    if error is None:
        return
    tell_how_to_record(error, item)
    if item.config.getoption("fulltrace", default=False):
        return
    shorten_behind(error, item.path)
    if explains_itself(error):
        call.excinfo = shortened(error, item.path)
    elif without_library(error):
        call.excinfo = pytest.ExceptionInfo[BaseException].from_exception(error)


@pytest.hookimpl(specname="pytest_make_collect_report", wrapper=True)
def pytest_explain_collection(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Cut the traceback of a module that cannot be imported for a route or a tape that is wrong in it."""
    report = yield
    call: pytest.CallInfo[Any] | None = getattr(report, "call", None)
    error = None if call is None else failure(call)
    if error is not None and explains_itself(error) and not collector.config.getoption("fulltrace", default=False):
        shorten_behind(error, collector.path)
        shown = collector.repr_failure(shortened(error, collector.path))
        if not isinstance(shown, str):  # which is what pytest makes of its own errors
            report.longrepr = shown
    return report


def failure(call: pytest.CallInfo[Any]) -> BaseException | None:
    """Return what was raised, if anything was."""
    return None if call.excinfo is None else call.excinfo.value


def explains_itself(error: BaseException) -> bool:
    """Whether the message and a line of the suite are all that there is to read."""
    module = type(error).__module__
    if module == "understudy.client.errors":
        return not is_of_the_network(error)
    return module in EXPLAINED or is_said_by_a_mock(error)


def is_of_the_network(error: BaseException) -> bool:
    """Whether an error of the client came from a real network, and not from a mock's or a tape's."""
    folders = {folder for _, source in steps(error) for folder in source.parents}
    return NETWORK in folders and MADE.isdisjoint(folders)


def is_said_by_a_mock(error: BaseException) -> bool:
    """Whether a mock or a tape raised an error of Python's own by a `raise`, and did not merely break."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    if at is None or type(error).__module__ != "builtins":
        return False
    code = at.tb_frame.f_code
    raises = code.co_code[at.tb_lasti] == opmap["RAISE_VARARGS"]
    return raises and not MADE.isdisjoint(Path(code.co_filename).parents)


def shorten_behind(error: BaseException, file: Path) -> None:
    """Cut the tracebacks of all that pytest shows beside an error: what it followed from, and members of a group."""
    seen = {id(error)}
    left = [(error, explains_itself(error))]
    while left:
        at, told = left.pop()
        context = None if at.__suppress_context__ else at.__context__
        members: tuple[BaseException, ...] = getattr(at, "exceptions", ()) if is_group(at) else ()
        for other in (at.__cause__, context, *members):
            if other is None or id(other) in seen:
                continue
            seen.add(id(other))
            # What an error that explains itself followed from is part of its message.
            is_told = told or explains_itself(other)
            left.append((other, is_told))
            if not is_told:
                without_library(other)
            elif not cut(other, file):
                other.__traceback__ = None


def is_group(error: BaseException) -> bool:
    """Whether an error is a group: of Python 3.11, or of the package that older ones have."""
    return any(kind.__name__ == "BaseExceptionGroup" for kind in type(error).__mro__)


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
    """Cut an error's traceback down to the suite's lines; `file` is the test's."""
    if cut(error, file):
        return pytest.ExceptionInfo[BaseException].from_exception(error)
    # A fixture or a decorator of the library failed: there is no line of the suite to show.
    try:
        pytest.fail(f"{type(error).__name__}: {error}", pytrace=False)
    except pytest.fail.Exception:
        return pytest.ExceptionInfo[BaseException].from_current()


def without_library(error: BaseException) -> bool:
    """Take this library's lines out of what a function of the suite raised; return whether there were any."""
    frames = steps(error)
    kept = [at for at, source in frames if LIBRARY not in source.parents]
    if len(kept) == len(frames) or not (is_foreign(frames[-1][1]) and is_local(frames[-1][1])):
        return False
    link(kept)
    error.__traceback__ = kept[0]
    return True


def steps(error: BaseException) -> list[tuple[TracebackType, Path]]:
    """Return the way that an error came, outermost first, with the file of each step."""
    frames: list[tuple[TracebackType, Path]] = []
    at = error.__traceback__
    while at is not None:
        frames.append((at, Path(at.tb_frame.f_code.co_filename)))
        at = at.tb_next
    return frames


def link(kept: list[TracebackType]) -> None:
    """Leave of a traceback the steps that are kept."""
    for here, there in zip(kept, kept[1:]):
        here.tb_next = there
    kept[-1].tb_next = None


def cut(error: BaseException, file: Path) -> bool:
    """Leave of a traceback what the suite and the libraries that it uses did; return whether that is anything.

    It begins with the test's own file: before that stands what ran the test, decorators of the library included.
    """
    frames = steps(error)
    sources = [source for _, source in frames]
    own = [source == file for source in sources]
    if True not in own:
        own = [is_foreign(source) and is_local(source) for source in sources]
    if True not in own:
        return False
    link([at for at, source in frames[own.index(True) :] if is_foreign(source)])
    return True


def is_foreign(source: Path) -> bool:
    """Whether a file is neither this library's nor Python's own."""
    return LIBRARY not in source.parents and (STANDARD.isdisjoint(source.parents) or not is_local(source))


def is_local(source: Path) -> bool:
    """Whether a file is not an installed one."""
    return source.is_absolute() and SITE.isdisjoint(source.parents)
