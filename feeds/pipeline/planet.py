"""What outputs are without entries, and the whole site: every output with its newest, and the sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from feeds import __version__
from feeds.config.names import PLACES
from feeds.config.schema import Config, MadeOutput, Output, Source
from feeds.formats import (
    FEED_FORMATS,
    SITE_FORMATS,
    OutputLine,
    OutputPage,
    OutputSeries,
    SitePage,
    SourceLine,
)
from feeds.memory import Heading
from feeds.model import Feed, Link, Moment, Person, Text
from feeds.normalize import ids

PAGE = "page"
"""The one format of the site that shows entries."""

SHOWN_ON_PAGE = 20
"""Entries of each output on the page."""


def headed(output: Output, config: Config, heading: Heading | None) -> Output:
    """Give an output with its title, where that names the tag or source that it is made of.

    Args:
        output: Of the configuration.
        config: The configuration in force.
        heading: Of the source that it is made of; None of any other output, or if it is not known.
    """
    if not isinstance(output, MadeOutput):
        return output
    label = output.of
    if output.each == "source":
        label = _title(output.taken[0], heading)
    place = PLACES[output.by]
    title = output.title or f"{config.site.title} – {place}"
    told = {"label": label, "title": title.replace(place, label)}
    if output.subtitle is not None:
        told["subtitle"] = output.subtitle.replace(place, label)
    made: MadeOutput = output.model_copy(update=told)
    return made


def framed(config: Config, output: Output, updated: Moment) -> Feed:
    """Give the feed of an output without entries, of that date."""
    site = config.site
    owner = site.owner
    people = (Person(name=owner.name, email=owner.email, uri=owner.uri),) if owner != type(owner)() else ()
    return Feed(
        id=ids.mint(config.authority, "output", output.name),
        title=Text(value=output.title or f"{site.title} – {output.name}"),
        subtitle=Text(value=output.subtitle) if output.subtitle else None,
        links=(Link(href=site.base_url, rel="alternate", type="text/html"),) if site.base_url else (),
        language=output.language or site.language,
        rights=Text(value=site.rights) if site.rights else None,
        updated=updated,
        people=people,
    )


def planet(
    config: Config,
    outputs: Iterable[Output],
    headings: Mapping[str, Heading],
    gather: Callable[[Output], Feed],
) -> SitePage:
    """Give the whole planet.

    Args:
        config: The configuration in force.
        outputs: Its outputs, with their titles.
        headings: Of the sources, by name.
        gather: Makes the merged feed of an output.
    """
    site = config.site
    pages: list[OutputPage] = []
    series: dict[tuple[str, str], list[OutputLine]] = {}
    for output in outputs:
        forms = [FEED_FORMATS[word] for word in output.formats]
        files = tuple((form.media_type, f"{output.name}{form.suffix}", form.label) for form in forms)
        if isinstance(output, MadeOutput):
            line = OutputLine(title=output.label, files=files)
            series.setdefault((output.block, output.by), []).append(line)
            continue
        feed = gather(output.model_copy(update={"limit": min(output.limit, SHOWN_ON_PAGE)}))
        title = output.title or output.name
        pages.append(OutputPage(name=output.name, title=title, feed=feed, files=files))
    return SitePage(
        title=site.title,
        subtitle=site.subtitle,
        base_url=site.base_url,
        language=site.language,
        owner=site.owner.name,
        outputs=tuple(pages),
        series=tuple(OutputSeries(by=by, outputs=tuple(some)) for (_, by), some in series.items()),
        sources=lines(config, headings),
        opml=SITE_FORMATS["opml"].file if "opml" in site.formats else None,
    )


def said(
    config: Config,
    outputs: Sequence[Output],
    headings: Mapping[str, Heading],
    signatures: Mapping[str, str],
) -> Iterator[tuple[str, list[object]]]:
    """Give the path of each file of the site, and all that it is made from.

    Args:
        config: The configuration in force.
        outputs: Its outputs, with their titles.
        headings: Of the sources, by name.
        signatures: What stands for all that an output is made from, by name.
    """
    sources: list[object] = [
        __version__,
        config.site.model_dump(mode="json"),
        list(map(repr, lines(config, headings))),
    ]
    shown = [signatures[output.name] for output in outputs if not isinstance(output, MadeOutput)]
    series = [
        (output.label, output.name, output.formats) for output in outputs if isinstance(output, MadeOutput)
    ]
    for word in config.site.formats:
        yield SITE_FORMATS[word].file, [*sources, shown, series] if word == PAGE else sources


def lines(config: Config, headings: Mapping[str, Heading]) -> tuple[SourceLine, ...]:
    """Describe the sources to the public."""
    return tuple(_line(source, headings.get(source.name)) for source in config.sources)


def _line(source: Source, heading: Heading | None) -> SourceLine:
    """Describe a source: an address that holds a secret is left out."""
    return SourceLine(
        name=source.name,
        title=_title(source, heading),
        url=None if source.private or not source.offers_feed else source.url,
        site_url=heading.site_url if heading and not source.private else None,
        tags=source.tags,
        kind=heading.kind if heading and heading.kind else source.kind,
    )


def _title(source: Source, heading: Heading | None) -> str:
    return source.title or (heading and heading.title) or source.name
