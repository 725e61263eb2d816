"""The pytest plugin: what pytest loads when it starts, so the thinnest part of the library.

Nothing here imports the client, the mocks or the cassettes: fixtures do, when a test asks for them.
"""

from __future__ import annotations

from .collection import pytest_make_collect_report
from .declaring import pytest_addoption, pytest_load_initial_conftests
from .explaining import pytest_explain_collection, pytest_explain_test
from .fixtures import (
    cassette,
    cassette_dir,
    cassette_name,
    cassette_settings,
    http_mock,
    http_mock_settings,
    network_ledger,
    record,
    record_dir,
)
from .network_block import NetworkBlocked
from .session import (
    pytest_assertrepr_compare,
    pytest_collection_finish,
    pytest_deselected,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
    pytest_unconfigure,
)
from .startup import pytest_configure
from .vcr import pytest_addhooks

__all__ = [
    "NetworkBlocked",
    "cassette",
    "cassette_dir",
    "cassette_name",
    "cassette_settings",
    "http_mock",
    "http_mock_settings",
    "network_ledger",
    "pytest_addhooks",
    "pytest_addoption",
    "pytest_assertrepr_compare",
    "pytest_collection_finish",
    "pytest_configure",
    "pytest_deselected",
    "pytest_explain_collection",
    "pytest_explain_test",
    "pytest_load_initial_conftests",
    "pytest_make_collect_report",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
    "pytest_unconfigure",
    "record",
    "record_dir",
]
