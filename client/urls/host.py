"""Which host a URL means: the one that a browser would connect to, or `InvalidURL`.

The rules, after the host parser of the WHATWG URL standard:

1. `[...]` holds an IPv6 address, with a zone or without. It is written in its one shortest form (RFC 5952).
2. Percent-escapes are decoded first: `ex%61mple.com` is `example.com`, and `a%2fb` is no host at all.
3. Everything beyond ASCII is mapped by UTS #46 (non-transitional), each label becomes its `xn--` form,
   and `xn--` labels that somebody wrote must be what that mapping would have written.
4. A host whose last label is a number is an IPv4 address, in whatever notation:
   `0x7f.1` is `127.0.0.1`, `1.2.3` is `1.2.0.3`, `1.2.3.4.5` is refused. No resolver is ever asked to guess.
5. No code point that could end a host, split it or hide in it is left.
   No label is empty or over 63 bytes, and all together are at most 253.

Stricter than a browser where that protects the caller: empty labels, the lengths, and `"` `` ` `` `{` `}`
(an unformatted template) are refused. The one extension is the IPv6 zone of RFC 6874.
A scheme that HTTP does not know may have a host with escapes (`http+unix://%2Frun%2Fapp.sock`):
it is opaque, and stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import InvalidURL
from . import percent

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_HOST = 253
MAX_LABEL = 63

_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_FORBIDDEN = re.compile(r"""[^!$&-.0-9;=A-Z_a-z~]""")
_OPAQUE = re.compile(r"(?:[!$&-.0-9;=A-Z_a-z~]|%[0-9A-Fa-f]{2})+")
_ZONE = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_PIECE = re.compile(r"[0-9A-Fa-f]{1,4}")
_DECIMAL_BYTE = re.compile(r"0|[1-9][0-9]{0,2}")


def canonical(host: str, *, opaque: bool = False) -> str:
    """Return the one spelling of a host, in ASCII, without brackets; `opaque` is for schemes of one's own."""
    if host[0] == "[":
        if host[-1] != "]":
            raise InvalidURL("host: an IPv6 address starts with '[' and ends with ']', as in [::1]")
        return _ipv6(host[1:-1])
    if "%" in host:
        if opaque and _OPAQUE.fullmatch(host):
            return host
        try:
            host = percent.decode_strictly(host)
        except UnicodeDecodeError as error:
            raise InvalidURL("host: its percent-escapes are not UTF-8; write the host's name itself") from error
    if not host.isascii() or "xn--" in host.lower():
        host = _to_ascii(host)
    if _PLAIN.fullmatch(host) is None:
        _refuse_forbidden(host)
    host = host.lower()
    _check_lengths(host)
    return _ipv4(host) if _ends_in_number(host) else host


def to_unicode(host: str) -> str:
    """Return a canonical host as people write it: each `xn--` label in its own script."""
    if "xn--" not in host or "%" in host:
        return host
    return _to_unicode(host)


@lru_cache(maxsize=256)
def _to_unicode(host: str) -> str:
    return ".".join(
        [label[4:].encode().decode("punycode") if label[:4] == "xn--" else label for label in host.split(".")]
    )


def _shown(host: str) -> str:
    shown = ascii(host)
    return shown if len(shown) <= 80 else f"{shown[:76]}...'"


def _refuse_forbidden(host: str) -> None:
    found = _FORBIDDEN.search(host)
    if found is None:
        return
    if ":" in host:  # may be `user:password` with a raw '/' after it: not shown
        raise InvalidURL("host: ':' cannot be part of a host; an IPv6 address stands in brackets, as in [::1]")
    character = found[0]
    mend = "is that a template nobody filled in?" if character in "{}" else "write the host's name alone"
    raise InvalidURL(f"host {_shown(host)}: {character!a} cannot be part of a host; {mend}")


def _check_lengths(host: str) -> None:
    name = host[:-1] if host[-1:] == "." else host
    if len(name) > MAX_HOST:
        raise InvalidURL(f"host {_shown(host)}: {len(name)} bytes, where DNS allows {MAX_HOST}")
    for label in name.split("."):
        if not label:
            raise InvalidURL(f"host {_shown(host)}: an empty label; a host has a name between its dots")
        if len(label) > MAX_LABEL:
            raise InvalidURL(f"host {_shown(host)}: a label of {len(label)} bytes, where DNS allows {MAX_LABEL}")


# IPv4: every notation a resolver might understand becomes four decimal numbers.


def _ends_in_number(host: str) -> bool:
    name = host[:-1] if host[-1] == "." else host
    last = name[name.rfind(".") + 1 :]
    if last.isdigit():
        return True
    return last[:2] == "0x" and _ipv4_number(last) is not None


def _ipv4_number(text: str) -> int | None:
    base = 10
    if text[:2] == "0x":
        text, base = text[2:] or "0", 16
    elif len(text) > 1 and text[0] == "0":
        text, base = text[1:], 8
    try:
        return int(text, base) if text.isalnum() else None
    except ValueError:
        return None


