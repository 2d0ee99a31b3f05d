"""What the store promises while it is well."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_values import NOW, Changed, at, content, filled, in_child, opened, poll, record, retitled

from feeds.config.schema import Keep
from feeds.errors import StoreBusy
from feeds.memory import Record, SourceState, Trust
from feeds.model import Feed, Moment, Precision, Text, Validators
from feeds.store import Emitted, Poll, Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = opened(tmp_path)
    yield store
    store.close()


FULL = SourceState(
    name="a",
    kind="feed",
    validators=Validators(etag='W/"x"', last_modified="yesterday"),
    body_hash="ff",
    reading="1",
    feed=Feed(
        id="https://a.example/",
        title=Text(value="A"),
        skip_hours=frozenset({1, 2}),
        updated=Moment(instant=NOW, precision=Precision.DAY),
    ),
    polled=NOW,
    succeeded=at(1),
    changed=at(2),
    due=datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    failures=3,
    error="No answer.",
    error_class="FetchError",
    status=503,
    trust=Trust(
        whole=NOW, unchanged=3, moving_to="https://b.example/", moving_since=NOW, moving=1, ended=True
    ),
    wait=1.5,
)


def test_a_state_comes_back_as_it_was(store: Store) -> None:
    store.save([poll(state=FULL), poll(source="bare")])
    assert store.states() == {"a": FULL, "bare": SourceState(name="bare", polled=NOW)}
    assert store.states(["bare", "unknown"]).keys() == {"bare"}
    assert store.states([]) == {}


def test_records_come_back_as_they_were_also_after_closing(tmp_path: Path) -> None:
    one, other = record(number=1, hours=1), record(number=2, native_id=None, url=None)
    filled(tmp_path, [one, other])
    store = opened(tmp_path)
    assert content(store) == [other, one]
    store.close()


def test_the_store_counts_entries_and_revisions_itself(store: Store) -> None:
    first, second = record(number=1), record(number=2)
    store.save([poll(first, second, state=SourceState(name="a", entries=99, revision=99))])
    assert (store.states()["a"].entries, store.states()["a"].revision) == (2, 1)
    store.save([poll(source="a")])
    assert store.states()["a"].revision == 1, "a poll that brings nothing changes nothing that is published"
    store.save([poll(record(number=3), source="a", changed=(retitled(first, "Mended"),))])
    assert (store.states()["a"].entries, store.states()["a"].revision) == (3, 2)


def test_a_changed_record_takes_the_place_of_the_old_one(store: Store) -> None:
    one, other = record(number=1), record(number=2)
    store.save([poll(one, other)])
    mended = retitled(one, "Mended")
    store.save([poll(changed=(mended,))])
    assert content(store) == [mended, other]


def test_the_same_poll_saved_twice_leaves_each_entry_once(store: Store) -> None:
    first = poll(record(number=1), record(number=2))
    store.save([first])
    before = content(store)
    store.save([first])
    assert content(store) == before
    assert store.states()["a"].entries == 2


def test_a_renamed_record_of_another_source_keeps_all_but_its_id(store: Store) -> None:
    shared = "https://c.example/post"
    loser = record("b", id=shared, native_id=shared)
    store.save([poll(loser)])
    assert loser.entry is not None
    minted = replace(loser, id="tag:p:b:post", entry=replace(loser.entry, id="tag:p:b:post"))
    store.save([poll(record("c", id=shared, native_id=shared), renamed=((shared, minted),))])
    assert store.recall("b", [loser.entry]) == (minted,)
    states = store.states()
    assert (states["b"].entries, states["b"].revision) == (1, 3)  # Away, and back under its other id.
    store.save([poll(source="c", renamed=((minted.id, replace(minted, fingerprint="same id")),))])
    assert store.states()["b"].entries == 1
    assert [one.fingerprint for one in store.newest(["b"])] == ["same id"]


def test_recall_finds_by_id_native_id_and_page(store: Store) -> None:
    by_id = record(number=1, url=None, native_id=None)
    by_native = record(number=2, url=None)
    by_page = record(number=3, native_id=None, url="http://a.example/x?utm_source=rss")
    store.save([poll(by_id, by_native, by_page, record(number=4, hours=5000)), poll(record("b", 2))])
    asked = [
        record(number=1, native_id=None, url=None).entry,
        record(id="urn:x", native_id="2", url=None).entry,
        record(id="urn:y", native_id="y", url="https://a.example/x#top").entry,
    ]
    found = store.recall("a", [entry for entry in asked if entry is not None])
    assert found == (by_id, by_native, by_page)
    assert store.recall("unknown", [entry for entry in asked if entry is not None]) == ()


def test_recall_gives_the_records_around_the_day_of_what_is_unmatched(store: Store) -> None:
    near = record(number=1, hours=20)
    store.save([poll(near, record(number=2, hours=200))])
    moved = record(
        id="urn:x", native_id="x", url="https://new.example/x", published=Moment(instant=at(0))
    ).entry
    assert moved is not None
    assert store.recall("a", [moved]) == (near,)
    assert store.recall("a", [replace(moved, published=None)]) == ()
    known = replace(moved, id=near.id)
    assert store.recall("a", [known]) == (near,)


def test_recall_gives_expired_records_without_their_text(store: Store) -> None:
    old, young = record(number=1, hours=9), record(number=2)
    store.save([poll(old, young)])
    assert store.prune("a", Keep(entries=1), NOW) == 1
    assert old.entry is not None
    assert store.recall("a", [old.entry]) == (replace(old, entry=None),)


def test_a_native_id_of_any_length_is_found_again(store: Store) -> None:
    long = record(native_id="g" * 100_000)
    store.save([poll(long)])
    asked = replace(long, id="urn:x").entry
    assert asked is not None
    assert store.recall("a", [replace(asked, id="urn:x", url=None)]) == (long,)


def test_more_entries_than_fit_into_one_statement(store: Store) -> None:
    many = [record(number=number, hours=number) for number in range(1300)]
    store.save([poll(*many)])
    assert store.recall("a", [one.entry for one in many if one.entry]) == tuple(many)
    assert content(store) == many
    assert store.states()["a"].entries == 1300


def test_holders_are_of_other_sources_and_losers_too(store: Store) -> None:
    shared = "https://c.example/post"
    mine, theirs, loser = record("a", id=shared), record("b", id=shared), record("c", native_id=shared)
    store.save([poll(mine), poll(theirs), poll(loser), poll(record("d"))])
    assert store.holders([shared], "a") == (theirs, loser)
    assert store.holders([], "a") == ()


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (None, True),
        (SourceState(name="a", polled=at(1)), True),
        (SourceState(name="a", polled=at(1), due=NOW), True),
        (SourceState(name="a", polled=at(1), due=NOW + timedelta(microseconds=1)), False),
        (SourceState(name="a", polled=at(-1), due=at(-2)), True),  # The clock went back.
    ],
)
def test_due(store: Store, state: SourceState | None, due: bool) -> None:
    if state is not None:
        store.save([poll(state=state)])
    assert store.due(["a"], NOW, 10) == ((state or SourceState(name="a"),) if due else ())


def test_due_gives_unknown_ones_first_then_the_longest_due(store: Store) -> None:
    for name, hours in (("late", 3), ("later", 2), ("not asked", 9)):
        store.save([poll(state=SourceState(name=name, polled=at(9), due=at(hours)))])
    asked = ["later", "late", "unknown"]
    assert [state.name for state in store.due(asked, NOW, 10)] == ["unknown", "late", "later"]
    assert [state.name for state in store.due(asked, NOW, 2)] == ["unknown", "late"]


@settings(max_examples=30, deadline=None)
@given(
    rows=st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.tuples(st.none() | st.integers(-3, 3), st.none() | st.integers(-3, 3)),
    ),
    listed=st.sets(st.sampled_from("abcdefgh")),
    asked=st.sets(st.sampled_from("abcdefghij")),
    limit=st.integers(1, 5),
)
def test_due_is_what_looking_at_each_would_find_whatever_is_listed(
    rows: dict[str, tuple[int | None, int | None]], listed: set[str], asked: set[str], limit: int
) -> None:
    def moment(hours: int | None) -> datetime | None:
        return None if hours is None else at(hours)

    states = {
        name: SourceState(name=name, polled=moment(polled), due=moment(due))
        for name, (polled, due) in rows.items()
    }
    expected = []
    for name in asked:
        state = states.get(name, SourceState(name=name))
        ahead = state.polled is not None and state.polled > NOW
        due = None if ahead else state.due
        if due is None or due <= NOW:
            expected.append((due or at(10**5), name))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store("sqlite:///feeds.db", Path(folder))
        store.save([poll(state=state) for state in states.values()])
        for _ in range(2):  # The second time with those away that are not listed.
            found = [state.name for state in store.due(asked, NOW, limit)]
            assert found == [name for _, name in sorted(expected)][:limit]
            store.enlist(listed)
        store.close()


@pytest.mark.sqlite
def test_what_is_due_is_found_by_seeks_even_behind_many_that_left(tmp_path: Path) -> None:
    store = open_store("sqlite:///feeds.db", tmp_path)
    store.save([poll(state=SourceState(name=f"s{n:04}", polled=at(9), due=at(5))) for n in range(3000)])
    store.enlist({"s2999"})
    assert [state.name for state in store.due({"s2999"}, NOW, 9)] == ["s2999"]
    store.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "feeds.db")) as database:
        for where in (
            "due IS NULL ORDER BY name",
            "due <= 9 ORDER BY due, name",
            "polled > 9 ORDER BY polled",
        ):
            question = f"EXPLAIN QUERY PLAN SELECT due, name FROM sources WHERE away IS NULL AND {where}"
            (plan,) = database.execute(question).fetchall()
            assert plan[3].startswith("SEARCH sources USING INDEX sources_"), plan


def test_prune_by_number_and_by_age(store: Store) -> None:
    records = [record(number=number, hours=number) for number in range(10)]
    store.save([poll(*records), poll(record("b", hours=999))])
    assert store.prune("a", Keep(), NOW) == 0
    assert store.states()["a"].revision == 1
    assert store.prune("a", Keep(entries=8), NOW) == 2
    assert store.prune("a", Keep(age=timedelta(hours=5)), NOW) == 2
    assert store.prune("a", Keep(entries=8, age=timedelta(hours=5)), NOW) == 0
    assert list(store.newest(["a"])) == records[:6]
    assert (store.states()["a"].entries, store.states()["a"].revision) == (6, 3)
    assert store.states()["b"].entries == 1


def test_what_expired_stays_expired_when_others_come(store: Store) -> None:
    store.save([poll(record(number=1, hours=9), record(number=2))])
    store.prune("a", Keep(entries=1), NOW)
    store.save([poll(record(number=3))])
    assert [one.native_id for one in store.newest(["a"])] == ["2", "3"]
    assert store.states()["a"].entries == 2


def test_forget_leaves_nothing_of_a_source_and_all_of_the_others(store: Store) -> None:
    store.save([poll(record("a")), poll(record("b"))])
    store.forget("a")
    store.forget("unknown")
    assert content(store) == [record("b")]
    assert store.states().keys() == {"b"}


def test_what_was_emitted_is_remembered_replaced_and_forgotten(store: Store) -> None:
    store.save_emitted("all", "1", {"all.atom": "aa", "all.rss": "bb"})
    store.save_emitted("", "2", {})
    store.save_emitted("all", "3", {"all.atom": "cc"})
    assert store.emitted() == {
        "": Emitted(signature="2", files={}),
        "all": Emitted(signature="3", files={"all.atom": "cc"}),
    }
    store.forget_emitted("all")
    assert store.emitted().keys() == {""}


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.save([poll(record("a"))])
            assert content(store) == [record("a")]
            store.save_emitted("all", "1", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (store.states(), store.emitted(), content(store)) == ({}, {}, [])
    with store.transaction():
        store.save([poll(record("a"))])
        store.save([poll(record("b"))])
    assert store.states().keys() == {"a", "b"}


@pytest.mark.sqlite
def test_a_transaction_keeps_writers_out_from_its_first_word(store: Store, tmp_path: Path) -> None:
    """Else what it reads first may be old when it writes, and two such transactions wait for each other."""
    other = sqlite3.connect(tmp_path / "feeds.db", timeout=0, isolation_level=None)
    with store.transaction():
        content(store)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_of_several_polls_one_that_fails_takes_all_with_it(store: Store) -> None:
    broken = replace(record("b"), first_seen="never")  # type: ignore[arg-type]  # as a mistake of ours would be
    with pytest.raises(TypeError):
        store.save([poll(record("a")), poll(broken)])
    assert (store.states(), content(store)) == ({}, [])


def test_many_threads_may_call_it(store: Store) -> None:
    def work(name: str) -> None:
        for number in range(20):
            store.save([poll(record(name, number))])
            assert len(list(store.newest([name]))) == number + 1

    threads = [threading.Thread(target=work, args=(f"s{number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(content(store)) == 100


def test_a_reader_in_the_middle_of_a_list_does_not_hold_up_a_writer(store: Store) -> None:
    store.save([poll(*(record(number=number, hours=number) for number in range(200)))])
    reader = store.newest(["a"])
    first = next(reader)
    store.save([poll(record(number=999, hours=150.5))])
    rest = list(reader)
    assert len({one.id for one in (first, *rest)}) == 201


@pytest.mark.sqlite
def test_a_second_run_is_refused_and_told_who_holds_the_store(store: Store, tmp_path: Path) -> None:
    other = opened(tmp_path)
    with store.claim():
        with pytest.raises(
            StoreBusy, match=r"another run \(process \d+\) holds the store .*feeds\.db"
        ) as caught:
            other.claim().__enter__()
        lock = tmp_path / "feeds.db.lock"
        assert caught.value.pid == int(lock.read_text())
    with other.claim():
        pass
    other.close()


@pytest.mark.sqlite
def test_who_only_asks_is_in_no_runs_way(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.holder() == (False, None)
    with store.claim():
        assert store.holder() == (True, os.getpid())
    assert store.holder() == (False, None)
    asking = os.open(tmp_path / "feeds.db.lock", os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    # The one who asks is done when a run looks again.
    monkeypatch.setattr(time, "sleep", lambda _: os.close(asking))
    with store.claim():
        assert store.holder() == (True, os.getpid())


def test_a_killed_run_lets_go_of_the_store(tmp_path: Path) -> None:
    def work() -> None:
        store = opened(tmp_path)
        with store.claim():
            store.save([poll(record("a"))])
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(work) == -9
    store = opened(tmp_path)
    with store.claim():
        assert content(store) == [record("a")]
    store.close()


@pytest.mark.sqlite
def test_a_backup_is_a_store_and_is_never_written_over_anything(store: Store, tmp_path: Path) -> None:
    store.save([poll(record("a"))])
    (tmp_path / "copy").mkdir()
    target = tmp_path / "copy" / "feeds.db"
    store.backup(target)
    store.save([poll(record("b"))])
    copy = opened(tmp_path / "copy")
    assert content(copy) == [record("a")]
    copy.close()
    before = target.read_bytes()
    with pytest.raises(Exception, match="exists already"):
        store.backup(target)
    assert target.read_bytes() == before
    with pytest.raises(Exception, match="cannot be written"):
        store.backup(tmp_path / "nowhere" / "x.db")
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == ["feeds.db"]


def test_housekeeping_changes_no_content(store: Store) -> None:
    records = [record(number=number) for number in range(50)]
    store.save([poll(*records)])
    before = content(store)
    store.housekeep()
    store.vacuum()
    assert content(store) == before


def test_a_poll_takes_what_dedupe_decides() -> None:
    changes = Changed(new=(record(),))
    assert Poll(state=SourceState(name="a"), changes=changes).changes is changes


def test_an_expired_record_can_be_saved(store: Store) -> None:
    gone: Record = record(live=False)
    store.save([poll(gone)])
    assert store.states()["a"].entries == 0
    assert content(store) == []
