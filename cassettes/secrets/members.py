"""Secrets in JSON: in data and in its text, in base64, as Python shows it, and in JSON inside of JSON.

What decides about a name and hides a value is a `Hider`; here is where names and values stand.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from typing import Any, Protocol

from ..data.plain import is_mapping, is_sequence
from .names import secret_kind

# The last quotation mark is missing where a body broke off. Names are short: in JSON that was cut, each mark inside of
# a text would be looked at as the start of a long one.
_MEMBER = re.compile(r'"((?:[^"\\\n]|\\.){0,200})"(\s*:\s*")((?:[^"\\\n]|\\.)*)("|\\?\Z)')
# The same in base64, which begins like this where the first name begins with a letter.
_PACKED = re.compile(r"eyJ(?<![\w+/=.-]eyJ)[\w+/-]{16,}={0,2}(?![\w+/=.-])", re.ASCII)
# The same as Python shows it, in logs and messages: where such a value begins, and all of it.
_ITEM = re.compile(r"""'([^'"\\\n]{1,80})': b?(['"])""")
_ITEM_VALUES = {mark: re.compile(rf"(?:[^{mark}\\\n]|\\.)+(?={mark})") for mark in "'\""}
# One member says the name, another one the value: `{"name": "password", "value": "x"}`.
_SAID_BY = ("name", "key", "path", "field", "Name", "Key")
PAIRED_VALUES = ("value", "Value")
_PAIRED = re.compile(r'"(?:[nN]ame|[kK]ey|path|field)": ?"([^"]*)"')


class Hider(Protocol):
    """What hides secrets, and knows which names the author has given."""

    @property
    def names(self) -> frozenset[str]:
        """Names that the author has given, in lower case."""
        ...

    def hides(self, name: str) -> bool:
        """Return whether members of this name are secrets."""
        ...

    def named(self, name: str, value: str) -> str:
        """Return a value without its secrets; all of it is one where its name says so."""
        ...

    def text(self, text: str) -> str:
        """Return a text that has no name without its secrets."""
        ...

    def shown_name(self, name: str) -> str:
        """Return the name of a member, which is a secret itself now and then."""
        ...

    def secret(self, value: str, kind: str) -> str:
        """Return what stands for a secret."""
        ...


def in_data(value: Any, name: str | None, hider: Hider) -> Any:
    """Return data without their secrets; `name` is that of the member in which they stand."""
    kind: Any = value.__class__
    if kind is str:
        if name is not None and (secret_kind(name) is not None or name.lower() in hider.names):
            return hider.named(name, value)
        return hider.text(value)
    if kind is dict:
        return _members(value, name, hider)
    if kind is list:
        return [in_data(item, name, hider) for item in value]
    if name is not None and (name.lower() in hider.names or secret_kind(name) == "password"):
        return hidden(value, hider)
    return value


def _members(members: dict[str, Any], name: str | None, hider: Hider) -> dict[str, Any]:
    if "logprob" in members:  # beside it, a token is a word of a language model
        return {member: in_data(item, None, hider) for member, item in members.items()}
    paired = _paired(members, name, hider)
    return {
        hider.shown_name(member): in_data(item, paired if paired and member in PAIRED_VALUES else member, hider)
        for member, item in members.items()
    }


def _paired(members: dict[str, Any], name: str | None, hider: Hider) -> str | None:
    """Return the telling name under which the `value` of an object stands: said by a member, or by its own name."""
    if not any(said in members for said in PAIRED_VALUES):
        return None
    names = (members.get(said) for said in _SAID_BY)
    told = next((said for said in names if isinstance(said, str) and hider.hides(said)), None)
    return name if told is None and name is not None and hider.hides(name) else told


def hidden(value: Any, hider: Hider) -> Any:
    """Return what stands for data that the author wants hidden: of the same kind, so that programs still work."""
    if is_mapping(value):
        return {member: hidden(item, hider) for member, item in value.items()}
    if is_sequence(value):
        return [hidden(item, hider) for item in value]
    if isinstance(value, str):
        return hider.secret(value, "secret") if value else value
    return value if value is None or isinstance(value, bool) else 0


def in_members(text: str, hider: Hider) -> str:
    """Look at the members that stand in a text, which may be cut."""

    def member(found: re.Match[str]) -> str:
        name, between, value, end = found.groups()
        said = hider.named(name, value)
        if said == value and '\\"' in value:  # JSON in JSON in JSON
            with contextlib.suppress(ValueError):
                inner = json.loads(f'"{value}"')
                changed = hider.text(inner)
                said = value if changed == inner else json.dumps(changed, ensure_ascii=False)[1:-1]
        return f'"{name}"{between}{said}{end}'

    return _MEMBER.sub(member, text)


def in_items(text: str, hider: Hider) -> str:
    """Look at the members of dictionaries as Python shows them."""
    parts: list[str] = []
    end = 0
    for found in _ITEM.finditer(text):
        value = _ITEM_VALUES[found[2]].match(text, found.end()) if hider.hides(found[1]) else None
        if value is not None and found.start() >= end:
            parts += (text[end : value.start()], hider.named(found[1], value[0]))
            end = value.end()
    return "".join([*parts, text[end:]]) if parts else text


def in_packed(text: str, hider: Hider) -> str:
    """Look into JSON in base64; what holds no secrets stays as it came."""

    def packed(found: re.Match[str]) -> str:
        bare = found[0].rstrip("=")
        is_url_safe = "-" in bare or "_" in bare
        with contextlib.suppress(ValueError, RecursionError):
            padded = bare + "=" * (-len(bare) % 4)
            content = base64.b64decode(padded, b"-_" if is_url_safe else None, validate=True)
            data = json.loads(content)
            said = in_data(data, None, hider)
            if said != data:
                text = json.dumps(said, separators=None if b": " in content else (",", ":")).encode("ascii")
                whole = (base64.urlsafe_b64encode if is_url_safe else base64.b64encode)(text).decode("ascii")
                return whole if found[0] == padded else whole.rstrip("=")
        return found[0]

    return _PACKED.sub(packed, text)


def has_items(text: str, hider: Hider) -> bool:
    """Return whether a dictionary stands in the text, as Python shows it, that has a telling name."""
    return any(hider.hides(found[1]) for found in _ITEM.finditer(text))


def has_pairs(text: str, hider: Hider) -> bool:
    """Return whether objects in this JSON may say a secret as `{"name": "password", "value": "x"}`."""
    return any(map(hider.hides, _PAIRED.findall(text)))
