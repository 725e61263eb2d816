"""What a function takes, as its author wrote it."""

from __future__ import annotations

import inspect
import sys
from typing import Any, Callable


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters; an annotation of which a name is not there, as under `TYPE_CHECKING`, is its text."""
    if sys.version_info >= (3, 14):
        # They are evaluated when they are asked for (PEP 649), and nobody here needs more of them than is there.
        from annotationlib import Format, ForwardRef

        parameters = inspect.signature(function, annotation_format=Format.FORWARDREF).parameters.values()
        return [
            each.replace(annotation=each.annotation.__forward_arg__)
            if isinstance(each.annotation, ForwardRef)
            else each
            for each in parameters
        ]
    return list(inspect.signature(function).parameters.values())
