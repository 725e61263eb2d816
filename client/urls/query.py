"""The parameters of a query: an immutable mapping in which a name may stand several times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union, cast

from . import percent

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, KeysView, ValuesView
    from typing import NoReturn

# Real unions, not strings: SDKs build on them at run time.
PrimitiveData = Optional[Union[str, int, float, bool]]
QueryParamTypes = Union[
    "QueryParams",
    Mapping[str, Union[PrimitiveData, Sequence[PrimitiveData]]],
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

    `True` and `False` become `true` and `false`, `None` the empty string, a list one pair for each of its values,
    everything else its `str()`.
    As a mapping it shows the first value of each name; `get_list` and `multi_items` show all.
    """

    __slots__ = ("_index", "_pairs", "_text")

    _pairs: tuple[tuple[str, str], ...]

    def __init__(self, *args: QueryParamTypes | None, **kwargs: Any) -> None:
        if len(args) > 1:
            raise TypeError(f"QueryParams takes one positional argument, not {len(args)}; pass a list of pairs")
        if args and kwargs:
            raise TypeError("QueryParams takes either one argument or keywords, not both; merge() combines two")
        given = args[0] if args else kwargs
        self._pairs = given._pairs if isinstance(given, QueryParams) else _pairs_of(given)
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
            index = dict[str, list[str]]()
            for key, value in self._pairs:
                index.setdefault(key, []).append(value)
            self._index = index
        return index

    def _first_values(self) -> dict[str, str]:
        return {key: values[0] for key, values in self._lists().items()}

    def keys(self) -> KeysView[str]:
        """Return each name once."""
        return self._lists().keys()

    def values(self) -> ValuesView[str]:
        """Return the first value of each name."""
        return self._first_values().values()

    def items(self) -> ItemsView[str, str]:
        """Return each name with its first value."""
        return self._first_values().items()

    def multi_items(self) -> list[tuple[str, str]]:
        """Return all pairs, in order."""
        return list(self._pairs)

    def get_list(self, key: str) -> list[str]:
        """Return all values of `key`, in order."""
        return list(self._lists().get(str(key), ()))

    def set(self, key: str, value: Any = None) -> QueryParams:
        """Return a copy in which `key` has this value (or these), where it first stood or at the end."""
        return self.merge([(key, value)])

    def add(self, key: str, value: Any = None) -> QueryParams:
        """Return a copy with one more value (or more of them) for `key`."""
        return self._of((*self._pairs, *_pairs_of([(key, value)])))

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

    def __getitem__(self, key: str) -> str:
        return self._lists()[key][0]

    def __setitem__(self, key: str, value: str) -> NoReturn:
        raise RuntimeError("QueryParams are immutable: use `params = params.set(key, value)` to have a changed copy")

    def __contains__(self, key: object) -> bool:
        return key in self._lists()

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists())

    def __len__(self) -> int:
        return len(self._lists())

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QueryParams):
            return False
        return sorted(self._pairs) == sorted(other._pairs)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._pairs)))

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


def _pairs_of(given: object) -> tuple[tuple[str, str], ...]:
    if given is None:
        return ()
    if isinstance(given, (str, bytes)):
        return _parse(given if isinstance(given, str) else percent.from_bytes(given))
    # `type is` before `isinstance`: the abstract class costs more than all the rest.
    if type(given) is dict or isinstance(given, Mapping):
        items: Iterable[object] = cast("Mapping[object, object]", given).items()
    elif isinstance(given, Iterable):
        items = cast("Iterable[object]", given)
    else:
        raise TypeError(f"query parameters are a string, a mapping or a list of pairs, not {type(given).__name__}")
    pairs: list[tuple[str, str]] = []
    for item in items:
        pair = _sequence(item)
        if pair is None or len(pair) != 2:
            raise TypeError(f"query parameters in a list are pairs (name, value), not {type(item).__name__}")
        name, value = pair
        text = name if type(name) is str else _text_of(name)
        values = None if type(value) is str else _sequence(value)
        if values is None:
            pairs.append((text, value if type(value) is str else _text_of(value)))
        else:
            pairs.extend([(text, _text_of(one)) for one in values])
    return tuple(pairs)


def _sequence(value: object) -> Sequence[object] | None:
    return cast("Sequence[object]", value) if isinstance(value, (tuple, list)) else None


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # of an enumeration's member the text, not its name
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value).lower() if isinstance(value, bool) else int.__repr__(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, _CONTAINERS) or hasattr(value, "__next__"):
        kind = value.__class__.__name__
        raise TypeError(
            f"a query parameter cannot be a {kind}: HTTP knows no nesting; "
            "write the name as the server wants it, as in {'filter[name]': 'x'}, or encode the value as JSON"
        )
    return str(value)


_CONTAINERS: tuple[type[object], ...] = (Mapping, list, tuple, set, frozenset)


def _parse(query: str) -> tuple[tuple[str, str], ...]:
    decode = percent.decode
    pairs: list[tuple[str, str]] = []
    for field in query.replace("+", " ").split("&"):
        if field:
            key, _, value = field.partition("=")
            pairs.append((decode(key), decode(value)))
    return tuple(pairs)
