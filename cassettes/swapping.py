"""Who answers which URL, as a file says it: in front of every client, or as the transport of one."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
import threading
from typing import TYPE_CHECKING, Any

from ..client import AsyncBaseTransport, AsyncHTTPTransport, BaseTransport, HTTPTransport
from .cassette import Cassette
from .errors import CassetteError, CassetteMissing, RequestBlocked
from .files.tape import Tape, check_name
from .foreign.tapes import recognize
from .settings import Settings
from .swap_file import SwapFile
from .transport import CassetteTransport, StandIn, front
from .yaml.documents import normalized
from .yaml.writer import key

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from typing_extensions import Unpack

    from ..client import URL, Request, Response
    from ..mock import Router
    from .settings import Mode, Options
    from .swap_file import Entry

    Part = Callable[[Any, bool], Any]


_SWAP = re.compile(rb"^[\"']?transports[\"']?[ \t]*:", re.MULTILINE)
_CASSETTE = re.compile(rb"^(?:\xef\xbb\xbf)?[\"']?cassette[\"']?[ \t]*:", re.MULTILINE)


class Swap(BaseTransport, AsyncBaseTransport):
    """The transports that a file names, as one.

    Where the file says `network`, and where it says nothing, the transport behind answers:
    each client's own where this stands in, the network where it is the transport of one client.
    """

    def __init__(self, path: str) -> None:
        raw = Tape(path).read()
        if raw is None:
            raise CassetteMissing(
                "there is no such file",
                path=path,
                mend="Say in it, under `transports:`, who answers which URL; or record a cassette with cassettes.use.",
            )
        text = normalized(raw, path).decode("utf-8")
        self._file = SwapFile(path, text)
        self._cassettes: dict[str, tuple[Entry, Cassette]] = {}
        self._network: BaseTransport | None = None
        self._async_network: AsyncBaseTransport | None = None
        self._lock = threading.Lock()  # held while one of the two is made
        self._parts: list[tuple[Entry, Part]] = []
        try:
            for entry in self._file.entries:
                self._parts.append((entry, self._part(entry, text)))
        except BaseException:
            self.settle(succeeded=False)  # a cassette that is recorded anew belongs to whoever opened it
            raise

    @property
    def cassettes(self) -> list[Cassette]:
        """The cassettes that are open."""
        return [cassette for _, cassette in self._cassettes.values()]

    def _part(self, entry: Entry, text: str) -> Part:
        if entry.kind == "network":
            return lambda behind, production: behind
        if entry.kind == "block":
            return lambda behind, production: _Blocked(self._file.path, entry)
        where = ("transports", entry.written)
        try:
            if entry.kind == "cassette":
                cassette = self._cassette(entry)
                return lambda behind, production: front(cassette, behind, production)
            router = self._router(entry, text, where) if entry.kind == "routes" else self._app(entry)
        except CassetteError as error:
            if error.path == self._file.path:
                raise
            there = "" if error.path is None else f"{error.path}{f':{error.line}' if error.line else ''}: "
            raise self._file.wrong((*where, entry.kind), f"{there}{error.problem}", error.mend or "Mend it.") from error
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            problem = f"`app: {entry.said['app']}` cannot be loaded: {type(error).__name__}: {error}"
            mend = "Name a module that can be imported here, and the application in it."
            raise self._file.wrong((*where, "app"), problem, mend) from error
        return lambda behind, production: router.in_front_of(behind, production=production)

    def _cassette(self, entry: Entry) -> Cassette:
        said = dict(entry.said)
        path = os.path.join(self._file.folder, said.pop("cassette"))
        check_name(path)
        twin = self._cassettes.get(os.path.realpath(path))
        if twin is not None:
            if {**twin[0].said, "cassette": path} != {**entry.said, "cassette": path}:
                raise CassetteError(
                    f"line {twin[0].line} uses this cassette as well, and otherwise",
                    mend="Use it alike in both places, or two cassettes.",
                )
            return twin[1]
        said.setdefault("mode", "once")
        if self._file.vars:
            said["vars"] = {**self._file.vars, **(said.get("vars") or {})}
        cassette = Cassette(path, **said)
        self._cassettes[os.path.realpath(path)] = (entry, cassette)
        return cassette

    def _router(self, entry: Entry, text: str, where: tuple[str, str]) -> Router:
        from .written_routes import router_of  # most programs need no mocks

        said = entry.said
        settings = Settings(
            routes=tuple(said["routes"]),
            base_url=said.get("base_url"),
            vars={**self._file.vars, **(said.get("vars") or {})},
        )
        unmatched = "pass" if said.get("unmatched") == "network" else "error"
        return router_of(settings, text, self._file.path, (*where, "routes"), unmatched)

    def _app(self, entry: Entry) -> Router:
        from ..mock import Router

        router = Router(keep=0)
        router.mount("", _loaded(entry.said["app"], self._file.folder))
        return router

    def choose(self, url: URL, behind: Any, production: bool) -> Any:
        """Return what answers a URL."""
        for entry, part in self._parts:
            if entry.pattern.matches(url):
                return part(behind, production)
        return behind

    # In front of every client.

    def in_front_of(self, transport: Any, *, production: bool = True) -> Any:
        """Return what answers in front of this transport."""
        return _Front(self, transport, production)

    # As the transport of one client.

    def handle_request(self, request: Request) -> Response:
        """Let the one who answers this URL answer."""
        if self._network is None:
            with self._lock:
                self._network = self._network or HTTPTransport()
        response: Response = self.choose(request.url, self._network, True).handle_request(request)
        return response

    async def handle_async_request(self, request: Request) -> Response:
        """Let the one who answers this URL answer."""
        if self._async_network is None:
            with self._lock:
                self._async_network = self._async_network or AsyncHTTPTransport()
        response: Response = await self.choose(request.url, self._async_network, True).handle_async_request(request)
        return response

    def settle(self, *, succeeded: bool = True) -> None:
        """Close the cassettes; raises what went wrong while recording."""
        with contextlib.ExitStack() as stack:
            for cassette in self.cassettes:
                stack.callback(cassette.close, succeeded=succeeded)

    def close(self) -> None:
        """Close the cassettes, and the connections of this transport's own."""
        try:
            self.settle()
        finally:
            if self._network is not None:
                self._network.close()

    async def aclose(self) -> None:
        """Close the cassettes, and the connections of this transport's own."""
        try:
            self.settle()
        finally:
            if self._async_network is not None:
                await self._async_network.aclose()

    def __repr__(self) -> str:
        return f"<Swap {self._file.path!r}: {', '.join(entry.pattern.pattern for entry, _ in self._parts)}>"


