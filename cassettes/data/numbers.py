"""Numbers that keep the spelling they were written in."""

from __future__ import annotations


class Number:
    """A number that Python would spell otherwise: `12.50`, `1E5`, `-0`.

    No `float`, so that nothing takes it for one and spells it anew.
    """

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        self.token: str = token

    def __float__(self) -> float:
        return float(self.token)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and self.token == other.token

    def __hash__(self) -> int:
        return hash(self.token)

    def __repr__(self) -> str:
        return self.token


def number(token: str) -> float | Number:
    """Return the plain float where it is spelled like this, else a `Number`."""
    plain = float(token)
    return plain if repr(plain) == token else Number(token)
