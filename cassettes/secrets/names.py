"""Which names hold secrets: of header fields, cookies, parameters, JSON members and environment variables."""

from __future__ import annotations

import re
from functools import lru_cache

from ...client import SECRET_HEADERS

_HEADERS = {
    **{name: "token" if "token" in name else "key" for name in SECRET_HEADERS},
    "authorization": "token",
    "proxy-authorization": "token",
    "cookie": "cookie",
    "set-cookie": "cookie",
    "x-amz-security-token": "token",
    # Names that say nothing to those who do not know the service.
    "api-sign": "signature",
    "authentication": "token",
    "cb-access-sign": "signature",
    "dpop": "token",
    "fastly-key": "key",
    "kc-api-sign": "signature",
    "ok-access-sign": "signature",
    "paypal-transmission-sig": "signature",
    "x-amzn-oidc-data": "token",
    "x-authentication": "token",
    "x-bapi-sign": "signature",
    "x-elastic-app-auth": "token",
    "x-firebase-appcheck": "token",
    "x-firebase-auth": "token",
    "x-honeycomb-team": "key",
    "x-hubspot-signature-v3": "signature",
    "x-jfrog-art-api": "key",
    "x-okta-session": "session",
    "x-pass": "password",
    "x-sentry-auth": "key",
    "x-shopify-hmac-sha256": "signature",
    "x-signature-ed25519": "signature",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# What a name ends with, once it is in lower case and without punctuation; the longest ending says the kind.
_ENDINGS = {
    "token": "token",
    "jwt": "token",
    "bearer": "token",
    "password": "password",
    "passwd": "password",
    "passphrase": "password",
    "passcode": "password",
    "pwd": "password",
    "secret": "secret",
    "secretvalue": "secret",
    "credential": "credential",
    "credentials": "credential",
    "signature": "signature",
    "signaturevalue": "signature",
    "apisig": "signature",
    "authorization": "token",
    "apikey": "key",
    "apikeyid": "key",
    "accesskey": "key",
    "accesskeyid": "key",
    "secretkey": "key",
    "privatekey": "key",
    "signingkey": "key",
    "encryptionkey": "key",
    "accountkey": "key",
    "applicationkey": "key",
    "subscriptionkey": "key",
    "masterkey": "key",
    "authkey": "key",
    "appkey": "key",
    "consumerkey": "key",
    "clientassertion": "token",
    "jwtassertion": "token",
    "samlresponse": "token",
    "samlassertion": "token",
    "secretstring": "secret",
    "secretbinary": "secret",
    "oauthverifier": "secret",
    "codeverifier": "secret",
    "sessionid": "session",
    "sessionkey": "session",
    "sessid": "session",
}
_WHOLE = {
    "sig": "signature",
    "pass": "password",
    "sid": "session",
    "auth": "token",
    "session": "session",
    "otp": "password",
    "csrf": "token",
    "xsrf": "token",
    "hmac": "signature",
    "devicecode": "token",
    "backupcodes": "password",
    "recoverycodes": "password",
    # Of these, a number is how many there are.
    "passwords": "secret",
    "secrets": "secret",
    "apikeys": "key",
    "accesstokens": "token",
    "refreshtokens": "token",
}
# Tokens that open nothing: they page through a list.
_PAGING = frozenset(
    {"page", "next", "previous", "prev", "continuation", "pagination", "sync", "cursor", "skip", "resume"}
)
_TELLING = re.compile(r"sess|sid|auth|token|secret|key|csrf|xsrf|login|user|jwt|pass|id$", re.IGNORECASE)


@lru_cache(maxsize=4096)
def secret_kind(name: str) -> str | None:
    """Return what kind of secret stands under this name (`token`, `password`, `key`, ...), or `None`."""
    if "__REDACTED_" in name:
        return None  # it was a secret itself, and said nothing of its value
    plain = re.sub(r"[^a-z]", "", name.lower())
    if plain in _WHOLE:
        return _WHOLE[plain]
    for length in range(min(len(plain), 15), 2, -1):
        kind = _ENDINGS.get(plain[-length:])
        if kind is not None:
            is_paging = plain.endswith("token") and any(word.lower() in _PAGING for word in _WORD.findall(name))
            return None if is_paging else kind
    return None


@lru_cache(maxsize=1024)
def secret_header_kind(name: str) -> str | None:
    """Return what kind of secret a header field of this name holds, or `None`."""
    lowered = name.lower()
    kind = _HEADERS.get(lowered)
    if kind is None and (lowered in {"x-key", "x-auth"} or (lowered.startswith("x-") and lowered.endswith("-key"))):
        return None if lowered.endswith(("idempotency-key", "cache-key", "surrogate-key", "routing-key")) else "key"
    return kind or secret_kind(name)


@lru_cache(maxsize=1024)
def cookie_is_telling(name: str) -> bool:
    """Return whether a cookie of this name may be a secret, however short it is."""
    return _TELLING.search(name) is not None
