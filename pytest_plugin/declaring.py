"""Declare the options when all others are there: a suite that has a `--verify` of its own keeps it.

pytest refuses two options of one name, and would refuse the suite's, whose `conftest.py` comes after the plugins.
Whoever installs a library that is built on this one must not see their suite break over a name that they chose first.
So ours come last, and what is taken by then is called `--understudy-verify`, in the configuration file
`understudy_verify`. pytest-recording's options mean what ours mean, and are read as they are.
"""

from __future__ import annotations

import copy
import importlib.util
from typing import TYPE_CHECKING, Any, Literal

import pytest

from .options import OF_PYTEST_VCR, OPTIONS, full
from .vcr import is_wanted

if TYPE_CHECKING:
    from collections.abc import Generator

    from .options import Option

_OF_RECORDING = frozenset({"--record-mode", "--disable-recording", "--block-network", "--allowed-hosts"})
_DECLARED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None]:
    """Let the suite declare its options, then declare ours."""
    understood = _without_ours(args)
    if len(understood) < len(args):  # the value of an option that is not known yet looks like a file to collect from
        known = parser.parse_known_args(understood, copy.copy(early_config.option))
        early_config.known_args_namespace.file_or_dir = known.file_or_dir
    yield  # whatever it raises: pytest goes on where only help was asked for
    if _DECLARED not in early_config.stash:
        _declare(early_config, parser)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the options at once where a `conftest.py` names this plugin: for the hook above it is late by then."""
    if any(name.endswith("conftest.py") for name, plugin in pluginmanager.list_name_plugin() if plugin is not None):
        config: Any = pluginmanager.get_plugin("pytestconfig")  # the first plugin of all
        _declare(config, parser)


def _declare(config: pytest.Config, parser: pytest.Parser) -> None:
    config.stash[_DECLARED] = True
    group = parser.getgroup("understudy", "tapes, mocks and the network (understudy)")
    taken = _taken(config, parser)
    shared = taken & _OF_RECORDING if _is_recording_here(config) else frozenset[str]()
    for option in OPTIONS:
        if option.flag not in shared:
            _add(group, option, is_taken=option.flag in taken)
        _add_twin(parser, config, option)
    for option in OF_PYTEST_VCR if is_wanted() else ():
        _add(group, option, is_taken=option.flag in taken)


def _add(group: pytest.OptionGroup, option: Option, *, is_taken: bool) -> None:
    facts: dict[str, Any] = {"default": None, "help": option.explanation}
    if option.is_switch:
        facts["action"] = "store_true"
    elif option.list_of == "linelist":
        facts["action"] = "append"
    else:
        facts["choices"] = option.choices or None
    flag = f"--understudy-{option.flag[2:]}" if is_taken else option.flag
    group.addoption(flag, **facts)


def _add_twin(parser: pytest.Parser, config: pytest.Config, option: Option) -> None:
    kind: Literal["bool", "args", "linelist", "string"] = "bool" if option.is_switch else option.list_of or "string"
    name = full(option.name) if _is_in_file(config, option.name) else option.name
    parser.addini(name, f"the twin of {option.flag}: {option.explanation}", type=kind, default=None)


def _taken(config: pytest.Config, parser: pytest.Parser) -> frozenset[str]:
    """Return the names that somebody else has for an option, or for the value of one."""
    undeclared = object()
    values = parser.parse_known_args([])
    return frozenset(
        option.flag
        for option in (*OPTIONS, *OF_PYTEST_VCR)
        if hasattr(values, option.name) or config.getoption(option.flag, default=undeclared) is not undeclared
    )


def _is_in_file(config: pytest.Config, name: str) -> bool:
    try:
        config.getini(name)
    except ValueError:
        return False
    return True


def _is_recording_here(config: pytest.Config) -> bool:
    return not config.pluginmanager.is_blocked("recording") and importlib.util.find_spec("pytest_recording") is not None


def _without_ours(args: list[str]) -> list[str]:
    """Return the command line without our options whose value is a word of its own, `--record-mode once`."""
    flags = {option.flag for option in (*OPTIONS, *OF_PYTEST_VCR) if not option.is_switch}
    kept: list[str] = []
    words = iter(args)
    for word in words:
        if word in flags:
            next(words, None)
        else:
            kept.append(word)
    return kept
