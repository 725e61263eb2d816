"""How often a property is tried: with how many examples, more or fewer by the profile of hypothesis."""

from __future__ import annotations

from hypothesis import settings


def examples(count: int) -> settings:
    """Return the settings for so many examples where the profile asks for a hundred."""
    return settings(max_examples=max(count * settings().max_examples // 100, 1), deadline=None)
