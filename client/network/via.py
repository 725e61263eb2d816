"""What lies between this machine and the origin, as far as a request's head shows it."""

from __future__ import annotations

from typing import NamedTuple


class Via(NamedTuple):
    """A proxy, as a request's head shows it."""

    absolute: bool
    """Whether the proxy forwards: the request line holds the whole URL."""
    fields: list[tuple[bytes, bytes]]
    """What is said to the proxy with every request."""

    def applied(self, fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return a request's fields as they go this way.

        What authenticates to a proxy is for a proxy that forwards; an origin at the end of a tunnel never sees it.
        """
        if not self.absolute:
            return [field for field in fields if field[0].lower() != b"proxy-authorization"]
        said = {name.lower() for name, _ in fields}
        return fields + [field for field in self.fields if field[0].lower() not in said]


TUNNEL = Via(absolute=False, fields=[])
