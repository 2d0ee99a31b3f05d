"""Hypothesis strategies for the values of ``feeds.model``, for every suite that wants any of them.

``entries()`` and ``feeds()`` are what the stages promise each other: ids are absolute and unique, texts
clean, addresses absolute. ``wild_entries()`` and ``wild_feeds()`` break every promise but that of the ids.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from feeds.model import (
    Category,
    Credit,
    DateOrigin,
    Entry,
    Feed,
    IdOrigin,
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

T = TypeVar("T")

EARLIEST, LATEST = datetime(1971, 1, 1), datetime(2199, 12, 31)
MARKUP = "<p>a</p> <b>1 &lt; 2</b> ]]> <![CDATA[ &amp; & « » – 12'000 ä 漢 🎈 \" ' < > \n"

# Clean values ------------------------------------------------------------------------------------------

words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Mn")),
    min_size=1,
    max_size=20,
).filter(lambda text: text == " ".join(text.split()))
sentences = st.one_of(words, st.text(st.sampled_from(MARKUP), min_size=1, max_size=60)).filter(
    lambda text: text == text.strip() and text != ""
)
languages = st.sampled_from(["en", "de-CH", "fr", "ar", "zh-Hant-TW", "sr-Latn", "x-klingon"])
kinds = st.sampled_from(["text/html", "audio/mpeg", "image/png", "video/mp4", "application/pdf"])
hosts = st.sampled_from(
    ["a.example", "b.example", "xn--bcher-kva.example", "c.example:8080", "[2001:db8::1]"]
)
paths = st.text(st.sampled_from("abcxyzABC019-._~!$&'()*+,;=:@/%éあ"), max_size=12).map(
    lambda text: text.replace("%", "%25")
)
urls = st.builds(
    "{}://{}/{}{}".format,
    st.sampled_from(["https", "http"]),
    hosts,
    paths,
    st.sampled_from(["", "?a=1&b=2", "#f", "?q=%20#x"]),
)
ids = st.one_of(
    urls,
    st.builds(
        "tag:a.example,2026:{}".format, st.text(st.sampled_from("abc:/.-%41é"), min_size=1, max_size=12)
    ),
    st.uuids().map("urn:uuid:{}".format),
)
instants = st.datetimes(min_value=EARLIEST, max_value=LATEST, timezones=st.just(UTC))
offsets = st.none() | st.integers(min_value=-12 * 60, max_value=14 * 60)
numbers = st.integers(min_value=0, max_value=2**40)


def moments() -> SearchStrategy[Moment]:
    return st.builds(
        Moment,
        instant=instants,
        offset=offsets,
        precision=st.sampled_from(Precision),
        origin=st.sampled_from(DateOrigin),
    )


def texts() -> SearchStrategy[Text]:
    plain = st.builds(Text, value=sentences, language=st.none() | languages)
    html = st.builds(
        Text,
        value=words.map(lambda text: f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>"),
        type=st.just(TextType.HTML),
        language=st.none() | languages,
    )
    return plain | html


def links() -> SearchStrategy[Link]:
    return st.builds(
        Link,
        href=urls,
        rel=st.sampled_from(["alternate", "related", "via", "self", "next", "edit", "https://a.example/rel"]),
        type=st.none() | kinds,
        hreflang=st.none() | languages,
        title=st.none() | words,
        length=st.none() | numbers,
    )


def media() -> SearchStrategy[Media]:
    return st.builds(
        Media,
        url=urls,
        type=st.none() | kinds,
        length=st.none() | numbers,
        width=st.none() | numbers,
        height=st.none() | numbers,
        duration=st.none() | st.floats(min_value=0, max_value=1e6),
        title=st.none() | words,
        credit=st.none() | words,
    )


def persons() -> SearchStrategy[Person]:
    return st.builds(
        Person,
        name=words,
        email=st.none() | st.just("ann@a.example"),
        uri=st.none() | urls,
        role=st.sampled_from(Role),
        role_raw=st.none() | words,
    )


def origins() -> SearchStrategy[Origin]:
    return st.builds(
        Origin,
        id=ids,
        title=st.none() | words,
        self_url=st.none() | urls,
        site_url=st.none() | urls,
        icon=st.none() | urls,
        updated=st.none() | instants,
        language=st.none() | languages,
        rights=st.none() | words,
    )


def some(strategy: SearchStrategy[T], most: int = 3) -> SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


def entries() -> SearchStrategy[Entry]:
    """Entries as ``sources`` and ``dedupe`` promise them."""
    return st.builds(
        Entry,
        source=st.sampled_from(["radio", "articles", "a.b-c"]),
        id=ids,
        native_id=st.none() | words,
        id_origin=st.sampled_from(IdOrigin),
        url=st.none() | urls,
        links=some(links()),
        title=st.none() | texts(),
        title_origin=st.sampled_from(TitleOrigin),
        summary=st.none() | texts(),
        content=st.none() | texts(),
        published=st.none() | moments(),
        updated=moments(),
        people=some(persons()),
        credits=some(st.builds(Credit, kind=st.sampled_from(["agency", "photo", "source"]), name=words)),
        categories=some(st.builds(Category, term=words, scheme=st.none() | urls, label=st.none() | words)),
        language=st.none() | languages,
        enclosures=some(media()),
        image=st.none() | media(),
        rights=st.none() | texts(),
        license=st.none() | urls,
        comments_url=st.none() | urls,
        in_reply_to=st.none() | ids,
        podcast=st.none()
        | st.builds(
            Podcast,
            duration=st.none() | st.floats(min_value=0, max_value=1e6),
            episode=st.none() | numbers,
            season=st.none() | numbers,
            episode_type=st.none() | st.sampled_from(["full", "trailer", "bonus"]),
            explicit=st.none() | st.booleans(),
            transcript=st.none() | urls,
            chapters=st.none() | urls,
        ),
        origin=st.none() | origins(),
        extra=some(st.tuples(st.sampled_from(["georss:point", "x:y", "a.b"]), words)),
    )


def _feeds(members: SearchStrategy[Entry], **others: SearchStrategy[object]) -> SearchStrategy[Feed]:
    several = st.lists(members, max_size=4, unique_by=lambda entry: entry.id).map(tuple)
    return st.builds(Feed, id=st.just("tag:planet.example,2026:output:all"), entries=several, **others)


def feeds() -> SearchStrategy[Feed]:
    """Outputs as the pipeline gathers them."""
    return _feeds(
        entries(),
        title=st.none() | texts(),
        subtitle=st.none() | texts(),
        links=some(links()),
        icon=st.none() | urls,
        logo=st.none() | urls,
        language=st.none() | languages,
        rights=st.none() | texts(),
        updated=st.none() | moments(),
        people=some(persons()),
        categories=some(st.builds(Category, term=words)),
        withdrawn=some(st.builds(Tombstone, id=ids, when=st.none() | instants, reason=st.none() | words)),
    )


# Wild values -------------------------------------------------------------------------------------------

wild_text = st.one_of(
    st.text(max_size=30),
    # Not longer: hypothesis refuses to write more of it into a report.
    st.just(500).map("x".__mul__),
    st.just(100).map("<div>".__mul__),
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.text(
        st.sampled_from(
            "\x00\x08\x0b\x0c\r\n\t\x1b\x7f\x85\x9f\ud800\udfff\ufdd0\ufffe\uffff\u202e\u2066\u2060 <&>]"
        ),
        max_size=12,
    ),
    st.sampled_from(
        [
            "",
            " ",
            "\u200b",
            "]]>",
            "<script>alert(1)</script>",
            "&#0;&#xD800;&bogus;",
            "\N{COMBINING ACUTE ACCENT}" * 50,
        ]
    ),
)
wild_url = st.one_of(
    urls,
    wild_text,
    st.sampled_from(
        [
            "",
            "/relative",
            "all.atom",
            "http://",
            "http:///x",
            "https://user:secret@a.example/",
            "https://a.example:99999/",
            "https://[::1",
            "https://a.example/a b",
            'https://a.example/"><script>',
            "https://a.example/\n",
            "https://a.example/|{}^`\\",
            "https://bücher.example/ä?ö#ü",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://a.example/x",
            "mailto:a@b.example",
            "tag:a.example,2026:x",
            "HTTPS://A.EXAMPLE/",
        ]
    ),
)
wild_words = wild_text | words
wild_number = st.none() | st.integers() | st.just(200).map((10).__pow__)
wild_float = st.none() | st.floats(allow_nan=True, allow_infinity=True)
wild_language = st.none() | languages | wild_text
wild_kind = st.none() | kinds | wild_text
wild_instants = st.datetimes(timezones=st.just(UTC))


def maybe(strategy: SearchStrategy[T]) -> SearchStrategy[T | None]:
    return st.none() | strategy


def wild_moments() -> SearchStrategy[Moment]:
    return st.builds(
        Moment,
        instant=wild_instants,
        offset=st.none() | st.integers(),
        precision=st.sampled_from(Precision),
        raw=maybe(wild_text),
    )


def wild_texts() -> SearchStrategy[Text]:
    return st.builds(Text, value=wild_text, type=st.sampled_from(TextType), language=wild_language)


def wild_links() -> SearchStrategy[Link]:
    return st.builds(
        Link,
        href=wild_url,
        rel=st.sampled_from(["alternate", "self", "enclosure", "replies", "a b", "", "x:y z", "ünicode"])
        | wild_text,
        type=wild_kind,
        hreflang=wild_language,
        title=maybe(wild_text),
        length=wild_number,
    )


def wild_media() -> SearchStrategy[Media]:
    return st.builds(
        Media,
        url=wild_url,
        type=wild_kind,
        length=wild_number,
        width=wild_number,
        height=wild_number,
        duration=wild_float,
        title=maybe(wild_text),
        credit=maybe(wild_text),
    )


def wild_persons() -> SearchStrategy[Person]:
    return st.builds(
        Person,
        name=maybe(wild_words),
        email=maybe(wild_words | st.sampled_from(["a@b", "@", "a @b", "a@", "@b"])),
        uri=maybe(wild_url),
        role=st.sampled_from(Role),
        role_raw=maybe(wild_text),
    )


def wild_categories() -> SearchStrategy[Category]:
    return st.builds(Category, term=wild_words, scheme=maybe(wild_url), label=maybe(wild_text))


def wild_entries() -> SearchStrategy[Entry]:
    """Entries with anything in them that the types allow; only the id keeps its promise."""
    return st.builds(
        Entry,
        source=st.just("radio"),
        id=ids,
        native_id=maybe(wild_text),
        url=maybe(wild_url),
        links=some(wild_links()),
        title=maybe(wild_texts()),
        title_origin=st.sampled_from(TitleOrigin),
        summary=maybe(wild_texts()),
        content=maybe(wild_texts()),
        published=maybe(wild_moments()),
        updated=maybe(wild_moments()),
        people=some(wild_persons()),
        credits=some(st.builds(Credit, kind=wild_text, code=maybe(wild_text), name=wild_words)),
        categories=some(wild_categories()),
        language=wild_language,
        enclosures=some(wild_media()),
        image=maybe(wild_media()),
        rights=maybe(wild_texts()),
        license=maybe(wild_url),
        comments_url=maybe(wild_url),
        in_reply_to=maybe(wild_url),
        podcast=maybe(
            st.builds(
                Podcast,
                duration=wild_float,
                episode=wild_number,
                season=wild_number,
                episode_type=maybe(wild_text),
                explicit=maybe(st.booleans()),
                transcript=maybe(wild_url),
                chapters=maybe(wild_url),
            )
        ),
        origin=maybe(
            st.builds(
                Origin,
                id=wild_url,
                title=maybe(wild_words),
                self_url=maybe(wild_url),
                site_url=maybe(wild_url),
                icon=maybe(wild_url),
                updated=maybe(wild_instants),
                language=wild_language,
                rights=maybe(wild_text),
            )
        ),
        extra=some(st.tuples(wild_words | st.just("georss:point"), wild_text)),
    )


def wild_feeds() -> SearchStrategy[Feed]:
    """Outputs of wild entries, with wild words around them."""
    return _feeds(
        wild_entries(),
        title=maybe(wild_texts()),
        subtitle=maybe(wild_texts()),
        links=some(wild_links()),
        icon=maybe(wild_url),
        logo=maybe(wild_url),
        language=wild_language,
        rights=maybe(wild_texts()),
        updated=maybe(wild_moments()),
        people=some(wild_persons()),
        categories=some(wild_categories()),
        withdrawn=some(st.builds(Tombstone, id=wild_url, when=maybe(wild_instants), reason=maybe(wild_text))),
    )
