"""When recordings are so old that somebody should look at the real thing again: `expires: 90d`.

An old cassette still plays, and never goes to the network by itself: it only says that it is old.
"""

from __future__ import annotations

import datetime
import re
import warnings

from .errors import CassetteExpired

_DAYS = {"d": 1, "w": 7}
_AGE = re.compile(r"([1-9][0-9]{0,4})\s*([dw])\Z")
# The recorder renews the date when it records anew, and touches nothing else that an author may have written.
_RECORDED = re.compile(rb"^(recorded:[ \t]*[\"']?)[0-9]{4}-[0-9]{2}-[0-9]{2}", re.MULTILINE)


def today() -> datetime.date:
    """Return the day that a cassette made now is dated with."""
    return datetime.datetime.now(datetime.timezone.utc).date()


def last_day(expires: str, recorded: str | None) -> datetime.date | None:
    """Return the last day on which recordings count as fresh; `None` where nobody knows how old they are.

    Raises `ValueError` for what is neither an age nor a day.
    """
    age = _AGE.match(expires)
    if age is None:
        try:
            return datetime.date.fromisoformat(expires)
        except ValueError as error:
            raise ValueError(
                f"`expires` is an age in days or weeks such as 90d or 12w, or a day such as 2027-01-31, not {expires!r}"
            ) from error
    if recorded is None:
        return None
    try:
        return datetime.date.fromisoformat(recorded) + datetime.timedelta(int(age[1]) * _DAYS[age[2]])
    except (ValueError, OverflowError) as error:
        raise ValueError(f"`recorded:` is a day such as 2026-11-22, not {recorded!r}") from error


def warn_of_age(path: str, expires: str, recorded: str | None, last: datetime.date | None, head: str) -> None:
    """Say that a cassette is old; `head` is its first document."""
    found = re.search(r"^expires\s*:", head, re.MULTILINE)
    line = 1 if found is None else head.count("\n", 0, found.start()) + 1
    since = "" if recorded is None else f"recorded on {recorded}, "
    warnings.warn(
        CassetteExpired(
            f"{path}:{line}: this cassette has expired ({since}`expires: {expires}`, good until {last}): "
            "record it again with mode='update', which keeps what has not changed"
        ),
        stacklevel=4,
    )


def renewed(head: bytes) -> bytes:
    """Return the first document of a cassette with today as the day on which it was recorded."""
    return _RECORDED.sub(rb"\g<1>" + str(today()).encode("ascii"), head, count=1)
