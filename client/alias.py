"""`import httpx` gives this library, in programs whose dependencies are built on httpx."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableSequence

# The versions whose names and signatures the client has; libraries look at them before they use what came late.
_SPEAKS = {"httpx": "0.28.1", "httpx2": "2.16.2"}

# Where in this package to look for the names of each module, public and not, that libraries import from.
_SOURCES: dict[str, tuple[str, ...]] = {
    "": ("",),
    "_api": ("api",),
    "_auth": ("auth.flow", "auth.basic", "auth.digest", "auth.netrc"),
    "_client": (
        "client",
        "settings",
        "config",
        "arguments",
        "auth.accept",
        "messages.request",
        "messages.response",
        "",
    ),
    "_config": ("config", "network.tls", "network.proxy", "messages.headers"),
    "_content": ("bodies.streams", "bodies.encode"),
    "_decoders": ("bodies.decode", "bodies.text", "messages.body"),
    "_exceptions": ("errors",),
    "_models": ("messages.request", "messages.response", "messages.headers", "messages.cookies"),
    "_multipart": ("bodies.multipart",),
    "_status_codes": ("status",),
    "_transports": ("",),
    "_transports.asgi": ("transports.asgi",),
    "_transports.base": ("transports.base",),
    "_transports.default": ("transports.network", "transports.base", "transports.on_httpcore", ""),
    "_transports.mock": ("transports.callable",),
    "_transports.wsgi": ("transports.wsgi",),
    "_types": ("arguments", "auth.accept", "network.proxy", "bodies.streams"),
    "_urlparse": ("urls.parse",),
    "_urls": ("urls",),
    "_utils": ("transports.mounts", "transports.proxies", "bodies.files"),
    "__version__": ("version",),
}

# What httpx is made of; its errors, by the same names, are all that anybody above httpx needs.
_CORES = ("httpcore", "httpcore2")
_CORE_SOURCES: dict[str, tuple[str, ...]] = {"": ("errors",)}


def alias_httpx() -> None:
    """Let `import httpx` give understudy, from now on and in the whole process; `import httpx2` as well.

    Call it before anything imports httpx: libraries built on it then send their requests through this client, and
    everything that this client can do is there for them.

    Where only one of the two is installed, the other stays missing: instruments that find both patch both, which are
    one library here, and would count every call twice. Neither needs to be installed; then both names are there.

        import understudy
        understudy.alias_httpx()

        import openai                     # built on httpx

    The modules that libraries import from although they are not public, such as `httpx._types`, are there as well.
    Calling it twice is fine. Raises `RuntimeError` where the real one has been imported already.
    """
    from importlib.util import find_spec

    for root in _SPEAKS:
        present = sys.modules.get(root)
        if present is not None and not isinstance(present, _Alias):
            raise RuntimeError(
                f"{root} has been imported already, and who did so keeps its classes: "
                f"call understudy.alias_httpx() first, before any import of {root} or of a library that uses it"
            )
    installed = [root for root in _SPEAKS if root in sys.modules or find_spec(root) is not None]
    for root in installed or _SPEAKS:
        if root not in sys.modules:
            _put(root, _SOURCES)
    for root in _CORES:
        # Libraries name its errors beside those of httpx. Where it is installed, that does no harm.
        if root not in sys.modules and find_spec(root) is None:
            _put(root, _CORE_SOURCES)


def _put(root: str, sources: dict[str, tuple[str, ...]]) -> None:
    for name, places in sources.items():
        module = _Alias(root, name, places)
        sys.modules[module.__name__] = module
        if name:
            parent, _, child = module.__name__.rpartition(".")
            # `import httpx._types` finds the module in one place, and the attribute in the other.
            sys.modules[parent].__dict__[child] = module
    # The text of this name hides the module of this name.
    if root in _SPEAKS:
        sys.modules[root].__dict__["__version__"] = _SPEAKS[root]


class _Alias(ModuleType):
    """A module of httpx whose names are looked up in this package when they are used."""

    __path__: MutableSequence[str]

    def __init__(self, root: str, name: str, sources: tuple[str, ...]) -> None:
        full_name = f"{root}.{name}" if name else root
        super().__init__(full_name, f"The names of {full_name}, by understudy.")
        self.__path__ = []
        self.__spec__ = ModuleSpec(full_name, None, is_package=True)
        self.__dict__["_sources"] = sources
        if name == "__version__":
            self.__dict__["__version__"] = _SPEAKS[root]

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self._face().__all__
        if not name.startswith("__") or name in ("__title__", "__description__"):
            for source in self.__dict__["_sources"]:
                module = import_module(f".{source}", __package__) if source else self._face()
                if hasattr(module, name):
                    found = self.__dict__[name] = getattr(module, name)
                    return found
        raise AttributeError(
            f"module {self.__name__!r} has no attribute {name!r}: understudy stands in for httpx here (alias_httpx)"
        )

    def _face(self) -> ModuleType:
        return import_module(str(__package__))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._face().__all__})

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} by understudy>"
