"""The faces are what may be relied on: imports and one sorted `__all__`, true in both directions, and cheap."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import understudy
import understudy.client

FACES = ("understudy", "understudy.client", "understudy.mock", "understudy.cassettes")

# In backticks: `TwoWords`, or `TWO_WORDS`.
_CLASS_OR_CONSTANT = re.compile(r"`((?:[A-Z][a-z]+){2,}|[A-Z]+_[A-Z_]+)\b")
_OF_THE_SYSTEM = {"SSL_CERT_FILE", "SSL_CERT_DIR"}

# Loaded when first used: a program that imports the client pays for none of them.
HEAVY = (
    "anyio",
    "asyncio",
    "certifi",
    "click",
    "email",
    "h2",
    "http.cookiejar",
    "idna",
    "multiprocessing",
    "pytest",
    "rich",
    "ssl",
    "trio",
    "urllib.request",
    "yaml",
)


def source(face: str) -> ast.Module:
    path = inspect.getsourcefile(importlib.import_module(face))
    assert path is not None
    return ast.parse(Path(path).read_text("utf-8"))


def exported(face: str) -> list[str]:
    names: list[str] = importlib.import_module(face).__all__
    return names


def order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions and the rest, each by name; ruff keeps the same order."""
    if name.isupper():
        return (0, name)
    return (1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("face", FACES[1:])
def test_a_face_is_imports_and_one_list(face: str) -> None:
    tree = source(face)
    _docstring, *imports, last = tree.body

    assert ast.get_docstring(tree)
    assert [ast.unparse(other) for other in imports if not isinstance(other, (ast.Import, ast.ImportFrom))] == []
    assert isinstance(last, ast.Assign)
    assert ast.unparse(last).startswith("__all__ = [")


def test_the_package_is_the_face_of_the_client_and_two_folders() -> None:
    # Its names load when first used: every start of pytest imports the package, to find the plugin in it.
    expected = {*exported("understudy.client"), "cassettes", "mock"}

    assert set(exported("understudy")) == expected
    assert set(dir(understudy)) == expected
    for name in exported("understudy.client"):
        assert getattr(understudy, name) is getattr(understudy.client, name)
    assert understudy.mock is importlib.import_module("understudy.mock")


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'understudy' has no attribute 'gte'"):
        getattr(understudy, "gte")  # noqa: B009 - a type checker would find it as an attribute


@pytest.mark.parametrize("face", FACES)
def test_the_list_of_a_face_is_sorted_and_names_nothing_twice(face: str) -> None:
    names = exported(face)

    assert names == sorted(set(names), key=order)


@pytest.mark.parametrize("face", FACES)
def test_everything_listed_can_be_imported(face: str) -> None:
    module = importlib.import_module(face)

    assert [name for name in exported(face) if not hasattr(module, name)] == []


@pytest.mark.parametrize("face", FACES[1:])
def test_everything_public_is_listed(face: str) -> None:
    bound = {
        alias.asname or alias.name
        for node in ast.walk(source(face))
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }

    assert {name for name in bound if not name.startswith("_")} - set(exported(face)) == set()


@pytest.mark.parametrize("face", FACES)
def test_what_is_listed_is_explained_by_names_that_are_listed_too(face: str) -> None:
    listed = {name for other in FACES for name in exported(other)} | set(dir(builtins))
    module = importlib.import_module(face)
    texts = {name: inspect.getdoc(getattr(module, name)) or "" for name in exported(face)}

    named = {(name, word) for name, text in texts.items() for word in _CLASS_OR_CONSTANT.findall(text)}

    assert {(name, word) for name, word in named if word not in listed and word not in _OF_THE_SYSTEM} == set()


@pytest.mark.parametrize("face", FACES)
def test_no_module_takes_the_place_of_a_listed_name(face: str) -> None:
    # `understudy.client.request` is a function: importing a sibling module of that name would rebind it.
    module = importlib.import_module(face)
    siblings = {path.stem for path in Path(inspect.getsourcefile(module) or "").parent.iterdir()}

    taken = [name for name in exported(face) if name in siblings]

    assert [name for name in taken if not inspect.ismodule(getattr(module, name))] == []


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import understudy; understudy.Client", set[str]()),
        ("import understudy.client", set[str]()),
        ("import understudy.mock", set[str]()),
        ("import understudy.cassettes", {"yaml"}),
    ],
)
def test_importing_a_face_loads_nothing_heavy(statement: str, allowed: set[str]) -> None:
    assert loaded_by(statement) & set(HEAVY) <= allowed


def test_importing_the_package_loads_nothing_else() -> None:
    assert {name for name in loaded_by("import understudy") if name.startswith("understudy")} == {"understudy"}


def test_importing_the_plugin_loads_neither_client_nor_mocks_nor_cassettes() -> None:
    loaded = loaded_by("import understudy.pytest_plugin")

    assert {name.split(".")[1] for name in loaded if name.startswith("understudy.")} == {"pytest_plugin"}
    assert loaded & set(HEAVY) == loaded_by("import pytest") & set(HEAVY)


def loaded_by(statement: str) -> set[str]:
    """Return the names of the modules that a fresh interpreter holds after a statement."""
    program = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
