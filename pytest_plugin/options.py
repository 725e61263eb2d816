"""The plugin's options: on the command line, and their twins in pytest's configuration file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

from .network_block import misfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNUSED = ("report", "fail", "delete", "ignore")
FINDINGS = ("report", "fail", "ignore")
CHUNKS = ("recorded", "whole", "fuzz")
MOCK_MODES = ("mock", "wire")
RECORD_MODES = ("none", "once", "new_episodes", "all", "update")

# A secret is one host's: the tapes of a suite speak with several, and none is to get the token of another.
_NOT_AN_OPTION = object()
_HOST_AND_PLACE = re.compile(r"(?:\*\.)?[\w.-]+\s+(?:header|query)\..+")


class Option(NamedTuple):
    """One option; its twin in the configuration file has the same name, with underscores."""

    flag: str
    explanation: str
    choices: tuple[str, ...] = ()
    is_switch: bool = False
    list_of: Literal["args", "linelist"] | None = None

    @property
    def name(self) -> str:
        return self.flag[2:].replace("-", "_")


OPTIONS = (
    Option(
        "--record-mode",
        "what tapes may do: none (replay only, the default), once (record a tape that does not exist), "
        "new_episodes (record what is not on the tape), all (record everything anew), "
        "update (record anew, and keep what means the same)",
        choices=(*RECORD_MODES, "rewrite"),
    ),
    Option("--disable-recording", "use no tapes: every request goes to the network", is_switch=True),
    Option("--block-network", "fail a test that opens a connection or asks DNS", is_switch=True),
    Option(
        "--allowed-hosts",
        "what --block-network lets through, separated by commas: names, addresses, networks as 10.0.0.0/8, "
        "paths of Unix sockets; * stands for anything, localhost for every loopback address",
        list_of="args",
    ),
    Option(
        "--unused",
        "recordings that no test played and tapes that no test has: "
        "report (the default), fail, delete (in a full run that passed) or ignore",
        choices=UNUSED,
    ),
    Option("--expired", "tapes older than they say that they may be: report (the default), fail or ignore", FINDINGS),
    Option(
        "--verify",
        "send the safe requests of the tapes that were played to the real servers, and report what has changed; "
        "what breaks clients fails the run",
        is_switch=True,
    ),
    Option(
        "--verify-secret",
        "what --verify sends in place of what was redacted, as 'api.example.com header.authorization=API_TOKEN': "
        "a host, header.NAME or query.NAME, and the environment variable that holds the value; may be repeated",
        list_of="linelist",
    ),
    Option(
        "--replay-chunks",
        "in which pieces tapes give bodies: recorded (the default), whole, or fuzz (at random: does the code cope?)",
        choices=CHUNKS,
    ),
    Option(
        "--mock-mode",
        "how routers answer: mock (the default), or wire: as bytes through the client's own HTTP stack",
        choices=MOCK_MODES,
    ),
    Option(
        "--mock-sweep",
        "run each test that passes with http_mock again, once for every call and every fault, and show what it does",
        is_switch=True,
    ),
    Option("--cassette-report", "write what became of the tapes into this file, as JSON"),
)


# What pytest-vcr calls some of them; they have no twins.
OF_PYTEST_VCR = (
    Option("--vcr-record", "--record-mode, as pytest-vcr says it", choices=(*RECORD_MODES, "rewrite")),
    Option("--disable-vcr", "--disable-recording, likewise", is_switch=True),
)


def on_command_line(config: pytest.Config, name: str) -> object:
    """Return what the command line says, or None."""
    said = config.getoption(full(name), default=_NOT_AN_OPTION)
    return (config.getoption(name, default=None) if said is _NOT_AN_OPTION else said) or None


def in_file(config: pytest.Config, name: str) -> object:
    """Return what the configuration file says, or None."""
    try:
        return config.getini(full(name)) or None
    except ValueError:  # which is how pytest says that nobody has declared it
        return config.getini(name) or None


def full(name: str) -> str:
    """Return what an option is called where its name is somebody else's."""
    return f"understudy_{name}"


def disables_recording(config: pytest.Config) -> bool:
    flags = ("disable_recording", "disable_vcr")
    return any(on_command_line(config, flag) for flag in flags) or bool(in_file(config, "disable_recording"))