def _ipv4(host: str) -> str:
    parts = host[:-1].split(".") if host[-1] == "." else host.split(".")
    numbers = [_ipv4_number(part) for part in parts]
    *leading, last = numbers
    if (
        len(numbers) > 4
        or last is None
        or last >= 256 ** (5 - len(numbers))
        or any(number is None or number > 255 for number in leading)
    ):
        raise InvalidURL(
            f"host {_shown(host)}: ends in a number, so it must be an IPv4 address; write it as in 192.0.2.1"
        )
    address = last
    for position, number in enumerate(leading):
        address += (number or 0) << (24 - 8 * position)
    return ".".join([str(byte) for byte in address.to_bytes(4, "big")])


# IPv6, RFC 4291 section 2.2 for reading, RFC 5952 for writing, RFC 6874 for zones.


def _ipv6(text: str) -> str:
    address, percent_sign, zone = text.partition("%")
    if percent_sign:
        zone = zone[2:] if zone.startswith("25") else zone
        if _ZONE.fullmatch(zone) is None:
            raise InvalidURL("host: after the '%' of an IPv6 address comes its zone, as in [fe80::1%25eth0]")
    pieces = _ipv6_pieces(address)
    if pieces is None:
        raise InvalidURL("host: what stands in brackets must be an IPv6 address, as in [::1]")
    written = _ipv6_text(pieces)
    return f"{written}%{zone}" if percent_sign else written


def _ipv6_pieces(address: str) -> list[int] | None:
    head, gap, tail = address.partition("::")
    before = _ipv6_run(head, may_end_in_ipv4=not gap)
    after = _ipv6_run(tail, may_end_in_ipv4=True)
    if before is None or after is None:
        return None
    missing = 8 - len(before) - len(after)
    if (missing < 1) if gap else missing != 0:
        return None
    return before + [0] * missing + after


def _ipv6_run(run: str, *, may_end_in_ipv4: bool) -> list[int] | None:
    if not run:
        return []
    parts = run.split(":")
    pieces: list[int] = []
    if may_end_in_ipv4 and "." in parts[-1]:
        numbers = parts.pop().split(".")
        if len(numbers) != 4 or not all(_DECIMAL_BYTE.fullmatch(number) and int(number) < 256 for number in numbers):
            return None
        one, two, three, four = (int(number) for number in numbers)
        pieces = [one << 8 | two, three << 8 | four]
    if not all(_PIECE.fullmatch(part) for part in parts):
        return None
    return [int(part, 16) for part in parts] + pieces


def _ipv6_text(pieces: list[int]) -> str:
    start, length = _longest_zeros(pieces)
    words = [f"{piece:x}" for piece in pieces]
    if length < 2:
        return ":".join(words)
    return ":".join(words[:start]) + "::" + ":".join(words[start + length :])


def _longest_zeros(pieces: Iterable[int]) -> tuple[int, int]:
    best, length, run = 0, 0, 0
    for position, piece in enumerate(pieces):
        run = 0 if piece else run + 1
        if run > length:
            best, length = position - run + 1, run
    return best, length


# Names beyond ASCII: `idna` has the tables, WHATWG's "domain to ASCII" says which of its checks count.
# The code points of UTS #46 are allowed, which is what browsers do, rather than the fewer of IDNA 2008:
# some registries sell emoji, and a server on one can be reached.
# `idna` is imported here and nowhere else: most programs never need it.


def _to_ascii(host: str) -> str:
    if len(host) > 4 * MAX_HOST:
        raise InvalidURL(f"host {_shown(host)}: {len(host)} characters, where DNS allows {MAX_HOST} bytes")
    labels = [_from_punycode(label) if label[:4] == "xn--" else label for label in _mapped(host).split(".")]
    _check_labels(labels)
    return ".".join([label if label.isascii() else _to_punycode(label) for label in labels])


def _mapped(text: str) -> str:
    import idna

    try:
        return idna.uts46_remap(text, std3_rules=False, transitional=False)
    except idna.IDNAError as error:
        raise InvalidURL(f"host {_shown(text)}: has characters that no domain name may have") from error


def _to_punycode(label: str) -> str:
    return "xn--" + label.encode("punycode").decode("ascii")


def _from_punycode(label: str) -> str:
    """Return what an `xn--` label says, provided that it is what `_to_punycode` would have written."""
    if len(label) <= MAX_LABEL:
        try:
            decoded = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            decoded = ""
        if not decoded.isascii() and _mapped(decoded) == decoded and _to_punycode(decoded) == label:
            return decoded
    raise InvalidURL(f"host label {_shown(label)}: not the Punycode of a name beyond ASCII; write the name itself")


def _check_labels(labels: list[str]) -> None:
    import unicodedata

    import idna

    # The Bidi rule of RFC 5893 binds every label once one of them has right-to-left characters.
    bidi = any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for label in labels for character in label)
    for label in filter(None, labels):
        if len(label) > MAX_LABEL:
            raise InvalidURL(f"host label {_shown(label)}: {len(label)} characters, where DNS allows {MAX_LABEL} bytes")
        try:
            idna.check_initial_combiner(label)
            joined = all(
                idna.valid_contextj(label, position)
                for position, character in enumerate(label)
                if character in _JOINERS
            )
            directed = not bidi or idna.check_bidi(label, check_ltr=True)
        except (idna.IDNAError, ValueError) as error:
            raise InvalidURL(f"host label {_shown(label)}: not valid in a domain name: {error}") from error
        if not (joined and directed) or label[:4] == "xn--":
            raise InvalidURL(f"host label {_shown(label)}: looks like another name than it is; write it plainly")


_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_JOINERS = "\u200c\u200d"
