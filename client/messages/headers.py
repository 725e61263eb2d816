"""Header fields: a mutable multi-dict that keeps order, case and repeats.

Theory of operation

1. The truth is one list of `(name, value)` pairs of bytes, as they go on the wire; `raw` shows it.
2. Lookups ask an index from lower-case name to value(s): the parser's, or one made when first needed; kept up to date
   from then on.
3. What a caller sets is validated when it is set (RFC 9110, 5.1 and 5.5):
   a name is a token; a value has no CR, LF, NUL or other control but HTAB, and no whitespace around it.
   Whitespace around a value is refused rather than stripped, because it is mostly a token read from a file,
   newline and all, and because a signature over the value would no longer hold.
4. Names seen once are remembered, in a bounded table, so that the usual ones are validated once per process.
5. A copy costs nothing: it shares list and index, and what was worked out from them (`remembered`), until one of the
   copies changes. So each request has headers of its own, and most of them are the client's. What a change has led to
   is remembered as well, once it has been made twice: requests that differ from the client in the same way share too.
6. No error and no repr ever shows a value of `SECRET_HEADERS`, or a password in a URL; errors show no value at all.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, MutableMapping, Sequence, ValuesView
from typing import TYPE_CHECKING, Any, Callable, TypeVar, Union, cast, overload

from ..errors import LocalProtocolError
from ..urls.redaction import without_secrets
from .fields import checked_name, checked_value, lookup_key, lower_name, lowered

if TYPE_CHECKING:
    from typing_extensions import Self

    Default = TypeVar("Default")

__all__ = ["SECRET_HEADERS", "FieldIndex", "Fields", "HeaderTypes", "Headers"]

Fields = list[tuple[bytes, bytes]]
FieldIndex = dict[str, Union[bytes, list[bytes]]]
"""Fields by lower-case name; those that repeat have a list. The lists are replaced, and never changed."""

Result = TypeVar("Result")

# How much headers remember; those that a change of them led to; and those that a change of these led to.
# What is changed once more is worked out each time: all together it stays a few megabytes.
_REMEMBERED_MOST = (64, 32, 8, 8)
_DEPTH = "depth"

SECRET_HEADERS = frozenset(
    {
        "api-key",
        "apikey",
        "authorization",
        "cookie",
        "ocp-apim-subscription-key",
        "private-token",
        "proxy-authorization",
        "set-cookie",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-api-token",
        "x-apikey",
        "x-auth-token",
        "x-csrf-token",
        "x-functions-key",
        "x-goog-api-key",
        "x-gitlab-token",
        "x-ms-authorization-auxiliary",
        "x-shopify-access-token",
        "x-vault-token",
        "x-xsrf-token",
    }
)
"""Fields whose values are secrets: shown as `[secure]`, and not carried to another origin."""

# With those that clients of this process were told of, in bounds.
_hidden = set(SECRET_HEADERS)
_HIDDEN_MOST = 1024


def hide_in_reprs(names: Iterable[str]) -> None:
    """Let every repr in this process hide the values of more fields; names are in lower case."""
    if len(_hidden) < _HIDDEN_MOST:
        _hidden.update(names)


# A real union, not a string: SDKs build on it at run time.
HeaderTypes = Union[
    "Headers",
    Mapping[str, str],
    Mapping[bytes, bytes],
    Sequence[tuple[str, str]],
    Sequence[tuple[bytes, bytes]],
]


class Headers(MutableMapping[str, str]):
    """HTTP header fields: a mutable mapping that is case-insensitive and keeps order, case and repeats.

    Made from a mapping, from pairs, or from other headers; names and values are `str` or `bytes`.
    `headers[name]` joins repeated fields with ", "; `get_list` and `multi_items` keep them apart.

        >>> headers = Headers({"Content-Type": "text/plain"})
        >>> headers["content-type"]
        'text/plain'
        >>> headers.raw
        [(b'Content-Type', b'text/plain')]

    A `str` value is sent as `encoding` (ASCII unless given): text beyond ASCII needs `encoding="utf-8"`, or bytes.
    """

    __slots__ = ("_encoding", "_fields", "_index", "_memory")

    def __init__(self, headers: HeaderTypes | None = None, encoding: str | None = None) -> None:
        self._encoding = encoding
        self._fields: Fields
        self._index: FieldIndex | None
        # What was worked out from the fields, for all copies that share them; `None` while nobody shares them.
        self._memory: dict[Any, Any] | None
        if isinstance(headers, Headers):
            if headers.__class__ is not Headers:
                headers = headers.copy()  # those of a client, in one step
            if headers._memory is None:
                headers._begin_sharing()
            self._memory, self._fields, self._index = headers._memory, headers._fields, headers._index
            return
        self._index = self._memory = None
        if headers is None:
            self._fields = []
        else:
            self._fields = [
                (checked_name(name)[0], checked_value(name, value, encoding)) for name, value in _pairs(headers)
            ]

    @classmethod
    def received(cls, pairs: Fields, index: FieldIndex | None = None) -> Self:
        """Return headers over what a parser has already validated.

        Nothing is copied or checked, nor normalized until somebody asks for a field by name. The list is taken over,
        unless there is an index: then both are shared, and stay as they are whatever is done to these headers.
        """
        self = cls.__new__(cls)
        self._encoding = None
        self._index = index
        self._memory = None if index is None else {}
        self._fields = pairs
        return self

    # The fields as they are

    @property
    def encoding(self) -> str:
        """How values are shown as text: what was set, else the first of ASCII, UTF-8 and ISO-8859-1 that fits all."""
        if self._encoding is not None:
            return self._encoding
        whole = b"".join([value for _, value in self._fields])
        if whole.isascii():
            return "ascii"
        try:
            for _, value in self._fields:
                value.decode("utf-8")
        except UnicodeDecodeError:
            return "iso-8859-1"
        return "utf-8"

    @encoding.setter
    def encoding(self, encoding: str) -> None:
        self._encoding = encoding

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        """The fields as they are sent or were received: case, order and repeats kept."""
        return self._fields.copy()

    def multi_items(self) -> list[tuple[str, str]]:
        """Return every field, repeats apart, as `(lower-case name, value)`."""
        return [(lower_name(name), self._text(value)) for name, value in self._fields]

    def get_list(self, key: str, split_commas: bool = False) -> list[str]:
        """Return the values of a field, one per line; with `split_commas` also split at commas.

        Do not split `Set-Cookie`, whose dates hold commas.
        """
        found = self._by_name().get(lookup_key(key))
        if found is None:
            return []
        values = [self._text(value) for value in ((found,) if isinstance(found, bytes) else found)]
        if not split_commas:
            return values
        return [item.strip() for value in values for item in value.split(",")]

    # The mapping

    def __getitem__(self, key: str) -> str:
        found = self._by_name().get(lookup_key(key))
        if found is None:
            raise KeyError(key)
        return self._text(found if isinstance(found, bytes) else b", ".join(found))

    if TYPE_CHECKING:

        @overload
        def get(self, key: str) -> str | None: ...
        @overload
        def get(self, key: str, default: str) -> str: ...
        @overload
        def get(self, key: str, default: Default) -> str | Default: ...

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a field, repeats joined with ", "; `default` where there is none."""
        found = self._by_name().get(lookup_key(key))
        if found is None:
            return default
        return self._text(found if isinstance(found, bytes) else b", ".join(found))

    def __contains__(self, key: object) -> bool:
        index = self._index
        if index is None:
            index = self._by_name()
        if type(key) is str:
            return key.lower() in index
        return isinstance(key, (str, bytes)) and lookup_key(key) in index

    def __setitem__(self, key: str, value: str) -> None:
        """Set a field in the place of the first of that name, dropping the others."""
        name, lower = checked_name(key)
        field = (name, checked_value(key, value, self._encoding))
        index = self._owned()
        if lower in index:
            fields = self._fields
            first = next(place for place, (known, _) in enumerate(fields) if lower_name(known) == lower)
            if not isinstance(index[lower], bytes):
                fields[first + 1 :] = [kept for kept in fields[first + 1 :] if lower_name(kept[0]) != lower]
            fields[first] = field
        else:
            self._fields.append(field)
        index[lower] = field[1]

    def __delitem__(self, key: str) -> None:
        lower = lookup_key(key)
        if lower not in self._by_name():
            raise KeyError(key)
        del self._owned()[lower]
        self._fields = [field for field in self._fields if lower_name(field[0]) != lower]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name())

    def __len__(self) -> int:
        """Return the number of fields; repeats count."""
        return len(self._fields)

    def keys(self) -> KeysView[str]:
        return dict.fromkeys(self._by_name()).keys()

    def values(self) -> ValuesView[str]:
        return self._joined().values()

    def items(self) -> ItemsView[str, str]:
        """Return a view of `(lower-case name, value)`, repeats joined with ", "."""
        return self._joined().items()

    def setdefault(self, key: str, default: str) -> str:
        """Set a field if there is none of that name; return its value."""
        found = self._by_name().get(lookup_key(key))
        if found is None:
            self[key] = default
            return default
        return self._text(found if isinstance(found, bytes) else b", ".join(found))

    def update(self, headers: HeaderTypes | None = None, **fields: str) -> None:  # type: ignore[override]  # as httpx
        """Set every field of `headers`; names that repeat there repeat here, and replace all of that name."""
        if headers is not None:
            self._merge(headers if type(headers) is Headers else Headers(headers, self._encoding))
        if fields:
            self._merge(Headers(fields, self._encoding))

    def prepend(self, raw_name: bytes, raw_value: bytes) -> None:
        """Put a field in front of all others but a Host that leads; the caller answers for its being valid and new."""
        shared = self._memory
        field = (raw_name, raw_value)
        if shared is not None and self._become(shared.get(field)):
            return
        fields, index = self._fields, self._by_name()
        place = 1 if fields and lower_name(fields[0][0]) == "host" else 0
        leading = {"host": index["host"]} if place else {}
        known = Headers.received(
            [*fields[:place], field, *fields[place:]], {**leading, lower_name(raw_name): raw_value, **index}
        )
        if shared is not None:
            _remember(shared, field, known)
        self._become(known)

    def lead_with_host(self, host: bytes) -> None:
        """Put a Host field in front where there is none: it ought to be the first (RFC 9110, section 7.2).

        Raises `LocalProtocolError` where there are several, of which proxies and servers may read different ones.
        """
        said = self._by_name().get("host")
        if said is None:
            if host:
                self.prepend(b"Host", host)
        elif type(said) is list:
            raise LocalProtocolError(f"a request has one Host, not {len(said)}: give the field once")

    def copy(self) -> Headers:
        """Return headers of their own, equal to these."""
        if self._memory is None:
            self._begin_sharing()
        twin = Headers.__new__(Headers)
        twin._encoding = self._encoding
        twin._memory, twin._fields, twin._index = self._memory, self._fields, self._index
        return twin

    def remembered(self, make: Callable[[Fields, FieldIndex], Result]) -> Result:
        """Return `make(fields, index)`, worked out once for all copies that have not been changed since.

        It may change neither of the two.
        """
        shared = self._memory
        if shared is None:
            return make(self._fields, self._by_name())
        known: Result | None = shared.get(make)
        if known is None:
            known = make(self._fields, self._by_name())
            _remember(shared, make, known)
        return known

    def describe(self, described: Mapping[str, str]) -> None:
        """Add the fields of these names that are not there; the caller answers for names and values being valid."""
        shared = self._memory
        # Not the pairs alone: those of bytes, which `_merge` remembers, have the same hash.
        change = (None, *described.items())
        if shared is not None and self._become(shared.get(change)):
            return
        index = self._owned()
        for name, value in described.items():
            lower = name.lower()
            if lower not in index:
                index[lower] = raw = value.encode("ascii")
                self._fields.append((name.encode("ascii"), raw))
        self._remember_change(shared, change)

    def __copy__(self) -> Headers:
        return self.copy()

    def __or__(self, other: HeaderTypes) -> Headers:
        if not _is_headers_like(other):
            return NotImplemented
        merged = self.copy()
        merged.update(other)
        return merged

    def __ror__(self, other: HeaderTypes) -> Headers:
        if not _is_headers_like(other):
            return NotImplemented
        merged = Headers(other)
        merged.update(self)
        return merged

    def __ior__(self, other: HeaderTypes) -> Headers:
        if not _is_headers_like(other):
            return NotImplemented
        self.update(other)
        return self

    def __eq__(self, other: object) -> bool:
        """Compare names without case, and values; the order of different fields does not matter."""
        if not isinstance(other, Headers):
            if not _is_headers_like(other):
                return NotImplemented
            given: Any = other
            try:
                other = Headers(given)
            except (TypeError, ValueError):
                return False
        mine = sorted([(lower_name(name), value) for name, value in self._fields])
        return mine == sorted([(lower_name(name), value) for name, value in other._fields])

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        shown = [
            (name, "[secure]" if name in _hidden else without_secrets(value)) for name, value in self.multi_items()
        ]
        said = str(dict(shown)) if len(dict(shown)) == len(shown) else str(shown)
        encoding = self.encoding
        return f"Headers({said})" if encoding == "ascii" else f"Headers({said}, encoding={encoding!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_made, (self._fields, self._encoding))

    # Within

    def _by_name(self) -> FieldIndex:
        """Return the values by lower-case name, to be looked at and not changed."""
        if self._index is None:
            self._index = _index_of(self._fields)
        return self._index

    def _owned(self) -> FieldIndex:
        """Return the index, to be changed together with the fields: from here on they are of no copy but this one."""
        if self._memory is None:
            return self._by_name()
        self._memory = None
        self._fields = self._fields.copy()
        self._index = index = self._by_name().copy()
        return index

    def _begin_sharing(self) -> None:
        """Let copies have these fields: from here on nobody changes them, neither the copies nor this one."""
        self._by_name()
        self._memory = {}

    def _merge(self, other: Headers) -> None:
        if not other._fields or other is self:
            return
        shared = self._memory
        change = tuple(other._fields)
        if shared is not None and self._become(shared.get(change)):
            return
        index, theirs = self._owned(), other._by_name()
        replaced = [name for name in theirs if name in index]
        if replaced:
            self._fields = [field for field in self._fields if lower_name(field[0]) not in theirs]
            for name in replaced:
                del index[name]
        self._fields.extend(other._fields)
        index.update(theirs)
        self._remember_change(shared, change)

    def _remember_change(self, shared: dict[Any, Any] | None, change: tuple[Any, ...]) -> None:
        """Let those who had the same fields before, and change them in the same way, share what came of it."""
        if shared is not None:
            # Not the first time: many changes, such as the number of a request, never come again.
            _remember(shared, change, self.copy() if change in shared else None)

    def _become(self, known: Headers | None) -> bool:
        """Share the fields of `known`, where the same change has led to them before."""
        if known is None:
            return False
        self._memory, self._fields, self._index = known._memory, known._fields, known._index
        return True

    def _joined(self) -> dict[str, str]:
        return {
            name: self._text(found if isinstance(found, bytes) else b", ".join(found))
            for name, found in self._by_name().items()
        }

    def _text(self, value: bytes) -> str:
        if self._encoding is not None:
            return value.decode(self._encoding, "replace")
        try:
            return value.decode("ascii")
        except UnicodeDecodeError:
            return value.decode(self.encoding)


