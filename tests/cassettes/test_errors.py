"""Errors of cassettes say where and what to do, and travel between processes."""

from __future__ import annotations

import pickle

import pytest

from understudy.cassettes import CassetteDamaged, CassetteError, CassetteMissing, NoMatch


@pytest.mark.parametrize("kind", [CassetteDamaged, CassetteMissing, NoMatch])
def test_an_error_is_the_same_in_another_process(kind: type[CassetteError]) -> None:
    error = kind("it is broken", path="tape.yaml", line=7, column=3, mend="Mend it.")

    sent = pickle.loads(pickle.dumps(error))

    assert type(sent) is kind
    assert str(sent) == str(error) == "tape.yaml:7:3: it is broken\nMend it."
    assert (sent.path, sent.line, sent.column, sent.mend) == ("tape.yaml", 7, 3, "Mend it.")
