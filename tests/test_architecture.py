"""Imports inside the library point one way only.

1. Inside a folder a module imports from its own row of `ROWS` or a lower one: never up, never sideways across `|`.
2. `mock/`, `cassettes/` and `pytest_plugin/` import only the *faces* of the folders before them, and so do
   `understudy/bridges` and `understudy/compat`,
   which proves that the public interface suffices: a user could have written them.
3. Imports are relative, and go around in no circle, annotations and late imports included.

`violations` decides from sources alone, so that the checker is itself checked on planted mistakes.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REPOSITORY = Path(__file__).parent.parent
FOLDERS = ("client", "mock", "cassettes", "pytest_plugin")
FACES = ("client", "mock", "cassettes")
# Beside the four folders, in `understudy/` itself: what meets other libraries, and stands on the faces like a user.
BESIDE = ("bridges", "compat")

# From bottom to top. What stands between two bars may import each other, what a bar separates may not.
ROWS = {
    "client": (
        "errors status config clock bridge version retry disk",
        "urls",
        "messages bodies",
        "arguments",
        "messages.request messages.response messages.body",
        "transports.base callers journal",
        "auth | network",
        "layers | transports",
        "calls settings misfits request_options signatures download sse retry_transport",
        "client",
        "api cli alias command_line",
    ),
    "mock": (
        "errors values colors signals signatures places clocks states habits modes acts sendable",
        "replies",
        "matching",
        "calls",
        "routing",
        "wire | crud | mounts",
        "layers",
        "application router_words serving",
        "routers",
        "casting verbs | sweeps",
    ),
    "cassettes": (
        "errors",
        "data | files",
        "yaml",
        "secrets",
        "bodies",
        "interactions expiry reach live_requests",
        "settings",
        "contents",
        "matching",
        "playing | writing",
        "foreign written_routes",
        "cassette rewriting",
        "recording",
        "transport",
        "using",
        "converting verifying filling | swapping swap_file | serving | pruning",
        "command_line | demo demo_server",
    ),
}


class Import(NamedTuple):
    """One imported module, as one line of a source names it."""

    importer: str
    target: str
    line: int
    only_for_types: bool
    is_relative: bool


class Place(NamedTuple):
    """Where a module stands inside its folder."""

    row: int
    group: int


def sources() -> dict[str, str]:
    """Return the text of every module of the library by its dotted name; a package has the name of its folder."""
    found = {"understudy": REPOSITORY / "understudy" / "__init__.py"}
    roots = [(REPOSITORY, folder) for folder in FOLDERS] + [(REPOSITORY / "understudy", folder) for folder in BESIDE]
    for root, folder in roots:
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(("understudy", *(parts[:-1] if parts[-1] == "__init__" else parts)))] = path
    return {
        name: f"{'#package' if path.name == '__init__.py' else ''}\n{path.read_text('utf-8')}"
        for name, path in found.items()
    }


def imports(name: str, source: str, modules: Mapping[str, str]) -> Iterator[Import]:
    """Yield what a module imports of the library, wherever in the module that is."""
    is_package = source.startswith("#package")
    package = name.split(".") if is_package else name.split(".")[:-1]

    def visit(node: ast.AST, only_for_types: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, alias.name, node.lineno - 1, only_for_types, False)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                target = inner if inner in modules else base
                yield Import(name, target, node.lineno - 1, only_for_types, node.level > 0)
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for statement in node.body:
                yield from visit(statement, True)
            for statement in node.orelse:
                yield from visit(statement, only_for_types)
        else:
            for child in ast.iter_child_nodes(node):
                yield from visit(child, only_for_types)

    yield from visit(ast.parse(source), False)


def place(name: str) -> Place | None:
    """Return where a module stands inside its folder; the longest entry that fits decides."""
    _, folder, inside = name.split(".", 2)
    best: tuple[int, Place] | None = None
    for row, groups in enumerate(ROWS[folder]):
        for group, entries in enumerate(groups.split("|")):
            for entry in entries.split():
                fits = inside == entry or inside.startswith(entry + ".")
                if fits and (best is None or len(entry) > best[0]):
                    best = (len(entry), Place(row, group))
    return best[1] if best else None


def excused(found: Import) -> bool:
    """Whether this is the one permitted look upward: errors are annotated with the messages that they carry."""
    return (
        found.only_for_types
        and found.importer == "understudy.client.errors"
        and found.target.startswith("understudy.client.messages")
    )


def complaint(found: Import) -> str | None:
    """Return why an import may not be, or None."""
    importer, target = found.importer.split("."), found.target.split(".")
    if importer == ["understudy"]:
        return None if len(target) == 2 and target[1] in FACES else "the package's face imports other faces only"
    if target == ["understudy"]:
        return "nothing inside imports the package's own face"
    if importer[1] != target[1]:
        return between_folders(importer[1], target)
    if importer[1] in ROWS and len(importer) > 2:
        return inside_folder(found)
    return None


def between_folders(importer: str, target: list[str]) -> str | None:
    order = (*FOLDERS, *BESIDE)
    if order.index(target[1]) > order.index(importer):
        return f"{importer} comes before {target[1]}"
    return None if len(target) == 2 else f"only the face `from ..{target[1]} import ...` is open to it"


def inside_folder(found: Import) -> str | None:
    if found.target.count(".") == 1:
        return "nothing inside a folder imports the folder's own face"
    below, above = place(found.target), place(found.importer)
    if below is None or above is None:
        return None
    if below.row > above.row:
        return f"row {above.row} does not look up to row {below.row}"
    if below.row == above.row and below.group != above.group:
        return "that is sideways across a bar"
    return None


def circles(edges: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Yield the groups of modules that import each other around in a circle (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []

    def visit(node: str) -> Iterator[list[str]]:
        order[node] = lowest[node] = len(order)
        stack.append(node)
        for target in sorted(edges.get(node, ())):
            if target not in order:
                yield from visit(target)
                lowest[node] = min(lowest[node], lowest[target])
            elif target in stack:
                lowest[node] = min(lowest[node], order[target])
        if lowest[node] == order[node]:
            at = stack.index(node)
            members, stack[at:] = stack[at:], []
            if len(members) > 1 or node in edges.get(node, ()):
                yield sorted(members)

    for node in sorted(edges):
        if node not in order:
            yield from visit(node)


def violations(modules: Mapping[str, str]) -> list[str]:
    """Return every sentence that there is to say against the imports of these modules."""
    said: list[str] = []
    edges: dict[str, set[str]] = {}
    for name, source in modules.items():
        if name.count(".") > 1 and name.split(".")[1] in ROWS and place(name) is None:
            said.append(f"{name} stands in no row: give it one in ROWS")
        for found in dict.fromkeys(imports(name, source, modules)):
            if found.target.split(".")[0] != "understudy" or excused(found):
                continue
            if not found.is_relative:
                said.append(f"{name}:{found.line} imports {found.target} by its full name, which must be relative")
            edges.setdefault(name, set()).add(found.target)
            because = complaint(found)
            if because:
                said.append(f"{name}:{found.line} imports {found.target}: {because}")
    said.extend(f"{' and '.join(members)} import each other in a circle" for members in circles(edges))
    return said


@pytest.mark.once
def test_imports_point_one_way() -> None:
    modules = sources()

    assert violations(modules) == []
    assert {"understudy", "understudy.client.errors", "understudy.pytest_plugin"} <= set(modules)


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        pytest.param(
            {"understudy.client.urls.url": "from ..messages.headers import Headers"},
            "row 1 does not look up to row 2",
            id="up",
        ),
        pytest.param(
            {"understudy.client.auth.basic": "from ..network.pool import Pool"},
            "sideways across a bar",
            id="sideways",
        ),
        pytest.param(
            {"understudy.client.layers.retries": "from ..transports.network import HTTPTransport"},
            "sideways across a bar",
            id="from layers to transports",
        ),
        pytest.param(
            {"understudy.client.network.pool": "def late():\n    from ..transports.mounts import Mounts"},
            "row 6 does not look up to row 7",
            id="late",
        ),
        pytest.param(
            {"understudy.client.urls.url": "if TYPE_CHECKING:\n    from ..client import Client"},
            "row 1 does not look up to row 9",
            id="for types",
        ),
        pytest.param(
            {"understudy.client.errors": "from .messages.request import Request"},
            "row 0 does not look up to row 4",
            id="errors at run time",
        ),
        pytest.param(
            {"understudy.client.client": "from . import Response"},
            "nothing inside a folder imports the folder's own face",
            id="own face",
        ),
        pytest.param(
            {"understudy.client.client": "from ..mock import Router"},
            "client comes before mock",
            id="to a later folder",
        ),
        pytest.param(
            {"understudy.mock.routers": "from .. import get"},
            "nothing inside imports the package's own face",
            id="the package's face",
        ),
        pytest.param(
            {"understudy.mock.routers": "from ..client.urls.url import URL"},
            "only the face `from ..client import ...` is open to it",
            id="behind a face",
        ),
        pytest.param(
            {"understudy.mock.routers": "from ..client import errors", "understudy.client.errors": ""},
            "only the face `from ..client import ...` is open to it",
            id="a module through a face",
        ),
        pytest.param(
            {"understudy": "#package\nfrom .client.urls import URL"},
            "the package's face imports other faces only",
            id="the package's face behind a face",
        ),
        pytest.param(
            {"understudy.mock.routers": "from understudy.client import Request"},
            "by its full name, which must be relative",
            id="absolute from",
        ),
        pytest.param(
            {"understudy.mock.routers": "import understudy.client"},
            "by its full name, which must be relative",
            id="absolute",
        ),
        pytest.param(
            {"understudy.client.novelty": ""},
            "understudy.client.novelty stands in no row",
            id="no row",
        ),
        pytest.param(
            {
                "understudy.mock": "#package\nfrom .routers import Router",
                "understudy.mock.routers": "from .routing.routes import Route",
                "understudy.mock.routing.routes": "if TYPE_CHECKING:\n    from ..routers import Router",
            },
            "understudy.mock.routers and understudy.mock.routing.routes import each other in a circle",
            id="circle for types",
        ),
        pytest.param(
            {
                "understudy.mock": "#package\nfrom .routers import Router",
                "understudy.mock.routers": "from . import Route",
            },
            "understudy.mock and understudy.mock.routers import each other in a circle",
            id="circle through a package",
        ),
    ],
)
def test_a_planted_violation_is_named(modules: dict[str, str], expected: str) -> None:
    said = violations(modules)

    assert any(expected in sentence for sentence in said), said


def test_imports_that_point_down_are_allowed() -> None:
    modules = {
        "understudy": "#package\nfrom .client import Client, mount",
        "understudy.client": "#package\nfrom .client import Client\nfrom .api import get",
        "understudy.client.errors": "if TYPE_CHECKING:\n    from .messages.request import Request",
        "understudy.client.messages.request": "from ..bodies.streams import ByteStream\nfrom .headers import Headers",
        "understudy.client.messages.headers": "from ..errors import InvalidURL",
        "understudy.client.bodies.streams": "from ..errors import StreamError\nimport ssl",
        "understudy.client.transports.base": "if TYPE_CHECKING:\n    from ..messages.request import Request",
        "understudy.client.transports.mounts": "from .base import BaseTransport\nfrom .network import HTTPTransport",
        "understudy.client.transports.network": "from ..network.pool import Pool",
        "understudy.client.network.pool": "from ..transports.base import BaseTransport",
        "understudy.client.client": "from .transports.network import HTTPTransport",
        "understudy.client.api": "from .client import Client",
        "understudy.mock": "#package\nfrom .routers import Router",
        "understudy.mock.routers": "from ..client import Request\nfrom .routing.routes import Route",
        "understudy.mock.routing.routes": "",
        "understudy.cassettes": "#package\nfrom ..client import Request\nfrom ..mock import Router",
        "understudy.pytest_plugin": "#package\nfrom .. import mock",
    }

    assert violations(modules) == []


def comprehensions_under_locks(source: str) -> list[int]:
    """Return the lines of comprehensions that run in a `with` block of a lock.

    CPython 3.13.0 does not leave the block when an interrupt strikes in one: the lock would be held for ever.
    """
    return [
        inner.lineno
        for block in ast.walk(ast.parse(source))
        if isinstance(block, ast.With)
        and any(word in ast.unparse(item.context_expr) for item in block.items for word in ("lock", "whole"))
        for statement in block.body
        for inner in ast.walk(statement)
        if isinstance(inner, (ast.ListComp, ast.SetComp, ast.DictComp))
    ]


@pytest.mark.once
def test_no_comprehension_runs_under_a_lock() -> None:
    assert comprehensions_under_locks("with self._lock:\n    if x:\n        y = [z for z in x]\n") == [3]
    assert comprehensions_under_locks("with open(x) as lines:\n    y = [z for z in lines]\n") == []
    found = {
        str(path.relative_to(REPOSITORY)): lines
        for folder in FOLDERS
        for path in (REPOSITORY / folder).rglob("*.py")
        if (lines := comprehensions_under_locks(path.read_text(encoding="utf-8")))
    }
    assert found == {}
