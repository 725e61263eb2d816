"""Tapes of a test in vcrpy's way: one that may be missing, others behind it, all in front of every client."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..network_block import Block
from .requests import VCRRequest, response_shown, shown
from .settings import TRANSLATED, Matcher, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

    from ...cassettes import Cassette, Interaction


class VCR:
    """What the fixture `vcr` is: this test's tape, and `use_cassette` for more of them."""

    def __init__(self, folder: Path, said: dict[str, Any], mode: str) -> None:
        self._folder = folder
        self._said = said
        self.record_mode = mode
        self.matchers: dict[str, Matcher] = {}
        self.cassettes: list[Cassette] = []
        self.adopted: list[str] = []

    @property
    def said(self) -> dict[str, Any]:
        """The settings: what was assigned to this object, as to vcrpy's, and what goes before that."""
        assigned = {name: value for name, value in vars(self).items() if name in TRANSLATED and name != "record_mode"}
        return {**assigned, **self._said}

    def register_serializer(self, name: str, serializer: object) -> None:
        """Take a serializer of vcrpy, and do without it: a tape has one form."""

    def register_persister(self, persister: object) -> None:
        """Take a persister of vcrpy, and do without it: a tape is a file."""

    def register_matcher(self, name: str, matcher: Matcher) -> None:
        """Let `match_on` know a matcher: a function of two requests."""
        self.matchers[name] = matcher

    def use_cassette(self, path: str | Path | None = None, **said: Any) -> Tapes:
        """Answer from a tape for the length of a block: `with vcr.use_cassette("login.yaml"): ...`."""
        if path is None:
            raise TypeError('use_cassette takes the path of a tape: `with vcr.use_cassette("login.yaml")`')
        return Tapes(self, self.place(path, {**self.said, **said}), (), {**self.said, **said})

    def place(self, path: str | Path, said: dict[str, Any]) -> Path:
        """Return where a tape is: in the folder that was said, else in that of the tests."""
        settings = translated(said, self.matchers)
        folder = self._folder if settings.folder is None else Path(settings.folder)
        name = str(path) if settings.path_transformer is None else settings.path_transformer(str(path))
        path, flat = folder / name, folder.parent / name
        if settings.folder is None and not path.exists() and flat.is_file():
            path = flat  # where pytest-vcr has left it
        return Path(os.path.normpath(path))

    # The tape of the test

    @property
    def interactions(self) -> list[Interaction]:
        """What the tapes hold, with what was recorded so far; what is recorded anew is not there before its end."""
        return [each for tape in self.cassettes for each in _held(tape)]

    @property
    def requests(self) -> list[VCRRequest]:
        """The recorded requests."""
        return [shown(each.request) for each in self.interactions]

    @property
    def responses(self) -> list[dict[str, Any]]:
        """The recorded responses, as vcrpy shows them."""
        return [response_shown(each.response) for each in self.interactions if each.response is not None]

    def responses_of(self, request: VCRRequest) -> list[dict[str, Any]]:
        """Return what the tapes hold as answers to a request, as vcrpy shows them."""
        return [
            response_shown(each.response)
            for each in self.interactions
            if each.response is not None and (each.request.method, each.request.url) == (request.method, request.uri)
        ]

    @property
    def play_count(self) -> int:
        """How many requests were answered from a tape."""
        return sum(tape.play_count for tape in self.cassettes)

    @property
    def all_played(self) -> bool:
        """Whether every recording was played."""
        return not any(tape.unplayed for tape in self.cassettes)

    @property
    def dirty(self) -> bool:
        """Whether anything was recorded."""
        return any(tape.recorded for tape in self.cassettes)

    def __len__(self) -> int:
        anew = self.record_mode == "update"
        return sum(len(tape.recorded) if anew else len(tape) for tape in self.cassettes)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[VCRRequest]:
        return iter(self.requests)

    def __repr__(self) -> str:
        return f"<VCR {', '.join(repr(tape) for tape in self.cassettes) or 'without a tape yet'}>"


