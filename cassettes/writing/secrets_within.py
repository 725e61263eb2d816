"""What of an interaction the redactor would hide: its document, as the recorder writes it, with secrets and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..bodies.kinds import Writer
from ..data.plain import is_mapping, is_sequence
from ..interactions import describe, to_text
from ..secrets.redaction import Fields, Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..matching.episodes import Episode


class Redacted(NamedTuple):
    """An interaction without its secrets, and the places where it held some."""

    text: str
    places: list[str]


class _Blind(Redactor):
    """A redactor that hides nothing."""

    def fields(self, pairs: Fields) -> Fields:
        return pairs

    def url(self, url: str) -> str:
        return url

    def text(self, text: str) -> str:
        return text

    def known(self, text: str) -> str:
        return text

    def form(self, pairs: Fields) -> Fields:
        return pairs

    def data(self, value: Any, name: str | None = None) -> Any:
        return value

    # What looks further into a body asks these.

    def named(self, name: str, value: str, place: str = "json") -> str:
        return value

    def secret(self, value: str, kind: str) -> str:
        return value


def without_secrets(episode: Episode, redactor: Redactor) -> Redacted:
    """Return an interaction as the recorder would write it now.

    The files that it then names wait in `episode.blobs`, unless it holds no secret.
    """
    interaction, blobs = episode.interaction, episode.blobs
    waited = dict(blobs.waiting)
    as_it_is, _ = describe(interaction, Writer(_Blind(), blobs))
    blobs.waiting = dict(waited)
    document, summary = describe(interaction, Writer(redactor, blobs))
    for side, message in (("request", interaction.request), ("response", interaction.response)):
        if message is not None and isinstance(message.file, str):
            # Too long to look into: it stays the file that it is.
            document[side].update(file=message.file, sha256=message.digest)
    places = list(dict.fromkeys(_different(as_it_is, document, "")))
    if not places:
        blobs.waiting = waited
    return Redacted(to_text(document, summary), places)


def _different(one: Any, other: Any, name: str) -> Iterator[str]:
    """Yield the names of the places in which two documents differ."""
    if is_mapping(one) and is_mapping(other):
        for member in one:
            # The hash of a file says nothing that its name does not.
            if member != "sha256":
                yield from _different(one[member], other.get(member), f"{name}.{member}" if name else str(member))
    elif is_sequence(one) and is_sequence(other) and len(one) == len(other):
        for number, item in enumerate(one):
            yield from _different(item, other[number], f"{name}.{number}")
    elif one != other:
        yield name