def _made(fields: Fields, encoding: str | None) -> Headers:
    headers = Headers.received(fields)
    if encoding is not None:
        headers.encoding = encoding
    return headers


def _is_headers_like(value: object) -> bool:
    return isinstance(value, (Mapping, list, tuple))


def _remember(memory: dict[Any, Any], key: Any, value: Any) -> None:
    depth: int = memory.get(_DEPTH, 0)
    is_change = value is None or isinstance(value, Headers)
    if is_change and depth == len(_REMEMBERED_MOST) - 1:
        return
    if len(memory) >= _REMEMBERED_MOST[depth]:
        memory.clear()
        memory[_DEPTH] = depth
    if isinstance(value, Headers) and value._memory is not None:
        value._memory[_DEPTH] = depth + 1
    memory[key] = value


def _index_of(fields: Fields) -> FieldIndex:
    index: FieldIndex = {}
    for name, value in fields:
        lower = lowered.get(name) or lower_name(name)
        if lower not in index:
            index[lower] = value
            continue
        known = index[lower]
        if isinstance(known, bytes):
            index[lower] = [known, value]
        else:
            known.append(value)
    return index


def _pairs(headers: Any) -> Iterable[tuple[Any, Any]]:
    # `type is` before `isinstance`: the abstract class costs more than all the rest.
    if type(headers) is dict or isinstance(headers, Mapping):
        mapping: Mapping[Any, Any] = cast("Any", headers)
        return mapping.items()
    if isinstance(headers, (str, bytes)) or not hasattr(headers, "__iter__"):
        raise TypeError(f"headers are a mapping or (name, value) pairs, not {type(headers).__name__}")
    pairs: list[Any] = list(headers)
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:  # pyright: ignore[reportUnknownArgumentType]
            raise TypeError("headers given as a sequence must be (name, value) pairs")
    return pairs
