"""The last look at what is about to be written: does any of it still have the shape of a secret?

Detectors know credentials that carry a mark of their issuer, so that they almost never take anything else for one.
Entropy is not measured: identifiers, hashes and cursors look as random as secrets do.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

DETECTORS = {
    "AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "Anthropic key": r"\bsk-ant-[A-Za-z0-9_-]{20,}",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})",
    "GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "Google API key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "Google OAuth token": r"\bya29\.[0-9A-Za-z_-]{20,}",
    "JSON Web Token": r"\beyJ[A-Za-z0-9_-]{8,8192}\.eyJ[A-Za-z0-9_-]{8,}\.(?!__REDACTED_)[A-Za-z0-9_-]{16,}",
    "OpenAI key": r"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{0,256}[A-Za-z0-9]{32,}",
    "PyPI token": r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}",
    "SendGrid key": r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "Slack token": r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}",
    "Slack webhook": r"hooks\.slack\.com/services/T[0-9A-Z]+/B[0-9A-Z]+/[0-9A-Za-z]{20,}",
    "Stripe key": r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,}",
    "Telegram bot token": r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b",
    "npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
}
_NAMES = list(DETECTORS)
_ANY = re.compile("|".join(f"({pattern})" for pattern in DETECTORS.values()))
# One of these is in everything that a detector finds; without any, nothing needs a closer look.
_WORDS = (":AA", "ya29.", "k.com/services/")
# Each begins with the one character that is rarest in other texts: where that is absent, nothing is searched.
_LOOKS = {
    "_": re.compile(r"_(?:(?<=gh[pousr]_)|(?<=npm_)|pat_(?<=github_pat_)|(?:live|test)_(?<=[rs]k_(?:live|test)_))"),
    "-": re.compile(r"-(?:(?<=sk-)|(?<=xox[abeoprs]-)|(?<=glpat-)|(?<=pypi-)|----BEGIN[ ])"),
    "I": re.compile(r"I(?:A(?<=A[KS]IA)|za(?<=AIza))"),
    "J": re.compile(r"J(?<=\.eyJ)"),
    "S": re.compile(r"S(?=G\.)"),  # and not G: each recorded GET has one
}


class Finding(NamedTuple):
    """A secret in a text: what found it, where, and how to speak of it without saying it."""

    detector: str
    line: int
    fingerprint: str


def fingerprint(secret: str) -> str:
    """Return a short name for a secret from which nobody can get it back in practice."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def find(text: str, allowed: frozenset[str]) -> Finding | None:
    """Return the first secret in a text that is not allowed."""
    if not _needs_closer_look(text):
        return None
    for found in _ANY.finditer(text):
        name = fingerprint(found[0])
        if name not in allowed:
            return Finding(_NAMES[(found.lastindex or 1) - 1], text.count("\n", 0, found.start()) + 1, name)
    return None


def _needs_closer_look(text: str) -> bool:
    if any(map(text.__contains__, _WORDS)):
        return True
    return any(character in text and look.search(text) is not None for character, look in _LOOKS.items())
