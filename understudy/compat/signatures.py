"""The signature of a user's function."""

from __future__ import annotations

import inspect
import sys
from typing import Any, Callable


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return it; an annotation may name what is not there, as under `TYPE_CHECKING`."""
    if sys.version_info >= (3, 14):
        # They are evaluated when they are asked for (PEP 649).
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)