def blocks_network(config: pytest.Config) -> bool:
    return bool(on_command_line(config, "block_network") or in_file(config, "block_network"))


def allowed_hosts(config: pytest.Config) -> tuple[str, ...]:
    """Return what the block lets through; raises `UsageError` where a pattern fits nothing."""
    said: Any = on_command_line(config, "allowed_hosts") or in_file(config, "allowed_hosts") or ()
    parts: list[str] = [said] if isinstance(said, str) else [str(part) for part in said]
    hosts = tuple(host.strip() for part in parts for host in part.split(",") if host.strip())
    for host in hosts:
        wrong = misfit(host)
        if wrong is not None:
            raise pytest.UsageError(f"allowed hosts: {wrong}")
    return hosts


def meant(word: object, words: Iterable[str]) -> str:
    """Return the end of a complaint about a word: the nearest right one, where one is near."""
    from difflib import get_close_matches

    near = get_close_matches(str(word), list(words), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def chosen(config: pytest.Config, name: str, words: tuple[str, ...]) -> str:
    """Return which of some words an option says; the first is the default."""
    said = str(on_command_line(config, name) or in_file(config, name) or words[0])
    if said not in words:
        raise pytest.UsageError(f"{name} = {said!r}: one of {', '.join(words)}{meant(said, words)}")
    return said


def unused(config: pytest.Config) -> str:
    """Return what happens to recordings that nothing plays."""
    return chosen(config, "unused", UNUSED)


def expired(config: pytest.Config) -> str:
    """Return what happens where tapes are older than they say that they may be."""
    return chosen(config, "expired", FINDINGS)


def replay_chunks(config: pytest.Config) -> str:
    """Return in which pieces tapes give bodies."""
    return chosen(config, "replay_chunks", CHUNKS)


def mock_mode(config: pytest.Config) -> str:
    """Return how routers answer that do not say it themselves."""
    return chosen(config, "mock_mode", MOCK_MODES)


def verifies(config: pytest.Config) -> bool:
    """Whether tapes are compared with the real servers at the end."""
    return is_on(config, "verify")


def verify_secrets(config: pytest.Config, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what is sent in place of what was redacted, by host and place; the values are those of variables."""
    said: Any = on_command_line(config, "verify_secret") or in_file(config, "verify_secret") or ()
    values: dict[str, str] = {}
    for one in map(str, said):
        place, equals, variable = (part.strip() for part in one.rpartition("="))
        if not equals or _HOST_AND_PLACE.fullmatch(place) is None:
            raise pytest.UsageError(
                f"verify_secret = {one!r}: say host, place and environment variable, "
                "as in 'api.example.com header.authorization=API_TOKEN' or 'api.example.com query.key=API_KEY'"
            )
        if variable not in environment:
            raise pytest.UsageError(f"verify_secret = {one!r}: the environment variable {variable} is not set")
        values[place] = environment[variable]
    return values


def sweeps(config: pytest.Config) -> bool:
    """Whether tests that pass meet every fault."""
    return is_on(config, "mock_sweep")


def is_on(config: pytest.Config, name: str) -> bool:
    """Whether a switch is on."""
    return bool(on_command_line(config, name) or in_file(config, name))


def report_file(config: pytest.Config) -> str | None:
    """Return the file that `--cassette-report` names."""
    said = on_command_line(config, "cassette_report") or in_file(config, "cassette_report")
    return None if said is None else str(said)


def record_mode(config: pytest.Config, marked: object = None, environment: Mapping[str, str] = os.environ) -> str:
    """Return what tapes may do: the command line decides, then the test's marker, then the configuration file.

    Under CI only the command line can make a tape record: a run that nobody watches changes no file by itself.
    """
    said = on_command_line(config, "record_mode") or on_command_line(config, "vcr_record")
    if said is None and not environment.get("CI"):
        said = marked or in_file(config, "record_mode")
    # pytest-recording's word for what `update` does.
    mode = "update" if said == "rewrite" else str(said or "none")
    if mode not in RECORD_MODES:
        raise pytest.UsageError(f"record mode {mode!r}: one of {', '.join(RECORD_MODES)}{meant(mode, RECORD_MODES)}")
    return mode
