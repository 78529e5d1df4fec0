"""Stories played against the rules: real desk, core, store and letters under a virtual clock; nothing is ever sent."""

from maild.simulate.coverage import Coverage
from maild.simulate.figures import figures
from maild.simulate.judge import Difference, differences
from maild.simulate.play import Result, Stage, play, set_up
from maild.simulate.story import MailForm, StepForm, Story, read

__all__ = [
    "Coverage",
    "Difference",
    "MailForm",
    "Result",
    "Stage",
    "StepForm",
    "Story",
    "differences",
    "figures",
    "play",
    "read",
    "set_up",
]
