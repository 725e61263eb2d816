"""`understudy cassette check`: damage, secrets and age, as `file:line: message` lines that editors understand."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

import click

from ...client import URL
from ..contents import contents_of
from ..errors import CassetteError, CassetteWarning, NotACassette
from ..expiry import today
from ..files.folders import no_such_file
from ..files.tape import Tape
from ..foreign.tapes import recognize
from ..matching.episodes import Episode, Place
from ..secrets.redaction import Redactor
from ..secrets.rules import Rules
from ..secrets.scan import find
from ..settings import Settings
from ..writing.secrets_within import without_secrets
from ..written_routes import router_of
from .opening import tapes_in
from .terminal import counted, err, line, out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..contents import Contents
    from ..files.blobs import Blobs
    from ..foreign.tapes import ForeignTape

_NAMED_FILE = re.compile(r"^ +file: [\"']?(_blobs/[^\s\"']+)", re.MULTILINE)


class Problem(NamedTuple):
    """What is wrong, and on which line."""

    line: int
    message: str
    mend: str = ""


@click.command(short_help="Look for damage, mistakes and secrets; fits pre-commit.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--expired", "fails_when_old", is_flag=True, help="A cassette that has expired is a problem, too.")
@click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
def check(files: tuple[str, ...], fails_when_old: bool, quiet: bool) -> int:
    """Look for damage, mistakes and secrets in tapes, or in all tapes of a folder.

    Prints `file:line: message` lines; exit status 1 where there is a problem, which is what pre-commit wants,
    and 2 where a file cannot be read.
    """
    console, count, looked_at, trouble = out(), 0, 0, False
    for path, is_named in tapes_in(files, may_be_none=True):
        try:
            raw = _read(path)
        except CassetteError as error:  # what is wrong with the others is worth knowing, too
            line(err(), ("error: ", "bold red"), str(error))
            trouble = True
            continue
        try:
            problems = list(_problems(raw, path, fails_when_old=fails_when_old))
        except NotACassette as error:
            if not is_named:
                continue
            problems = [_problem(error)]
        looked_at += 1
        for problem in sorted(problems):
            mend = f" ({problem.mend})" if problem.mend else ""
            line(console, (f"{path}:{problem.line}: ", "cyan"), problem.message.replace("\n", " "), (mend, "dim"))
        count += len(problems)
    if not (quiet or (trouble and not looked_at)):
        verdict = (counted(count, "problem"), "bold red") if count else ("no problems", "green")
        line(err(), verdict, f" in {counted(looked_at, 'tape')}")
    return 2 if trouble else 1 if count else 0


def _read(path: str) -> bytes:
    raw = Tape(path).read()
    if raw is None:
        raise no_such_file(path)
    return raw


def _problems(raw: bytes, path: str, *, fails_when_old: bool) -> Iterator[Problem]:
    """Yield everything that is wrong with a tape; raises `NotACassette` for what is none."""
    try:
        tape = recognize(raw, path)
        if tape is not None:
            yield from _foreign(tape, path)
            return
        contents = _mended_contents(raw, path)
        yield from contents[1]
        yield from _own(path, contents[0], fails_when_old=fails_when_old)
    except NotACassette:
        raise
    except CassetteError as error:
        yield _problem(error)


def _foreign(tape: ForeignTape, path: str) -> Iterator[Problem]:
    """Yield the secrets in a tape of another tool, also those in bodies that it does not hold as text."""
    episodes = tape.episodes(Place(path))
    told: set[str] = set()
    # Most hold none: then their lines need not be looked at one by one.
    texts = [] if find(tape.text, frozenset()) is None else list(enumerate(tape.text.split("\n"), 1))
    texts += [
        (episode.line, message.content.decode("utf-8", "replace"))
        for episode in episodes
        for message in (episode.interaction.request, episode.interaction.response)
        if message is not None
    ]
    for number, said in texts:
        finding = find(said, frozenset())
        if finding is not None and finding.fingerprint not in told:
            told.add(finding.fingerprint)
            yield Problem(
                number,
                f"a secret: {finding.detector}",
                "`understudy cassette convert` with --redact, "
                f"or with --allow-secret {finding.fingerprint} where it is none",
            )
    for problem in _names(episodes, Settings()):
        yield problem._replace(mend="`understudy cassette convert` does it")


def _mended_contents(raw: bytes, path: str) -> tuple[Contents, list[Problem]]:
    """Return what can be read of a cassette, and what is wrong with how it ends."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", CassetteWarning)
        contents = contents_of(raw, path, may_be_torn=True)
    problems: list[Problem] = []
    if said and contents.torn is not None:
        problems.append(
            Problem(
                contents.torn.line(contents.data),
                "the last interaction is cut in the middle: it has no line `...` at its end",
                "`understudy cassette fix --drop-torn` removes it",
            )
        )
    return contents, problems


