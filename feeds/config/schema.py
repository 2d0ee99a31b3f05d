"""The grammar of config.yaml as frozen pydantic models: what may stand where, and what it becomes.

Only values and their checks; reading a file, environment variables and positions are in ``load``.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

DURATION = re.compile(
    r"(\d+(?:\.\d+)?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)\Z", re.IGNORECASE
)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"


def duration(value: object) -> object:
    """Read ``30m``, ``2h``, ``90 days``, ``1w``; a timedelta passes through."""
    if isinstance(value, timedelta):
        return value
    match = DURATION.match(value.strip()) if isinstance(value, str) else None
    if match is None or float(match[1]) <= 0:
        raise PydanticCustomError("duration", "expected a time like 30m or 2h")
    return timedelta(seconds=float(match[1]) * SECONDS[match[2][0].lower()])


def zone(value: object) -> object:
    """Read the name of a time zone of the IANA database."""
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (OSError, ValueError) as error:
        raise PydanticCustomError("zone", "expected a time zone like Europe/Zurich") from error


Duration = Annotated[timedelta, BeforeValidator(duration)]
Zone = Annotated[ZoneInfo, BeforeValidator(zone)]
Name = Annotated[str, Field(pattern=NAME)]


class Value(BaseModel):
    """What all parts share: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)


class Owner(Value):
    """Who publishes."""

    name: str | None = None
    email: str | None = None
    uri: str | None = None


class Site(Value):
    """The planet as a whole."""

    title: str = "My feeds"
    subtitle: str | None = None
    base_url: str | None = None
    authority: str | None = None
    owner: Owner = Owner()
    language: str | None = None
    rights: str | None = None
    folder: Path = Path("output")
    formats: tuple[Literal["page", "opml"], ...] = ("page", "opml")


class Fetch(Value):
    """How servers are asked. Sizes in bytes."""

    contact: str | None = None
    concurrency: int = Field(default=32, ge=1, le=1000)
    allow: tuple[str, ...] = ()
    connect_timeout: Duration = timedelta(seconds=10)
    read_timeout: Duration = timedelta(seconds=20)
    deadline: Duration = timedelta(seconds=60)
    max_bytes: int = Field(default=20 * 1024 * 1024, ge=1024)
    max_redirects: int = Field(default=5, ge=0, le=20)


class Cron(Value):
    """Polls at fixed times of the source's zone."""

    cron: str


Interval = Literal["auto"] | Duration | Cron


class Keep(Value):
    """How much of a source is remembered: a number of entries, or an age."""

    entries: int | None = None
    age: timedelta | None = None


class Match(Value):
    """Conditions on an entry. All named ones must hold; of a list, one is enough."""

    title: tuple[re.Pattern[str], ...] = ()
    text: tuple[re.Pattern[str], ...] = ()
    author: tuple[re.Pattern[str], ...] = ()
    category: tuple[re.Pattern[str], ...] = ()
    language: tuple[str, ...] = ()
    age: Duration | None = None


class KeepStep(Value):
    """Only matching entries pass."""

    keep: Match


class DropStep(Value):
    """Matching entries do not pass."""

    drop: Match


class UntrackStep(Value):
    """Tracking parameters and pixels are removed."""

    untrack: Literal[True] = True


class LimitStep(Value):
    """At most so many entries pass, the newest first."""

    limit: int = Field(ge=1)


Step = KeepStep | DropStep | UntrackStep | LimitStep


class Defaults(Value):
    """What a source takes where it says nothing itself."""

    interval: Interval = "auto"
    min_interval: Duration = timedelta(minutes=15)
    max_interval: Duration = timedelta(days=1)
    timezone: Zone = ZoneInfo("UTC")
    language: str | None = None
    keep: Keep | None = None


class Source(Value):
    """What the operator listed. After ``load`` the defaults are filled in.

    ``private`` is true if the address holds a secret: it is then never shown nor published.
    """

    name: Name
    kind: Literal["auto", "feed", "json_feed", "articles"] = "auto"
    url: str | None = None
    path: str | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    interval: Interval = "auto"
    min_interval: Duration = timedelta(minutes=15)
    max_interval: Duration = timedelta(days=1)
    timezone: Zone = ZoneInfo("UTC")
    language: str | None = None
    keep: Keep | None = None
    filters: tuple[Step, ...] = ()
    paused: bool = False
    private: bool = Field(default=False, exclude=True)


class From(Value):
    """Which sources an output takes: those with one of the tags, or of the names; all if neither is given."""

    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Output(Value):
    """A merged feed to publish."""

    name: Name
    title: str | None = None
    subtitle: str | None = None
    from_: From = Field(default=From(), alias="from")
    filters: tuple[Step, ...] = ()
    limit: int = Field(default=60, ge=1)
    language: str | None = None
    formats: tuple[Literal["atom", "rss", "json_feed"], ...] = ("atom", "rss", "json_feed")


class Config(Value):
    """One whole configuration.

    ``path`` is the file it came from (absolute), ``files`` that file and all included ones; ``secrets`` are
    the values that came from the environment and must never be shown.
    """

    site: Site = Site()
    store: str = "sqlite:///feeds.db"
    fetch: Fetch = Fetch()
    defaults: Defaults = Defaults()
    include: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    outputs: tuple[Output, ...] = (Output(name="all"),)
    path: Path = Field(exclude=True)
    files: tuple[Path, ...] = Field(default=(), exclude=True)
    secrets: frozenset[str] = Field(default=frozenset(), exclude=True, repr=False)

    @property
    def folder(self) -> Path:
        """Where relative paths start: the folder of config.yaml."""
        return self.path.parent

    @property
    def authority(self) -> str:
        """The tagging entity under which ids are minted (RFC 4151, 2.1)."""
        raise NotImplementedError

    def members(self, output: Output) -> tuple[Source, ...]:
        """Give the sources that an output takes from, in the file's order."""
        wanted = output.from_
        if not wanted.tags and not wanted.sources:
            return self.sources
        return tuple(
            source
            for source in self.sources
            if source.name in wanted.sources or not set(wanted.tags).isdisjoint(source.tags)
        )
