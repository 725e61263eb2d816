"""A cassette for the length of a block or a function."""

from __future__ import annotations

import functools
import inspect
import os
from typing import TYPE_CHECKING, Any, Callable, TypeVar, cast

from ..client import stand_in
from .cassette import Cassette
from .errors import CassetteMissing
from .files.folders import no_such_file
from .settings import check_use
from .transport import StandIn

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

    from .settings import Mode, Options

Function = TypeVar("Function", bound=Callable[..., Any])


class use:
    """Record what every client does in this block, or replay it.

        with understudy.cassettes.use("github.yaml") as cassette:
            understudy.get("https://api.github.com/zen")

    The first run records, through each client's own transport; later runs replay, and reach no network.
    Works as `with`, as `async with`, and as a decorator of functions of both kinds.

    `mode` is one of

    - `once`: record when there is no cassette yet, else replay (the default);
    - `none`: replay only;
    - `new_episodes`: replay what is there, record what is not;
    - `all`: record everything anew; once the block has succeeded, that replaces the old recordings of these requests;
    - `update`: as `all`, but what was not requested any more is dropped, and what means the same keeps its bytes,
      so that the difference in version control is the difference in the API.

    Settings are those of the cassette's first document, and `speed`, `chunks`, `clock` and `shared`;
    lists add to what stands there, single values replace it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        mode: Mode = "once",
        **settings: Unpack[Options],
    ) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"use takes the path of a cassette, not {type(path).__name__}")
        check_use(mode, settings)
        self._path = path
        self._mode: Mode = mode
        self._settings: Options = settings
        self._entered: list[tuple[Cassette, stand_in[StandIn]]] = []

    def __enter__(self) -> Cassette:
        cassette = Cassette(self._path, self._mode, **self._settings)
        layer = stand_in(StandIn(cassette))
        layer.__enter__()
        self._entered.append((cassette, layer))
        return cassette

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        # Several contexts and threads may have entered this one object: each leaves its own cassette.
        entered = next((entered for entered in reversed(self._entered) if entered[1]._is_mine()), self._entered[-1])
        self._entered.remove(entered)
        cassette, layer = entered
        layer.__exit__(exc_type, exc_value, traceback)
        cassette.close(succeeded=exc_type is None)

    async def __aenter__(self) -> Cassette:
        return self.__enter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.__exit__(exc_type, exc_value, traceback)

    def __call__(self, function: Function) -> Function:
        """Return the function with every call inside such a block."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function) or inspect.isclass(function):
            raise TypeError("use decorates functions and coroutine functions; put `with use(...)` inside this one")
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def asynchronous(*args: Any, **kwargs: Any) -> Any:
                with self._anew():
                    return await function(*args, **kwargs)

            return cast("Function", asynchronous)

        @functools.wraps(function)
        def blocking(*args: Any, **kwargs: Any) -> Any:
            with self._anew():
                return function(*args, **kwargs)

        return cast("Function", blocking)

    def _anew(self) -> use:
        return use(self._path, self._mode, **self._settings)

    def __repr__(self) -> str:
        return f"use({os.fspath(self._path)!r}, mode={self._mode!r})"


def load(path: str | os.PathLike[str]) -> Cassette:
    """Return a cassette to look at: its `interactions`, its `settings`; raises `CassetteError` where it is damaged."""
    try:
        return Cassette(path, "none")
    except CassetteMissing as error:
        raise no_such_file(os.fspath(path)) from error
