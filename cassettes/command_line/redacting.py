"""`understudy cassette redact`: the rules of today, applied to what was recorded before.

1. An interaction without a secret keeps its bytes. The others are written anew; comments before them stay.
2. A secret that one interaction gives away is taken out of all of them, whichever stands first.
3. The outcome is searched as the recorder would search it: what still looks like a secret refuses the write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..errors import CassetteError, SecretFound
from ..rewriting import Rewriting
from ..secrets.redaction import Redactor
from ..secrets.scan import find
from ..settings import settings_from
from ..writing.secrets_within import Redacted, without_secrets
from ..yaml.reader import read
from .heading import with_items
from .opening import complained, tapes_in
from .terminal import counted, line, out

if TYPE_CHECKING:
    from rich.console import Console

    from ..matching.episodes import Episode


@click.command(short_help="Take out secrets that are there already.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="RULE",
    help="Also this: a name, json.PATH, or /expression/; it is added to `redact:`.",
)
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would change.")
def redact(files: tuple[str, ...], rules: tuple[str, ...], dry_run: bool) -> int:
    """Take secrets out of cassettes that were recorded before a rule was there, or written by hand."""
    console = out()
    count, trouble = 0, False
    for path, is_named in tapes_in(files):
        try:
            count += _redact(console, path, rules, dry_run=dry_run)
        except CassetteError as error:  # the others hold secrets, too
            trouble |= complained(error, is_named=is_named)
    if count or not trouble:
        line(console, (f"{counted(count, 'interaction')} {'would be ' if dry_run else ''}redacted", "bold"))
    return 2 if trouble else 0


def _redact(console: Console, path: str, rules: tuple[str, ...], *, dry_run: bool) -> int:
    """Take the secrets out of one cassette; return how many interactions that changes."""
    rewriting = Rewriting(path)
    head, changed = _redacted(rewriting, rules)
    for episode, redacted in changed.items():
        line(console, (f"{path}:{episode.line}", "cyan"), f"  {', '.join(redacted.places)}")
    if dry_run:
        rewriting.blobs.forget()
        return len(changed)
    documents = [
        changed[episode].text.encode("utf-8") if episode in changed else rewriting.whole(episode)
        for episode in rewriting.episodes
    ]
    _check(path, b"".join([head, *documents]), rewriting)
    try:
        rewriting.blobs.flush()
        rewriting.write(head, documents)
    finally:
        rewriting.blobs.release()
    return len(changed)


def _redacted(rewriting: Rewriting, rules: tuple[str, ...]) -> tuple[bytes, dict[Episode, Redacted]]:
    """Return the first document with the new rules in it, and the interactions that change."""
    contents, path = rewriting.contents, rewriting.path
    assert contents.head is not None
    text = contents.head.text(contents.data).decode("utf-8")
    changed_text = with_items(text, "redact", rules, path)
    try:
        settings = settings_from(read(changed_text, path), changed_text, path)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    redactor = Redactor(settings.rules)
    redactor.learn_environment()
    redactor.count_from(contents.data.decode("utf-8"))
    for episode in rewriting.episodes:
        without_secrets(episode, redactor)  # what it learns from one, it finds in the others
    rewriting.blobs.forget()
    changed: dict[Episode, Redacted] = {}
    for episode in rewriting.episodes:
        redacted = without_secrets(episode, redactor)
        if redacted.places:
            comments = contents.data[episode.document.start : episode.document.mark].decode("utf-8")
            changed[episode] = redacted._replace(text=comments + redacted.text)
    head = changed_text.encode("utf-8") + contents.data[contents.head.body_end : contents.head.stop]
    return head, changed


def _check(path: str, data: bytes, rewriting: Rewriting) -> None:
    """Raise `SecretFound` where the outcome still holds one; nothing has been written then."""
    allowed = rewriting.contents.settings.allow_secrets
    for text in (data.decode("utf-8"), *rewriting.blobs.texts()):
        finding = find(text, allowed)
        if finding is not None:
            rewriting.blobs.forget()
            raise SecretFound(
                f"something still looks like a secret: {finding.detector}; nothing was written",
                path=path,
                line=finding.line,
                mend="Name what holds it with --rule, or take it out by hand; or, if it is no secret: "
                f"understudy cassette fix {path} --allow-secret {finding.fingerprint}",
            )
