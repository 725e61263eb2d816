"""Numbers that keep the spelling they were written in."""

from __future__ import annotations


class Number(float):
    """A number that Python would spell otherwise: `12.50`, `1E5`, `-0`."""

    __slots__ = ("token",)

    token: str

    def __new__(cls, token: str) -> Number:
        number = super().__new__(cls, token)
        number.token = token
        return number

    def __repr__(self) -> str:
        return self.token

    def __reduce__(self) -> tuple[type[Number], tuple[str]]:
        return (Number, (self.token,))


def number(token: str) -> float:
    """Return the plain float where it is spelled like this, else a `Number`."""
    plain = float(token)
    return plain if repr(plain) == token else Number(token)
