"""New, changed or known: each rule of ``feeds/dedupe`` with both sides of its border."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.config.schema import Keep, Source
from feeds.dedupe import Changes, Owns, decide
from feeds.memory import Record, SourceState
from feeds.model import (
    Category,
    Credit,
    DateOrigin,
    Decision,
    Entry,
    IdOrigin,
    Link,
    Media,
    Moment,
    Origin,
    Person,
    Podcast,
    Precision,
    Text,
    TextType,
    TitleOrigin,
)
from feeds.normalize.ids import mint
from feeds.store import Poll, Store, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OLDEST = Moment(instant=EPOCH, origin=DateOrigin.INFERRED, raw="0001")
MICROSECOND = timedelta(microseconds=1)
SEEN = DateOrigin.FIRST_SEEN
AUTHORITY = "planet.example,2026"
PROSE = (
    "The council met on Monday evening to talk about the old bridge over the river. It will be closed for "
    "lorries from May, and for everyone in the summer of next year, the mayor said after the vote."
)


def at(hours: float, **given: Any) -> Moment:
    """Give a moment so many hours before NOW."""
    return Moment(instant=NOW - hours * HOUR, **given)


def entry(source: str = "a", key: str = "1", **given: Any) -> Entry:
    values: dict[str, Any] = {
        "id": f"https://{source}.example/{key}",
        "url": f"https://{source}.example/{key}",
        "title": Text(value=f"Entry {key}"),
        "content": Text(value=f"{key} {PROSE}"),
        "published": at(5),
    }
    values |= given
    values.setdefault("native_id", values["id"])
    return Entry(source=source, **values)


def source_of(name: str, zone: str = "UTC") -> Source:
    return Source(name=name, url=f"https://{name}.example/feed", timezone=ZoneInfo(zone))


def settled(
    entries: Sequence[Entry],
    known: Sequence[Record] = (),
    others: Sequence[Record] = (),
    now: datetime = NOW,
    zone: str = "UTC",
    **given: Any,
) -> Changes:
    source = source_of(entries[0].source if entries else "a", zone)
    return decide(entries, known, others, now=now, source=source, authority=AUTHORITY, **given)


def stored(one: Entry, **given: Any) -> Record:
    """Give the record of an entry that was met at NOW."""
    (record,) = settled([one], **given).new
    return record


def body(record: Record) -> Entry:
    assert record.entry is not None
    return record.entry


def reasons(record: Record) -> dict[str, str]:
    return {decision.topic: decision.reason for decision in body(record).decisions}


# ------------------------------------------------------------------ new


def test_an_entry_never_met_is_new_and_is_fixed_at_first_sight() -> None:
    changes = settled([entry()])
    (record,) = changes.new
    assert changes == Changes(new=(record,))
    assert (record.source, record.id, record.native_id, record.url) == (
        "a",
        entry().id,
        entry().native_id,
        entry().url,
    )
    assert (record.first_seen, record.sort_key) == (NOW, at(5).instant)
    assert body(record) == replace(entry(), updated=at(5))


def test_of_nothing_comes_nothing() -> None:
    assert settled([]) == Changes()


@pytest.mark.parametrize(
    ("published", "updated", "expected"),
    [
        (at(5), at(3), at(3)),
        (at(5), at(5), at(5)),
        (at(5), at(9), at(5)),
        (at(5), None, at(5)),
        (None, at(3), at(3)),
        (None, None, at(0, origin=SEEN)),
        (at(5), at(-1, raw="soon"), at(0, origin=SEEN, raw="soon")),
        (at(-0.1), None, at(0, origin=SEEN)),
        (None, at(-1, raw="soon"), at(0, origin=SEEN, raw="soon")),
        (None, Moment(instant=datetime(1, 1, 1, tzinfo=UTC), raw="0001"), OLDEST),
        (Moment(instant=datetime(1, 1, 1, tzinfo=UTC), raw="0001"), None, OLDEST),
        (Moment(instant=datetime(1, 1, 1, tzinfo=UTC)), at(3), at(3)),
        (at(-99), at(3), at(3)),
        (at(-99), at(-98), at(0, origin=SEEN)),
    ],
)
def test_the_first_updated(published: Moment | None, updated: Moment | None, expected: Moment) -> None:
    new = body(stored(entry(published=published, updated=updated)))
    assert new.updated == expected


def test_a_date_in_the_future_is_held_at_first_sight() -> None:
    record = stored(entry(published=at(-2, raw="in two hours")))
    held = Moment(instant=NOW, origin=SEEN, raw="in two hours")
    assert (record.sort_key, body(record).published, body(record).updated) == (NOW, held, held)
    assert "future" in reasons(record)["first sight"]


@pytest.mark.parametrize("backlog", [True, False])
def test_a_date_that_broken_clocks_give_is_the_oldest(backlog: bool) -> None:
    record = stored(
        entry(published=Moment(instant=datetime(1, 1, 1, tzinfo=UTC), raw="0001")), backlog=backlog
    )
    assert (record.sort_key, body(record).published, body(record).updated) == (EPOCH, None, OLDEST)
    assert "0001-01-01T00:00:00Z lies before 1970-01-02" in reasons(record)["first sight"]


def keys(*dates: Moment | None, backlog: bool = True) -> list[float | None]:
    """Give the places in hours before NOW, as a poll would fix them; None for the oldest."""
    entries = [entry(key=str(number), published=date) for number, date in enumerate(dates)]
    records = settled(entries, backlog=backlog).new
    return [None if r.sort_key <= EPOCH else round((NOW - r.sort_key) / HOUR, 6) for r in records]


def test_what_is_undated_at_the_first_poll_stands_beside_its_neighbour() -> None:
    future, old = at(-99), Moment(instant=EPOCH)
    assert keys(None, at(5), None, future, at(9), old, None) == [5, 5, 5, 5, 9, None, 9]
    assert keys(None, at(5), future, at(9), old, backlog=False) == [0, 5, 0, 9, None]
    assert keys(None, future, old) == [0, 0, None], "where nothing is dated, first sight"


def test_a_backlog_keeps_the_order_of_the_document() -> None:
    dates = [None, None, at(5), None, None, at(9), None]
    entries = [entry(key=str(number), published=date) for number, date in enumerate(dates)]
    records = settled(entries, backlog=True).new
    assert sorted(records, key=lambda record: record.sort_key, reverse=True) == list(records)
    second = timedelta(seconds=1)
    inferred = Moment(instant=at(5).instant - second, origin=DateOrigin.INFERRED)
    assert (body(records[3]).published, body(records[3]).updated) == (None, inferred)
    assert reasons(records[3])["first sight"] == (
        "the source gives no date, so the entry takes the place of its neighbour in the document"
    )


def test_a_date_that_comes_after_an_inferred_one_is_taken_up() -> None:
    records = settled([entry(published=at(5)), entry(key="2", published=None)], backlog=True).new
    (record,) = settled([entry(key="2", published=at(1))], records, now=LATER).changed
    assert (body(record).published, body(record).updated) == (at(1), at(1))
    assert record.sort_key == records[1].sort_key


def test_a_date_a_little_in_the_future_is_as_declared() -> None:
    record = stored(entry(published=at(-0.1)))
    assert body(record).published == at(-0.1)
    assert record.sort_key == at(-0.1).instant


def test_undated_entries_stand_in_the_order_of_the_document() -> None:
    entries = [entry(key=key, published=None) for key in "cab"]
    records = settled(entries).new
    assert sorted(records, key=lambda record: record.sort_key, reverse=True) == list(records)
    assert [NOW - record.sort_key for record in records] == [place * MICROSECOND for place in range(3)]
    assert reasons(records[0]) == {
        "first sight": "the source gives no date, so the entry stands at first sight"
    }


def test_entries_of_one_bare_day_stand_in_the_order_of_the_document() -> None:
    day = Moment(instant=datetime(2026, 2, 20, 23, tzinfo=UTC), offset=60, precision=Precision.DAY)
    records = settled([entry(key=key, published=day) for key in "cab"], zone="Europe/Zurich").new
    noon = datetime(2026, 2, 21, 11, tzinfo=UTC)
    assert [record.sort_key for record in records] == [noon - place * MICROSECOND for place in range(3)]
    assert body(records[0]).published == body(records[0]).updated == day


# ------------------------------------------------------------------ the same entry


def test_by_id() -> None:
    assert settled([entry()], [stored(entry())]) == Changes(known=1)


def test_by_native_id() -> None:
    old = stored(entry(id="tag:x:1", native_id="n"))
    assert settled([entry(id="tag:x:2", native_id="n")], [old]) == Changes(known=1)
    assert len(settled([entry(id="tag:x:2", native_id="m", url=None, published=None)], [old]).new) == 1


@pytest.mark.parametrize("url", ["https://a.example/1", "http://a.example/1?utm_source=rss#top"])
def test_by_page(url: str) -> None:
    old = stored(entry())
    assert settled([entry(id="urn:x", native_id="x", url=url)], [old]) == Changes(known=1)


def test_a_page_counts_only_where_one_entry_has_it() -> None:
    old = stored(entry())
    two = [
        entry(id=f"urn:{n}", native_id=n, url=old.url, title=Text(value=n), published=at(50)) for n in "xy"
    ]
    assert len(settled(two, [old]).new) == 2
    assert len(settled(two[:1], [old, replace(old, id="urn:z", native_id="z")]).new) == 1


@pytest.mark.parametrize(
    "home",
    [
        {"origin": Origin(id="urn:o", site_url="https://a.example/1")},
        {"origin": Origin(id="urn:o", self_url="http://a.example/1#x")},
        {"url": "https://a.example/feed"},
    ],
)
def test_the_home_page_tells_nothing(home: dict[str, Any]) -> None:
    old = stored(entry(**home))
    other = entry(id="urn:x", native_id="x", published=at(99), title=Text(value="Entry 1"), **home)
    assert len(settled([other], [old]).new) == 1


def test_a_page_that_is_used_again_is_not_the_same_entry() -> None:
    old = stored(entry(title=Text(value="Open thread, week 1"), content=Text(value="Hello.")))
    week_2: dict[str, Any] = {"title": Text(value="Open thread, week 2"), "content": Text(value="Good bye.")}
    again = entry(id="urn:x", native_id="x", published=at(-0.01), **week_2)
    assert settled([replace(again, published=at(4))], [old]).new == ()
    assert len(settled([replace(again, published=at(-24))], [old], now=NOW + 48 * HOUR).new) == 1
    assert len(settled([replace(again, published=None)], [old]).new) == 1
    assert settled([replace(again, published=at(-24), title=body(old).title)], [old]).new == ()


def moved(**given: object) -> Entry:
    """The entry after its site moved: another id, another page."""
    there: dict[str, Any] = {"id": "https://new.example/1", "url": "https://new.example/1"}
    return entry(**(there | given))


def test_by_day_and_text() -> None:
    old = stored(entry())
    (record,) = settled([moved()], [old], now=LATER).changed
    assert (record.id, record.native_id, record.url) == (old.id, moved().native_id, moved().url)
    assert (record.first_seen, record.sort_key) == (old.first_seen, old.sort_key)
    assert body(record).updated == body(old).updated, "a page that moves is no new text"
    assert reasons(record)["same entry"] == (
        "the source now says https://new.example/1; by its text it is the same entry"
    )
    nearly = Text(value=f"1 {PROSE.replace('lorries', 'trucks')}")
    assert settled([moved(content=nearly)], [old]).new == ()
    derived: dict[str, Any] = {
        "title": Text(value="1 The council met …"),
        "title_origin": TitleOrigin.DERIVED,
    }
    assert settled([moved(**derived)], [old]).new == ()


@pytest.mark.parametrize(
    "other",
    [
        {"published": at(30)},
        {"published": None},
        {"content": Text(value="Something else.")},
        {"title": Text(value="Another")},
    ],
)
def test_another_day_or_text_is_another_entry(other: dict[str, Any]) -> None:
    assert len(settled([moved(**other)], [stored(entry())]).new) == 1


def test_a_day_is_one_of_the_sources_zone() -> None:
    evening, morning = at(12.5), at(11.5)  # 23:30 and 00:30 in UTC; the same day in New York
    old = stored(entry(published=evening))
    assert len(settled([moved(published=morning)], [old]).new) == 1
    assert settled([moved(published=morning)], [old], zone="America/New_York").new == ()


def test_a_record_still_in_the_document_is_no_other_entry() -> None:
    changes = settled([entry(), moved()], [stored(entry())])
    assert (len(changes.new), changes.known) == (1, 1)


def test_each_record_is_one_entry_at_most() -> None:
    changes = settled([moved(), replace(moved(), id="urn:x", native_id="x", url=None)], [stored(entry())])
    assert (len(changes.new), len(changes.changed)) == (1, 1)


def test_what_is_stronger_goes_first() -> None:
    by_id, by_native = stored(entry(key="1")), stored(entry(key="2", native_id="n"))
    found = settled([entry(key="1", native_id="n")], [by_id, by_native])
    assert found.new == ()
    assert {record.id for record in found.changed} <= {by_id.id}


def test_an_expired_entry_neither_comes_back_nor_changes() -> None:
    old = replace(stored(entry()), entry=None)
    for again in (entry(), entry(content=Text(value="New text.")), entry(id="urn:x", native_id="x")):
        assert settled([again], [old]) == Changes(known=1)


def test_a_flood_of_texts_of_one_day_is_not_compared_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.dedupe.same.COMPARED", 30)
    title = Text(value="News")
    known = [stored(entry(key=key, title=title, content=Text(value=f"Old {key}."))) for key in "abcdefgh"]
    flood = [entry(key=key, title=title, content=Text(value=f"New {key}.")) for key in "jklmnopq"]
    last = entry(key="z", title=title, content=Text(value="Old a."))
    assert len(settled([last], known).new) == 0
    nearly = replace(last, content=Text(value=f"{PROSE} Old a."))
    prose = stored(entry(key="i", title=title, content=Text(value=f"{PROSE} Old a!")))
    assert len(settled([nearly], [*known, prose]).new) == 0
    assert len(settled([*flood, nearly], [*known, prose]).new) == 9, "beyond the bound"
    assert len(settled([*flood, last], known).new) == 8, "equal words need no comparing"


# ------------------------------------------------------------------ changed


NEW_TEXT = Text(value="All is different now.")


@pytest.mark.parametrize(
    "given",
    [{"content": NEW_TEXT}, {"title": NEW_TEXT}, {"summary": NEW_TEXT}, {"content": None}],
)
def test_a_new_text_moves_updated_and_nothing_else(given: dict[str, Any]) -> None:
    old = stored(entry())
    (record,) = settled([entry(published=at(1), **given)], [old], now=LATER).changed
    assert body(record) == replace(
        entry(**given),
        updated=Moment(instant=LATER, origin=SEEN),
        decisions=body(record).decisions,
    )
    assert (record.first_seen, record.sort_key) == (old.first_seen, old.sort_key)
    assert record.fingerprint != old.fingerprint
    assert "declares no time" in reasons(record)["change"]


@pytest.mark.parametrize(
    ("declared", "taken"),
    [(at(2), True), (at(-1), True), (at(-1.01), False), (at(3), False), (at(4), False), (None, False)],
)
def test_the_sources_own_date_of_a_change(declared: Moment | None, taken: bool) -> None:
    old = stored(entry(updated=at(3)))
    (record,) = settled([entry(content=NEW_TEXT, updated=declared)], [old], now=LATER).changed
    assert body(record).updated == (declared if taken else Moment(instant=LATER, origin=SEEN))
    assert ("since the time that the source declares" in reasons(record)["change"]) is taken


def test_updated_never_goes_back() -> None:
    old = stored(entry(updated=at(3)))
    (record,) = settled([entry(content=NEW_TEXT)], [old], now=NOW - 9 * HOUR).changed
    updated = body(record).updated
    assert updated is not None
    assert updated.instant == at(3).instant


def test_a_new_enclosure_is_a_new_text() -> None:
    old = stored(entry(enclosures=(Media(url="https://a.example/1.mp3"),)))
    (record,) = settled([entry(enclosures=(Media(url="https://a.example/2.mp3"),))], [old], now=LATER).changed
    assert body(record).updated == Moment(instant=LATER, origin=SEEN)


def html(value: str) -> Text:
    return Text(value=value, type=TextType.HTML)


MP3, MP3_2 = "https://a.example/1.mp3", "https://a.example/2.mp3"
FULL: dict[str, Any] = {
    "content": html('<p>Full text, <a href="https://a.example/x?id=1">more</a></p>'),
    "categories": (Category(term="x"), Category(term="y")),
    "people": (Person(name="Ada"), Person(name="Bob")),
    "links": (Link(href="https://a.example/r", rel="related"), Link(href="https://a.example/v", rel="via")),
    "enclosures": (Media(url=MP3, length=5), Media(url=MP3_2)),
    "image": Media(url="https://a.example/1.png"),
    "rights": Text(value="Ada"),
    "origin": Origin(id="urn:o", title="A", updated=NOW),
    "extra": (("georss:point", "1 2"), ("slash:comments", "3")),
    "language": "de",
}


@pytest.mark.parametrize(
    "given",
    [
        {"categories": (Category(term="x"),)},
        {"categories": (Category(term="x"), Category(term="y", label="Y"))},
        {"people": (Person(name="Ada"),)},
        {"credits": (Credit(kind="agency", name="dpa"),)},
        {"links": ()},
        {"enclosures": (Media(url=MP3, length=5), Media(url=MP3_2, length=1))},
        {"enclosures": (Media(url=MP3, length=5, type="audio/mpeg"), Media(url=MP3_2))},
        {"image": None},
        {"image": Media(url="https://a.example/2.png")},
        {"rights": Text(value="Bob")},
        {"license": "https://a.example/by"},
        {"language": "fr"},
        {"comments_url": "https://a.example/c"},
        {"in_reply_to": "urn:r"},
        {"podcast": Podcast(episode=1)},
        {"extra": (("georss:point", "1 3"), ("slash:comments", "3"))},
        {"origin": Origin(id="urn:o", title="B", updated=NOW)},
        {"url": "https://a.example/moved"},
        {"content": html('<p>Full text, <a href="https://a.example/x?id=2">more</a></p>')},
        {"content": html('<p>Full text, <b>more</b></p>')},
        {"content": html('<p>Full text, <a href="https://a.example/x?id=1">more</a><img src="https://a"></p>')},
    ],
    ids=str,
)  # fmt: skip
def test_what_a_reader_sees_besides_the_text_is_stored_and_moves_nothing(
    given: dict[str, Any],
) -> None:
    old = stored(entry(**FULL))
    new = entry(**(FULL | given), updated=at(1), published=at(2))
    (record,) = settled([new], [old], now=LATER).changed
    assert body(record) == replace(new, published=at(5), updated=at(5))
    assert (record.first_seen, record.sort_key) == (old.first_seen, old.sort_key)
    assert settled([new], [record], now=LATER) == Changes(known=1), "once stored it is known"


@pytest.mark.parametrize(
    "given",
    [
        {"categories": (Category(term="y"), Category(term="x"))},
        {"people": (Person(name="Bob"), Person(name="Ada"))},
        {"links": FULL["links"][::-1]},
        {"enclosures": (Media(url=MP3_2), Media(url=MP3, length=6))},
        {"image": Media(url="https://a.example/1.png?utm_source=x")},
        {"rights": Text(value=" Ada\n")},
        {"origin": Origin(id="urn:o", title="A", updated=LATER)},
        {"extra": (("georss:point", "1 2"), ("slash:comments", "4"))},
        {"url": "http://a.example/1?utm_campaign=rss"},
        {"published": at(0)},
        {"updated": at(0)},
        {"published": None},
        {"native_id": "another", "id": "urn:another"},
        {"content": html('<p>Full  text,\n<a href="https://a.example/x?id=1&amp;utm_source=x">more</a></p>')},
        {"decisions": (Decision(topic="id", reason="Another."),)},
    ],
    ids=str,
)  # fmt: skip
def test_noise_is_not_stored(given: dict[str, Any]) -> None:
    old = stored(entry(**FULL))
    assert settled([entry(**(FULL | given))], [old], now=LATER) == Changes(known=1)


def test_a_picture_whose_signature_changes_at_each_poll_is_noise() -> None:
    first, second = (html(f'<p>x <img src="https://cdn.example/p.png?sig={sig}"></p>') for sig in "ab")
    assert settled([entry(content=second)], [stored(entry(content=first))]) == Changes(known=1)


def test_a_counter_in_the_text_is_noise() -> None:
    first, second = (Text(value=f"{PROSE} {count} comments") for count in (3, 4))
    assert settled([entry(content=second)], [stored(entry(content=first))]) == Changes(known=1)


def test_a_first_date_is_taken_up_once() -> None:
    old = stored(entry(published=None))
    (record,) = settled([entry(published=at(9))], [old], now=LATER).changed
    assert (body(record).published, record.sort_key) == (at(9), old.sort_key)
    assert settled([entry(published=at(8))], [record], now=LATER) == Changes(known=1)
    assert settled([entry(published=at(-0.5))], [old], now=LATER) == Changes(known=1), "later than updated"


def test_a_fingerprint_of_an_older_rule_changes_nothing() -> None:
    old = replace(stored(entry(**FULL)), fingerprint="made by another rule")
    assert settled([entry(**FULL)], [old], now=LATER) == Changes(known=1)
    assert settled([entry(**(FULL | {"published": at(0)}))], [old], now=LATER) == Changes(known=1)


def test_decisions_of_first_sight_stay_and_those_of_the_reader_are_renewed() -> None:
    old = stored(entry(published=at(-5), decisions=(Decision(topic="title", reason="Derived."),)))
    renewed = (Decision(topic="title", reason="Declared."),)
    (record,) = settled([entry(content=NEW_TEXT, decisions=renewed)], [old], now=LATER).changed
    (again,) = settled([entry(decisions=renewed)], [record], now=LATER).changed
    assert [decision.topic for decision in body(again).decisions] == ["title", "first sight", "change"]
    assert reasons(again)["title"] == "Declared."


# ------------------------------------------------------------------ one id, two sources


SHARED = "https://b.example/post"


def sharing(source: str, text: str = "", **given: Any) -> Entry:
    given.setdefault("url", f"https://{source}.example/page")
    return entry(source, id=SHARED, content=Text(value=f"{text or source} only."), **given)


def own(source: str, key: str) -> bool:
    return key.startswith(f"https://{source}.example/")


def test_the_source_whose_site_the_id_names_keeps_it() -> None:
    theirs = stored(sharing("b"), owns=own)
    changes = settled([sharing("a")], others=[theirs], owns=own)
    (record,) = changes.new
    assert record.id == body(record).id == mint(AUTHORITY, "a", SHARED)
    assert (record.native_id, body(record).id_origin) == (SHARED, IdOrigin.NATIVE)
    assert (
        reasons(record)["shared id"]
        == f"source b has the id {SHARED} for another entry, so this one is minted"
    )
    assert changes.renamed == ()


def test_a_source_met_later_takes_its_own_id() -> None:
    loser = stored(sharing("a"), owns=own)
    changes = settled([sharing("b")], others=[loser], owns=own)
    assert changes.new[0].id == SHARED
    ((before, after),) = changes.renamed
    assert (before, after.id) == (SHARED, mint(AUTHORITY, "a", SHARED))
    assert after == settled([sharing("a")], others=[stored(sharing("b"))], owns=own).new[0], "in either order"


def test_else_the_smaller_name_keeps_it() -> None:
    assert settled([sharing("a")], others=[stored(sharing("b"))]).new[0].id == SHARED
    assert settled([sharing("b")], others=[stored(sharing("a"))]).new[0].id != SHARED


@pytest.mark.parametrize(
    "given",
    [{"url": "http://b.example/page?utm_source=planet", "text": "Cut"}, {"text": "b"}],
)
def test_the_same_post_keeps_the_id_in_both(given: dict[str, Any]) -> None:
    changes = settled([sharing("a", **given)], others=[stored(sharing("b"))], owns=own)
    assert changes.new[0].id == SHARED
    assert changes.renamed == ()
    assert "shared id" not in reasons(changes.new[0])


def test_an_expired_record_is_the_same_post_by_its_page_only() -> None:
    gone = replace(stored(sharing("b")), entry=None)
    assert settled([sharing("a", url="https://b.example/page")], others=[gone], owns=own).new[0].id == SHARED
    assert settled([sharing("a")], others=[gone], owns=own).new[0].id != SHARED
    loser = replace(stored(sharing("z")), entry=None)
    ((before, after),) = settled([sharing("b")], others=[loser], owns=own).renamed
    assert (before, after) == (SHARED, replace(loser, id=mint(AUTHORITY, "z", SHARED)))


def test_the_loser_of_an_id_stays_the_same_entry() -> None:
    (loser,) = settled([sharing("z")], others=[stored(sharing("b"))], owns=own).new
    again = settled([sharing("z")], [loser], [stored(sharing("b"))], now=LATER, owns=own)
    assert again == Changes(known=1)


def test_a_minted_native_id_of_another_entry_is_no_claim() -> None:
    """A feed that uses one id twice: its second entry has the native id, but never had the id."""
    second = stored(entry("c", id=mint(AUTHORITY, "c", SHARED, "2"), native_id=SHARED))
    changes = settled([sharing("a")], others=[second])
    assert (changes.new[0].id, changes.renamed) == (SHARED, ())


# ------------------------------------------------------------------ over time, with a real store


def polled(store: Store, entries: Sequence[Entry], now: datetime, owns: Owns = own) -> Changes:
    source = entries[0].source
    known = store.recall(source, entries)
    others = store.holders([one.id for one in entries], source)
    changes = settled(entries, known, others, now=now, owns=owns)
    store.save([Poll(state=SourceState(name=source, polled=now), changes=changes)])
    return changes


def content(store: Store) -> list[Record]:
    return list(store.newest(tuple(store.states())))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Store]:
    """One store for many examples, each of which empties it."""
    store = open_store("sqlite:///shared.db", tmp_path_factory.mktemp("dedupe"))
    yield store
    store.close()


def emptied(store: Store) -> Store:
    for name in store.states():
        store.forget(name)
    return store


DATES = st.none() | st.builds(
    Moment,
    instant=st.datetimes(datetime(1960, 1, 1), datetime(2026, 4, 1), timezones=st.just(UTC)),
    precision=st.sampled_from(Precision),
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> list[Entry]:
    """Entries as a reader would give them: unique ids, all else may be shared or missing."""
    keys = draw(st.lists(st.integers(0, 30), unique=True, max_size=12))
    return [
        entry(
            id=f"urn:{key}",
            native_id=draw(st.sampled_from([None, f"urn:{key}", "shared"])),
            url=draw(st.sampled_from([None, "https://a.example/", f"https://a.example/{key % 5}"])),
            title=draw(st.sampled_from([None, Text(value="Same"), Text(value=f"Entry {key}")])),
            content=draw(st.sampled_from([None, Text(value=PROSE), Text(value=f"{key} words.")])),
            published=draw(DATES),
            updated=draw(DATES),
        )
        for key in keys
    ]


@settings(max_examples=40, deadline=None)
@given(document=documents(), data=st.data())
def test_the_same_document_again_in_any_order_brings_nothing(
    shared: Store, document: list[Entry], data: st.DataObject
) -> None:
    if not document:
        return
    with shared.transaction():  # One write to the disk instead of five.
        again_and_again(emptied(shared), document, data)


def again_and_again(store: Store, document: list[Entry], data: st.DataObject) -> None:
    assert len(polled(store, document, NOW).new) == len(document)
    before = content(store)
    for hours in (1, 2):
        again = data.draw(st.permutations(document))
        assert polled(store, again, NOW + hours * HOUR) == Changes(known=len(document))
    assert content(store) == before
    for one in before:
        updated, published = body(one).updated, body(one).published
        assert updated is not None
        assert updated.instant <= NOW
        assert one.sort_key <= NOW + timedelta(minutes=10)
        assert published is None or published.instant <= NOW + timedelta(minutes=10)


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("step", [1, 3, 10])
def test_a_growing_window_gives_each_entry_once(shared: Store, step: int, dated: bool) -> None:
    store = emptied(shared)
    everything = [
        entry(key=str(number), published=at(500 - number) if dated else None) for number in range(60)
    ]
    with store.transaction():
        for end in range(10, 61, step):
            polled(store, everything[max(0, end - 10) : end][::-1], NOW + end * HOUR)
    reached = range(10, 61, step)[-1]
    assert [one.id for one in content(store)] == [one.id for one in everything[:reached]][::-1]
    assert store.states()["a"].entries == reached


def test_ids_that_change_at_every_poll_do_not_flood(shared: Store) -> None:
    store = emptied(shared)
    for number in range(20):
        document = [
            entry(key=key, id=f"urn:{number}:{key}", native_id=f"{number}-{key}")
            for key in map(str, range(10))
        ]
        changes = polled(store, document, NOW + number * HOUR)
        assert changes.known == (10 if number else 0)
    assert len(content(store)) == 10


def test_dates_that_move_at_every_poll_move_nothing(shared: Store) -> None:
    store = emptied(shared)
    for number in range(5):
        polled(store, [entry(key=key, published=at(-number)) for key in "ab"], NOW + number * HOUR)
    assert {one.sort_key for one in content(store)} == {NOW}


def test_an_edit_at_every_poll_moves_updated_and_keeps_the_rest(shared: Store) -> None:
    store = emptied(shared)
    for number in range(5):
        polled(store, [entry(content=Text(value=f"version {number}"))], NOW + number * HOUR)
    (one,) = content(store)
    assert (one.first_seen, one.sort_key, body(one).published) == (NOW, at(5).instant, at(5))
    assert body(one).updated == Moment(instant=NOW + 4 * HOUR, origin=SEEN)


def test_what_expired_is_not_new_although_the_source_still_has_it(shared: Store) -> None:
    store = emptied(shared)
    document = [entry(key=str(number), published=at(number)) for number in range(9)]
    polled(store, document, NOW)
    store.prune("a", Keep(entries=3), NOW)
    assert polled(store, document, LATER) == Changes(known=9)
    assert len(content(store)) == 3


def test_a_site_that_moves_all_its_pages_brings_no_new_entry(shared: Store) -> None:
    store = emptied(shared)
    document = [entry(key=str(number), published=at(10 * number)) for number in range(9)]
    polled(store, document, NOW)
    before = content(store)
    there = [
        replace(one, id=f"https://new.example/{n}", native_id=f"https://new.example/{n}", url=f"https://new.example/{n}")
        for n, one in enumerate(document)
    ]  # fmt: skip
    changes = polled(store, there, LATER)
    assert (len(changes.new), len(changes.changed)) == (0, 9)
    assert [(one.id, one.sort_key, body(one).updated) for one in content(store)] == [
        (one.id, one.sort_key, body(one).updated) for one in before
    ]
    assert polled(store, there, LATER + HOUR) == Changes(known=9)


@pytest.mark.parametrize("owns", [own, lambda *_: False])
@pytest.mark.parametrize(
    "texts",
    [("x", "x", "x"), ("x", "y", "z"), ("x", "y", "x"), ("x", "x", "y"), ("y", "x", "x")],
    ids="".join,
)
def test_the_order_of_sources_does_not_matter(shared: Store, texts: tuple[str, ...], owns: Owns) -> None:
    """Three sources under one id, for one, two or three posts, polled in all orders, twice."""
    polls = [
        [sharing(name, text, published=None), entry(name)] for name, text in zip("abc", texts, strict=True)
    ]
    results = []
    for order in permutations(polls):
        with shared.transaction():
            emptied(shared)
            for entries in (*order, *order):
                polled(shared, entries, NOW, owns)
        results.append(content(shared))
    assert all(result == results[0] for result in results)
    kept = {one.source for one in results[0] if one.id == SHARED}
    winner = "b" if owns is own else "a"
    same = {name for name, text in zip("abc", texts, strict=True) if text == texts["abc".index(winner)]}
    assert kept == same
