"""What is built holds what git holds: a build backend can drop a folder behind a link without a word."""

from __future__ import annotations

import configparser
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import understudy

REPOSITORY = Path(__file__).parent.parent
LINKED = ("client", "mock", "cassettes", "pytest_plugin")
FOLDERS = (*LINKED, "understudy/bridges", "understudy/compat")


@pytest.fixture(scope="module")
def tracked() -> frozenset[str]:
    """The files that git holds, or would hold after `git add`."""
    if not (REPOSITORY / ".git").exists():
        pytest.skip("not a git checkout")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return frozenset(name for name in done.stdout.split("\0") if name and (REPOSITORY / name).exists())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution, built without network."""
    target = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(target)]
    subprocess.run(build, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return target


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("understudy-*-py3-none-any.whl")
    return zipfile.ZipFile(path)


def inside_the_package(name: str) -> str:
    """Return where a file of the checkout is installed."""
    return name if name.startswith("understudy/") else f"understudy/{name}"


@pytest.mark.once
def test_the_wheel_holds_what_git_holds(wheel: zipfile.ZipFile, tracked: frozenset[str]) -> None:
    expected = {
        inside_the_package(name)
        for name in tracked
        if name.startswith(tuple(f"{folder}/" for folder in FOLDERS))
        or name in ("understudy/__init__.py", "understudy/__main__.py", "understudy/py.typed")
    }

    installed = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert installed == expected
    assert "understudy/client/transports/base.py" in installed


def test_the_wheel_has_the_version_that_the_library_says(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]

    assert f"\nVersion: {understudy.__version__}\n" in wheel.read(name).decode()


def test_the_wheel_registers_the_plugin_and_the_commands(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    entries = configparser.ConfigParser()

    entries.read_string(wheel.read(name).decode())

    assert dict(entries["pytest11"]) == {"understudy.pytest_plugin": "understudy.pytest_plugin"}
    assert entries["console_scripts"]["understudy"] == "understudy.client.cli:main"
    assert entries["understudy.commands"]["demo"] == "understudy.cassettes.demo:main"
    assert entries["understudy.commands"]["doctor"] == "understudy.client.command_line.doctor:main"
    assert entries["understudy.commands"]["cassette"] == "understudy.cassettes.command_line.group:main"
    assert set(entries["understudy.tapes"]) == {"har", "record", "replay"}
    assert entries["understudy.stand_ins"]["yaml"] == "understudy.cassettes.swapping:opened"


def test_the_source_distribution_holds_code_tests_and_papers(built: Path, tracked: frozenset[str]) -> None:
    (path,) = built.glob("understudy-*.tar.gz")
    expected = {
        name
        for name in tracked
        if name.startswith(tuple(f"{folder}/" for folder in (*FOLDERS, "tests")))
        or name
        in (
            "LICENSE",
            "README.md",
            "pyproject.toml",
            "understudy/__init__.py",
            "understudy/__main__.py",
            "understudy/py.typed",
        )
    }

    with tarfile.open(path) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}

    assert expected - held == set()


@pytest.mark.parametrize("folder", LINKED)
def test_the_checkout_itself_imports_through_a_link_per_folder(folder: str) -> None:
    link = REPOSITORY / "understudy" / folder

    assert link.is_symlink()
    assert link.resolve() == REPOSITORY / folder


@pytest.mark.once
def test_the_library_works_from_within_a_zip(built: Path, tmp_path: Path) -> None:
    program = """
import sys, understudy
from understudy.client.cli import main
assert ".whl" in understudy.__file__, understudy.__file__
answering = understudy.MockTransport(lambda request: understudy.Response(200, json={"id": 7}))
with understudy.stand_in(answering), understudy.cassettes.use("users.yaml", mode="once"):
    assert understudy.get("https://api.test/users/7").json() == {"id": 7}
sys.argv = ["understudy", "cassette", "view", "users.yaml", "-o", "page.html"]
main()
"""
    (wheel,) = built.glob("*.whl")
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(wheel)!r})\n{program}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "https://api.test/users/7" in (tmp_path / "page.html").read_text("utf-8")
