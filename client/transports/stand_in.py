"""The one seam: a transport that stands in for every client.

Theory of operation

1. `with stand_in(transport):` opens a *layer* over everything that this context does until the block ends: clients
   built inside, clients built long before, libraries that build their own.
2. Layers nest. The innermost one is asked first; behind it stand the outer ones, and behind those the client's own
   transport. A transport that wants to know what stands behind it defines `in_front_of`, and gets it;
   one that does not answers everything itself.
3. A layer belongs to its context (`contextvars`): two tasks, or two threads, with different layers do not see each
   other's. With `everywhere=True` it belongs to the process.
4. A thread that started without its parent's context sees no layer at all. It uses the one that is open in the process
   when there is exactly one; when there are several, nobody can know which is meant, and that is a `StandInError`.
5. A layer that has ended is ended everywhere, also in tasks that copied its context.
6. A transport with `in_front_of` may make itself stand in when it is entered. A client that owns it does not enter it.
7. A client that talks to an application of this process is the hand of the test, and no part of the world that the
   application meets: what has an `app`, as `ASGITransport` has, is asked itself.
8. What stands in takes the place of the network. A transport of the user's own that hands requests on to the network, a
   cache or one that tries again, is asked itself, and what stands in answers behind it, at its *end*. Any other
   transport is not asked: who knows where it sends.
9. When nothing stands in, a request pays for looking at one empty list.
10. The name of a file stands for the transport that is in it (`openers`): opened when the block begins, and closed when
   it ends.
   The environment variable `UNDERSTUDY` names one for a whole process, for programs that cannot be edited.
"""

from __future__ import annotations

import itertools
import os
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Union, overload

from ..errors import StandInError
from .base import AsyncBaseTransport, BaseTransport
from .openers import VARIABLE, FromEnvironment, opener

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from types import TracebackType

AnyTransport = Union[BaseTransport, AsyncBaseTransport]
Given = TypeVar("Given", bound=AnyTransport)
_DEEPEST = 5  # as many transports, one behind the other, are looked through


class _Layer:
    """One open `stand_in` block."""

    __slots__ = ("below", "everywhere", "file", "number", "open", "transport")

    def __init__(
        self,
        transport: AnyTransport,
        below: tuple[_Layer, ...],
        everywhere: bool,
        file: AbstractContextManager[Any] | None = None,
    ) -> None:
        self.transport = transport
        self.file = file
        self.below = below
        self.everywhere = everywhere
        self.number = next(_numbers)
        self.open = True


_numbers = itertools.count()
_lock = threading.Lock()
_open: list[_Layer] = []
_everywhere: list[_Layer] = []
_here: ContextVar[tuple[_Layer, ...]] = ContextVar("understudy_stand_ins", default=())


class stand_in(Generic[Given]):
    """Put a transport in front of every client, for as long as the block lasts.

        with understudy.stand_in(transport):
            understudy.get("https://api.test/users")    # answered by `transport`

        with understudy.stand_in("understudy.yaml"):
            ...                                         # answered by whom the file says

    Works for clients that exist already and for code that builds its own; those of an application in this process,
    with `ASGITransport` or `WSGITransport`, go on asking the application.
    A client's own transport is asked where it hands requests on to an `HTTPTransport` among its attributes, as a cache
    does: then `transport` answers behind it.
    `everywhere=True` reaches every thread and task of the process, not only this context.
    Returns the transport. Usable as `with` and as `async with`, many times, one inside the other.
    A transport is not closed at the end; a file is.
    """

    @overload
    def __init__(
        self: stand_in[BaseTransport], transport: str | os.PathLike[str], *, everywhere: bool = False
    ) -> None: ...

    @overload
    def __init__(self, transport: Given, *, everywhere: bool = False) -> None: ...

    def __init__(self, transport: Any, *, everywhere: bool = False) -> None:
        self._file = _file_name(transport)
        if self._file is not None:
            self._opener = opener(self._file)
        elif isinstance(transport, type):
            raise TypeError(f"stand_in takes a transport, not its class: write {transport.__name__}(...)")
        elif not hasattr(transport, "handle_request") and not hasattr(transport, "handle_async_request"):
            raise TypeError(
                "stand_in takes a transport, such as a mock.Router or a CassetteTransport, or the name of a file, "
                f"not {type(transport).__name__}"
            )
        self._transport: Any = transport
        self._everywhere = everywhere
        self._entered: list[_Layer] = []

    def __enter__(self) -> Given:
        transport, file = self._transport, None
        if self._file is not None:
            file = self._opener(self._file)
            transport = file.__enter__()
        layer = _Layer(transport, _layers_here(), self._everywhere, file)
        with _lock:
            _open.append(layer)
            if self._everywhere:
                _everywhere.append(layer)
        if not self._everywhere:
            _here.set((*(below for below in _here.get() if below.open), layer))
        self._entered.append(layer)
        given: Given = transport
        return given

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        here = _here.get()
        with _lock:
            if not self._entered:
                raise StandInError("this stand_in was left without having been entered")
            # Several contexts and threads may have entered this one object: each leaves its own layer.
            layer = next((layer for layer in reversed(self._entered) if layer in here), self._entered[-1])
            self._entered.remove(layer)
            layer.open = False
            _open.remove(layer)
            if layer.everywhere:
                _everywhere.remove(layer)
        _here.set(tuple(below for below in _here.get() if below.open))
        if layer.file is not None:
            layer.file.__exit__(exc_type, exc_value, traceback)

    async def __aenter__(self) -> Given:
        return self.__enter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.__exit__(exc_type, exc_value, traceback)

    def _is_mine(self) -> bool:
        """Say whether a block of this object is open around the code that asks, and not only in other contexts."""
        here = _here.get()
        return any(layer in here for layer in self._entered)

    def __repr__(self) -> str:
        return f"<stand_in {self._transport!r}{' open' if self._entered else ''}>"


