"""Click, as the commands use it: help in sections, and every end an exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import click

from ..disk import is_closed_pipe
from .failures import described, exit_status
from .terminal import err, harmless, line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])


class SectionOption(click.Option):
    """An option that stands under a heading of its own in the help."""

    def __init__(self, *arguments: Any, section: str = "Other", **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.section = section


class SectionCommand(click.Command):
    """A command whose help shows its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(parameter, "section", "Other"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records, col_max=34)


def option(section: str, *names: str, **settings: Any) -> Callable[[Function], Function]:
    """Return a decorator that adds an option to a command."""
    return click.option(*names, cls=SectionOption, section=section, **settings)


def show_help(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the help of a command, and end it."""
    if wanted and not context.resilient_parsing:
        click.echo(context.get_help())
        context.exit()


def run(command: click.Command, arguments: Sequence[str], name: str) -> int:
    """Run a command and return its exit status; what went wrong is told in one line."""
    try:
        with command.make_context(name, list(arguments)) as context:
            return int(command.invoke(context) or 0)
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except click.exceptions.Abort as aborted:
        raise KeyboardInterrupt from aborted
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:
        status = exit_status(error)
        if status is None or is_closed_pipe(error):
            raise
        line(err(), ("error: ", "bold red"), harmless(described(error)))
        return status
