"""The command `understudy`: sends the request that is asked for, or finds the subcommand and runs it.

Subcommands are entry points of the group `understudy.commands`, each a function `main(arguments) -> exit status`.
Only the one that is asked for is loaded, so a command whose extra is missing breaks no other,
and this module knows nothing of the folders that the commands come from.
Everything that is no subcommand and looks like a URL or an option is a request: `understudy https://example.com`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from .disk import is_closed_pipe
from .version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.metadata import EntryPoint

GROUP = "understudy.commands"
USAGE = """\
usage: understudy URL [OPTIONS]
       understudy COMMAND [ARGUMENTS]
       understudy URL --help
       understudy COMMAND --help
       understudy --version
"""

SUCCESS = 0
WRONG_USE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells say it
PIPE_CLOSED = 141  # 128 + SIGPIPE

# Which extra brings a module that the base install has not.
_EXTRAS = {"click": "cli", "rich": "cli", "uvicorn": "serve", "trio": "trio"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    try:
        status = _dispatch(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        if not is_closed_pipe(error):
            raise
        # The reader, `head` for example, has seen enough; the interpreter's own flush at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return status


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments in (["-h"], ["--help"], ["help"]):
        print(_help(), end="")
        return SUCCESS if arguments else WRONG_USE
    if arguments[0] in ("-V", "--version"):
        print(f"understudy {__version__}")
        return SUCCESS
    name, *rest = arguments
    commands = _commands()
    try:
        if name in commands:
            return int(commands[name].load()(rest) or 0)
        if _is_request(name):
            from .command_line.request import main as request

            return request(arguments)
    except ModuleNotFoundError as missing:
        if not _is_for_us_to_say(missing, commands.get(name)):
            raise
        print(f"understudy{f' {name}' if name in commands else ''}: {_cannot_load(missing)}", file=sys.stderr)
        return WRONG_USE
    return _unknown(name, commands)


def _is_request(name: str) -> bool:
    """Whether the first argument begins a request: an option, or something of the shape of a URL."""
    return name.startswith("-") or any(sign in name for sign in ":/.") or name == "localhost"


def _commands() -> dict[str, EntryPoint]:
    from .command_line.entries import entries

    return entries(GROUP)


def _help() -> str:
    lines = [f"understudy {__version__}: HTTP for production, tests and CI", "", USAGE]
    commands = _commands()
    width = max(map(len, commands), default=0)
    lines += ["commands:"] if commands else ["no commands are installed: `pip install .` registers them"]
    wanted: set[str] = set()
    lines += [f"  {name:<{width}}  {_summary(entry, wanted)}" for name, entry in commands.items()]
    if wanted:
        lines += [
            "",
            f"`pip install 'understudy[{','.join(sorted(wanted))}]'` brings what is missing",
        ]
    return "\n".join(lines) + "\n"


def _summary(entry: EntryPoint, wanted: set[str]) -> str:
    """Return what a command does, or what it needs; an extra that it needs goes to those that are wanted."""
    try:
        from inspect import getdoc

        described = getdoc(entry.load())
    except ModuleNotFoundError as missing:
        extra = _extra_of(missing)
        if extra is None:
            return f"({_cannot_load(missing)})"
        wanted.add(extra)
        return f"(needs the extra {extra})"
    except ImportError as error:
        return f"(cannot be loaded: {error})"
    return (described or "").partition("\n")[0].rstrip(".")


def _is_for_us_to_say(missing: ModuleNotFoundError, entry: EntryPoint | None) -> bool:
    """Whether a module is missing because an extra is, or because nothing can load the command."""
    top = (missing.name or "").partition(".")[0]
    return _extra_of(missing) is not None or (
        entry is not None and top == entry.value.partition(":")[0].partition(".")[0]
    )


def _extra_of(missing: ModuleNotFoundError) -> str | None:
    return _EXTRAS.get((missing.name or "").partition(".")[0])


def _cannot_load(missing: ModuleNotFoundError) -> str:
    extra = _extra_of(missing)
    brings = "brings it" if extra else "brings what every command needs"
    return f"the module {missing.name} is missing: `pip install 'understudy[{extra or 'all'}]'` {brings}"


def _unknown(name: str, commands: dict[str, EntryPoint]) -> int:
    from difflib import get_close_matches

    near = get_close_matches(name, commands, n=1)
    reason = f"no such command; did you mean `understudy {near[0]}`?" if near else "no such command"
    print(f"understudy {name}: {reason}\n{USAGE}", end="", file=sys.stderr)
    return WRONG_USE


if __name__ == "__main__":
    sys.exit(main())
