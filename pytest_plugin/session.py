"""One run of pytest: markers registered, the network blocked around it, outcomes remembered, the section at its end."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Optional

import pytest

from . import github, introspection
from .collection import asks_for_tape, default_folder, keeps_tapes_elsewhere, tape_of, uses_tape
from .explaining import explains_itself, failure
from .network_block import Block, start, stop
from .options import (
    allowed_hosts,
    blocks_network,
    expired,
    mock_mode,
    record_mode,
    replay_chunks,
    report_file,
    unused,
    verifies,
    verify_secrets,
)
from .passers_by import imported
from .report import as_json, is_failure, lines
from .settling import delete, verify
from .tally import Tally

if TYPE_CHECKING:
    from collections.abc import Generator

MARKERS = (
    "cassette(name=None, *, mode=None, ...): answer this test's requests from a tape; "
    "keywords are those of understudy.cassettes.use",
    "mock(*files, base_url=None, unmatched=None, ...): answer this test's requests from the fixture http_mock, "
    "and then from files of routes beside the test; keywords are those of understudy.mock.Router",
    "network(*hosts): let this test use the network despite --block-network; without hosts, all of it",
)
WORKER_OUTPUT = "understudy_tally"

_BLOCK = pytest.StashKey[Block]()
_FAILURE = pytest.StashKey[Optional[BaseException]]()
_MISSING = pytest.StashKey[set[str]]()  # the tapes that were not there when the run began
_TALLY = pytest.StashKey[Tally]()


def begin(config: pytest.Config) -> None:
    """Make a run ready: markers, the count, the block."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    # What is wrong in the configuration file stops the run before its first test.
    record_mode(config)
    unused(config)
    expired(config)
    replay_chunks(config)
    if verifies(config):
        verify_secrets(config)
    if mock_mode(config) != "mock":
        from ..mock import playing

        played = ExitStack()
        played.enter_context(playing(mock_mode(config)))
        config.add_cleanup(played.close)
    config.stash[_TALLY] = Tally(is_partial=config.option.collectonly or any("::" in name for name in config.args))
    if blocks_network(config):
        block = Block(allowed_hosts(config))
        config.stash[_BLOCK] = block
        start(block)


def pytest_unconfigure(config: pytest.Config) -> None:
    block = block_of(config)
    if block is not None:
        stop(block)


def pytest_deselected(items: list[pytest.Item]) -> None:
    if items:
        items[0].config.stash[_TALLY].is_partial = True


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which tapes the tests of this run will ask for, in which folders."""
    tally = session.config.stash[_TALLY]
    unknown = {item.path for item in session.items if keeps_tapes_elsewhere(item)}
    for path in {item.path for item in session.items} - unknown:
        folder = default_folder(path)
        if folder.is_dir():
            tally.folders.append(str(folder))
    for item in session.items:
        if uses_tape(item):
            tally.expected.append(_expected(item))
    session.config.stash[_MISSING] = {path for path in tally.expected if not os.path.exists(path)}


def _expected(item: pytest.Item) -> str:
    """Return where the tape of a test is, unless fixtures say something else."""
    return str(default_folder(item.path) / tape_of(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tell the block whose turn it is."""
    block = block_of(item.config)
    if block is None:
        return (yield)
    hosts = [marker.args or ("*",) for marker in item.iter_markers("network")]
    block.begin(item.nodeid, tuple(str(host) for some in hosts for host in some))
    try:
        return (yield)
    finally:
        block.finish()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how a test failed, for the fixtures that are torn down after it."""
    if call.when == "setup":
        item.stash[_FAILURE] = None  # a test may be run again, and pass
    error = failure(call)
    report = yield
    # How a `unittest.TestCase` failed is known only now: pytest asks it while the report is made.
    error = failure(call) if error is None else error
    if call.when == "teardown":
        item.stash[_FAILURE] = None  # nobody asks any more: what the error holds is not to be kept until the run ends
    elif error is not None:
        item.stash[_FAILURE] = error
        # Skipped, or failed before it asked for its tape.
        if call.when == "setup" and asks_for_tape(item) and getattr(error, "path", None) != _expected(item):
            tally_of(item.config).is_partial = True
    if error is not None and explains_itself(error) and github.is_wanted():
        github.annotate(report, error)
    return report


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Say where two JSON documents differ, in runs that use a tape or a mock."""
    return introspection.explained(config, op, left, right) if "understudy.mock" in sys.modules else None


def failure_of(item: pytest.Item) -> BaseException | None:
    """Return what a test raised, if it did."""
    return item.stash.get(_FAILURE, None)


def is_being_made(config: pytest.Config, path: str) -> bool:
    """Whether a tape is there because this run has recorded it, in whichever process of it."""
    if path in config.stash.get(_MISSING, ()):
        return os.path.exists(path)
    use = tally_of(config).tapes.get(path)
    return use is not None and use.recorded > 0


def tally_of(config: pytest.Config) -> Tally:
    """Return the count of this run."""
    return config.stash[_TALLY]


def block_of(config: pytest.Config) -> Block | None:
    """Return the block around this run, if there is one."""
    return config.stash.get(_BLOCK, None)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand the count to the controller of pytest-xdist, or let it decide about the exit status."""
    tally = session.config.stash[_TALLY]
    block = block_of(session.config)
    if block is not None:
        tally.attempts.extend((test or "outside a test", attempt) for test, attempt in block.attempts)
    if session.shouldstop or session.shouldfail or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        tally.is_partial = True
    tally.passers_by.extend(name for name in imported() if name not in tally.passers_by)
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[WORKER_OUTPUT] = tally.plain()
        return
    config = session.config
    if verifies(config):
        verify(tally, str(config.invocation_params.dir), verify_secrets(config))
    if unused(config) == "delete" and exitstatus == pytest.ExitCode.OK and not tally.is_partial:
        delete(tally)
    try:
        write_report(config, tally)
    except OSError as error:
        tally.troubles.append(f"the file of --cassette-report cannot be written: {error}")
    if exitstatus == pytest.ExitCode.OK and is_failure(tally, unused(config), expired(config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def write_report(config: pytest.Config, tally: Tally) -> None:
    """Write `--cassette-report`, where it was asked for."""
    name = report_file(config)
    if name is not None:
        import json

        text = json.dumps(as_json(tally, str(config.rootpath)), indent=2, ensure_ascii=False)
        path = config.invocation_params.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", "utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take the count of a worker of pytest-xdist; a worker that crashed leaves everything open."""
    tally: Tally = node.config.stash[_TALLY]
    output: dict[str, Any] = getattr(node, "workeroutput", {})
    if error is not None or WORKER_OUTPUT not in output:
        tally.is_partial = True
    else:
        tally.merge(output[WORKER_OUTPUT])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tally = config.stash[_TALLY]
    found = list(lines(tally, str(config.invocation_params.dir), unused(config), expired(config)))
    if found:
        terminalreporter.section("tapes")
        for line in found:
            terminalreporter.line(line)
    if tally.sweeps:
        terminalreporter.section("faults")
        for matrix in tally.sweeps:
            terminalreporter.line(matrix)
            terminalreporter.line("")
    for line in github.lines([*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]):
        terminalreporter.line(line)
