"""The grammar of config.yaml as frozen pydantic models: what may stand where, and what it becomes.

Only values and their descriptions. Their pieces are in ``parts``; how a single value is read is in
``scalars``, reading a file in ``load``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, PlainValidator

from feeds.config import scalars
from feeds.config.access import Access, Login
from feeds.config.full_text import Full, FullText
from feeds.config.names import NAME
from feeds.config.outputs import From, Output
from feeds.config.parts import (
    Budget,
    Cron,
    Discreet,
    DropStep,
    Duration,
    Excerpt,
    Interval,
    Json,
    Keep,
    KeepStep,
    Kept,
    Language,
    LimitStep,
    Line,
    Lines,
    Match,
    Name,
    Patterns,
    Republish,
    Spent,
    Step,
    Steps,
    UntrackStep,
    Url,
    Value,
    WarmUp,
    Zone,
    ports,
    texts,
)
from feeds.config.scalars import duration, zone
from feeds.config.selectors import Css, Fields

__all__ = (
    "NAME",
    "Access",
    "Budget",
    "Config",
    "Cron",
    "Defaults",
    "DropStep",
    "Duration",
    "Excerpt",
    "Fetch",
    "Fields",
    "From",
    "FullText",
    "Interval",
    "Keep",
    "KeepStep",
    "LimitStep",
    "Login",
    "MadeOutput",
    "Match",
    "Output",
    "Owner",
    "Read",
    "Site",
    "Source",
    "Step",
    "UntrackStep",
    "Value",
    "Zone",
    "duration",
    "zone",
)


class Owner(Discreet):
    """Who publishes."""

    name: Line | None = Field(default=None, description="Name of the person or organisation.")
    email: Line | None = Field(default=None, description="Mail address; it is published.")
    uri: Url = Field(default=None, description="Address of their home page.")


class Site(Discreet):
    """The planet as a whole."""

    title: Line = Field(default="My feeds", description="Title of the web page and of outputs without one.")
    subtitle: Line | None = Field(default=None, description="One sentence below the title.")
    base_url: Annotated[str | None, PlainValidator(scalars.base_url), Json({"type": "string"})] = Field(
        default=None,
        description="Where the folder output/ is served from. Feed readers need it: it becomes rel=self.",
        examples=["https://planet.example.org/"],
    )
    authority: Annotated[str | None, PlainValidator(scalars.authority), Json({"type": "string"})] = Field(
        default=None,
        description="Ids are minted under it (RFC 4151): a host or mail address that was yours on the date."
        " Never change it: every entry would come back as new. Default: the host of base_url and 2026.",
        examples=["planet.example.org,2026"],
    )
    owner: Owner = Field(default=Owner(), description="Who publishes.")
    language: Language = Field(default=None, description="Language of the site's own texts (BCP 47).")
    rights: Line | None = Field(default=None, description="Copyright sentence of the outputs.")
    folder: Path = Field(
        default=Path("output"), description="Folder of the published files, relative to config.yaml."
    )
    formats: tuple[Literal["page", "opml"], ...] = Field(
        default=("page", "opml"),
        description="page: index.html; opml: sources.opml, the list of what is merged.",
    )


class Fetch(Discreet):
    """How servers are asked. Sizes in bytes."""

    contact: Annotated[str | None, PlainValidator(scalars.contact), Json({"type": "string"})] = Field(
        default=None,
        description="Mail address or page where operators of sources reach you; sent in the User-Agent.",
        examples=["ada@example.org"],
    )
    concurrency: int = Field(
        default=32,
        ge=1,
        le=1000,
        description="Sources polled at once, one per host; and as many again that are slow.",
    )
    budget: Spent = Field(
        default=Budget(requests=24),
        description="Requests that sources with interval auto are worth: of each a day, on average; or of all"
        " an hour, like 5000/h. Default 24.",
        examples=[24, "5000/h"],
    )
    allow: Annotated[
        tuple[Annotated[str, PlainValidator(scalars.network)], ...],
        BeforeValidator(scalars.listed),
        Json(texts()),
    ] = Field(
        default=(),
        description="Networks that sources may be in although they are not public. Default: none.",
        examples=[["192.168.1.0/24"]],
    )
    reach_everything_even_this_machine: bool = Field(
        default=False,
        description="Sources and their redirects may lead to any address: inner networks, this machine,"
        " the secrets of a cloud. Only where nothing else can be reached. Each start warns of it.",
    )
    allow_ports: Annotated[
        tuple[Annotated[int, Field(ge=1, le=65535)], ...],
        BeforeValidator(scalars.listed),
        Json(ports()),
    ] = Field(
        default=(),
        description="Ports that may be asked although no web server is usual there. Default: none.",
        examples=[[6000]],
    )
    spacing: Annotated[timedelta | None, PlainValidator(scalars.pause), Json({"type": "string"})] = Field(
        default=None,
        description="Least time between two requests to one host; it grows by itself where a host says 429."
        " Default 1s, and none for addresses that fetch.allow opens.",
        examples=["1s", "500ms"],
    )
    subscribers: int | None = Field(
        default=None,
        ge=0,
        description="How many people read what is published, if you know: told in the User-Agent.",
    )
    connect_timeout: Duration = Field(
        default=timedelta(seconds=10), description="Wait for a connection. Default 10s."
    )
    read_timeout: Duration = Field(
        default=timedelta(seconds=20), description="Wait for the next bytes. Default 20s."
    )
    deadline: Duration = Field(default=timedelta(seconds=60), description="All of one request. Default 60s.")
    max_bytes: Annotated[
        int,
        BeforeValidator(scalars.size),
        Json({"anyOf": [{"type": "integer", "minimum": 1024}, {"type": "string", "examples": ["20 MB"]}]}),
    ] = Field(
        default=20 * 1024 * 1024,
        ge=1024,
        description="Largest document, before and after decoding. Default 20 MB.",
    )
    max_redirects: int = Field(default=5, ge=0, le=20, description="Redirects followed in one request.")


class Read(Discreet):
    """What reading one document may cost. They are read in worker processes; one that takes more is ended."""

    workers: int | None = Field(
        default=None, ge=1, le=256, description="Processes that read at once. Default: as many as processors."
    )
    cpu: Duration = Field(
        default=timedelta(seconds=10),
        description="Processor time for one document; six times as much by the clock, or 30s. Default 10s.",
    )
    memory: Annotated[
        int,
        BeforeValidator(scalars.size),
        Json(
            {"anyOf": [{"type": "integer", "minimum": 67108864}, {"type": "string", "examples": ["300 MB"]}]}
        ),
    ] = Field(
        default=300 * 1024 * 1024, ge=64 * 1024 * 1024, description="Memory for one document. Default 300 MB."
    )
    only_new: bool = Field(
        default=True, description="Read of a document only the entries that are new. Default true."
    )


Often = Annotated[
    Interval, Field(description="When it is polled: auto, every so often, or at times of a cron.")
]
Least = Annotated[Duration, Field(description="With interval auto: never more often. Default 5m.")]
Most = Annotated[Duration, Field(description="With interval auto: at least so often. Default 1d.")]
Where = Annotated[Zone, Field(description="Zone of dates without one, and of cron. Default UTC.")]
Tongue = Annotated[
    Language, Field(description="Language of its entries (BCP 47); auto: as they say, else detected.")
]
Stays = Annotated[Kept, Field(description="How much of it is remembered. Default: all.")]


Warm = Annotated[
    WarmUp,
    Field(
        description="Of what its first poll brings, outputs take the newest so many. Default: all.",
        examples=[5],
    ),
]
Flood = Annotated[
    Literal["hold", "pass"],
    Field(description="What becomes of hundreds of entries that come at once and cannot be new: hold, pass."),
]


class Defaults(Discreet):
    """What a source takes where it says nothing itself."""

    interval: Often = "auto"
    min_interval: Least = timedelta(minutes=5)
    max_interval: Most = timedelta(days=1)
    timezone: Where = ZoneInfo("UTC")
    language: Tongue = None
    keep: Stays = None
    warm_up: Warm = None
    flood: Flood = "hold"


class Source(Value):
    """What the operator listed. After ``load`` the defaults are filled in.

    ``private`` is true if the address holds a secret: it is then never shown nor published. ``written`` is
    the source as it stands in the file, with ``${NAME}`` unexpanded; None if there is no reference in it.
    """

    name: Name = Field(
        description="What it is called in commands, files and ids. Default: made from its address."
    )
    kind: Literal["auto", "feed", "json_feed", "articles", "page", "sitemap"] = Field(
        default="auto",
        description="How it is read: feed (RSS, Atom, RDF, CDF), json_feed, articles (a folder of texts),"
        " page (HTML, by CSS selectors), sitemap; auto recognises feeds and folders.",
    )
    url: Url = Field(
        default=None, description="Address of the feed.", examples=["https://example.org/feed.xml"]
    )
    entry: Css | None = Field(default=None, description="With kind page: what each entry of it is.")
    fields: Fields | None = Field(
        default=None,
        description="With kind page: where in an entry its parts stand.",
        examples=[{"title": "h3", "url": "a@href", "published": "time@datetime"}],
    )
    path: Line | None = Field(
        default=None,
        description="Folder of texts, or a glob, relative to config.yaml.",
        examples=["articles/", "texts/*.md"],
    )
    match: Patterns = Field(
        default=(),
        description="With kind sitemap: only pages with an address in which one of these is found.",
        examples=["/news/"],
    )
    title: Line | None = Field(default=None, description="Shown instead of what the feed calls itself.")
    tags: Lines = Field(
        default=(), description="Your labels, by which outputs choose.", examples=[["news", "ch"]]
    )
    interval: Often = "auto"
    min_interval: Least = timedelta(minutes=5)
    max_interval: Most = timedelta(days=1)
    timezone: Where = ZoneInfo("UTC")
    language: Tongue = None
    keep: Stays = None
    warm_up: Warm = None
    flood: Flood = "hold"
    filters: Steps = Field(
        default=(),
        description="What of it is published, in this order.",
        examples=[[{"drop": {"title": "(?i)ad:"}}, "untrack"]],
    )
    full_text: Full = Field(
        default=None,
        description="Of new entries, take the text from their page: true finds it (extra fulltext), or"
        " {select: article} says where it stands.",
        examples=[True, {"select": "article"}],
    )
    republish: Republish = Field(
        default="full",
        description="How much of it may be shown: full, headline, or {excerpt: 60} words.",
        examples=["headline", {"excerpt": 60}],
    )
    fetch: Access = Field(
        default_factory=Access, description="How its server is asked, where that is special."
    )
    paused: bool = Field(default=False, description="Not polled; what it brought stays published.")
    private: bool = Field(default=False, exclude=True)
    written: dict[str, Any] | None = Field(default=None, exclude=True, repr=False)

    @property
    def offers_feed(self) -> bool:
        """Whether its address is that of a feed, so that people may be sent there for one."""
        return self.kind not in {"page", "sitemap"}

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        shown = super().__repr_args__()
        hidden = self.private or self.written is not None
        return ((key, value) for key, value in shown if key == "name" or not hidden)


class MadeOutput(Output):
    """One of the outputs that an output with ``each`` stands for; made by ``each``, never written.

    Attributes:
        block: The name of that output, a pattern.
        by: What ``each`` says there.
        of: The tag, or the name of the source, that it is made of.
        label: What people call that.
        taken: Its members.
    """

    block: str
    by: Literal["tag", "source"]
    of: str
    label: str = Field(exclude=True)
    taken: tuple[Source, ...] = Field(exclude=True, repr=False)


class Config(Discreet):
    """One whole configuration.

    ``path`` is the file it came from (absolute), ``files`` that file and all included ones; ``secrets`` are
    the values that came from the environment, and passwords in addresses: they must never be shown.
    """

    site: Site = Field(default=Site(), description="The planet as a whole.")
    store: Annotated[str, PlainValidator(scalars.store), Json({"type": "string"})] = Field(
        default="sqlite:///feeds.db",
        description="Where entries are remembered; a file is relative to config.yaml.",
        examples=["sqlite:///feeds.db", "sqlite:////var/lib/feeds/feeds.db", "postgresql://feeds@host/feeds"],
    )
    keep_documents: Duration | None = Field(
        default=None,
        description="How long raw documents are kept beside the store, for `feeds replay`. Default: not.",
        examples=["7 days"],
    )
    fetch: Fetch = Field(default=Fetch(), description="How servers are asked.")
    read: Read = Field(default=Read(), description="What reading one document may cost.")
    defaults: Defaults = Field(
        default=Defaults(), description="What a source takes where it says nothing itself."
    )
    include: Lines = Field(
        default=(),
        description="Files with more sources and outputs in the same grammar; globs relative to this file.",
        examples=[["sources.d/*.yaml"]],
    )
    sources: tuple[Source, ...] = Field(default=(), description="What is polled.")
    outputs: tuple[Output, ...] = Field(
        default=(Output(name="all"),), description="What is published. Default: one output, all."
    )
    path: Path = Field(exclude=True)
    files: tuple[Path, ...] = Field(default=(), exclude=True)
    secrets: frozenset[str] = Field(default=frozenset(), exclude=True, repr=False)

    def __repr__(self) -> str:
        return f"Config({len(self.sources)} sources, {len(self.outputs)} outputs)"

    __str__ = __repr__

    @property
    def folder(self) -> Path:
        """Where relative paths start: the folder of config.yaml."""
        return self.path.parent

    @property
    def authority(self) -> str:
        """The tagging entity under which ids are minted (RFC 4151, 2.1).

        That of ``site``; else the host of ``base_url`` in a year when it was the operator's; else localhost.
        """
        if self.site.authority is not None:
            return self.site.authority
        host = urlsplit(self.site.base_url or "").hostname or "localhost"
        # An IPv6 address cannot stand there: RFC 4151 knows host names and mail addresses only.
        return f"{'localhost' if ':' in host else host},2026"

    def members(self, output: Output) -> tuple[Source, ...]:
        """Give the sources that an output takes from, in the file's order."""
        if isinstance(output, MadeOutput):
            return output.taken
        wanted = output.from_
        if not wanted.tags and not wanted.sources:
            return self.sources
        names, tags = frozenset(wanted.sources), frozenset(wanted.tags)
        return tuple(
            source for source in self.sources if source.name in names or not tags.isdisjoint(source.tags)
        )
