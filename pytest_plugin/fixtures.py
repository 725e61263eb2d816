"""The fixtures: a tape and a router for one test, and what a suite may override."""

from __future__ import annotations

import time
import warnings
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import pytest

from .collection import asks_for_tape, default_folder, tape_of
from .explaining import explains_itself
from .markers import given, has_chosen_name, refuse_strange, settings
from .names import chosen
from .network_block import Block, start, stop
from .options import disables_recording, record_mode, replay_chunks
from .session import block_of, failure_of, is_being_made, tally_of
from .tally import Use

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ..cassettes import Cassette, use
    from ..mock import Router

Entered = TypeVar("Entered")

# In seconds: how long a worker waits for another one that records the same tape anew.
PATIENCE = 30.0


@pytest.fixture
def http_mock(request: pytest.FixtureRequest, http_mock_settings: dict[str, Any]) -> Iterator[Router]:
    """A fresh router in front of every client, for this test.

    When the test has passed, a route that was never called fails it, and so does a request that no route answered.
    """
    from ..mock import Place, Router

    refuse_strange(http_mock_settings, "mock", "http_mock_settings")
    test = test_of(request)
    if asks_for_tape(test):
        request.getfixturevalue("cassette")  # behind the routes, whichever of the two is named first
    router = Router(**{**http_mock_settings, **settings(test, "mock")})
    file, line, _ = test.location
    router.place = Place(file, (line or 0) + 1)
    router.written_as = "http_mock"
    with ExitStack() as files:
        for name in given(test, "mock"):
            files.enter_context(written(request.path.parent / name))
        with around(router, lambda: failure_of(test)):
            yield router


@pytest.fixture
def http_mock_settings() -> dict[str, Any]:
    """Keywords of `mock.Router` for every `http_mock`. Override it for a suite; `@pytest.mark.mock` adds to it."""
    return {}


@pytest.fixture
def cassette_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of tapes: `cassettes/<name of the test file>` beside the test file. Override it to choose another."""
    return default_folder(request.path)


@pytest.fixture
def cassette_name(request: pytest.FixtureRequest) -> str:
    """The path of this test's tape inside `cassette_dir`. Override it to choose another."""
    return tape_of(test_of(request))


@pytest.fixture
def cassette_settings() -> dict[str, Any]:
    """Keywords of `cassettes.use` for every tape. Override it for a suite; markers add to it."""
    return {}


@pytest.fixture
def cassette(
    request: pytest.FixtureRequest, cassette_dir: Path, cassette_name: str, cassette_settings: dict[str, Any]
) -> Iterator[Cassette]:
    """This test's tape, in front of every client; `@pytest.mark.cassette` asks for it as well."""
    test = test_of(request)
    said = {**cassette_settings, **settings(test, "cassette")}
    if has_chosen_name(test) or cassette_name != tape_of(test):
        said.setdefault("shared", True)  # what this test does not ask for may be another one's
    with counted(request.config, cassette_dir / cassette_name, said, lambda: failure_of(test)) as tape:
        yield tape


@pytest.fixture(scope="session")
def record_dir(pytestconfig: pytest.Config) -> Path:
    """The folder of the tapes of `record`: `cassettes` in the root of the suite. Override it to choose another."""
    return pytestconfig.rootpath / "cassettes"


@pytest.fixture(scope="session")
def record(pytestconfig: pytest.Config, record_dir: Path) -> Callable[..., AbstractContextManager[Cassette]]:
    """Put a block of a fixture of any scope on a tape of its own: `with record("login"): ...`.

    Keywords are those of `cassettes.use`. The command line decides about recording, as for `cassette`.
    """

    def on_tape(name: str, **said: Any) -> AbstractContextManager[Cassette]:
        return counted(pytestconfig, record_dir / chosen(name), said)

    return on_tape


