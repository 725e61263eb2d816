"""Status codes by name, as RFC 9110 and the IANA registry name them.

Names that RFC 9110 replaced (`REQUEST_ENTITY_TOO_LARGE` and its like) stay as aliases.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["codes"]


class codes(IntEnum):
    """The status codes of HTTP, each an `int` with a `phrase`.

    `codes.NOT_FOUND`, `codes["NOT_FOUND"]`, `codes(404)` and the lower-case `codes.not_found` are all 404.
    """

    phrase: str

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def get_reason_phrase(cls, value: int) -> str:
        """Return the phrase registered for a status code; empty for codes that nobody registered."""
        member = cls._value2member_map_.get(value)
        return member.phrase if isinstance(member, cls) else ""

    @classmethod
    def is_informational(cls, value: int) -> bool:
        """Return whether the code is 1xx: a final answer is still to come."""
        return 100 <= value <= 199

    @classmethod
    def is_success(cls, value: int) -> bool:
        """Return whether the code is 2xx."""
        return 200 <= value <= 299

    @classmethod
    def is_redirect(cls, value: int) -> bool:
        """Return whether the code is 3xx."""
        return 300 <= value <= 399

    @classmethod
    def is_client_error(cls, value: int) -> bool:
        """Return whether the code is 4xx."""
        return 400 <= value <= 499

    @classmethod
    def is_server_error(cls, value: int) -> bool:
        """Return whether the code is 5xx."""
        return 500 <= value <= 599

    @classmethod
    def is_error(cls, value: int) -> bool:
        """Return whether the code is 4xx or 5xx."""
        return 400 <= value <= 599

    CONTINUE = 100
    SWITCHING_PROTOCOLS = 101
    PROCESSING = 102
    EARLY_HINTS = 103

    OK = 200
    CREATED = 201
    ACCEPTED = 202
    NON_AUTHORITATIVE_INFORMATION = 203
    NO_CONTENT = 204
    RESET_CONTENT = 205
    PARTIAL_CONTENT = 206
    MULTI_STATUS = 207
    ALREADY_REPORTED = 208
    IM_USED = 226

    MULTIPLE_CHOICES = 300
    MOVED_PERMANENTLY = 301
    FOUND = 302
    SEE_OTHER = 303
    NOT_MODIFIED = 304
    USE_PROXY = 305
    TEMPORARY_REDIRECT = 307
    PERMANENT_REDIRECT = 308

    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    PAYMENT_REQUIRED = 402
    FORBIDDEN = 403
    NOT_FOUND = 404
    METHOD_NOT_ALLOWED = 405
    NOT_ACCEPTABLE = 406
    PROXY_AUTHENTICATION_REQUIRED = 407
    REQUEST_TIMEOUT = 408
    CONFLICT = 409
    GONE = 410
    LENGTH_REQUIRED = 411
    PRECONDITION_FAILED = 412
    CONTENT_TOO_LARGE = 413
    REQUEST_ENTITY_TOO_LARGE = 413
    URI_TOO_LONG = 414
    REQUEST_URI_TOO_LONG = 414
    UNSUPPORTED_MEDIA_TYPE = 415
    RANGE_NOT_SATISFIABLE = 416
    REQUESTED_RANGE_NOT_SATISFIABLE = 416
    EXPECTATION_FAILED = 417
    IM_A_TEAPOT = 418
    MISDIRECTED_REQUEST = 421
    UNPROCESSABLE_CONTENT = 422
    UNPROCESSABLE_ENTITY = 422
    LOCKED = 423
    FAILED_DEPENDENCY = 424
    TOO_EARLY = 425
    UPGRADE_REQUIRED = 426
    PRECONDITION_REQUIRED = 428
    TOO_MANY_REQUESTS = 429
    REQUEST_HEADER_FIELDS_TOO_LARGE = 431
    UNAVAILABLE_FOR_LEGAL_REASONS = 451

    INTERNAL_SERVER_ERROR = 500
    NOT_IMPLEMENTED = 501
    BAD_GATEWAY = 502
    SERVICE_UNAVAILABLE = 503
    GATEWAY_TIMEOUT = 504
    HTTP_VERSION_NOT_SUPPORTED = 505
    VARIANT_ALSO_NEGOTIATES = 506
    INSUFFICIENT_STORAGE = 507
    LOOP_DETECTED = 508
    NOT_EXTENDED = 510
    NETWORK_AUTHENTICATION_REQUIRED = 511


# Phrases that are not their names with the first letters in upper case.
_SPELT = {
    codes.OK: "OK",
    codes.NON_AUTHORITATIVE_INFORMATION: "Non-Authoritative Information",
    codes.MULTI_STATUS: "Multi-Status",
    codes.IM_USED: "IM Used",
    codes.URI_TOO_LONG: "URI Too Long",
    codes.IM_A_TEAPOT: "I'm a teapot",
    codes.HTTP_VERSION_NOT_SUPPORTED: "HTTP Version Not Supported",
}

# The values are numbers alone, so that type checkers let them be compared with numbers.
for _code in codes:
    _code.phrase = _SPELT.get(_code) or _code.name.replace("_", " ").title()

# `codes.ok`, as users of requests write it.
for _name, _member in tuple(codes.__members__.items()):
    setattr(codes, _name.lower(), int(_member))
