"""The grammar of outputs: which entries one takes, and how it is written. Only values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from feeds.config import scalars
from feeds.config.parts import Discreet, Json, Language, Line, Lines, OutputName, Steps, Value


class From(Value):
    """Which sources an output takes: those with one of the tags, or of the names; all if neither is given."""

    tags: Lines = Field(default=(), description="Sources with one of these tags.", examples=[["news"]])
    sources: Lines = Field(default=(), description="Sources with these names.", examples=[["radio"]])


class Output(Discreet):
    """A merged feed to publish; with ``each``, as many as there are tags or sources."""

    name: OutputName = Field(
        description="Name of its files: news.atom, news.rss, news.json; with folders, if it has slashes. With"
        " each, {tag} or {source} stands in it."
    )
    each: Literal["tag", "source"] | None = Field(
        default=None,
        description="Make not one output of this, but one for each tag, or each source, of what it takes.",
    )
    title: Line | None = Field(
        default=None, description="Title of the feed. With each, {tag} or {source} may stand in it."
    )
    subtitle: Line | None = Field(default=None, description="One sentence on what it is; likewise.")
    from_: From = Field(default=From(), alias="from", description="Which sources it takes. Default: all.")
    filters: Steps = Field(
        default=(),
        description="Which entries it takes, in this order.",
        examples=[[{"keep": {"language": "de"}}]],
    )
    limit: int = Field(default=60, ge=1, description="The newest so many entries.")
    per_source: int | None = Field(
        default=None, ge=1, description="Of each source at most so many, the newest. Default: no such limit."
    )
    archive: Annotated[
        Literal["month"] | int | None,
        BeforeValidator(scalars.archive),
        Json({"anyOf": [{"enum": ["none", "month"]}, {"type": "integer", "minimum": 1}]}),
    ] = Field(
        default=None,
        description="Older entries go to closed pages in archive/NAME/ (RFC 5005): of a month, or of so many"
        " entries; the feed then keeps at least limit entries. Needs site.base_url. Default none.",
        examples=["month", 100],
    )
    language: Language = Field(default=None, description="Language of the feed as a whole (BCP 47).")
    untitled: Literal["derive", "empty", "date"] = Field(
        default="derive",
        description="The title of entries whose source gives none: the first sentence of their text, none,"
        " or their day (2025-12-27).",
    )
    provenance: Literal["none", "prefix", "suffix", "line"] = Field(
        default="none",
        description="How an entry says where it is from, to readers that do not show it: none, its source's"
        " name before or behind the title, or a line with a link under the text.",
    )
    formats: tuple[Literal["atom", "rss", "json_feed"], ...] = Field(
        default=("atom", "rss", "json_feed"), min_length=1, description="In which formats it is written."
    )
