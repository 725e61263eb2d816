"""The command `understudy`: finds the subcommand that is asked for and runs it.

Subcommands are entry points of the group `understudy.commands`, each a function `main(arguments) -> exit status`.
Only the one that is asked for is loaded, so a command whose extra is missing breaks no other,
and this module knows nothing of the folders that the commands come from.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from .version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.metadata import EntryPoint

GROUP = "understudy.commands"
USAGE = """\
usage: understudy COMMAND [ARGUMENTS]
       understudy COMMAND --help
       understudy --version
"""

SUCCESS = 0
WRONG_USE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells say it
PIPE_CLOSED = 141  # 128 + SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    try:
        status = _dispatch(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, `head` for example, has seen enough; the interpreter's own flush at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return status


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_help(), end="")
        return SUCCESS if arguments else WRONG_USE
    if arguments[0] in ("-V", "--version"):
        print(f"understudy {__version__}")
        return SUCCESS
    name, *rest = arguments
    commands = _commands()
    if name not in commands:
        return _unknown(name, commands)
    try:
        command = commands[name].load()
    except ModuleNotFoundError as missing:
        print(f"understudy {name}: {_cannot_load(missing)}", file=sys.stderr)
        return WRONG_USE
    return int(command(rest) or 0)


def _commands() -> dict[str, EntryPoint]:
    from importlib import metadata

    if sys.version_info >= (3, 10):
        found = list(metadata.entry_points(group=GROUP))
    else:
        found = list(metadata.entry_points().get(GROUP, ()))
    return {entry.name: entry for entry in sorted(found, key=lambda entry: entry.name)}


def _help() -> str:
    lines = [f"understudy {__version__}: HTTP for production, tests and CI", "", USAGE]
    commands = _commands()
    width = max(map(len, commands), default=0)
    lines += ["commands:"] if commands else ["no commands are installed: `pip install .` registers them"]
    lines += [f"  {name:<{width}}  {_summary(entry)}" for name, entry in commands.items()]
    return "\n".join(lines) + "\n"


def _summary(entry: EntryPoint) -> str:
    try:
        from inspect import getdoc

        described = getdoc(entry.load())
    except ModuleNotFoundError as missing:
        return f"({_cannot_load(missing)})"
    return (described or "").partition("\n")[0].rstrip(".")


def _cannot_load(missing: ModuleNotFoundError) -> str:
    return f"the module {missing.name} is missing: `pip install 'understudy[all]'` brings what every command needs"


def _unknown(name: str, commands: dict[str, EntryPoint]) -> int:
    if "://" in name:
        reason = "requests from the command line are not part of this version"
    else:
        from difflib import get_close_matches

        near = get_close_matches(name, commands, n=1)
        reason = f"no such command; did you mean `understudy {near[0]}`?" if near else "no such command"
    print(f"understudy {name}: {reason}\n{USAGE}", end="", file=sys.stderr)
    return WRONG_USE


if __name__ == "__main__":
    sys.exit(main())
