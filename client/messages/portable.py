"""A function in what is pickled: it travels where it can, and stays behind where it cannot, as a `lambda` does.

Copies in this process keep it.
"""

from __future__ import annotations

from typing import Any, Callable


class Portable:
    """Carries a function through `pickle` and `copy`."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., Any] | None) -> None:
        self.function: Callable[..., Any] | None = function

    def __deepcopy__(self, memo: Any) -> Portable:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        import pickle

        function = self.function
        try:
            pickle.dumps(function)
        except Exception:
            # What pickle raises here depends on its version, and on the function's own `__reduce__`.
            function = None
        return (Portable, (function,))
