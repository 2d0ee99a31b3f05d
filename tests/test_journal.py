"""What is kept for a replay: documents in the order in which they came, for as long as was asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import feeds
from planets import Planet, item, rss
from servers import Asked, Reply, Site
from store_values import opened, poll

from feeds.config.schema import Config
from feeds.errors import StoreError
from feeds.memory import SourceState
from feeds.pipeline.expiring import expire
from feeds.store import Event, Raw, Store, What, pack

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = 7 * DAY


def raw(source: str, body: bytes, at: datetime = NOW, *, read: bool = True) -> Raw:
    digest = hashlib.sha256(body).hexdigest()
    return Raw(source=source, at=at, packed=pack(body), hash=digest, told={"status": 200}, read=read)


Span = tuple[datetime | None, datetime | None]


def bodies(store: Store, span: Span = (None, None)) -> list[tuple[str, object]]:
    events = store.journal.events(*span)
    return [(one.source or "", store.journal.body(one)) for one in events if one.what is What.DOCUMENT]


def segments(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted((folder / "feeds.db.documents").iterdir())}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = opened(tmp_path)
    for name in "abc":
        made.save([poll(source=name)])
    yield made
    made.close()


def test_documents_come_back_in_order_and_the_same_bytes_are_written_once_a_day(
    store: Store, tmp_path: Path
) -> None:
    store.journal.keep([raw("a", b"one"), raw("b", b"two" * 999)])
    size = segments(tmp_path)["2026-03-10"]
    store.journal.keep([raw("b", b"one"), raw("a", b"two" * 999), raw("c", b"one")])
    assert segments(tmp_path) == {"2026-03-10": size}
    two = b"two" * 999
    assert bodies(store) == [("a", b"one"), ("b", two), ("b", b"one"), ("a", two), ("c", b"one")]
    store.journal.keep([raw("a", b"one", NOW + DAY)])
    # Each day can go by itself.
    assert list(segments(tmp_path)) == ["2026-03-10", "2026-03-11"]


def test_only_their_owner_may_read_them(store: Store, tmp_path: Path) -> None:
    store.journal.keep([raw("a", b"one")])
    folder = tmp_path / "feeds.db.documents"
    assert (folder.stat().st_mode & 0o777, (folder / "2026-03-10").stat().st_mode & 0o777) == (0o700, 0o600)


def test_what_a_killed_run_left_in_a_file_disturbs_nothing(store: Store, tmp_path: Path) -> None:
    def killed() -> None:
        with store.transaction():
            store.journal.keep([raw("a", b"never saved")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        killed()
    with (tmp_path / "feeds.db.documents/2026-03-10").open("ab") as file:
        file.write(b"torn")
    store.journal.keep([raw("a", b"one")])
    assert bodies(store) == [("a", b"one")]


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_what_is_damaged_is_known_to_be(damage: str, store: Store, tmp_path: Path) -> None:
    store.journal.keep([raw("a", b"one" * 99)])
    path = tmp_path / "feeds.db.documents/2026-03-10"
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(whole[:-3] if damage == "cut" else whole[:9] + b"?" + whole[10:])
    assert bodies(store) == [("a", None)]


def test_a_disk_that_takes_no_document_takes_no_poll(store: Store, tmp_path: Path) -> None:
    (tmp_path / "feeds.db.documents").write_text("in the way")

    def polled() -> None:
        with store.transaction():
            store.save([poll(source="d")])
            store.journal.keep([raw("d", b"one")])

    with pytest.raises(StoreError, match=r"the documents in .* cannot be written"):
        polled()
    assert "d" not in store.states()


def test_old_documents_go_but_the_last_of_each_source_that_is_listed(store: Store, tmp_path: Path) -> None:
    store.enlist(["a", "b"])
    for days in range(10):
        store.journal.keep([raw("a", f"a{days}".encode() * 99, NOW + days * DAY)])
    store.journal.keep([raw("b", b"b", NOW), raw("c", b"c", NOW), raw("b", b"<html>", NOW, read=False)])
    # A row that comes later in time, though its number is smaller than those above.
    now = NOW + 9 * DAY
    store.journal.forget(now - WEEK, now)
    assert [text for _, text in bodies(store)] == [
        *(f"a{days}".encode() * 99 for days in range(1, 10)),
        b"b",
    ]
    assert min(segments(tmp_path)) == "2026-03-12"
    before = segments(tmp_path)
    store.journal.forget(now - WEEK, now)
    assert segments(tmp_path) == before
    store.journal.forget_all()
    assert (bodies(store), segments(tmp_path)) == ([], {})


def test_a_span_begins_with_what_each_source_had_then(store: Store) -> None:
    for days in range(4):
        store.journal.keep([raw("a", b"a%d" % days, NOW + days * DAY)])
    store.journal.keep([raw("b", b"b", NOW)])
    store.journal.note(What.WITHDRAWN, NOW, {"ids": ["x"]})
    found = bodies(store, (NOW + 2 * DAY, NOW + 2 * DAY))
    assert found == [("a", b"a1"), ("a", b"a2"), ("b", b"b")]
    assert store.journal.count(NOW + 2 * DAY, NOW + 2 * DAY) == 3
    noted = [one for one in store.journal.events(None, None) if one.what is What.WITHDRAWN]
    assert [(one.at, one.told) for one in noted] == [(NOW, {"ids": ["x"]})]


def test_a_clock_that_was_wrong_keeps_nothing_for_ever(store: Store, tmp_path: Path) -> None:
    store.enlist(["a"])
    store.journal.keep([raw("a", b"2038", NOW + 4000 * DAY)])
    store.journal.keep([raw("a", b"now")])
    store.journal.forget(NOW - WEEK, NOW)
    assert [text for _, text in bodies(store)] == [b"now"]
    assert list(segments(tmp_path)) == ["2026-03-10"]


def keeping(planet: Planet, span: timedelta | None = WEEK) -> Config:
    return planet.config.model_copy(update={"keep_documents": span})


def documents(store: Store) -> list[Event]:
    return [one for one in store.journal.events(None, None) if one.what is What.DOCUMENT]


def test_each_document_that_differs_is_kept_and_none_by_default(tmp_path: Path) -> None:
    sources = {
        "a": lambda n: rss(*(item(key) for key in range(n // 2))),
        "b": lambda _: "<html>no feed</html>",
    }
    with Planet(tmp_path, sources) as planet:
        planet.poll()
        assert documents(planet.store) == []
        assert not (tmp_path / "feeds.db.documents").exists()
        planet.config = keeping(planet)
        for _ in range(5):
            planet.poll()
        found = documents(planet.store)
        assert [one.read for one in found if one.source == "a"] == [True] * 3
        assert [planet.store.journal.body(one) for one in found if one.source == "a"] == [
            rss(*(item(key) for key in range(n))).encode() for n in (1, 2, 3)
        ]
        # What could not be read is kept as well: it may be what is to be looked into.
        assert {one.read for one in found if one.source == "b"} == {False}
        expire(keeping(planet, None), planet.store, planet.now)
        assert documents(planet.store) == documents(planet.store)
        expire(keeping(planet), planet.store, planet.now)
        expire(keeping(planet, None), planet.store, planet.now)
        assert documents(planet.store) == []


def test_a_source_in_which_nothing_changes_is_asked_once_for_its_document(tmp_path: Path) -> None:
    asked: list[Asked] = []

    def answer(request: Asked) -> Reply:
        asked.append(request)
        if request.headers.get("if-none-match") == '"x"':
            return Reply(status=304)
        return Reply(body=rss(item(1)).encode(), headers=(("etag", '"x"'),))

    with Planet(tmp_path, {"a": lambda _: ""}) as planet:
        planet.site.routes["/a"] = answer
        planet.poll()
        planet.poll()
        planet.config = keeping(planet)
        for _ in range(3):
            planet.poll()
        told = [request.headers.get("if-none-match") for request in asked]
        assert told == [None, '"x"', None, '"x"', '"x"']
        assert len(documents(planet.store)) == 1
        assert len(planet.records()) == 1


def test_what_is_kept_of_an_answer_names_no_secret(tmp_path: Path) -> None:
    with Site() as site:
        site.routes["/a"] = Reply(status=302, headers=(("location", "/b?s3cret-token"),))
        link = "<https://x.example/?s3cret-token>; rel=self"
        headers = (("link", link), ("set-cookie", "a=b"), ("content-type", "application/rss+xml"))
        site.routes["/b"] = Reply(body=rss(item(1)).encode(), headers=headers)
        (tmp_path / "config.yaml").write_text(
            "fetch: {allow: [127.0.0.0/8]}\nkeep_documents: 7 days\n"
            f"sources: [{{name: a, url: '{site.url('/a')}?key=${{KEY}}'}}]\n"
        )
        assert feeds(tmp_path, "once", "--strict", env={"KEY": "s3cret-token"}).returncode == 0
    store = opened(tmp_path)
    (one,) = documents(store)
    store.close()
    assert "s3cret-token" not in str(one.told)
    assert one.told["headers"]["content-type"] == "application/rss+xml"
    assert "set-cookie" not in one.told["headers"]
    assert b"s3cret-token" not in b"".join(
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    )


def test_a_poll_and_its_document_are_saved_together(tmp_path: Path) -> None:
    with Planet(tmp_path, {"a": lambda n: rss(item(n))}) as planet:
        planet.config = keeping(planet)
        planet.poll()
        assert planet.store.states()["a"] != SourceState(name="a")
        assert planet.store.journal.holds() == {"a"}
        (tmp_path / "feeds.db.documents").rename(tmp_path / "elsewhere")
        (tmp_path / "feeds.db.documents").write_text("in the way")
        with pytest.raises(BaseExceptionGroup):
            planet.poll()
        assert len(planet.records()) == len(documents(planet.store)) == 1
