"""The figures of a story that has been played: what the institution's reports would say of it."""

from __future__ import annotations

from maild import reporting
from maild.core.past import Report
from maild.core.periods import Days
from maild.simulate.play import Stage


def figures(stage: Stage, days: Days) -> Report:
    with stage.database.look() as tx:
        return reporting.of_period(tx, stage.desk.office, days)