class Tapes:
    """A tape, and others that are asked before it, in front of every client for the length of a block.

    A missing tape is no error before the first request that it does not answer.
    """

    def __init__(self, vcr: VCR, path: Path, others: tuple[Path, ...], said: dict[str, Any]) -> None:
        self._vcr = vcr
        self._path = path
        self._others = others
        self._said = said
        self._stack = ExitStack()
        self._was_there = False

    def __enter__(self) -> Any:
        from ...cassettes import use

        settings = translated(self._said, self._vcr.matchers)
        mode: Any = self._vcr.record_mode
        self._was_there = self._path.exists()
        with ExitStack() as stack:
            if mode != "none" or self._path.exists():
                if mode not in ("none", "once") and is_foreign(self._path):
                    adopt(self._path)
                    self._vcr.adopted.append(str(self._path))
                opened = [stack.enter_context(use(self._path, mode, **settings.options))]
            else:
                opened = []
                others = [path for path in self._others if not path.exists()]
                stack.enter_context(_missing(self._path, others, settings.options.get("live", [])))
            # What is asked first is entered last.
            present = [path for path in reversed(self._others) if path.exists()]
            opened += [stack.enter_context(use(path, "none", **settings.options)) for path in present]
            self._stack = stack.pop_all()
        self._vcr.cassettes += opened
        return self._vcr if len(opened) != 1 else _One(self._vcr, opened[0])

    def __exit__(self, *failure: Any) -> None:
        self._stack.__exit__(*failure)
        if not self._was_there and self._path.is_file() and not _interactions_in(self._path):
            self._path.unlink()  # a test without a tape is a test that asks for nothing

    def __call__(self, function: Any) -> Any:
        """Decorate a function with the block."""
        import functools
        import inspect

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaiting(*args: Any, **options: Any) -> Any:
                with self._anew():
                    return await function(*args, **options)

            return awaiting

        @functools.wraps(function)
        def calling(*args: Any, **options: Any) -> Any:
            with self._anew():
                return function(*args, **options)

        return calling

    def _anew(self) -> Self:
        return type(self)(self._vcr, self._path, self._others, self._said)


class _One(VCR):
    """One tape of several, as `use_cassette` gives it."""

    def __init__(self, vcr: VCR, tape: Cassette) -> None:
        super().__init__(vcr._folder, vcr._said, vcr.record_mode)
        self.matchers = vcr.matchers
        self.adopted = vcr.adopted
        self.cassettes = [tape]


def _held(tape: Cassette) -> list[Interaction]:
    """Return what the file of a tape holds by now."""
    if not tape.recorded:
        return tape.interactions
    return _interactions_in(Path(tape.path)) if Path(tape.path).exists() else []


def _interactions_in(path: Path) -> list[Interaction]:
    from ...cassettes import Cassette

    return Cassette(path, "none").interactions


def _missing(path: Path, others: list[Path], live: list[Any]) -> Any:
    """Stand in for a tape that is not there: the first request that it would have to answer says so."""
    from ...cassettes import CassetteMissing
    from ...client import AsyncBaseTransport, BaseTransport, stand_in

    hosts = Block(tuple(item for item in live if isinstance(item, str)))
    functions = [item for item in live if not isinstance(item, str)]

    def check(request: Any) -> None:
        if hosts.lets_through(request.url.host) or any(function(request) for function in functions):
            return
        raise CassetteMissing(
            f"there is no such tape, and {request.method} {request.url.redacted} is to be answered from it"
            + "".join(f"; nor is there {other}" for other in others),
            path=str(path),
            mend="Record it once, and commit the file: pytest --record-mode=once",
        )

    class Refusing(BaseTransport, AsyncBaseTransport):
        def __init__(self, behind: Any) -> None:
            self._behind = behind

        def handle_request(self, request: Any) -> Any:
            check(request)
            return self._behind.handle_request(request)

        async def handle_async_request(self, request: Any) -> Any:
            check(request)
            return await self._behind.handle_async_request(request)

    class NoTape(BaseTransport, AsyncBaseTransport):
        def in_front_of(self, transport: Any, *, production: bool = True) -> Any:
            return Refusing(transport)

    return stand_in(NoTape())


def is_foreign(path: Path) -> bool:
    """Whether a file is a tape of another tool."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(4096)
    return bool(start.strip()) and re.search(rb"^(?:\xef\xbb\xbf)?cassette\s*:", start, re.MULTILINE) is None


def adopt(path: Path) -> None:
    """Turn a tape of another tool into a cassette in its place, before something is recorded onto it."""
    from ...cassettes import convert

    new = path.with_name(f"{path.name}.understudy-new.yaml")
    new.unlink(missing_ok=True)
    convert(path, new)
    os.replace(new, path)
