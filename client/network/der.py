"""Just enough DER (X.690) to find the public key in a certificate: elements, and the elements inside of one."""

from __future__ import annotations

from typing import NamedTuple

_INTEGER = 0x02
_SEQUENCE = 0x30
_VERSION = 0xA0  # [0], constructed
# Serial number, signature algorithm, issuer, validity and subject come before the key (RFC 5280, section 4.1).
_BEFORE_KEY = (_INTEGER, _SEQUENCE, _SEQUENCE, _SEQUENCE, _SEQUENCE)
_LONGEST_LENGTH = 4  # bytes: certificates are smaller than 4 GiB


class Element(NamedTuple):
    """One element: what it is, all of its bytes, and those inside."""

    tag: int
    whole: bytes
    content: bytes


def element_at(data: bytes, start: int) -> Element:
    """Return the element that begins at `start`; a `ValueError` where there is none."""
    if len(data) - start < 2:
        raise ValueError("the certificate ends in the middle of an element")
    tag, length, place = data[start], data[start + 1], start + 2
    if tag & 0x1F == 0x1F:
        raise ValueError("the certificate has a tag of several bytes, where none can be")
    if length >= 0x80:
        size = length - 0x80
        said = data[place : place + size]
        if not 0 < size <= _LONGEST_LENGTH or len(said) < size or said[0] == 0 or (size == 1 and said[0] < 0x80):
            raise ValueError("the certificate has an element of a length that is not DER")
        length = int.from_bytes(said, "big")
        place += size
    end = place + length
    if end > len(data):
        raise ValueError("the certificate ends in the middle of an element")
    return Element(tag, data[start:end], data[place:end])


def public_key_info(certificate: bytes) -> bytes:
    """Return a certificate's SubjectPublicKeyInfo: its public key, and what kind of key it is.

    Raises `ValueError` for what is no certificate.
    """
    outer = element_at(certificate, 0)
    body = element_at(outer.content, 0)
    if outer.tag != _SEQUENCE or body.tag != _SEQUENCE or len(outer.whole) != len(certificate):
        raise ValueError("not a certificate")
    inside = body.content
    first = element_at(inside, 0)
    place = len(first.whole) if first.tag == _VERSION else 0
    for tag in _BEFORE_KEY:
        found = element_at(inside, place)
        if found.tag != tag:
            raise ValueError("not a certificate")
        place += len(found.whole)
    key = element_at(inside, place)
    if key.tag != _SEQUENCE:
        raise ValueError("not a certificate")
    return key.whole
