"""Secrets replaced by marks, before anything is written and before anything is matched.

1. A mark says the kind of secret and its number: `__REDACTED_token_1__`.
   One secret has one mark everywhere, so "the token from the login is sent later" stays true on replay.
2. Names decide (`names`): the value of a header field, cookie, query or form parameter or JSON member whose name
   sounds secret is replaced; structure, and everything else, stays.
3. A secret once seen, in a message or in the environment, is also replaced wherever else it turns up,
   in every encoding that hides it from the eye (`known`).
4. Shapes that programs parse are kept: the scheme of Authorization, the attributes of cookies,
   header and claims of a JWT, but for secrets among the claims.
5. For matching, both sides are blanked: every secret and every mark becomes the same word, so that a test may send
   whatever token it likes; the secrets of the request at hand are known by then, too.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import threading
from collections import defaultdict
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, unquote_plus

from ..data.charsets import looks_binary
from ..data.paths import PLACES, changed
from . import cbor, markup, members, msgpack
from .known import SHORTEST, KnownSecrets
from .names import cookie_is_telling, secret_header_kind, secret_kind
from .rules import NO_RULES, Rules
from .written import are_settings, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..data.paths import Path

MARK = re.compile(r"__REDACTED_([a-z]+)_([0-9]+)__")
# What stands for a whole secret: a mark, and before that of a JWT its header and claims.
STAND_IN = re.compile(rf"(?:eyJ[A-Za-z0-9_-]{{1,8192}}\.[A-Za-z0-9_-]+\.(?=__REDACTED_jwt_))?{MARK.pattern}")
BLANK = "__REDACTED__"
# Among bytes, a mark is made as long as what it stands for.
_HIDDEN = re.compile(rf"(?:{STAND_IN.pattern}|{BLANK})_*")
_HIDDEN_BYTES = re.compile(_HIDDEN.pattern.encode())
_ANY_MARK = re.compile(r"(__REDACTED_(?:[a-z]+_[0-9]+)?__|__REDACTED__)")
Fields = list[tuple[str, str]]

_MOST_BLANK = 20_000
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")
_CREDENTIALS = re.compile(r"(?:bearer|basic|token|apikey|key|bot|oauth|jwt) [^\s,]{8,}\Z", re.IGNORECASE)
_PARAMETER = re.compile(r"(?<![^?&;#])([^=?&;#\s\"'<>,]+)=([^&;#\s\"'<>,]+)")
# What ends a value in a text belongs to it in a URL.
_ENDS_IN_TEXTS = re.compile(r"[;\"'<>,]")
_IN_QUERY = re.compile(r"(?<=[?&#])([^=?&#]+)=([^&#]+)")
# A percent sign that was quoted again and again, as in URLs that lie in each other like Russian dolls.
_QUOTED_OFTEN = re.compile(r"%(?:25){3,}")
_MOST_SIGNS = 4
_LONGEST_NAME = 80
_USERINFO = re.compile(r"(://[^/?#@:\s\"]*):([^/?#@\s\"]+)@")
# A token in the place of a user: long, and no name.
_TOKEN_AS_USER = re.compile(r"://(?=[^/?#@:\s\"]*[0-9])([^/?#@:\s\"]{16,})(?=@)")
_ANY_USER = re.compile(r"://[^/?#@\s\"]+@")
_URLS = frozenset({"location", "content-location", "referer"})
# Of several cookies that somebody has put into one field.
_FURTHER_COOKIE = re.compile(r"(,\s*)([^\s;,=]+=[^\s;,]+)")
# Parts of a form: names in a head, a blank line, and a value up to the next part.
_BLANK_LINE = re.compile(r"(\r?\n\r?\n)")
_PART_NAME = re.compile(r'\bname="?([^"\r\n;]+)')
_PART_VALUE = re.compile(r"[^\r\n]+(?=\r?\n--|\Z)")


class Redactor:
    """Replaces secrets; knows the marks given so far. Safe to use from several threads."""

    def __init__(self, rules: Rules = NO_RULES, *, is_blank: bool = False) -> None:
        self.names: frozenset[str] = rules.names  # in lower case, as the author has given them
        self._patterns = rules.patterns
        self._places = {place: [path for path in rules.places if path.place == place] for place in PLACES}
        self._harmless_fields: Fields | None = None  # requests share their fields, as long as these are the client's
        self._is_telling_field = lru_cache(maxsize=1024)(partial(_tells_field, rules.names, self._places["header"]))
        self._is_blank = is_blank
        self._marks: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._known = KnownSecrets()
        self._lock = threading.Lock()
        # By separator, indentation and name: how a line, and its JSON, begin with a name that hides nothing.
        self.harmless_names: dict[str, defaultdict[str, dict[str, tuple[str, str]]]] = {
            ",": defaultdict(dict),
            ", ": defaultdict(dict),
        }

    def hides(self, name: str) -> bool:
        """Return whether members of this name are secrets."""
        return secret_kind(name) is not None or name.lower() in self.names

    def count_from(self, text: str) -> None:
        """Let new marks follow those that a cassette holds already."""
        for kind, count in MARK.findall(text):
            self._numbers[kind] = max(self._numbers.get(kind, 0), int(count))

    def learn_environment(self) -> None:
        """Remember the values of environment variables whose names sound secret."""
        for name in list(os.environ):
            kind = secret_kind(name)
            value = "" if kind is None else os.environ.get(name, "")  # getting each one would take its time
            if kind is not None and not value.isdigit() and "/" not in value[:1]:
                self.learn(value, kind)

    @property
    def learned(self) -> int:
        """How much has been learned so far."""
        return len(self._known.forms)

    def learn(self, value: str, kind: str) -> None:
        """Remember a secret, to be replaced wherever it turns up."""
        if len(value) < SHORTEST or value in self._known or MARK.search(value) or value in BLANK:
            return
        if value.isalpha() and secret_kind(value) is not None:
            return  # `password` as a password would take the word out of every text
        if self._is_blank and len(self._known.forms) > _MOST_BLANK:
            self._known = KnownSecrets()  # a replay may be long; what is compared next was sent lately
            self.learn_environment()
        self._known.add(value, self._mark(value, kind))

    def learn_fields(self, pairs: Fields) -> None:
        """Remember the secrets in header fields."""
        if pairs is self._harmless_fields:
            return
        is_telling = self._is_telling_field
        is_harmless = True
        for name, value in pairs:
            if is_telling(name):
                self.field(name, value)
                is_harmless = False
        if is_harmless:
            self._harmless_fields = pairs

    # The parts of a message.

    def fields(self, pairs: Fields) -> Fields:
        """Return header fields without their secrets; learns what they hold."""
        is_telling = self._is_telling_field
        if self._known.forms or self._patterns:
            return [(name, self.field(name, value)) for name, value in pairs]
        return [
            (name, self.field(name, value) if is_telling(name) or "=" in value or "@" in value else value)
            for name, value in pairs
        ]

    def field(self, name: str, value: str) -> str:
        """Return the value of one header field without its secrets."""
        lowered = name.lower()
        if not self._is_telling_field(name):
            if lowered in _URLS:
                return self.url(value)
            return self.text(value) if "=" in value or "@" in value or self._known.forms or self._patterns else value
        if lowered == "cookie":
            return "; ".join(self._cookie(part.strip()) for part in value.split(";"))
        if lowered == "set-cookie":
            first, semicolon, attributes = value.partition(";")
            if "," in attributes:
                attributes = _FURTHER_COOKIE.sub(lambda found: f"{found[1]}{self._cookie(found[2])}", attributes)
            return self._cookie(first) + semicolon + attributes
        if not value:
            return value
        kind = secret_header_kind(name) or "secret"
        return self._credentials(value, kind) if lowered.endswith("authorization") else self.secret(value, kind)

    def url(self, url: str) -> str:
        """Return a URL without the secrets in userinfo, query, fragment and parameters of its path."""
        if "=" in url and _ENDS_IN_TEXTS.search(url) is not None:
            path, mark, query = url.partition("?")
            if mark and ";" in path:  # `;jsessionid=1` ends where the query begins
                return self.url(path) + self.url(mark + query)
            url = _IN_QUERY.sub(self._parameter, url)
        if "=" in url or "@" in url or self._known.forms or self._patterns:
            return self.text(url)
        return self.known(url) if self._is_blank and "__REDACTED_" in url else url

    def text(self, text: str) -> str:
        """Return any text without known secrets, and without those that names give away."""
        if "=" in text:
            text = _PARAMETER.sub(self._parameter, text)
            if '="' in text or "='" in text:
                text = markup.in_attributes(text, self.named)
            if "<" in text:
                text = markup.in_fields(text, self.named)
        if "@" in text:
            text = _TOKEN_AS_USER.sub(self._token_as_user, _USERINFO.sub(self._userinfo, text))
        if ":" in text:
            if '":' in text or '" :' in text:
                text = members.in_members(text, self)
            if "'" in text and "':" in text:
                text = members.in_items(text, self)
            if "&quot;:" in text:
                text = markup.in_quoted_json(text, self.named)
        if "</" in text:
            text = markup.in_elements(text, self.named)
        if "eyJ" in text:
            text = members.in_packed(text, self)
        has_signs = "=" in text or ":" in text
        if has_signs and ("\n" in text or '"' in text or (" " in text and ("=" in text or "earer " in text))):
            text = self._written(text)
        return self.known(text)

    def _written(self, text: str, in_settings: bool = False) -> str:
        parts: list[str] = []
        end = 0
        for start, stop, name in written(text, self.names, in_settings=in_settings):
            if MARK.search(text, start, stop) is None and BLANK not in text[start:stop]:
                kind = secret_kind(name) or "secret"
                parts += (text[end:start], self.secret(text[start:stop], kind))
                end = stop
        return "".join([*parts, text[end:]]) if parts else text

    def body(self, text: str, media: str = "") -> str:
        """Return a whole body that is text without secrets; it may be settings, a log, a table."""
        said = self.text(text)
        if are_settings(media):
            return self.known(self._written(said, in_settings=True))
        has_been_looked_at = ("=" in text or ":" in text) and ("\n" in text or '"' in text)
        return said if has_been_looked_at else self.known(self._written(said))

    def unread(self, content: bytes, media: str = "") -> bytes:
        """Return bytes that are a text in a charset that nobody names, or none, without secrets."""
        if msgpack.is_msgpack(media):
            return self.known_bytes(msgpack.without_secrets(content, self) or content)
        if cbor.is_cbor(media):
            return self.known_bytes(cbor.without_secrets(content, self) or content)
        text = content.decode("latin-1")
        if not looks_binary(text):
            content = self.body(text).encode("latin-1", "replace")
        return self.known_bytes(content)

    def parts(self, content: bytes) -> bytes:
        """Return a form in parts that is spelled in an unusual way without the values of telling names."""
        head, *others = _BLANK_LINE.split(content.decode("latin-1"))
        said = [head]
        for blank, block in zip(others[::2], others[1::2]):
            name, value = _PART_NAME.search(head), _PART_VALUE.match(block)
            shown, head = (value[0], block[value.end() :]) if value is not None else ("", block)
            said += (blank, self.named(name[1], shown, "form") if name is not None else shown, head)
        return "".join(said).encode("latin-1")

    def known(self, text: str) -> str:
        """Return any text without the secrets seen so far."""
        if self._patterns:
            text = self._patterned(text)
        text = self._known.hidden(text)
        return _HIDDEN.sub(BLANK, text) if self._is_blank and "__REDACTED_" in text else text

    def knows_one_in(self, text: str) -> bool:
        """Return whether a secret that was seen so far stands in a text."""
        return self._known.stand_in(text)

    def shown_name(self, name: str) -> str:
        """Return the name of a member or part, which is a secret itself now and then; `password` is no such name."""
        if self._patterns or (self._known.forms and any(map(str.isdigit, name))):
            return self.known(name)
        return _HIDDEN.sub(BLANK, name) if self._is_blank and "__REDACTED_" in name else name

    def known_bytes(self, content: bytes) -> bytes:
        """Return bytes that are no text without the secrets seen so far."""
        if self._known.forms:
            content = self._known.hidden_bytes(content, keeps_length=not self._is_blank)
        return _HIDDEN_BYTES.sub(BLANK.encode(), content) if self._is_blank else content

    def hides_pairs(self, text: str) -> bool:
        """Return whether objects in this JSON may say a secret as `{"name": "password", "value": "x"}`."""
        return members.has_pairs(text, self)

    def leaves(self, text: str) -> bool:
        """Return whether nothing is hidden in this JSON but what names of members give away; it has no escapes."""
        if self._is_blank or self._patterns or self._places["json"] or ("<" in text and "</" in text):
            return False
        if "@" in text and _ANY_USER.search(text) is not None:
            return False
        if "=" in text and ("%3" in text or "='" in text or any(map(self.hides, _names_before_values(text)))):
            return False
        if "'" in text and "':" in text and members.has_items(text, self):
            return False
        if ("B" in text or "J" in text) and self._hides_what_is_packed(text):
            return False
        return not self._known.forms or self._known.hidden(text) == text

    def _hides_what_is_packed(self, text: str) -> bool:
        if "Bearer " in text and written(text, self.names):
            return True
        return "eyJ" in text and members.in_packed(text, self) != text

    def _patterned(self, text: str) -> str:
        for pattern in self._patterns:
            parts = _ANY_MARK.split(text)  # what is hidden already is not looked at again
            parts[::2] = [pattern.sub(self._matched, part) for part in parts[::2]]
            text = "".join(parts)
        return text

    def _matched(self, found: re.Match[str]) -> str:
        return self.secret(found[0], "secret") if found[0] else ""

    def form(self, pairs: Fields) -> Fields:
        """Return the pairs of a form without their secrets."""
        return [(name, self.named(name, value, "form")) for name, value in pairs]

    def data(self, value: Any, name: str | None = None) -> Any:
        """Return JSON data without their secrets; what holds none is returned as it is."""
        for path in self._places["json"]:
            value = changed(value, path.words, partial(members.hidden, hider=self))
        return members.in_data(value, name, self)

    # One secret.

    def _is_named(self, name: str, place: str) -> bool:
        """Return whether the author has named this field, parameter or pair."""
        return _is_named(self.names, self._places[place], name)

    def named(self, name: str, value: str, place: str = "json") -> str:
        """Return what stands under a name without its secrets; all of it is one where the name says so."""
        kind = secret_kind(name)
        if kind == "token" and name.lower().endswith("authorization"):
            # Away from header fields it is mostly a word or a sentence about one.
            if _CREDENTIALS.match(value) is not None:
                return self._credentials(value, kind)
            kind = None
        if kind is None and (name.lower() in self.names or (place != "json" and self._is_named(name, place))):
            kind = "secret"
        return self.text(value) if kind is None or not value.strip() else self.secret(value, kind)

    def _parameter(self, found: re.Match[str]) -> str:
        value = found[2]
        if value.count("=") > _MOST_SIGNS:
            return self._chained(found[1], value.split("="))
        decoded = _QUOTED_OFTEN.sub("%25", unquote(value)) if "%" in value else value
        said = self.named(unquote(found[1]) if "%" in found[1] else found[1], decoded, "query")
        if "+" in value and (MARK.fullmatch(said) is not None or said == BLANK):
            plain = unquote_plus(value)  # elsewhere nobody spells a blank like this
            if plain not in self._known:
                self._known.add(plain, said)
        if "%3" in said and (again := unquote(said)) != said and (hidden := self.text(again)) != again:
            said = quote(hidden, safe="")  # one URL in another
        return found[0] if said == decoded else f"{found[1]}={said if decoded == value else quote(said, safe='')}"

    def _chained(self, name: str, pieces: list[str]) -> str:
        """Return `a=b=c`, where each piece may be the name of all that follows, with one look at each."""
        said = [name]
        for number, (before, piece) in enumerate(zip([name, *pieces], pieces)):
            shown = unquote(before)
            if (self.hides(shown) or self._is_named(shown, "query")) and not shown.lower().endswith("authorization"):
                said.append(self.named(shown, unquote("=".join(pieces[number:])), "query"))
                break
            said.append(_PARAMETER.sub(self._parameter, f"{before}={piece}").partition("=")[2])
        return "=".join(said)

    def _userinfo(self, found: re.Match[str]) -> str:
        return f"{found[1]}:{self.secret(unquote(found[2]), 'password')}@"

    def _token_as_user(self, found: re.Match[str]) -> str:
        return f"://{self.secret(unquote(found[1]), 'token')}"

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals:
            name, value = "", pair
        if not value.strip('"') or (len(value) < SHORTEST and not cookie_is_telling(name)):
            return pair
        bare = value.strip('"')
        return f"{name}{equals}{value.replace(bare, self.secret(bare, 'cookie'))}"

    def _credentials(self, value: str, kind: str) -> str:
        """Return the value of Authorization with its scheme."""
        scheme, blank, rest = value.partition(" ")
        if not blank:
            return self.secret(value, kind)
        if scheme.lower() == "basic":
            kind = "basic"
            with contextlib.suppress(ValueError):
                decoded = base64.b64decode(rest, validate=True)
                try:
                    user, _, password = decoded.decode("utf-8").partition(":")
                except UnicodeDecodeError:
                    user, _, password = decoded.decode("latin-1").partition(":")
                self.learn(password or user, "password")  # keys of APIs are sent as a user without a password
        return f"{scheme} {self.secret(rest.strip(), kind)}"

    def secret(self, value: str, kind: str) -> str:
        """Return what stands for a secret, which is known from now on."""
        if MARK.search(value):
            return BLANK if self._is_blank else value
        self.learn(value, kind)
        return self._mark(value, kind)

    def _mark(self, value: str, kind: str) -> str:
        if self._is_blank:
            return BLANK
        mark = self._marks.get(value)
        if mark is not None:
            return mark
        shown = self._shown_jwt(value) if _JWT.match(value) is not None else ""
        kind = "jwt" if shown else kind
        with self._lock:
            mark = self._marks.get(value)
            if mark is None:
                self._numbers[kind] = count = self._numbers.get(kind, 0) + 1
                self._marks[value] = mark = f"{shown}__REDACTED_{kind}_{count}__"
            return mark

    def _shown_jwt(self, value: str) -> str:
        """Return header and claims, as they came unless the claims hold secrets of their own."""
        header, claims, _ = value.split(".")
        with contextlib.suppress(ValueError, RecursionError):
            data = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
            said = members.in_data(data, None, self)
            if said != data:
                claims = base64.urlsafe_b64encode(json.dumps(said).encode("utf-8")).rstrip(b"=").decode("ascii")
        return f"{header}.{claims}."


def _names_before_values(text: str) -> Iterator[str]:
    """Yield what stands before each `=`, as the names of parameters do."""
    at = text.find("=")
    while at >= 0:
        least = max(0, at - _LONGEST_NAME)
        start = max(text.rfind("&", least, at), text.rfind("?", least, at), text.rfind('"', least, at))
        start = max(start, text.rfind(";", least, at), text.rfind("#", least, at), least - 1)
        start = max(start, text.rfind(" ", least, at))
        name = text[start + 1 : at]
        yield unquote(name) if "%" in name else name
        at = text.find("=", at + 1)


def _is_named(names: frozenset[str], paths: list[Path], name: str) -> bool:
    return name.lower() in names or any(path.names(name) for path in paths)


def _tells_field(names: frozenset[str], paths: list[Path], name: str) -> bool:
    return secret_header_kind(name) is not None or _is_named(names, paths, name)
