"""Secrets seen so far, found again in any text and in every spelling that hides them from the eye.

1. A secret is looked for as it is, percent-encoded, escaped in JSON and HTML, and in base64 at any offset: its forms.
   A form has at least `SHORTEST` characters.
2. A few forms are searched for one after the other.
   Many are found by grams: at every fourth place of a text stand five characters, and of those at least one
   begins among the first four characters of a form that stands there.
   So the time for a text depends on its length, however many secrets there are.
3. Percent-encodings differ in what they leave alone: a text is also looked at decoded.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote

SHORTEST = 8
_GRAM = 5
_STRIDE = 4
# Up to so many forms, and one more for so many characters, searching is faster than grams.
_FEW = 15
_CHARACTERS_EACH = 64


class KnownSecrets:
    """Secrets and their marks. Safe to use from several threads."""

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}
        self.forms: list[str] = []  # grows only, so that others may walk along it meanwhile
        self._grams: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def __contains__(self, value: str) -> bool:
        return value in self._marks

    def add(self, value: str, mark: str) -> None:
        """Remember a secret, and the mark that is to stand in its place."""
        with self._lock:
            for form in _forms(value):
                if len(form) >= SHORTEST and form not in self._marks:
                    self._marks[form] = mark
                    for at in range(_STRIDE):
                        self._grams.setdefault(form[at : at + _GRAM], []).append(form)
                    self.forms.append(form)

    def stand_in(self, text: str) -> bool:
        """Return whether a secret stands in a text."""
        if len(text) < SHORTEST or not self.forms:
            return False
        return bool(self._found(text)) or ("%" in text and bool(self._found(unquote(text))))

    def hidden(self, text: str) -> str:
        """Return a text with marks in the place of secrets."""
        if len(text) < SHORTEST or not self.forms:
            return text
        for form in self._found(text):
            text = text.replace(form, self._marks[form])
        if "%" in text and (decoded := unquote(text)) != text:
            for form in self._found(decoded):
                text = self._marks[form].join(_percent_encoded(form).split(text))
        return text

    def hidden_bytes(self, content: bytes, *, keeps_length: bool = False) -> bytes:
        """Return bytes that are no text with marks in the place of secrets, also of those in UTF-16.

        With `keeps_length` a mark is made as long as its secret, where it is shorter: lengths may stand before it.
        """
        text = content.decode("latin-1")
        found = self._found(text.replace("\0", "")) if "\0" in text else self._found(text)
        for form in found:
            mark = self._marks[form].ljust(len(form) if keeps_length else 0, "_")
            text = text.replace(form, mark).replace("\0".join(form), "\0".join(mark))
        return self.hidden(text).encode("latin-1", "replace")

    def _found(self, text: str) -> list[str]:
        """Return the forms that stand in a text, longer ones first."""
        forms = self.forms
        if len(forms) <= _FEW + len(text) // _CHARACTERS_EACH:
            found = [form for form in forms if form in text]
        else:
            grams = self._grams
            places = range(0, len(text) - _GRAM + 1, _STRIDE)
            hits = {gram for at in places if (gram := text[at : at + _GRAM]) in grams}
            found = list({form: None for gram in sorted(hits) for form in grams[gram] if form in text})
        return sorted(found, key=len, reverse=True) if len(found) > 1 else found


def _forms(value: str) -> set[str]:
    escaped = json.dumps(value)[1:-1]
    raw = value.encode("utf-8", "surrogatepass")
    forms = {
        value,
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        escaped,
        escaped.replace("/", "\\/"),
        json.dumps(value, ensure_ascii=False)[1:-1],
        html.escape(value),
        html.escape(value, quote=False),
        raw.decode("latin-1"),  # how fields of headers and other bytes are shown
    }
    if '"' in value:
        forms.add(value.replace('"', '""'))  # in tables
    if not value.isascii():
        forms.update(value.encode(codec, "surrogatepass").decode("latin-1") for codec in ("utf-16-le", "utf-16-be"))
    return forms | _base64_cores(raw)


def _base64_cores(raw: bytes) -> set[str]:
    """Return what is the same in the base64 of every text that contains the bytes, for each offset in its group."""
    cores: set[str] = set()
    for offset in range(3):
        # The characters at both ends also depend on the bytes beside the value.
        start = (0, 2, 3)[offset]
        whole = (offset + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            cores.add(encode(b"\0" * offset + raw).decode("ascii")[start:whole])
    return cores


@lru_cache(maxsize=256)
def _percent_encoded(value: str) -> re.Pattern[str]:
    """Return a pattern for a text each of whose characters may be percent-encoded or not."""
    parts: list[str] = []
    for character in value:
        encoded = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
        parts.append(f"(?:{re.escape(character)}|(?i:{encoded}))")
    return re.compile("".join(parts))
