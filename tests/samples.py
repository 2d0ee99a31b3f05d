"""Plain values for the suites of ``formats``: name what the test is about, the rest has defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from feeds.model import (
    Category,
    Credit,
    Entry,
    Feed,
    Link,
    Media,
    Moment,
    Origin,
    Person,
    Podcast,
    Precision,
    Role,
    Text,
    TextType,
    TitleOrigin,
    Tombstone,
)

SELF = "https://planet.example/all"


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]  # year, month, day and so on


def moment(*numbers: int, **more: Any) -> Moment:
    return Moment(instant=at(*numbers), **more)


def html(value: str, **more: Any) -> Text:
    return Text(value=value, type=TextType.HTML, **more)


def entry(**more: Any) -> Entry:
    return replace(
        Entry(source="radio", id="tag:radio.example,2026:1", updated=moment(2026, 1, 2, 3, 4, 5)), **more
    )


def feed(*entries: Entry, **more: Any) -> Feed:
    return replace(
        Feed(id="tag:planet.example,2026:output:all", title=Text(value="All"), entries=entries), **more
    )


ARTICLE = entry(
    source="articles",
    id="tag:planet.example,2026:articles:article.txt",
    title=Text(value="Kim lobt die «unbesiegbare Freundschaft»"),
    title_origin=TitleOrigin.DERIVED,
    summary=Text(value="Kim lobt die «unbesiegbare Freundschaft». Nordkorea hat Waffen bereitgestellt."),
    content=html("<h2>6000 Nordkoreaner gefallen</h2><p>Es waren 12'000 Soldaten.</p>"),
    published=moment(2025, 12, 26, 23, offset=60, precision=Precision.DAY),
    updated=moment(2025, 12, 27, 9),
    people=(Person(name="Gabriel Knupfer", role=Role.EDITOR, role_raw="Redaktor News"),),
    credits=(
        Credit(kind="agency", code="dpa", name="dpa", raw="laut der Agentur DPA"),
        Credit(kind="photo", name="Keystone"),
    ),
    language="de-CH",
    origin=Origin(id="tag:planet.example,2026:source:articles", title="Artikel"),
)
EPISODE = entry(
    id="https://pod.example/1",
    url="https://pod.example/1",
    title=html("A &amp; <em>B</em>", language="fr"),
    summary=html("<p>An <em>episode</em></p>"),
    links=(
        Link(href="https://pod.example/v", rel="via", type="text/html", hreflang="fr", title="V", length=7),
    ),
    published=moment(2026, 1, 1, 22, 30, offset=120),
    people=(Person(name="Ann", email="ann@pod.example"), Person(name="Zoe", role=Role.PHOTOGRAPHER)),
    categories=(Category(term="t", scheme="https://s.example/", label="Tee"), Category(term="u")),
    enclosures=(
        Media(url="https://pod.example/1.mp3", type="audio/mpeg", length=1000, duration=61.4, title="Audio"),
        Media(url="https://pod.example/1.ogg"),
    ),
    image=Media(url="https://pod.example/1.jpg", type="image/jpeg", width=10, height=20, credit="Zoe"),
    podcast=Podcast(
        episode=3,
        season=2,
        episode_type="full",
        explicit=False,
        transcript="https://pod.example/1.vtt",
        chapters="https://pod.example/1.json",
    ),
    rights=Text(value="© Ann"),
    license="https://creativecommons.org/licenses/by/4.0/",
    comments_url="https://pod.example/1#comments",
    in_reply_to="https://x.example/1",
    language="en",
    extra=(("georss:point", "46.9 7.4"), ("slash:comments", "3")),
    origin=Origin(
        id="https://pod.example/feed",
        title="Pod",
        self_url="https://pod.example/feed",
        site_url="https://pod.example/",
        icon="https://pod.example/icon.png",
        updated=at(2026, 1, 2),
        language="en",
        rights="© Pod",
    ),
)
PLANET = feed(
    EPISODE,
    ARTICLE,
    subtitle=html("All of <b>it</b>"),
    links=(
        Link(href="https://planet.example/", type="text/html"),
        Link(href="https://hub.example/", rel="hub"),
    ),
    icon="https://planet.example/icon.png",
    language="de",
    rights=Text(value="CC0"),
    people=(Person(name="Ada", email="ada@planet.example"),),
    categories=(Category(term="news"),),
    withdrawn=(
        Tombstone(id="tag:radio.example,2026:gone", when=at(2026, 1, 1), reason="wrong"),
        Tombstone(id="tag:radio.example,2026:undated"),
    ),
)
