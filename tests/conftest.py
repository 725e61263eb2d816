"""What every test may use."""

from __future__ import annotations

import gc

import pytest
from hypothesis import settings

# How long one example takes says more about the machine than about the code: a lazily loaded module is enough.
settings.register_profile("understudy", deadline=None)
# For further Pythons, by `pytest --hypothesis-profile=brief`.
settings.register_profile("brief", deadline=None, max_examples=25)
# For a night.
settings.register_profile("thorough", deadline=None, max_examples=5_000)
settings.load_profile("understudy")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms of tests to those who ask for them."""
    if "slow" not in str(config.getoption("-m")):
        for item in items:
            if item.get_closest_marker("slow") is not None:
                item.add_marker(pytest.mark.skip("takes its time: run with -m slow"))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was collected: many tests call it, and most objects are tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def small_heap() -> None:
    """Let `gc.collect` look only at what the test makes, for those that call it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run each asynchronous test under asyncio and under trio."""
    name = request.param
    if not isinstance(name, str):
        raise TypeError(name)
    return name
