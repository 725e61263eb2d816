"""`understudy cassette`: the subcommands, each loaded when it is asked for.

Exit status: 0 all is well; 1 something was found (a difference, a problem, no recording that answers);
2 wrong use, or a file that cannot be read or written.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from ...client import InvalidURL
from ..errors import CassetteError
from ..files.disk import is_closed_pipe
from .terminal import err, line

if TYPE_CHECKING:
    from collections.abc import Sequence

# Where each subcommand is: a module of this folder and the `click.Command` in it.
SUBCOMMANDS = {
    "ls": "listing:ls",
    "show": "showing:show",
    "grep": "searching:grep",
    "view": "viewing:view",
    "diff": "comparing:diff",
    "check": "checking:check",
    "explain": "explaining:explain",
    "fix": "fixing:fix",
    "convert": "converting:convert",
    "merge": "merging:merge",
    "prune": "pruning:prune",
    "redact": "redacting:redact",
    "verify": "verifying:verify",
}

WRONG_USE = 2


class _Subcommands(click.Group):
    """The table above, as click wants it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = SUBCOMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(f".{module}", __package__), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in SUBCOMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], SUBCOMMANDS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(SUBCOMMANDS)}."
            raise click.UsageError(f"no subcommand {args[0]!r}: {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=_Subcommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cassette() -> None:
    """Look at cassettes, check and change them.

    Tapes of vcrpy, pytest-recording, Ruby VCR, cassetter and HAR files can be read by everything that changes nothing.
    Where one interaction is meant, write FILE:LINE, as every message here does.
    """


def main(arguments: Sequence[str] = ()) -> int:
    """Look at cassettes, check and change them."""
    return run(cassette, arguments, "understudy cassette")


def run(command: click.Command, arguments: Sequence[str], name: str) -> int:
    """Run a command and return its exit status; what went wrong is told without a traceback."""
    try:
        with command.make_context(name, list(arguments)) as context:
            result: Any = command.invoke(context)
            return int(result or 0)
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except click.exceptions.Abort as aborted:
        raise KeyboardInterrupt from aborted
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InvalidURL as error:
        line(err(), ("error: ", "bold red"), f"a recorded URL is none: {error}\n`understudy cassette check` says where")
    except CassetteError as error:
        line(err(), ("error: ", "bold red"), str(error))
    except OSError as error:
        if is_closed_pipe(error):
            raise
        where = f"{error.filename}: " if error.filename else ""
        line(err(), ("error: ", "bold red"), f"{where}{error.strerror or error}")
    return WRONG_USE
