"""The pieces of the grammar that stand in several places: kinds of values, intervals, retention, filters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)

from feeds.config import scalars
from feeds.config.names import NAME, PATH
from feeds.config.scalars import duration, wrong, zone

Json = WithJsonSchema
Line = Annotated[str, PlainValidator(scalars.line), Json({"type": "string", "minLength": 1})]


def ports() -> dict[str, Any]:
    port = {"type": "integer", "minimum": 1, "maximum": 65535}
    return {"anyOf": [port, {"type": "array", "items": port}]}


def texts() -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"type": "string", "minLength": 1}},
        ]
    }


Lines = Annotated[tuple[Line, ...], BeforeValidator(scalars.listed), Json(texts())]


def times() -> dict[str, Any]:
    return {
        "type": "string",
        "pattern": r"^\s*[0-9.]+\s*([smhdwSMHDW][a-zA-Z]*)\s*$",
        "examples": ["30m", "2h", "90 days"],
    }


Duration = Annotated[timedelta, BeforeValidator(duration), Json(times())]
Zone = Annotated[
    ZoneInfo,
    BeforeValidator(zone),
    Json({"type": "string", "examples": ["Europe/Zurich", "America/New_York", "UTC"]}),
]
Language = Annotated[
    str | None,
    PlainValidator(scalars.language),
    Json({"type": "string", "pattern": r"^[A-Za-z0-9-]+$", "examples": ["de", "de-CH", "en", "auto"]}),
]
LanguageTag = Annotated[str, PlainValidator(scalars.language_tag)]
Name = Annotated[
    str, PlainValidator(scalars.name), Json({"type": "string", "pattern": NAME, "examples": ["radio"]})
]
OutputName = Annotated[
    str,
    PlainValidator(scalars.output_name),
    Json({"type": "string", "pattern": PATH, "examples": ["all", "news", "tags/{tag}"]}),
]


def patterns() -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "string", "examples": ["(?i)sponsored"]},
            {"type": "array", "items": {"type": "string"}},
        ]
    }


Patterns = Annotated[
    tuple[Annotated[re.Pattern[str], PlainValidator(scalars.pattern)], ...],
    BeforeValidator(scalars.listed),
    Json(patterns()),
]
Url = Annotated[
    str | None,
    PlainValidator(scalars.address),
    Json({"type": "string", "pattern": r"^\s*[hH][tT][tT][pP][sS]?://|\$\{"}),
]


class Value(BaseModel):
    """What all parts share: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        regex_engine="python-re",
    )


class Discreet(Value):
    """A part whose texts may hold secrets: it shows none of them."""

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        return ((name, value) for name, value in super().__repr_args__() if not isinstance(value, str))


class Cron(Value):
    """Polls at fixed times of the source's zone."""

    cron: Annotated[str, PlainValidator(scalars.cron), Json({"type": "string"})] = Field(
        description="Five fields: minute, hour, day, month, weekday.",
        examples=["0 7 * * mon-fri", "*/30 * * * *"],
    )


def interval(value: object) -> object:
    """Read ``auto``, a time, or ``{cron: ...}``."""
    if value == "auto" or isinstance(value, timedelta | Cron):
        return value
    if isinstance(value, dict):
        return Cron.model_validate(value)
    if isinstance(value, str) and (time := scalars.DURATION.match(value.strip())):
        return duration(time[0])
    raise wrong("auto, a time like 30m or 2h, or {cron: '0 7 * * mon-fri'}", options=("auto",))


def intervals() -> dict[str, Any]:
    return {
        "anyOf": [
            {
                "const": "auto",
                "description": "As often as the source is worth it, within min_interval and max_interval.",
            },
            times(),
            {
                "type": "object",
                "properties": {"cron": {"type": "string", "examples": ["0 7 * * mon-fri"]}},
                "required": ["cron"],
                "additionalProperties": False,
            },
        ],
        "examples": ["auto", "30m", {"cron": "0 7 * * mon-fri"}],
    }


Interval = Annotated[Literal["auto"] | timedelta | Cron, BeforeValidator(interval), Json(intervals())]


class Budget(Value):
    """Requests of ``auto``: of each source a day on average; if ``total``, of all of them an hour."""

    requests: float = Field(gt=0, allow_inf_nan=False)
    total: bool = False

    def an_hour(self, sources: int) -> float:
        """Give the requests an hour for so many sources."""
        return self.requests if self.total else self.requests * sources / 24


def budget(value: object) -> object:
    """Read ``24`` (of each source a day) or ``5000/h`` (of all an hour)."""
    if isinstance(value, Budget):
        return value
    total = False
    if isinstance(value, str) and (match := scalars.HOURLY.match(value.strip())):
        value, total = float(match[1]), True
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise wrong("requests of a source a day like 24, or of all sources an hour like 5000/h")
    return Budget(requests=float(value), total=total)


def budgets() -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "string", "pattern": r"^\s*[0-9.]+\s*/\s*[hH]\s*$"},
        ],
        "examples": [24, "5000/h"],
    }


Spent = Annotated[Budget, BeforeValidator(budget), Json(budgets())]


class Keep(Value):
    """How much of a source is remembered: a number of entries, or an age; both bounds if both are given."""

    entries: int | None = Field(default=None, ge=1, description="The newest so many.")
    age: Duration | None = Field(default=None, description="Entries not older than this.")