@contextmanager
def counted(
    config: pytest.Config,
    path: Path,
    said: dict[str, Any],
    failure: Callable[[], BaseException | None] = lambda: None,
) -> Generator[Cassette]:
    """A tape in the mode that this run allows, counted at its end."""
    from ..cassettes import use

    mode: Any = record_mode(config, said.pop("mode", None))
    if mode == "once" and is_being_made(config, str(path)):
        mode = "new_episodes"  # other tests share it, or this one is run again: it is complete when the run is
    if disables_recording(config):
        # A tape that nobody keeps: all is live, and a test that looks at its tape finds one.
        with TemporaryDirectory() as folder, around(use(Path(folder) / path.name, "all", **said), failure) as tape:
            yield tape
        return
    if replay_chunks(config) != "recorded":
        said.setdefault("chunks", replay_chunks(config))
    with around(fresh_or_counted(config, use(path, mode=mode, **said)), unless_skipped(mode, failure)) as tape:
        block = block_of(config) if tape.is_recording else None
        with nullcontext() if block is None else block.open_for_a_tape():
            yield tape
    use_of_it = Use(tape.play_count, len(tape.recorded))
    use_of_it.volatile = [*tape.settings.ignore, *tape.settings.volatile]
    if failure() is None and mode not in ("all", "update"):
        use_of_it.unplayed = [(found.line or 0, found.summary) for found in tape.unplayed]
    tally_of(config).add(tape.path, use_of_it)
    note_untouched(config, [tape], failure())


def note_untouched(config: pytest.Config, tapes: list[Cassette], error: BaseException | None) -> None:
    """Count a test that asked nothing of the recordings that it has: its requests may have gone another way."""
    is_asked = any(tape.play_count or tape.recorded for tape in tapes) or (error is not None and explains_itself(error))
    if not is_asked and any(tape.unplayed for tape in tapes):
        tally_of(config).untouched += 1


def unless_skipped(mode: str, failure: Callable[[], BaseException | None]) -> Callable[[], BaseException | None]:
    """How a test failed, to a tape that may be made: one that skips itself has one, or it could not be skipped again.

    What is recorded anew waits for a test that says what it needs.
    """

    def failed() -> BaseException | None:
        error = failure()
        return None if mode not in ("all", "update") and isinstance(error, pytest.skip.Exception) else error

    return failed


class fresh_or_counted:
    """A tape; where it has expired, the summary says so, and not a warning in some test."""

    def __init__(self, config: pytest.Config, used: use) -> None:
        self._config = config
        self._used = used

    def __enter__(self) -> Cassette:
        from ..cassettes import CassetteExpired

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CassetteExpired)
            tape = self._entered()
        if tape.is_expired:
            tally_of(self._config).expired[tape.path] = f"{tape.settings.recorded or ''}"
        return tape

    def _entered(self) -> Cassette:
        """Enter; where another worker of pytest-xdist records the tape anew, when it has done so."""
        from ..cassettes import CassetteLocked

        is_alone = not hasattr(self._config, "workeroutput")
        deadline = time.monotonic() + (0 if is_alone else PATIENCE)
        while True:
            try:
                return self._used.__enter__()
            except CassetteLocked:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.05)

    def __exit__(self, *failure: Any) -> None:
        self._used.__exit__(*failure)


@pytest.fixture
def network_ledger(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What this test asked of the network, one line for each connection, datagram and question to DNS.

    `assert network_ledger == []` says that it asked nothing; what `--block-network` stopped is listed too.
    """
    block = block_of(request.config)
    if block is not None:
        yield block.uses
        return
    block = Block(("*",))
    start(block)
    try:
        yield block.uses
    finally:
        stop(block)


def written(path: Path) -> AbstractContextManager[Any]:
    """Let the routes of a YAML file answer what nothing in front of them does."""
    from ..cassettes import use

    return use(path, "none")


def test_of(request: pytest.FixtureRequest) -> pytest.Item:
    """Return the test that a fixture of its own scope is for."""
    item: pytest.Item = request.node
    return item


@contextmanager
def around(inner: AbstractContextManager[Entered], failure: Callable[[], BaseException | None]) -> Generator[Entered]:
    """Enter a context, and leave it by the failure of the test that it is around, if there is one then.

    A context that checks something at its end then leaves a failed test's own failure alone.
    """
    entered = inner.__enter__()
    try:
        yield entered
    except BaseException as error:
        if not inner.__exit__(type(error), error, error.__traceback__):
            raise
    else:
        failed = failure()
        inner.__exit__(None if failed is None else type(failed), failed, None)
