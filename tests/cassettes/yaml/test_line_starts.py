"""What the starts of lines stand for, and how long that is remembered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from understudy.cassettes.yaml import fast_reader, line_starts
from understudy.cassettes.yaml.fast_values import UnusualLine
from understudy.cassettes.yaml.line_starts import Machine, Outside, State


def steps(state: State, *starts: str) -> tuple[str, State]:
    """Return what lines `start: value` add up to, with a dot for each value."""
    said = ""
    for start in starts:
        lead, state, _ = state[start] if not start.endswith((":", "-")) else state.alone(start)
        said += lead + ("" if start.endswith((":", "-")) else ".")
    return said, state


def test_lines_open_and_close_what_their_columns_say() -> None:
    said, state = steps(Machine(0, ",", ":").start(), "a", "b:", "  - c", "    d", "  - c", "e")

    assert said + state.closed() == '{"a":.,"b":[{"c":.,"d":.},{"c":.}],"e":.}'


def test_all_items_of_a_sequence_lead_to_the_same_states() -> None:
    start = Machine(0, ",", ":").start()

    assert steps(start, "a:", "  - b", "    c")[1] is steps(start, "a:", *["  - b", "    c"] * 5)[1]


def test_a_block_that_begins_deeper_ends_before_a_line_that_is_not_as_deep() -> None:
    said, state = steps(Machine(4, ", ", ": ").start(), "    a", "    b:", "      c")

    with pytest.raises(Outside):
        state["  took"]
    assert said + state.closed() == '{"a": ., "b": {"c": .}}'


@pytest.mark.parametrize(
    "starts",
    [
        ("a", "a"),
        ("a", "b", "a"),
        ("a", "  b"),
        ("a:", "b"),
        ("a:", "    b"),
        ("a:", "  b", " c"),
        ("a:", "  - b", "  c"),
        ("a:", "  b", "  - c"),
        ("a:", "  -", "    b:", "    - c"),
        ("a b",),
        ("- - a",),
    ],
    ids=str,
)
def test_what_the_recorder_never_writes_is_unusual(starts: tuple[str, ...]) -> None:
    with pytest.raises(UnusualLine):
        steps(Machine(0, ",", ":").start(), *starts)


def test_names_of_one_recording_do_not_count_in_another() -> None:
    start = Machine(0, ",", ":").start()

    assert steps(start, "a", "b", "c")[0] == '{"a":.,"b":.,"c":.'
    assert steps(start, "a", "c", "b")[0] == '{"a":.,"c":.,"b":.'
    assert steps(start, "a", "b", "d")[0] == '{"a":.,"b":.,"d":.'
    with pytest.raises(UnusualLine):
        steps(start, "a", "c", "b", "c")


def test_something_without_lines_below_it_has_no_end() -> None:
    _, state = steps(Machine(0, ",", ":").start(), "a:")

    with pytest.raises(UnusualLine):
        state.closed()


def test_several_threads_learn_at_once() -> None:
    machine = Machine(0, ",", ":")
    names = [f"name_{number}" for number in range(60)]

    def learn(turn: int) -> bool:
        order = names[turn:] + names[:turn]
        said, state = steps(machine.start(), *order)
        with pytest.raises(UnusualLine):
            state[order[turn]]
        return said + state.closed() == "{" + ",".join(f'"{name}":.' for name in order) + "}"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(learn, [turn % 50 for turn in range(200)]))


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_starts, "_MOST", 500)
    machine = Machine(0, ",", ":")

    sizes: list[int] = []
    for number in range(50):
        steps(machine.start(), f"never_seen_{number}", f"nor_this_{number}")
        sizes.append(machine.size)

    assert max(sizes) < 1_000


def test_a_document_that_would_take_all_the_room_is_left_to_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_starts, "_MOST", 500)
    text = "".join(f"name_{number}: 1\n" for number in range(100))

    assert fast_reader.read(text) is fast_reader.UNUSUAL
    assert fast_reader.read("a: 1\n") == {"a": 1}
