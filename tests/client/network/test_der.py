"""Finding the public key in a certificate: always the same bytes as a library that reads all of it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from understudy.client.network.der import element_at, public_key_info

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
KEYS: dict[str, Any] = {
    "RSA": rsa.generate_private_key(65537, 2048),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}


def certificate(key: Any, name: str = "h.test") -> bytes:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(2**127 - 1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("h.test")] * 20), critical=False)
    )
    signed = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


CERTIFICATE = certificate(KEYS["P-256"])


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("name", ["h.test", "n" * 64])
def test_the_key_is_found(kind: str, name: str) -> None:
    key = KEYS[kind]

    found = public_key_info(certificate(key, name))

    assert found == key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ends in the middle"),
        (b"\x30", "ends in the middle"),
        (b"\x30\x05abc", "ends in the middle"),
        (b"\x1f\x81\x01a", "a tag of several bytes"),
        (b"\x30\x80abc\0\0", "not DER"),
        (b"\x30\x81\x05hello", "not DER"),
        (b"\x30\x82\x00\x85" + bytes(133), "not DER"),
        (b"\x30\x82\x01", "not DER"),
        (b"\x30\x85\x01\0\0\0\0", "not DER"),
    ],
)
def test_what_is_no_element_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        element_at(data, 0)


@pytest.mark.parametrize(
    "data",
    [
        CERTIFICATE + b"\0",
        b"\x31" + CERTIFICATE[1:],
        b"\x30\x02\x30\x00",
        b"\x30\x04\x30\x02\x05\x00",
        b"\x30\x10\x30\x0e\x02\x00\x30\x00\x30\x00\x30\x00\x30\x00\x05\x02ab",
    ],
    ids=["longer", "another tag", "empty", "a null", "no names"],  # the certificate is another one in each process
)
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="certificate"):
        public_key_info(data)


@given(st.data())
def test_a_damaged_certificate_is_refused_or_has_a_key(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(CERTIFICATE) - 1))
    damaged = CERTIFICATE[:place] + data.draw(st.binary(max_size=3)) + CERTIFICATE[place + 1 :]

    try:
        found = public_key_info(damaged)
    except ValueError:
        return

    assert found in damaged
