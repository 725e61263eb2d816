"""Secrets replaced by marks, before anything is written and before anything is matched.

1. A mark says the kind of secret and its number: `__REDACTED_token_1__`.
   One secret has one mark everywhere, so "the token from the login is sent later" stays true on replay.
2. Names decide (`secret_names`): the value of a header field, cookie, query or form parameter or JSON member whose name
   sounds secret is replaced; structure, and everything else, stays.
3. A secret once seen, in a request or in the environment, is also replaced wherever else it turns up,
   in every encoding that hides it from the eye: percent-encoded, base64 at any offset, escaped in JSON.
4. Shapes that programs parse are kept: the scheme of Authorization, the attributes of cookies,
   header and claims of a JWT.
5. For matching, both sides are blanked: every secret and every mark becomes the same word, so that a test may send
   whatever token it likes.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import threading
from typing import Any
from urllib.parse import quote, quote_plus

from .paths import PLACES, changed
from .plain import is_mapping, is_sequence
from .redact_rules import NO_RULES, Rules
from .secret_names import cookie_is_telling, secret_header_kind, secret_kind

MARK = re.compile(r"__REDACTED_([a-z]+)_([0-9]+)__")
BLANK = "__REDACTED__"
_ANY_MARK = re.compile(r"(__REDACTED_(?:[a-z]+_[0-9]+)?__|__REDACTED__)")
Fields = list[tuple[str, str]]

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")
_PARAMETER = re.compile(r"(?<=[?&;#])([^=&;#\s\"'<>,]+)=([^&;#\s\"'<>,]+)")
_USERINFO = re.compile(r"(?<=://)([^/?#@:\s\"]*):([^/?#@\s\"]+)@")
_MEMBER = re.compile(r'"((?:[^"\\\n]|\\.)*)"(\s*:\s*")((?:[^"\\\n]|\\.)*)"')
_ELEMENT = re.compile(r"<([A-Za-z][\w:.-]*)>([^<>]+)</\1>")
_SHORTEST = 8


class Redactor:
    """Replaces secrets; knows the marks given so far. Safe to use from several threads."""

    def __init__(self, rules: Rules = NO_RULES, *, is_blank: bool = False) -> None:
        self._names = rules.names
        self._patterns = rules.patterns
        self._places = {place: [path for path in rules.places if path.place == place] for place in PLACES}
        self._is_blank = is_blank
        self._marks: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()
        # By separator, indentation and name: how a line, and its JSON, begin with a name that hides nothing.
        self.harmless_names: dict[str, dict[str, dict[str, tuple[str, str]]]] = {",": {}, ", ": {}}

    @property
    def goes_by_names(self) -> bool:
        """Whether names alone say what in JSON data is a secret: none is known, and no place or pattern was named."""
        return not (self._known or self._is_blank or self._patterns or self._places["json"])

    def hides(self, name: str) -> bool:
        """Return whether members of this name are secrets."""
        return secret_kind(name) is not None or name.lower() in self._names

    @property
    def hides_places(self) -> bool:
        """Whether the author has named places in JSON data."""
        return bool(self._places["json"])

    def count_from(self, text: str) -> None:
        """Let new marks follow those that a cassette holds already."""
        for kind, count in MARK.findall(text):
            self._numbers[kind] = max(self._numbers.get(kind, 0), int(count))

    def learn_environment(self) -> None:
        """Remember the values of environment variables whose names sound secret."""
        for name, value in os.environ.items():
            kind = secret_kind(name)
            if kind is not None and len(value) >= _SHORTEST and not value.isdigit() and "/" not in value[:1]:
                self.learn(value, kind)

    def learn(self, value: str, kind: str) -> None:
        """Remember a secret, to be replaced wherever it turns up."""
        if len(value) < _SHORTEST or value in self._known or MARK.search(value):
            return
        mark = self._mark(value, kind)
        forms = {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], *_base64_cores(value)}
        with self._lock:
            known = {**self._known, **{form: mark for form in forms if form not in self._known}}
            self._known = dict(sorted(known.items(), key=lambda item: -len(item[0])))

    # The parts of a message.

    def fields(self, pairs: Fields) -> Fields:
        """Return header fields without their secrets; learns what they hold."""
        return [(name, self.field(name, value)) for name, value in pairs]

    def field(self, name: str, value: str) -> str:
        """Return the value of one header field without its secrets."""
        lowered = name.lower()
        if lowered == "cookie":
            return "; ".join(self._cookie(part.strip()) for part in value.split(";"))
        if lowered == "set-cookie":
            first, semicolon, attributes = value.partition(";")
            return self._cookie(first) + semicolon + attributes
        kind = secret_header_kind(name) or ("secret" if self._is_named(name, "header") else None)
        if kind is None or not value:
            return self.text(value) if "=" in value or "@" in value or self._known or self._patterns else value
        return self._credentials(value, kind) if lowered.endswith("authorization") else self._secret(value, kind)

    def url(self, url: str) -> str:
        """Return a URL without the secrets in userinfo and query."""
        return self.text(url) if "?" in url or "@" in url or self._known or self._patterns else url

    def text(self, text: str) -> str:
        """Return any text without known secrets, and without those that names give away."""
        if "=" in text:
            text = _PARAMETER.sub(self._parameter, text)
        if "@" in text:
            text = _USERINFO.sub(lambda found: f"{found[1]}:{self._secret(found[2], 'password')}@", text)
        if '":' in text or '" :' in text:
            text = _MEMBER.sub(self._member, text)
        if "</" in text:
            text = _ELEMENT.sub(self._element, text)
        return self.known(text)

    def known(self, text: str) -> str:
        """Return any text without the secrets seen so far."""
        if self._patterns:
            text = self._patterned(text)
        for form, mark in self._known.items():
            if form in text:
                text = text.replace(form, mark)
        return MARK.sub(BLANK, text) if self._is_blank and "__REDACTED_" in text else text

    def _patterned(self, text: str) -> str:
        for pattern in self._patterns:
            parts = _ANY_MARK.split(text)  # what is hidden already is not looked at again
            parts[::2] = [pattern.sub(self._matched, part) for part in parts[::2]]
            text = "".join(parts)
        return text

    def _matched(self, found: re.Match[str]) -> str:
        return self._secret(found[0], "secret") if found[0] else ""

    def form(self, pairs: Fields) -> Fields:
        """Return the pairs of a form without their secrets."""
        return [(name, self._named(name, value, "form")) for name, value in pairs]

    def data(self, value: Any, name: str | None = None) -> Any:
        """Return JSON data without their secrets; what holds none is returned as it is."""
        for path in self._places["json"]:
            value = changed(value, path.words, self._hidden)
        return self._data(value, name)

    def _data(self, value: Any, name: str | None) -> Any:
        kind: Any = value.__class__
        if kind is str:
            if name is not None and (secret_kind(name) is not None or name.lower() in self._names):
                return self._named(name, value)
            return self.known(value) if self._known or self._is_blank or self._patterns else value
        if kind is dict:
            return {member: self._data(item, member) for member, item in value.items()}
        if kind is list:
            return [self._data(item, name) for item in value]
        if name is not None and name.lower() in self._names:
            return self._hidden(value)
        return value

    def _hidden(self, value: Any) -> Any:
        """Return what stands for data that the author wants hidden: of the same kind, so that programs still work."""
        if is_mapping(value):
            return {member: self._hidden(item) for member, item in value.items()}
        if is_sequence(value):
            return [self._hidden(item) for item in value]
        if isinstance(value, str):
            return self._secret(value, "secret") if value else value
        return value if value is None or isinstance(value, bool) else 0

    # One secret.

    def _is_named(self, name: str, place: str) -> bool:
        """Return whether the author has named this field, parameter or pair."""
        return name.lower() in self._names or any(path.names(name) for path in self._places[place])

    def _named(self, name: str, value: str, place: str = "json") -> str:
        kind = secret_kind(name)
        if kind is None and (name.lower() in self._names or (place != "json" and self._is_named(name, place))):
            kind = "secret"
        return self.known(value) if kind is None or not value.strip() else self._secret(value, kind)

    def _parameter(self, found: re.Match[str]) -> str:
        return f"{found[1]}={self._named(found[1], found[2], 'query')}"

    def _element(self, found: re.Match[str]) -> str:
        name = found[1].rpartition(":")[2]
        return f"<{found[1]}>{self._named(name, found[2])}</{found[1]}>"

    def _member(self, found: re.Match[str]) -> str:
        return f'"{found[1]}"{found[2]}{self._named(found[1], found[3])}"'

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals or not value.strip('"') or (len(value) < _SHORTEST and not cookie_is_telling(name)):
            return pair
        bare = value.strip('"')
        return f"{name}={value.replace(bare, self._secret(bare, 'cookie'))}"

    def _credentials(self, value: str, kind: str) -> str:
        """Return the value of Authorization with its scheme."""
        scheme, blank, rest = value.partition(" ")
        if not blank:
            return self._secret(value, kind)
        if scheme.lower() == "basic":
            kind = "basic"
            with contextlib.suppress(ValueError):
                self.learn(base64.b64decode(rest, validate=True).decode("utf-8").partition(":")[2], "password")
        return f"{scheme} {self._secret(rest.strip(), kind)}"

    def _secret(self, value: str, kind: str) -> str:
        if self._is_blank:
            return BLANK
        if MARK.search(value):
            return value
        self.learn(value, kind)
        return self._mark(value, kind)

    def _mark(self, value: str, kind: str) -> str:
        if self._is_blank:
            return BLANK
        with self._lock:
            mark = self._marks.get(value)
            if mark is None:
                is_jwt = _JWT.match(value) is not None
                kind = "jwt" if is_jwt else kind
                self._numbers[kind] = count = self._numbers.get(kind, 0) + 1
                mark = f"__REDACTED_{kind}_{count}__"
                if is_jwt:
                    mark = f"{value.rpartition('.')[0]}.{mark}"
                self._marks[value] = mark
            return mark


def _base64_cores(value: str) -> set[str]:
    """Return what is the same in the base64 of every text that contains the value, for each offset in its group."""
    raw = value.encode("utf-8", "surrogatepass")
    cores: set[str] = set()
    for offset in range(3):
        # The characters at both ends also depend on the bytes beside the value.
        start = (0, 2, 3)[offset]
        whole = (offset + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(b"\0" * offset + raw).decode("ascii")[start:whole]
            if len(core) >= _SHORTEST:
                cores.add(core)
    return cores
