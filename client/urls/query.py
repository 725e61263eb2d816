"""The parameters of a query: an immutable mapping in which a name may stand several times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Optional, Union, cast

from . import percent

if TYPE_CHECKING:
    from typing import NoReturn

# Real unions, not strings: SDKs build on them at run time.
PrimitiveData = Optional[Union[str, int, float, bool]]
QueryParamTypes = Union[
    "QueryParams",
    Mapping[str, Union[PrimitiveData, Iterable[PrimitiveData]]],
    Iterable[tuple[str, PrimitiveData]],
    str,
    bytes,
]


class QueryParams(Mapping[str, str]):
    """Immutable query parameters; a name may stand several times, and the order stays.

        QueryParams("a=1&b=2&a=3")
        QueryParams({"page": 1, "tag": ["x", "y"], "draft": True, "note": None})
        QueryParams([("a", 1), ("a", 2)])
        QueryParams(page=1)

    `True` and `False` become `true` and `false`, `None` the empty string, everything else its `str()`.
    As a mapping it shows the first value of each name; `get_list` and `multi_items` show all.
    """

    __slots__ = ("_index", "_pairs", "_text")

    def __init__(self, *args: QueryParamTypes | None, **kwargs: Any) -> None:
        if len(args) > 1:
            raise TypeError(f"QueryParams takes one positional argument, not {len(args)}; pass a list of pairs")
        if args and kwargs:
            raise TypeError("QueryParams takes either one argument or keywords, not both; merge() combines two")
        self._pairs = _pairs_of(args[0] if args else kwargs)
        self._index: dict[str, list[str]] | None = None
        self._text: str | None = None

    @classmethod
    def _of(cls, pairs: tuple[tuple[str, str], ...]) -> QueryParams:
        made = cls.__new__(cls)
        made._pairs = pairs
        made._index = None
        made._text = None
        return made

    def _lists(self) -> dict[str, list[str]]:
        index = self._index
        if index is None:
            index = {}
            for key, value in self._pairs:
                index.setdefault(key, []).append(value)
            self._index = index
        return index

    def keys(self) -> Any:
        """Return each name once."""
        return self._lists().keys()

    def values(self) -> Any:
        """Return the first value of each name."""
        return {key: values[0] for key, values in self._lists().items()}.values()

    def items(self) -> Any:
        """Return each name with its first value."""
        return {key: values[0] for key, values in self._lists().items()}.items()

    def multi_items(self) -> list[tuple[str, str]]:
        """Return all pairs, in order."""
        return list(self._pairs)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the first value of `key`, or `default`."""
        values = self._lists().get(str(key))
        return default if values is None else values[0]

    def get_list(self, key: str) -> list[str]:
        """Return all values of `key`, in order."""
        return list(self._lists().get(str(key), ()))

    def set(self, key: str, value: Any = None) -> QueryParams:
        """Return a copy in which `key` has this one value, where it first stood or at the end."""
        return self.merge([(key, value)])

    def add(self, key: str, value: Any = None) -> QueryParams:
        """Return a copy with one more value for `key`."""
        return self._of((*self._pairs, (str(key), _text_of(value))))

    def remove(self, key: str) -> QueryParams:
        """Return a copy without `key`."""
        key = str(key)
        return self._of(tuple([pair for pair in self._pairs if pair[0] != key]))

    def merge(self, params: QueryParamTypes | None = None) -> QueryParams:
        """Return a copy in which the names of `params` have the values of `params`."""
        new = QueryParams(params)._lists()
        pairs: list[tuple[str, str]] = []
        placed: set[str] = set()
        for key, value in self._pairs:
            if key not in new:
                pairs.append((key, value))
            elif key not in placed:
                placed.add(key)
                pairs.extend([(key, other) for other in new[key]])
        for key, values in new.items():
            if key not in placed:
                pairs.extend([(key, value) for value in values])
        return self._of(tuple(pairs))

    def update(self, params: QueryParamTypes | None = None) -> NoReturn:
        """Raise: query parameters are immutable."""
        raise RuntimeError("QueryParams are immutable: use `params = params.merge(...)` to have a changed copy")

    def __getitem__(self, key: Any) -> str:
        return self._lists()[key][0]

    def __setitem__(self, key: str, value: str) -> NoReturn:
        raise RuntimeError("QueryParams are immutable: use `params = params.set(key, value)` to have a changed copy")

    def __contains__(self, key: Any) -> bool:
        return key in self._lists()

    def __iter__(self) -> Any:
        return iter(self._lists())

    def __len__(self) -> int:
        return len(self._lists())

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, QueryParams):
            return False
        return self._lists() == other._lists()

    def __hash__(self) -> int:
        return hash(frozenset([(key, tuple(values)) for key, values in self._lists().items()]))

    def __str__(self) -> str:
        text = self._text
        if text is None:
            form = percent.encode_form
            text = self._text = "&".join([f"{form(key)}={form(value)}" for key, value in self._pairs])
        return text

    def __repr__(self) -> str:
        return f"QueryParams({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (QueryParams, (self._pairs,))


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if value is True:
        return "true"
    if value is False:
        return "false"
    return "" if value is None else str(value)


def _pairs_of(value: Any) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if isinstance(value, QueryParams):
        return value._pairs
    if isinstance(value, (str, bytes)):
        return _parse(value if isinstance(value, str) else percent.from_bytes(value))
    if isinstance(value, Mapping):
        return tuple(_mapping_pairs(cast("Mapping[Any, Any]", value)))
    if not isinstance(value, Iterable):
        raise TypeError(f"query parameters are a string, a mapping or a list of pairs, not {type(value).__name__}")
    pairs: list[tuple[str, str]] = []
    for item in cast("Iterable[Any]", value):
        if isinstance(item, (str, bytes)) or not hasattr(item, "__len__") or len(item) != 2:
            raise TypeError(f"query parameters in a list are pairs (name, value), not {item!r}")
        key, single = item
        pairs.append((str(key), _text_of(single)))
    return tuple(pairs)


def _mapping_pairs(mapping: Mapping[Any, Any]) -> Iterable[tuple[str, str]]:
    for key, value in mapping.items():
        if isinstance(value, (list, tuple)):
            for single in cast("Iterable[Any]", value):
                yield str(key), _text_of(single)
        else:
            yield str(key), _text_of(value)


def _parse(query: str) -> tuple[tuple[str, str], ...]:
    decode = percent.decode
    pairs: list[tuple[str, str]] = []
    for field in query.replace("+", " ").split("&"):
        if field:
            key, _, value = field.partition("=")
            pairs.append((decode(key), decode(value)))
    return tuple(pairs)