def _own(path: str, contents: Contents, *, fails_when_old: bool) -> Iterator[Problem]:
    settings = contents.settings
    text = contents.data.decode("utf-8")
    place = Place(path)
    yield from _routes(settings, contents, path)
    episodes = [Episode(contents.data, span, number, place) for number, span in enumerate(contents.episodes, 1)]
    whole: list[Episode] = []
    for episode in episodes:
        try:
            _read_through(episode)
            whole.append(episode)
        except CassetteError as error:
            yield _problem(error)
        except ValueError as error:
            yield Problem(episode.line, str(error))
    yield from _secrets(text, settings)
    yield from _names(whole, settings)
    for name, at in _files_named(text):
        yield from _secrets_beside(place.blobs, name, at, settings)
    if settings.expires is not None and settings.last_day is None and episodes:
        at = text.count("\n", 0, text.index("expires")) + 1
        yield Problem(at, "`expires:` counts from `recorded:`, which is not there", f"add `recorded: {today()}`")
    if fails_when_old:
        yield from _age(contents)


def _routes(settings: Settings, contents: Contents, path: str) -> Iterator[Problem]:
    if settings.routes and contents.head is not None:
        try:
            router_of(settings, contents.head.text(contents.data).decode("utf-8"), path)
        except CassetteError as error:
            yield _problem(error)


def _read_through(episode: Episode) -> None:
    """Read everything that the interaction says, the files beside the cassette included."""
    interaction = episode.interaction
    URL(interaction.request.url)
    for message in (interaction.request, interaction.response):
        if message is not None and isinstance(message.file, str):
            for _ in episode.blobs.stream(message.file, message.digest):
                pass


def _secrets(text: str, settings: Settings) -> Iterator[Problem]:
    """Yield what has the shape of a credential."""
    if find(text, settings.allow_secrets) is None:
        return
    for number, said in enumerate(text.split("\n"), 1):
        finding = find(said, settings.allow_secrets)
        if finding is not None:
            yield Problem(
                number,
                f"a secret: {finding.detector}",
                f"`understudy cassette redact`, or `allow_secrets: [{finding.fingerprint}]` where it is none",
            )


def _names(episodes: list[Episode], settings: Settings) -> Iterator[Problem]:
    """Yield the places whose names sound secret, or are to be redacted, and that hold no mark."""
    for episode in episodes:
        # Nothing is learned from one interaction for the next: each is told for itself.
        rules = settings.rules
        redactor = Redactor(Rules(rules.names, rules.places, rules.patterns))
        places = without_secrets(episode, redactor).places
        episode.blobs.forget()
        if places:
            several = f" and {counted(len(places) - 3, 'more place')}" if len(places) > 3 else ""
            yield Problem(
                episode.line,
                f"not redacted: {', '.join(places[:3])}{several}",
                "`understudy cassette redact` does it",
            )


def _files_named(text: str) -> Iterator[tuple[str, int]]:
    for found in _NAMED_FILE.finditer(text):
        yield found[1], text.count("\n", 0, found.start()) + 1


def _secrets_beside(blobs: Blobs, name: str, at: int, settings: Settings) -> Iterator[Problem]:
    try:
        path = blobs.path(name)
        with open(path, encoding="utf-8") as file:
            finding = find(file.read(), settings.allow_secrets)
    except (ValueError, OSError):
        return  # no text, or told already
    if finding is not None:
        yield Problem(at, f"a secret in {name}, line {finding.line}: {finding.detector}", "record it again")


def _age(contents: Contents) -> Iterator[Problem]:
    last = contents.settings.last_day
    if last is not None and last < today():
        yield Problem(1, f"expired: its recordings were good until {last}", "record it again with mode='update'")


def _problem(error: CassetteError) -> Problem:
    return Problem(error.line or 1, error.problem, (error.mend or "").replace("\n", " ").rstrip("."))
