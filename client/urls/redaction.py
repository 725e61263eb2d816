"""Texts without what is secret in the URLs in them: for reprs, errors and logs.

1. Of `user:password@` the password is hidden, of `token@` and `token:@` everything, because that is where services
   let people put a token.
2. Of a query, and of a fragment that is written like one, as OAuth hands out tokens, the values are hidden of names
   that say what they are: `access_token`, `api_key`, `X-Amz-Signature`.
3. The text need not be a URL: a Location can be anything, and a field may hold several.
   What ends one is what no URL holds, so not an apostrophe, which a password may hold.
4. Everything is linear.
"""

from __future__ import annotations

import re

HIDDEN = "[secure]"

# Greedy: what a sloppy parser takes for userinfo ends at the last `@` before the path.
_USERINFO = re.compile(r"""//([^/?#\s"<>]*)@""")
_SECRET_PARAMETER = re.compile(
    r"""([?&;\#]
        (?:[\w.\-%\[\]]*(?:token|secret|password|passwd|passphrase|signature|credentials?|api[_-]?key|assertion)
          |[\w.\-%\[\]]*[_.-]key|key|pwd|sig|auth|jwt|sid|otp|code_verifier)
        (?:\[\]|%5B%5D)?=)
        [^&;\#\s"<>]+""",
    re.IGNORECASE | re.VERBOSE,
)


def without_secrets(text: str) -> str:
    """Return a text as it may be shown."""
    if "@" in text:
        text = _USERINFO.sub(_hidden_userinfo, text)
    if "=" in text:
        text = _SECRET_PARAMETER.sub(rf"\1{HIDDEN}", text)
    return text


def _hidden_userinfo(found: re.Match[str]) -> str:
    user, _, password = found[1].partition(":")
    return f"//{user}:{HIDDEN}@" if password else f"//{HIDDEN}@" if user else found[0]
