"""Cassettes: what clients did, recorded once into YAML and replayed from it for ever."""

from __future__ import annotations

from .cassette import Cassette
from .converting import convert
from .errors import (
    AllPlayed,
    CassetteDamaged,
    CassetteError,
    CassetteExpired,
    CassetteLocked,
    CassetteMissing,
    CassetteNotWritten,
    CassetteTooNew,
    CassetteWarning,
    NetworkDenied,
    NoMatch,
    NotACassette,
    OutOfOrder,
    RequestBlocked,
    SecretFound,
)
from .interactions import Interaction, RecordedError, RecordedRequest, RecordedResponse
from .pruning import prune
from .secrets.rules import DO_NOT_RECORD
from .settings import Mode, Options, Settings
from .swapping import Swap, open
from .transport import CassetteTransport
from .using import load, use
from .verifying import Checked, Drift, Verification, verify

__all__ = [
    "DO_NOT_RECORD",
    "AllPlayed",
    "Cassette",
    "CassetteDamaged",
    "CassetteError",
    "CassetteExpired",
    "CassetteLocked",
    "CassetteMissing",
    "CassetteNotWritten",
    "CassetteTooNew",
    "CassetteTransport",
    "CassetteWarning",
    "Checked",
    "Drift",
    "Interaction",
    "Mode",
    "NetworkDenied",
    "NoMatch",
    "NotACassette",
    "Options",
    "OutOfOrder",
    "RecordedError",
    "RecordedRequest",
    "RecordedResponse",
    "RequestBlocked",
    "SecretFound",
    "Settings",
    "Swap",
    "Verification",
    "convert",
    "load",
    "open",
    "prune",
    "use",
    "verify",
]
