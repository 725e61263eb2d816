"""Certificates for hostile servers: made once per run, from an authority that these tests trust, or from none."""

# trustme says part of its types in terms of a package that is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import datetime
import functools
import ipaddress
import ssl
import tempfile
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from understudy import create_ssl_context

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


@functools.cache
def authority(name: str) -> trustme.CA:
    """Return the authority of this name; only `trusted` is trusted."""
    return trustme.CA(organization_name=name)


@functools.cache
def trusting() -> ssl.SSLContext:
    """Return a client's context that trusts the authority and nobody else."""
    with authority("trusted").cert_pem.tempfile() as path:
        return create_ssl_context(path)


def client_context(presents: str | None = None) -> ssl.SSLContext:
    """Return a context of its own, with a certificate of the named authority."""
    with authority("trusted").cert_pem.tempfile() as path:
        context = create_ssl_context(path)
    if presents is not None:
        authority(presents).issue_cert("client@api.test").configure_cert(context)
    return context


def server_context(*names: str, by: str = "trusted", **options: Any) -> ssl.SSLContext:
    """Return a server's context with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority(by).issue_cert(*names, **options).configure_cert(context)
    return context


def demanding_context() -> ssl.SSLContext:
    """Return the context of a server that wants to see a certificate of the trusted authority."""
    context = server_context("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    authority("trusted").configure_trust(context)
    return context


def odd_context(kind: str) -> ssl.SSLContext:
    """Return a server's context with a certificate that no authority would issue."""
    key: Any = rsa.generate_private_key(65537, 1024) if kind == "weak key" else ec.generate_private_key(ec.SECP256R1())
    issuer_key, issuer = (key, _name("odd")) if kind == "self-signed" else _trusted_issuer()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name("127.0.0.1" if kind == "no names" else "odd"))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
    )
    if kind != "self-signed":
        # Python 3.13 wants to see it, and would complain of nothing else.
        authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(authority_key, critical=False)
    if kind != "no names":
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    if kind == "for clients only":
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
    if kind == "unknown critical extension":
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    certificate = builder.sign(issuer_key, hashes.SHA256())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context.load_cert_chain(path)
    return context


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _trusted_issuer() -> tuple[Any, x509.Name]:
    key: Any = serialization.load_pem_private_key(authority("trusted").private_key_pem.bytes(), None)
    return key, x509.load_pem_x509_certificate(authority("trusted").cert_pem.bytes()).subject
