"""`understudy cassette fix`: the mend that a message proposes, applied to the first document of a cassette."""

from __future__ import annotations

import warnings
from typing import Any

import click

from ..contents import contents_of, whole_size
from ..errors import CassetteError
from ..files.folders import no_such_file
from ..files.tape import Tape
from ..rewriting import Rewriting
from ..settings import ORDERS, REPEATS
from .asking import mend_for, request_from, request_options, with_settings
from .heading import with_items, with_value
from .terminal import line, out

_LISTS = ("ignore", "volatile", "redact", "allow_secrets")
_VALUES = ("repeats", "order", "expires")


@click.command(short_help="Change settings; comments and recordings stay.")
@click.argument("file", metavar="FILE")
@click.argument("method", metavar="[METHOD", required=False)
@click.argument("url", metavar="URL]", required=False)
@request_options
@click.option("--ignore", multiple=True, metavar="PATH", help="Ignore this when requests are compared: json.nonce.")
@click.option("--match", multiple=True, metavar="FIELD", help="Compare these fields alone: method, path, query, body.")
@click.option("--volatile", multiple=True, metavar="PATH", help="Another value here is no change: header.x-build.")
@click.option("--redact", multiple=True, metavar="RULE", help="Hide this in what is recorded from now on.")
@click.option(
    "--allow-secret", "allow_secrets", multiple=True, metavar="ID", help="This is no secret, whatever it looks like."
)
@click.option("--repeats", type=click.Choice(REPEATS), help="What may be played more often than it was recorded.")
@click.option("--order", type=click.Choice(ORDERS), help="Whether requests must come in the recorded order.")
@click.option("--expires", metavar="AGE", help="When recordings count as old: 90d, 12w, 2027-01-31.")
@click.option("--drop-torn", is_flag=True, help="Remove a last interaction that was cut in the middle.")
def fix(file: str, method: str | None, url: str | None, drop_torn: bool, **said: Any) -> int:
    """Change the settings of a cassette; comments and recordings stay as they are.

    With METHOD and URL (and the body's options, as for `explain`) everything is ignored, or not compared any more,
    in which that request differs from the nearest recording.
    """
    done = _drop_torn(file) if drop_torn else []
    wanted = {name: list(said[name]) for name in _LISTS}
    values: dict[str, str | list[str]] = {name: said[name] for name in _VALUES if said[name] is not None}
    if said["match"]:
        values["match"] = list(said["match"])
    if method is not None:
        if url is None:
            raise click.UsageError("METHOD without URL")
        cassette = with_settings(file, said["ignore"], said["match"])
        request = request_from(cassette, method, url, said)
        found = mend_for(cassette, request)
        if found is None:
            line(out(), f"{file}: nothing to ignore would let it answer; `understudy cassette explain` says why")
            return 1
        wanted["ignore"] += found.ignore
        if found.match is not None:
            values["match"] = list(found.match)
    if not any(wanted.values()) and not values and not drop_torn:
        raise click.UsageError("say what to change, such as --ignore json.nonce; --help lists it all")
    rewriting = Rewriting(file)
    contents = rewriting.contents
    assert contents.head is not None
    text = contents.head.text(contents.data).decode("utf-8")
    changed = text
    for name, items in wanted.items():
        changed = with_items(changed, name, items, file)
    for name, value in values.items():
        changed = with_value(changed, name, value, file)
    rest = contents.data[contents.head.body_end : contents.head.stop]
    if rewriting.write(changed.encode("utf-8") + rest, [rewriting.whole(episode) for episode in rewriting.episodes]):
        before = text.splitlines()
        done += [said for said in changed.splitlines() if said not in before]
    console = out()
    for written in done or ["nothing to change"]:
        line(console, (f"{file}: ", "cyan"), written)
    return 0


def _drop_torn(path: str) -> list[str]:
    """Remove what a crash left of a last interaction; return what to say about it."""
    tape = Tape(path)
    raw = tape.read()
    if raw is None:
        raise no_such_file(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        contents = contents_of(raw, path, may_be_torn=True)
    if contents.torn is None:
        return []
    torn = contents.torn
    first = torn.text(contents.data).partition(b"\n")[0].decode("utf-8")
    if contents.data[torn.mark : torn.body_end].count(b"\n---"):
        raise CassetteError("more than one interaction is cut; mend it by hand", path=path)
    tape.change(lambda raw: raw[: whole_size(raw, path)])
    return [f"removed what was left of line {torn.line(contents.data)}: {first}"]
