"""What looks like the credentials of a known issuer is found wherever it stands."""

from __future__ import annotations

import pytest

from understudy.cassettes.secrets import scan as secret_scan

# Put together here, so that nobody who scans this file finds any.
EXAMPLES = [
    ("AWS access key", "AKIA" + "7" * 16),
    ("AWS access key", "ASIA" + "Q" * 16),
    ("Anthropic key", "sk-" + "ant-" + "a" * 20),
    *(("GitHub token", f"gh{kind}_" + "x" * 36) for kind in "pousr"),
    ("GitHub token", "github" + "_pat_" + "1" * 22),
    ("GitLab token", "glpat" + "-" + "x" * 20),
    ("Google API key", "AIza" + "x" * 35),
    ("Google OAuth token", "ya29" + "." + "x" * 20),
    ("JSON Web Token", "eyJ" + "a" * 8 + ".eyJ" + "b" * 8 + "." + "c" * 16),
    ("OpenAI key", "sk-" + "a" * 32),
    ("OpenAI key", "sk-" + "proj-" + "a" * 32),
    ("PyPI token", "pypi-" + "AgEIcHlwaS5vcmc" + "x" * 20),
    ("SendGrid key", "SG." + "x" * 22 + "." + "y" * 43),
    *(("Slack token", f"xox{kind}-" + "1" * 10) for kind in "abeoprs"),
    ("Slack webhook", "https://hooks.slack.com" + "/services/T0/B0/" + "x" * 20),
    *(("Stripe key", f"{kind}k_{mode}_" + "x" * 16) for kind in "rs" for mode in ("live", "test")),
    ("Telegram bot token", "12345678:" + "AA" + "x" * 33),
    ("npm token", "npm" + "_" + "x" * 36),
    ("private key", "-----BEGIN " + "PRIVATE KEY-----"),
    ("private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
]


@pytest.mark.parametrize(("detector", "secret"), EXAMPLES)
@pytest.mark.parametrize("before", ["", "line\n- a: ", 'é "'])
def test_secrets_are_found_and_named_unless_they_are_allowed(detector: str, secret: str, before: str) -> None:
    text = f"{before}{secret}\n"

    found = secret_scan.find(text, frozenset())

    assert found is not None
    assert (found.detector, found.line) == (detector, text.count("\n", 0, len(before)) + 1)
    assert secret_scan.find(text, frozenset({found.fingerprint})) is None


def test_every_detector_has_an_example() -> None:
    assert {detector for detector, _ in EXAMPLES} == set(secret_scan.DETECTORS)


@pytest.mark.parametrize("text", ["", "ask-me", "a_b-c.d:A", "https://example.com/-/_", "AKIA", "eyJ.eyJ.", "npm_i"])
def test_what_only_resembles_a_secret_is_let_pass(text: str) -> None:
    assert secret_scan.find(text, frozenset()) is None