def keep(value: object) -> object:
    """Read ``500 entries``, ``90 days``, ``all`` (None), or the long form with both."""
    if value is None or isinstance(value, Keep):
        return value
    if isinstance(value, dict):
        found = Keep.model_validate(value)
        if found == Keep():
            raise wrong("entries or age")
        return found
    text = value.strip() if isinstance(value, str) else ""
    if text == "all":
        return None
    if (match := scalars.ENTRIES.match(text)) and int(match[1]):
        return Keep(entries=int(match[1]))
    if scalars.DURATION.match(text):
        return Keep.model_validate({"age": duration(text)})
    raise wrong("a number of entries like '500 entries', an age like '90 days', or all", options=("all",))


def keeps() -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "string", "examples": ["500 entries", "90 days", "all"]},
            {
                "type": "object",
                "properties": {"entries": {"type": "integer", "minimum": 1}, "age": times()},
                "additionalProperties": False,
            },
        ],
        "examples": ["500 entries", "90 days", {"entries": 500, "age": "90 days"}],
    }


Kept = Annotated[Keep | None, BeforeValidator(keep), Json(keeps())]


def warm_up(value: object) -> object:
    """Read a number of entries, or ``all`` (None)."""
    if value is None or value == "all":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1_000_000_000:
        return value
    raise wrong("a number of entries like 5, or all", options=("all",))


WarmUp = Annotated[
    int | None,
    PlainValidator(warm_up),
    Json({"anyOf": [{"type": "integer", "minimum": 0}, {"const": "all"}]}),
]


class Excerpt(Value):
    """So much of an entry's text may be shown."""

    excerpt: int = Field(ge=1, description="Words at most.")


def republish(value: object) -> object:
    """Read ``full``, ``headline``, or ``{excerpt: 60}``."""
    if value in {"full", "headline"} if isinstance(value, str) else isinstance(value, Excerpt):
        return value
    if isinstance(value, dict):
        return Excerpt.model_validate(value)
    raise wrong("full, headline, or {excerpt: 60}", options=("full", "headline"))


def republishes() -> dict[str, Any]:
    words = {"type": "integer", "minimum": 1, "description": "Words at most."}
    long = {"type": "object", "properties": {"excerpt": words}, "required": ["excerpt"]}
    return {"anyOf": [{"enum": ["full", "headline"]}, {**long, "additionalProperties": False}]}


Republish = Annotated[
    Literal["full", "headline"] | Excerpt,
    PlainValidator(republish),
    Json(republishes()),
]


def conditions(match: Match) -> Match:
    """Refuse a match without conditions, which would take everything."""
    if not any(getattr(match, key) for key in Match.model_fields):
        raise wrong("at least one condition: " + ", ".join(Match.model_fields))
    return match


class Match(Value):
    """Conditions on an entry. All named ones must hold; of a list, one is enough."""

    title: Patterns = Field(default=(), description="Regular expressions searched in the title.")
    text: Patterns = Field(default=(), description="Searched in title, summary and content as plain text.")
    author: Patterns = Field(default=(), description="Searched in the names of people.")
    category: Patterns = Field(default=(), description="Searched in the categories.")
    language: Annotated[tuple[LanguageTag, ...], BeforeValidator(scalars.listed), Json(texts())] = Field(
        default=(), description="Language tags; de also takes de-CH.", examples=["de", ["de", "en"]]
    )
    age: Duration | None = Field(default=None, description="Entries older than this.", examples=["30 days"])


Conditions = Annotated[Match, AfterValidator(conditions)]


class KeepStep(Value):
    """Only matching entries pass."""

    keep: Conditions = Field(description="Only entries for which all these conditions hold pass.")


class DropStep(Value):
    """Matching entries do not pass."""

    drop: Conditions = Field(description="Entries for which all these conditions hold do not pass.")


class UntrackStep(Value):
    """Tracking parameters and pixels are removed."""

    untrack: Literal[True] = Field(default=True, description="Remove tracking parameters and pixels.")


class LimitStep(Value):
    """At most so many entries pass, the newest first."""

    limit: int = Field(ge=1, description="At most so many entries pass, the newest first.")


STEPS: Mapping[str, type[KeepStep | DropStep | UntrackStep | LimitStep]] = MappingProxyType(
    {
        "keep": KeepStep,
        "drop": DropStep,
        "untrack": UntrackStep,
        "limit": LimitStep,
    }
)


def step(value: object) -> object:
    """Read one filter: a bare word (``untrack``) or one word with its settings (``drop: {...}``)."""
    if isinstance(value, tuple(STEPS.values())):
        return value
    if isinstance(value, str):
        if value == "untrack":
            return UntrackStep()
        settings = (
            "a filter with settings like `drop: {title: ...}`"
            if value in STEPS
            else f"one of {', '.join(STEPS)}"
        )
        raise wrong(settings, options=() if value in STEPS else STEPS)
    if not isinstance(value, dict):
        raise wrong(f"a filter: one of {', '.join(STEPS)}")
    word = next(iter(value), "")
    if len(value) != 1:
        raise wrong("one filter for each - of the list")
    if word not in STEPS:
        raise wrong(f"one of {', '.join(STEPS)}", options=STEPS, word=str(word))
    return STEPS[word].model_validate(value)


Step = Annotated[KeepStep | DropStep | UntrackStep | LimitStep, BeforeValidator(step)]
Steps = tuple[Step, ...]
