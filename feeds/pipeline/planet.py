"""What the files of the whole site are made from: every output with its newest entries, and the sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feeds.config.schema import Config, Output, Source
from feeds.formats import FEED_FORMATS, SITE_FORMATS, OutputPage, SitePage, SourceLine
from feeds.memory import SourceState
from feeds.model import Feed

SHOWN_ON_PAGE = 20
"""Entries of each output on the page."""


def planet(config: Config, states: Mapping[str, SourceState], gather: Callable[[Output], Feed]) -> SitePage:
    """Give the whole planet.

    Args:
        config: The configuration in force.
        states: Of the sources, by name.
        gather: Makes the merged feed of an output.
    """
    site = config.site
    outputs = []
    for output in config.outputs:
        feed = gather(output.model_copy(update={"limit": min(output.limit, SHOWN_ON_PAGE)}))
        forms = [FEED_FORMATS[word] for word in output.formats]
        files = tuple((form.media_type, f"{output.name}{form.suffix}", form.label) for form in forms)
        title = output.title or output.name
        outputs.append(OutputPage(name=output.name, title=title, feed=feed, files=files))
    return SitePage(
        title=site.title,
        subtitle=site.subtitle,
        base_url=site.base_url,
        language=site.language,
        owner=site.owner.name,
        outputs=tuple(outputs),
        sources=lines(config, states),
        opml=SITE_FORMATS["opml"].file if "opml" in site.formats else None,
    )


def lines(config: Config, states: Mapping[str, SourceState]) -> tuple[SourceLine, ...]:
    """Describe the sources to the public."""
    return tuple(_line(source, states.get(source.name)) for source in config.sources)


def _line(source: Source, state: SourceState | None) -> SourceLine:
    """Describe a source: an address that holds a secret is left out."""
    feed = state.feed if state else None
    declared = feed.title.value if feed and feed.title else None
    return SourceLine(
        name=source.name,
        title=source.title or declared or source.name,
        url=None if source.private else source.url,
        site_url=feed.link("alternate") if feed and not source.private else None,
        tags=source.tags,
        kind=state.kind if state and state.kind else source.kind,
    )
