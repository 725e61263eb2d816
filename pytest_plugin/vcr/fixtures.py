"""The fixtures of pytest-recording and pytest-vcr, to be overridden as they were there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..fixtures import around, note_untouched, test_of
from ..network_block import Block, start, stop
from ..options import allowed_hosts as hosts_let_through
from ..options import disables_recording
from ..options import record_mode as chosen_mode
from ..session import block_of, failure_of, tally_of
from ..tally import Use
from .names import default_name, found, with_suffix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .tapes import VCR


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, Any]:
    """Settings of vcrpy for every tape of the suite; override it in any scope."""
    return {}


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """The folder of tapes: `cassettes/<name of the test file>` beside the test file."""
    module: Path = request.path
    return str(module.parent / "cassettes" / module.stem)


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest) -> str:
    """The name of this test's tape, without its suffix."""
    test = test_of(request)
    marker = test.get_closest_marker("default_cassette")
    if marker is not None:
        return str(marker.args[0] if marker.args else marker.kwargs["name"])
    classes = [node.name for node in test.listchain() if isinstance(node, pytest.Class)]
    return default_name(classes, test.name)


@pytest.fixture
def vcr_cassette_name(default_cassette_name: str) -> str:
    """The name of this test's tape without its suffix, as pytest-vcr calls it."""
    return default_cassette_name


@pytest.fixture
def vcr_markers(request: pytest.FixtureRequest) -> list[pytest.Mark]:
    """The markers `vcr` of this test, the nearest one first."""
    return list(test_of(request).iter_markers("vcr"))


@pytest.fixture(scope="session")
def disable_recording(pytestconfig: pytest.Config) -> bool:
    """Whether no tapes are used at all."""
    return disables_recording(pytestconfig)


@pytest.fixture(scope="session")
def record_mode(pytestconfig: pytest.Config) -> str:
    """What the command line, or the configuration file, says that tapes may do."""
    return chosen_mode(pytestconfig)


@pytest.fixture
def vcr(
    request: pytest.FixtureRequest,
    vcr_config: dict[str, Any],
    vcr_cassette_dir: str,
    vcr_cassette_name: str,
    vcr_markers: list[pytest.Mark],
    disable_recording: bool,
) -> Iterator[VCR]:
    """This test's tape in front of every client, where the test is marked; and `use_cassette` for others."""
    from .settings import mode_of
    from .tapes import VCR, Tapes

    test = test_of(request)
    config = request.config
    said = dict(vcr_config)
    for marker in reversed(vcr_markers):
        said.update(marker.kwargs)
    mode = chosen_mode(config, mode_of(said.get("record_mode")))
    folder = Path(vcr_cassette_dir)
    recorder = VCR(folder, said, mode)
    test.ihook.pytest_recording_configure(config=config, vcr=recorder)
    said = recorder.said
    if disable_recording or not vcr_markers:
        yield recorder
        tally_of(config).adopted.extend(recorder.adopted)
        return
    extra = [str(name) for marker in vcr_markers for name in marker.args]
    others = tuple(folder / with_suffix(name) for name in extra)
    path = recorder.place(found(folder, vcr_cassette_name).absolute(), said)
    with around(Tapes(recorder, path, others, said), lambda: failure_of(test)):
        yield recorder
    tally_of(config).adopted.extend(recorder.adopted)
    for tape in recorder.cassettes:
        use = Use(tape.play_count, len(tape.recorded))
        if failure_of(test) is None and mode not in ("all", "update"):
            use.unplayed = [(found.line or 0, found.summary) for found in tape.unplayed]
        tally_of(config).add(tape.path, use)
    note_untouched(config, recorder.cassettes, failure_of(test))


@pytest.fixture
def vcr_cassette(vcr: VCR) -> VCR:
    """The tape, as pytest-vcr calls it."""
    return vcr


@pytest.fixture
def allowed_hosts(request: pytest.FixtureRequest, vcr_config: dict[str, Any]) -> list[str]:
    """What the marker `allowed_hosts` and the settings let through in this test."""
    marked = [host for marker in test_of(request).iter_markers("allowed_hosts") for host in _hosts(marker)]
    return [*marked, *_as_globs(vcr_config.get("allowed_hosts"))]


@pytest.fixture
def block_network(request: pytest.FixtureRequest, allowed_hosts: list[str]) -> Iterator[None]:
    """Block the network around this test, as its marker `block_network` says; a tape that records needs it."""
    test = test_of(request)
    marker = test.get_closest_marker("block_network")
    outer = block_of(request.config)
    if outer is not None:
        outer.let_through(tuple(allowed_hosts))
    if marker is None or outer is not None or may_record(test):
        yield
        return
    block = Block((*hosts_let_through(request.config), *allowed_hosts, *_hosts(marker)))
    block.begin(test.nodeid, ())
    start(block)
    try:
        yield
    finally:
        stop(block)


def may_record(test: pytest.Item) -> bool:
    """Return whether the tape of a test may record, for which the network is open to it."""
    return test.get_closest_marker("vcr") is not None and chosen_mode(test.config) != "none"


def hosts_of(test: pytest.Item) -> list[str]:
    """Return what the marker `block_network` of a test lets through."""
    marker = test.get_closest_marker("block_network")
    return [] if marker is None else _hosts(marker)


def _hosts(marker: pytest.Mark) -> list[str]:
    """Return the hosts that a marker of pytest-recording names."""
    return _as_globs(marker.kwargs.get("allowed_hosts") or (marker.args[0] if marker.args else ()))


def _as_globs(said: Any) -> list[str]:
    """Return hosts as pytest-recording says them, as patterns, of which the plain part is what counts."""
    hosts: list[str] = [said] if isinstance(said, str) else [str(host) for host in said or ()]
    return [host.replace("\\.", ".").replace(".*", "*").strip("^$") for host in hosts]


def check(item: pytest.Item) -> str | None:
    """Return what is wrong with the marker `vcr` of a test, or None."""
    for marker in item.iter_markers("vcr"):
        from .settings import translated

        try:
            # Matchers are registered later, by fixtures.
            translated({name: value for name, value in marker.kwargs.items() if name != "match_on"})
        except (TypeError, ValueError) as error:
            return f"@pytest.mark.vcr: {error}"
    for marker in item.iter_markers("block_network"):
        unknown = sorted(marker.kwargs.keys() - {"allowed_hosts"})
        if unknown:
            return f"@pytest.mark.block_network knows allowed_hosts, not {', '.join(unknown)}"
    return None
