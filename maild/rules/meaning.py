"""The files that say how mails are understood, as forms: concepts.toml and classify.toml."""

from __future__ import annotations

from maild.forms import Field, Form
from maild.rules.files import SignsForm


class ConceptForm(Form):
    """`words` say it all; `more` adds to the words of `base`."""

    words: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


class SpellingForm(Form):
    ignored: tuple[str, ...] = ()
    written: dict[str, str] = Field(default={})


class ConceptsFile(Form):
    spelling: SpellingForm = SpellingForm()
    frame: dict[str, ConceptForm] = Field(default={})
    concept: dict[str, ConceptForm] = Field(default={})


class WeightsForm(Form):
    named: float = Field(default=11.0, ge=0, le=50)
    sure: float = Field(default=8.0, ge=0, le=50)
    when: float = Field(default=4.0, ge=0, le=50)
    hint: float = Field(default=1.5, ge=0, le=50)
    against: float = Field(default=-4.0, ge=-50, le=0)
    type: float = Field(default=2.5, ge=0, le=50)
    otherwise: float = Field(default=1.0, ge=0, le=50)
    helper: float = Field(default=3.0, ge=0, le=50)


class PlacesForm(Form):
    subject: float = Field(default=1.2, ge=0, le=3)
    old_subject: float = Field(default=0.35, ge=0, le=3)
    complaint: float = Field(default=1.25, ge=0, le=3)
    text: float = Field(default=1.0, ge=0, le=3)
    aside: float = Field(default=0.4, ge=0, le=3)
    healthy: float = Field(default=0.1, ge=0, le=3)
    old: float = Field(default=0.15, ge=0, le=3)


class ThresholdForm(Form):
    service: float = Field(default=3.0, ge=0, le=50)
    nature: float = Field(default=1.0, ge=0, le=50)
    urgency: float = Field(default=2.0, ge=0, le=50)
    impact: float = Field(default=2.0, ge=0, le=50)


class ClassifyForm(Form):
    helper: bool = True


class ClassifyFile(Form):
    classify: ClassifyForm = ClassifyForm()
    weights: WeightsForm = WeightsForm()
    places: PlacesForm = PlacesForm()
    threshold: ThresholdForm = ThresholdForm()
    nature: dict[str, SignsForm] = Field(default={})
    urgency: dict[str, SignsForm] = Field(default={})
    impact: dict[str, SignsForm] = Field(default={})
