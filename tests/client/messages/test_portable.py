from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from understudy.client.messages.portable import Portable


def pickled(portable: Portable) -> Any:
    return pickle.loads(pickle.dumps(portable))


@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
def test_a_function_that_can_be_pickled_travels(again: Any) -> None:
    assert again(Portable(json.loads)).function is json.loads


def test_a_function_that_cannot_be_pickled_stays_behind() -> None:
    assert pickled(Portable(lambda: None)).function is None


def test_a_deep_copy_keeps_it() -> None:
    def local() -> None: ...

    assert copy.deepcopy(Portable(local)).function is local