class _Front(BaseTransport, AsyncBaseTransport):
    """A swap in front of one transport."""

    __slots__ = ("_behind", "_production", "_swap")

    def __init__(self, swap: Swap, behind: Any, production: bool) -> None:
        self._swap = swap
        self._behind = behind
        self._production = production

    def handle_request(self, request: Request) -> Response:
        chosen: Any = self._swap.choose(request.url, self._behind, self._production)
        response: Response = chosen.handle_request(request)
        return response

    async def handle_async_request(self, request: Request) -> Response:
        chosen: Any = self._swap.choose(request.url, self._behind, self._production)
        response: Response = await chosen.handle_async_request(request)
        return response


class _Blocked(BaseTransport, AsyncBaseTransport):
    """Refuses every request."""

    def __init__(self, path: str, entry: Entry) -> None:
        self._path = path
        self._entry = entry

    def _refused(self, request: Request) -> RequestBlocked:
        error = RequestBlocked(
            f"{request.method} {request.url.redacted} is blocked (`{key(self._entry.written)}: block`)",
            path=self._path,
            line=self._entry.line,
            mend="If it may be sent, give its host a line of its own: network, or a cassette that records it.",
        )
        error.request = request
        return error

    def handle_request(self, request: Request) -> Response:
        raise self._refused(request)

    async def handle_async_request(self, request: Request) -> Response:
        raise self._refused(request)


def _loaded(said: str, folder: str) -> Any:
    """Return the application that `module:attribute` names; modules beside the file can be named, too."""
    module, _, name = said.partition(":")
    sys.path.insert(0, folder)
    try:
        found: Any = importlib.import_module(module)
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
    for part in name.removesuffix("()").split("."):
        found = getattr(found, part)
    return found() if name.endswith("()") else found


# What stands in front of every client, and what is the transport of one.


@contextlib.contextmanager
def opened(path: str) -> Generator[BaseTransport]:
    """Open the file that `understudy.stand_in` was given: one that says who answers which URL, or a cassette."""
    stand_in: StandIn | Swap
    if _is_tape(path):
        cassette = Cassette(path, "once")
        stand_in, close = StandIn(cassette), cassette.close
    else:
        stand_in = Swap(path)
        close = stand_in.settle
    try:
        yield stand_in
    except BaseException:
        close(succeeded=False)
        raise
    close(succeeded=True)


def open(  # it opens, and is always written with the name of its module
    path: str | os.PathLike[str], mode: Mode | None = None, **settings: Unpack[Options]
) -> Swap | CassetteTransport:
    """Return a transport for one client: a cassette, or what a file with `transports:` says.

        with understudy.Client(transport=cassettes.open("understudy.yaml")) as client:
            ...

    `mode` and the settings, those of `use`, are for cassettes; a file with `transports:` says its own.
    """
    name = os.fspath(path)
    if mode is None and not settings and not _is_tape(name):
        return Swap(name)
    if os.path.exists(name) and not _is_tape(name):
        said = ", ".join([*(["mode"] if mode else []), *settings])
        raise TypeError(f"{name} says who answers which URL: say {said} there, not in code")
    return CassetteTransport(name, mode or "once", **settings)


def _is_tape(path: str) -> bool:
    """Return whether a file is a cassette, or a tape of another tool."""
    raw = Tape(path).read()
    if raw is None or _SWAP.search(raw) is not None:
        return False
    return _CASSETTE.search(raw) is not None or recognize(raw, path) is not None
