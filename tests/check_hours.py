"""A day with opening hours, written by hand, that obeys every axiom; see `check_cases`."""

from __future__ import annotations

import numpy as np
from calendars import with_hours
from check_cases import MINUTE, duty, ints, issues, law, model, routes, stages, visits
from small_models import no_shifts

from sim.model.records import NONE, Chunk, End
from sim.model.tables import HeadCounts, LineRule, Lines, Model, Plan, StageKind, Teams

__all__ = ["opening_hours"]


def opening_hours() -> tuple[Model, Chunk]:
    """A bot, a desk `phone` where one waits when it is closed, a desk `mail` that turns away then.

    Bot and phone are open from 9:00 to 17:00, mail from 9:00 to 12:00. A closed bot sends on to the phone.
    Agents 0 and 1 serve the phone, agent 2 the mail, day and night.
    """
    places, classes = ("assistant", "phone", "mail"), ("any",)
    bot, phone, mail = range(3)
    enter, to_phone, to_mail = range(1, 4)  # rows of the routes; row 0 leaves
    route = np.zeros((3, 5, 1, 1), np.int64)
    route[bot, End.UNSOLVED - 1] = to_mail
    the_model = model(
        1,
        enter,
        stages=stages(
            (StageKind.BOT, StageKind.DESK, StageKind.DESK),
            1,
            route=route,
            work=law(3, 1, {bot: 5, phone: 10, mail: 10}),
            line=np.array([[NONE], [0], [1]]),
        ),
        routes=routes([NONE], [bot], [phone], [mail]),
        lines=Lines(ints(phone, mail), np.array([[0, NONE], [1, NONE]]), np.array([[1, 0], [0, 1]])),
        teams=Teams(
            ints(1, 2),
            ints(1, 1),
            ints(LineRule.SKILL_FIRST, LineRule.SKILL_FIRST),
            ints(0, 2),
            ints(2, 1),
            np.array([True, True]),
            np.zeros(2),
        ),
        plan=Plan(no_shifts(), HeadCounts(ints(0, 1), ints(0, 0), ints(0, 0), ints(2, 1), ints(2, 1))),
    )
    nine, noon, five = (hour * 60 * MINUTE for hour in (9, 12, 17))
    the_model = with_hours(the_model, bot, {0: [(nine, five)]}, closed_route=to_phone)
    the_model = with_hours(the_model, phone, {0: [(nine, five)]}, waits=True)
    the_model = with_hours(the_model, mail, {0: [(nine, noon)]})
    records = Chunk(
        # 0, 1 and 3 wait for the opening, 2 gives up before; 4 and 5 are served, 5 after closing;
        # 6 comes as the mail closes; 7 waits overnight.
        visits(
            places,
            classes,
            lambda agent: int(agent == 2),
            """
            0.1.1  assistant.1  any   8:30     -  8:30     -  -  turned_away  phone
            0.1.2  phone.1      any   8:30  9:00  9:10  9:10  0  solved       leaves
            1.1.1  assistant.1  any   8:40     -  8:40     -  -  turned_away  phone
            1.1.2  phone.1      any   8:40  9:00  9:15  9:15  1  solved       leaves
            2.1.1  assistant.1  any   8:50     -  8:50     -  -  turned_away  phone
            2.1.2  phone.1      any   8:50     -  8:55     -  -  abandoned    leaves
            3.1.1  assistant.1  any   8:57     -  8:57     -  -  turned_away  phone
            3.1.2  phone.1      any   8:57  9:10  9:20  9:20  0  solved       leaves
            4.1.1  assistant.1  any   9:30  9:30  9:35     -  -  unsolved     mail
            4.1.2  mail.1       any   9:35  9:35 12:10 12:10  2  solved       leaves
            5.1.1  assistant.1  any  11:50 11:50 11:55     -  -  unsolved     mail
            5.1.2  mail.1       any  11:55 12:10 12:20 12:20  2  solved       leaves
            6.1.1  assistant.1  any  11:58 11:58 12:00     -  -  unsolved     mail
            6.1.2  mail.1       any  12:00     - 12:00     -  -  turned_away  leaves
            7.1.1  assistant.1  any  17:30     - 17:30     -  -  turned_away  phone
            7.1.2  phone.1      any  17:30 33:00 33:10 33:10  1  solved       leaves
        """,
        ),
        issues(
            classes,
            """
            0  any   8:30  9:10  1  solved
            1  any   8:40  9:15  1  solved
            2  any   8:50  8:55  1  abandoned
            3  any   8:57  9:20  1  solved
            4  any   9:30 12:10  1  solved
            5  any  11:50 12:20  1  solved
            6  any  11:58 12:00  1  turned_away
            7  any  17:30 33:10  1  solved
        """,
        ),
        duty(
            lambda agent: int(agent == 2),
            """
            0  on  0:00 33:10
            1  on  0:00 33:10
            2  on  0:00 33:10
        """,
        ),
    )
    return the_model, records
