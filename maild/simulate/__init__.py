"""Stories played against the rules: real desk, core, store and letters under a virtual clock; nothing is ever sent."""

from maild.simulate.judge import Difference, differences
from maild.simulate.play import Result, play
from maild.simulate.story import Story, read

__all__ = ["Difference", "Result", "Story", "differences", "play", "read"]
