"""What a message carries for the transports, and transports for whoever asks them: a mapping of names to anything."""

from __future__ import annotations

from typing import Any


def checked_extensions(extensions: Any) -> dict[str, Any]:
    """Return a copy of what travels to a transport untouched."""
    try:
        return dict(extensions)
    except (TypeError, ValueError) as error:
        raise TypeError(f"extensions are a mapping of names to values, not {extensions!r:.40}") from error
