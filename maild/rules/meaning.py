"""The files that say how mails are understood, as forms: concepts, catalogue, classify and filters."""

from __future__ import annotations

from typing import Literal

from maild.forms import Field, Form


class SignsForm(Form):
    """Words that speak for something, from those that leave no doubt to those that only hint, and those that speak against."""

    named: tuple[str, ...] = ()
    sure: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    hint: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


class ServiceForm(SignsForm):
    name: str
    category: str = ""
    number: str = ""
    printed: str = ""
    type: str = ""
    priority: str = ""
    spellings: tuple[str, ...] = ()
    otherwise: bool = False
    asks: tuple[str, ...] = ()


class CategoryForm(SignsForm):
    name: str


class CatalogueFile(Form):
    category: dict[str, CategoryForm] = Field(default={})
    service: dict[str, ServiceForm] = Field(default={})


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


Some = str | tuple[str, ...]


class FilterForm(Form):
    """Conditions (all must hold) and what is done. See docs/rules.md."""

    sender: Some = ()
    area: Some = ()
    unit: Some = ()
    role: Some = ()
    to: Some = ()
    attachment: Some = ()
    words: Some = ()
    pattern: Some = ()
    header: dict[str, str] = Field(default={})
    time: Literal["", "worktime", "off_hours"] = ""
    service: str = ""
    type: str = ""
    priority: str = ""
    assign: str = ""
    route: str = ""
    tag: Some = ()
    ignore: bool = False
    refuse: bool = False
    stop: bool = False


class FiltersFile(Form):
    filter: dict[str, FilterForm] = Field(default={})


class WeightsForm(Form):
    named: float = Field(default=11.0, ge=0, le=50)
    sure: float = Field(default=8.0, ge=0, le=50)
    when: float = Field(default=4.0, ge=0, le=50)
    hint: float = Field(default=1.5, ge=0, le=50)
    against: float = Field(default=-4.0, ge=-50, le=0)
    type: float = Field(default=2.5, ge=0, le=50)
    otherwise: float = Field(default=1.0, ge=0, le=50)


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
    urgency: float = Field(default=1.5, ge=0, le=50)
    impact: float = Field(default=2.0, ge=0, le=50)
    outage: float = Field(default=3.0, ge=0, le=50)


class HelperForm(Form):
    """What the word of the helper is worth at most for each question, and how sure it must be where no rule spoke (0 to 1)."""

    service: float = Field(default=6.0, ge=0, le=50)
    nature: float = Field(default=8.0, ge=0, le=50)
    urgency: float = Field(default=5.0, ge=0, le=50)
    alone: float = Field(default=0.5, ge=0, le=1)


class ClassifyForm(Form):
    helper: bool = True


class ClassifyFile(Form):
    classify: ClassifyForm = ClassifyForm()
    weights: WeightsForm = WeightsForm()
    helper: HelperForm = HelperForm()
    places: PlacesForm = PlacesForm()
    threshold: ThresholdForm = ThresholdForm()
    nature: dict[str, SignsForm] = Field(default={})
    urgency: dict[str, SignsForm] = Field(default={})
    impact: dict[str, SignsForm] = Field(default={})
