"""Customers under two plans: rows made by hand, each kind of customer once."""

from __future__ import annotations

import numpy as np
import pytest

from sim.measure.customers import BETTER, SAME, WORSE, Customers, Paired, paired
from sim.model.draws import stream_hash
from sim.model.records import LEAVES, NONE, Chunk, End, State
from sim.model.tables import Model
from sim.units import HOUR, MINUTE, SECOND
from tests.small_models import small_model

NO_DUTY = np.empty((0, 5), np.int64)
DESK = 0


@pytest.fixture
def model() -> Model:
    return small_model({"web": 1.0})


def uid(i: int) -> int:
    return stream_hash("web") << 32 | i


def visit(i: int, enter: int, start: int, end: int, attempt: int = 1) -> list[int]:
    how = End.ABANDONED if start == NONE else End.SOLVED
    return [uid(i), attempt, 1, DESK, 1, 0, enter, start, end, end, 0, 0, how, LEAVES]


def issue(i: int, born: int, state: State) -> list[int]:
    return [uid(i), 0, 0, born, born + HOUR, 1, state, 0]


def records(*customers: tuple[int, int, State]) -> Chunk:
    """Number, ticks of waiting and state; all born at 08:00."""
    born = 8 * HOUR
    visits = [
        visit(i, born, born + wait if state == State.SOLVED else NONE, born + wait)
        for i, wait, state in customers
    ]
    issues = [issue(i, born, state) for i, _, state in customers]
    return Chunk(np.array(visits), np.array(issues), NO_DUTY)


def of(model: Model, *chunks: Chunk) -> Customers:
    customers = Customers(model)
    for chunk in chunks:
        customers.add(chunk)
    return customers


def counts(found: Paired) -> list[int]:
    return found.n.sum(axis=(1, 2)).tolist()


def test_each_customer_is_better_off_the_same_or_worse_off(model: Model) -> None:
    solved, gone = State.SOLVED, State.ABANDONED
    first = of(model, records((0, MINUTE, solved), (1, MINUTE, solved), (2, MINUTE, gone), (3, 0, solved)))
    other = of(
        model,
        records((0, 0, solved), (1, MINUTE + 9 * SECOND, solved), (2, 5 * MINUTE, solved), (3, MINUTE, gone)),
    )
    found = paired(model, first, other)
    # 0 waits a minute less; 1 does not notice 9 s; 2 is solved, though it waits longer; 3 is not any more
    assert counts(found) == [2, 1, 1]
    assert found.wait.sum(axis=(1, 2)).tolist() == [3 * MINUTE, 9 * SECOND, MINUTE]
    assert found.solved.sum(axis=(1, 2)).tolist() == [1, 0, -1]
    assert found.n[:, 0, 8].tolist() == [2, 1, 1]  # all of them at 08:00


def test_the_other_way_round_all_is_the_other_way_round(model: Model) -> None:
    first = of(model, records((0, MINUTE, State.SOLVED), (1, 0, State.ABANDONED)))
    other = of(model, records((0, 0, State.SOLVED), (1, 0, State.SOLVED)))
    there, back = paired(model, first, other), paired(model, other, first)
    assert counts(there) == counts(back)[::-1]
    assert (there.wait == -back.wait[[WORSE, SAME, BETTER]]).all()


def test_waits_of_all_contacts_of_a_customer_are_one(model: Model) -> None:
    born = 8 * HOUR
    again = Chunk(
        np.array(
            [visit(0, born, NONE, born + 3 * MINUTE), visit(0, 9 * HOUR, 9 * HOUR + MINUTE, 10 * HOUR, 2)]
        ),
        np.array([issue(0, born, State.SOLVED)]),
        NO_DUTY,
    )
    found = paired(model, of(model, again), of(model, records((0, 0, State.SOLVED))))
    assert found.wait.sum() == -4 * MINUTE


def test_who_waits_to_the_end_has_waited_until_then(model: Model) -> None:
    born = model.horizon.end - MINUTE
    waits = Chunk(
        np.array([[uid(0), 1, 1, DESK, 1, 0, born, NONE, NONE, NONE, NONE, NONE, End.NONE, LEAVES]]),
        np.array([[uid(0), 0, 0, born, NONE, 1, State.OPEN, 0]]),
        NO_DUTY,
    )
    found = paired(model, of(model), of(model, waits))
    assert found.n_alone.tolist() == [0, 1]
    assert counts(paired(model, of(model, waits), of(model, waits))) == [0, 1, 0]


def test_chunks_and_order_make_no_difference(model: Model) -> None:
    customers = [(i, (i * 7 % 5) * MINUTE, State.SOLVED) for i in range(3000)]
    first = of(model, records(*((i, 2 * MINUTE, State.SOLVED) for i in range(3000))))
    whole = paired(model, first, of(model, records(*customers)))
    split = paired(model, first, of(model, records(*customers[2000:]), records(*customers[:2000])))
    assert all((a == b).all() for a, b in zip(whole, split, strict=True))
