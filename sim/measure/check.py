"""Check of records: do these tables obey the model's axioms?

The check is an outsider. It imports no engine, no rules and no draws; it reads the resolved model and
the tables and has its own reading of what the design says. It can therefore be wrong in other ways
than the engines are, which is its use.
"""

from __future__ import annotations

from sim.measure import (
    check_contacts,
    check_duty,
    check_head_counts,
    check_opening,
    check_queues,
    check_shifts,
)
from sim.measure.check_tables import Violation, look
from sim.model.records import Chunk
from sim.model.tables import Model

__all__ = ["AXIOMS", "Violation", "assert_sound", "check"]

AXIOMS: dict[str, str] = {
    **check_contacts.AXIOMS,
    **check_duty.AXIOMS,
    **check_shifts.AXIOMS,
    **check_head_counts.AXIOMS,
    **check_opening.AXIOMS,
    **check_queues.AXIOMS,
}
"""Key of every axiom, and the axiom in one sentence."""


def check(model: Model, records: Chunk) -> list[Violation]:
    """Every axiom that the tables break, with some of the rows that break it; empty if they are sound.

    Parameters
    ----------
    model
        The resolved scenario that the records came from.
    records
        All rows of one replication, in any order.

    Notes
    -----
    Tables with codes out of range, keys used twice or visits without an issue cannot be read further:
    then only these axioms are reported.
    """
    found = list(check_contacts.check_codes(model, records))
    if found:
        return found
    world = look(model, records)
    found = list(check_contacts.check_links(world))
    if found:
        return found
    for part in (
        check_contacts.check_contacts,
        check_duty.check_duty,
        check_shifts.check_shifts,
        check_head_counts.check_head_counts,
        check_opening.check_opening,
        check_queues.check_queues,
    ):
        found += part(world)
    return found


def assert_sound(model: Model, records: Chunk) -> None:
    """Raise an AssertionError that lists every violation, if there is one."""
    found = check(model, records)
    assert not found, "\n".join(f"{v.axiom}: {v.message} {v.rows}" for v in found)
