"""Files that stand in: opened by whoever registered for their kind, closed when the block ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import understudy
from understudy.client.transports.openers import FromEnvironment
from understudy.client.transports.stand_in import answering

REPOSITORY = Path(__file__).parents[3]
OPENER = """
import contextlib, understudy

closed = []

@contextlib.contextmanager
def answer(path):
    if "inner" in path:
        understudy.Client(transport=understudy.MockTransport(lambda request: understudy.Response(204))).get("https://x.test")
    name = path
    try:
        yield understudy.MockTransport(lambda request: understudy.Response(200, text=name))
    finally:
        closed.append(path)
        if "said" in path:
            print("closed", path)
"""


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that opens files whose names end with `.part`."""
    folder = tmp_path / "site"
    (folder / "understudy-0.dist-info").mkdir(parents=True)
    (folder / "understudy-0.dist-info" / "METADATA").write_text("Name: understudy\nVersion: 0\n", "utf-8")
    (folder / "understudy-0.dist-info" / "entry_points.txt").write_text(
        "[understudy.stand_ins]\npart = opener_of_parts:answer\n", "utf-8"
    )
    (folder / "opener_of_parts.py").write_text(OPENER, "utf-8")
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.delitem(sys.modules, "opener_of_parts", raising=False)
    return folder


def get(url: str = "https://api.test/") -> str:
    with understudy.Client(
        transport=understudy.MockTransport(lambda request: understudy.Response(200, text="own"))
    ) as client:
        return client.get(url).text


@pytest.mark.usefixtures("registered")
def test_a_file_stands_in_for_a_block_and_is_closed_behind_it() -> None:
    with understudy.stand_in("a.part") as transport:
        assert get() == "a.part"
        assert isinstance(transport, understudy.MockTransport)
        assert sys.modules["opener_of_parts"].closed == []

    assert get() == "own"
    assert sys.modules["opener_of_parts"].closed == ["a.part"]


@pytest.mark.usefixtures("registered")
def test_one_stand_in_opens_its_file_anew_each_time() -> None:
    block = understudy.stand_in(Path("b.part"), everywhere=True)

    for _ in range(2):
        with block:
            assert get() == "b.part"

    assert sys.modules["opener_of_parts"].closed == ["b.part", "b.part"]


@pytest.mark.usefixtures("registered")
def test_a_file_of_no_known_kind_is_refused_and_the_kinds_are_named() -> None:
    with pytest.raises(understudy.StandInError, match=r"nobody opens 'a.toml'.* end with .*\.part"):
        understudy.stand_in("a.toml")


def test_where_nothing_is_registered_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("understudy.client.transports.openers.GROUP", "understudy.nothing")

    with pytest.raises(understudy.StandInError, match="install it"):
        understudy.stand_in("a.yaml")


@pytest.mark.usefixtures("registered")
def test_the_environments_file_is_opened_with_the_first_request() -> None:
    stand_in = FromEnvironment("inner.part")
    own = understudy.MockTransport(lambda request: understudy.Response(200, text="own"))

    assert "opener_of_parts" not in sys.modules
    first = stand_in.in_front_of(own)

    assert first is stand_in.in_front_of(own)
    assert first is not own
    assert repr(stand_in) == "<UNDERSTUDY=inner.part>"


@pytest.mark.usefixtures("registered")
def test_the_environments_file_is_where_the_program_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    absolute = os.path.abspath("inner.part")
    here, elsewhere = FromEnvironment("inner.part"), FromEnvironment("inner.part")

    told = [here.in_front_of(None)]
    monkeypatch.chdir(tmp_path)
    told.append(elsewhere.in_front_of(None))

    request = understudy.Request("GET", "https://api.test/")
    assert [one.handle_request(request).text for one in told] == ["inner.part", absolute]


def test_a_file_of_the_environment_that_nobody_opens_is_an_error_that_names_the_variable() -> None:
    with pytest.raises(understudy.StandInError, match=r"UNDERSTUDY=a\.nothing: nobody"):
        FromEnvironment("a.nothing").in_front_of(None)


@pytest.mark.parametrize("ending", ["", "; raise SystemError('over')"])
def test_a_program_that_cannot_be_edited_is_answered_by_the_file_in_its_environment(
    registered: Path, ending: str
) -> None:
    program = f"import understudy; print(understudy.get('https://api.test/').text){ending}"
    environment = {
        **os.environ,
        "UNDERSTUDY": "said.part",
        "PYTHONPATH": os.pathsep.join([str(registered), str(REPOSITORY)]),
    }

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)

    assert done.stdout.split("\n")[:2] == ["said.part", "closed said.part"], done.stderr


def test_without_the_variable_nothing_stands_in() -> None:
    own = understudy.MockTransport(lambda request: understudy.Response(200))

    assert answering(own) is own
