"""URLs: parsed once, safe to connect to."""

from __future__ import annotations

from .origin import Origin
from .query import PrimitiveData, QueryParams, QueryParamTypes
from .url import URL, URLTypes

__all__ = ["URL", "Origin", "PrimitiveData", "QueryParamTypes", "QueryParams", "URLTypes"]
