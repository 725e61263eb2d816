"""Keeping secrets out of everything that is printed: reports, reprs, suggestions."""

from __future__ import annotations

import re
from typing import Any

from ...client import SECRET_HEADERS
from ..values import ABSENT, ANY, Condition, Subset, is_list, is_mapping, show
from .lookups import Equal, Presence


class _Mask(str):
    """Stands where a secret was; shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


MASK = _Mask("[secure]")

_SECRET = re.compile(
    r"pass(word|wd|phrase)?$|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|signature$|^sig$|^auth$"
    r"|authorization|session[-_]?id|^sid$|^otp$|^pin$",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(?<=[?&])([^=&#]+)=([^&#\s]*)")
_USER_INFO = re.compile(r"(?<=//)[^/@\s]+@")


def is_secret(name: object) -> bool:
    """Whether a value of this name is nobody's business."""
    return isinstance(name, str) and (name.lower() in SECRET_HEADERS or _SECRET.search(name) is not None)


def masked_url(url: str) -> str:
    """Return a URL without its password and without the values of secret parameters."""
    url = _USER_INFO.sub(f"{MASK}@", url)
    if "?" not in url:
        return url
    return _IN_URL.sub(lambda found: f"{found[1]}={MASK if is_secret(found[1]) else found[2]}", url)


def masked(value: Any, name: object = "", depth: int = 0) -> Any:
    """Return a value with everything secret in it replaced."""
    if is_secret(name) and not is_mapping(value):
        return value if value is ANY or value is ABSENT or isinstance(value, Presence) else MASK
    if depth < 8 and is_mapping(value):
        return {key: masked(item, key, depth + 1) for key, item in value.items()}
    if depth < 8 and is_list(value):
        return [masked(item, "", depth + 1) for item in value]
    return value


def described(condition: Condition, name: object) -> str:
    """Return a condition on a value of this name in a few words, none of them secret."""
    if isinstance(condition, (Equal, Subset)):
        start = "at least " if isinstance(condition, Subset) else ""
        return start + show(masked(condition.want, name))
    return condition.describe() if not is_secret(name) or isinstance(condition, Presence) else MASK
