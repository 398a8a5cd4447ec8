"""The kinds of event and the one total order: ``(tick, kind, entity)``.

Among events at the same tick the lower kind happens first, and inside a kind the lower entity.
After each event whoever can be matched is matched, before the next event happens. Consequences:

- who finishes at the tick a shift ends is given no other contact (``DUTY_ENDS`` before ``WORK_ENDS``);
- an agent freed at the tick a customer's patience ends serves that customer
  (``WORK_ENDS`` before ``PATIENCE_ENDS``);
- an agent whose shift begins at the tick a customer's patience ends serves that customer;
- at the tick a desk opens those who waited for it look for agents before who arrives then, and before who
  would give up then (``OPENS`` before ``ARRIVES`` and ``PATIENCE_ENDS``).

The entity of a duty event is the agent's number (for a head count: the number of the team's first
agent); of the end of after-call work the agent's number; of a desk that opens the number of its stage; of
every other event the issue's uid.
Agent numbers are below ``2**32``, uids are not, so the two never meet.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Kind"]


class Kind(IntEnum):
    """What happens, in the order in which it happens inside one tick."""

    DUTY_ENDS = 1  # a shift ends, a break falls due, a head count changes
    WORK_ENDS = 2  # a session, handling, after-call work or delay ends
    DUTY_BEGINS = 3  # a shift begins, a break ends
    OPENS = 4  # a desk opens: those who waited meanwhile look for agents
    ARRIVES = 5  # a visit arrives at a stage
    OVERFLOWS = 6  # an overflow or an offer falls due (no scenario key makes one yet)
    PATIENCE_ENDS = 7  # a waiting customer gives up
    CONTROL = 8  # the clock is looked at