def _file_name(given: Any) -> str | None:
    """Return the name of a file, where that was given in place of a transport."""
    if hasattr(given, "__fspath__"):
        path: os.PathLike[str] = given
        given = os.fspath(path)
    name: Any = given
    return name if isinstance(name, str) and "://" not in name else None


def stands_in(transport: Any) -> bool:
    """Say whether entering this transport would make it stand in for every client, as a router's `with` does.

    A client enters its own transports when it is entered, and only closes those: what was given to one client must not
    answer the others.
    """
    return hasattr(transport, "in_front_of")


def is_application(transport: Any) -> bool:
    """Say whether a transport calls an application of this process: ours, Starlette's `TestClient` and their like."""
    return callable(getattr(transport, "app", None))


def answering(transport: Any) -> Any:
    """Return what answers here in place of a client's own transport: that transport itself, when nothing stands in.

    Clients ask it before each request; so does whoever sends requests through a transport without one of them.
    A transport that hands requests on to the network is returned as well: what stands in answers at its end.
    """
    if not _open or is_application(transport):
        return transport
    layers = _layers_to_ask()
    if not layers or _hands_on(transport):
        return transport
    return _in_front(layers, transport)


def answering_at_the_end(network: Any) -> Any:
    """Return what answers in place of the network, to which a transport has handed a request on."""
    layers = _layers_to_ask() if _open else ()
    return _in_front(layers, network) if layers else network


def clock_of(transport: Any) -> Any:
    """Return the clock of what answers here, where it has one."""
    layers = () if not _open or is_application(transport) else _layers_to_ask()
    return getattr(_in_front(layers, transport), "clock", None)


def _in_front(layers: tuple[_Layer, ...], transport: Any) -> Any:
    if getattr(transport, "_is_handed_on_to", False) is True:
        transport = transport._unasked()  # or it would ask again
    production = True
    for layer in layers:
        in_front_of = getattr(layer.transport, "in_front_of", None)
        transport = layer.transport if in_front_of is None else in_front_of(transport, production=production)
        production = False
    return transport


def _is_network(transport: Any) -> bool:
    return isinstance(transport, (BaseTransport, AsyncBaseTransport)) and hasattr(type(transport), "_is_handed_on_to")


def _hands_on(transport: Any) -> bool:
    """Say whether a transport gives requests to the network, or to an application, behind it; the network is told."""
    is_unchanged = getattr(transport, "_is_unchanged", None)
    if is_unchanged is not None and is_unchanged():
        return False
    ends = list(_ends(transport, _DEEPEST))
    for end in ends:
        if _is_network(end):
            end._is_handed_on_to = True
    return bool(ends)


def _ends(transport: Any, depth: int) -> Iterator[Any]:
    """Yield where a transport leads, as far as its attributes tell."""
    if not depth or not isinstance(transport, (BaseTransport, AsyncBaseTransport)):
        return
    if _is_network(transport) or is_application(transport):
        yield transport
    elif not (stands_in(transport) or transport._answers_itself):
        for value in getattr(transport, "__dict__", {}).values():
            for one in _several(value):
                yield from _ends(one, depth - 1)


def _several(value: Any) -> Iterable[Any]:
    kind: Any = value.__class__
    if kind is dict:
        return tuple(value.values())
    return tuple(value) if kind is list or kind is tuple else (value,)


def _layers_to_ask() -> tuple[_Layer, ...]:
    layers = _layers_here()
    if not layers or layers == _from_environment:
        layers = _only_layers() or layers
    return layers


def _layers_here() -> tuple[_Layer, ...]:
    """Return the layers that this context sees, outermost first."""
    mine = _here.get()
    for layer in mine:
        if not layer.open:
            mine = tuple(layer for layer in mine if layer.open)
            break
    if not _everywhere:
        return mine
    return tuple(sorted([*mine, *_everywhere], key=lambda layer: layer.number))


def _only_layers() -> tuple[_Layer, ...]:
    """Return the one pile of layers that is open in the process, for a thread that inherited none."""
    with _lock:
        opened = _open.copy()
    mine = [layer for layer in opened if layer not in _from_environment]
    piles = [layer for layer in mine if not any(layer in other.below for other in mine)]
    if len(piles) > 1:
        shown = ", ".join(repr(layer.transport) for layer in piles[:4])
        raise StandInError(
            f"{len(piles)} transports stand in at once ({shown}), and this thread belongs to none of their contexts: "
            "start it with contextvars.copy_context().run, or give its client transport= explicitly"
        )
    if not piles:
        return ()
    only = piles[0]
    return (*(below for below in only.below if below.open), only)


_named = os.environ.get(VARIABLE)
_from_environment = (_Layer(FromEnvironment(_named), (), everywhere=True),) if _named else ()
_open.extend(_from_environment)
_everywhere.extend(_from_environment)
