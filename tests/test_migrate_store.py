"""``feeds migrate-store``: a whole store into another database, either way, whatever ends it in between."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from commands import feeds
from postgres import Server, schema
from sqlalchemy import select, update
from store_values import NOW, content, in_child, poll, record

from feeds.errors import StoreError
from feeds.memory import Spacing, Spare
from feeds.model import Withdrawal
from feeds.store import Note, Raw, Store, What, move, open_store, pack, steps
from feeds.store.tables import ENTRIES, METADATA

FILE = "sqlite:///feeds.db"


@pytest.fixture
def address(server: Server, tmp_path: Path) -> str:
    return schema(server.address, tmp_path).render_as_string(hide_password=False)


@pytest.fixture(params=["to postgresql", "to sqlite"])
def ends(request: pytest.FixtureRequest, address: str) -> tuple[str, str]:
    return (FILE, address) if request.param == "to postgresql" else (address, FILE)


def fill(store: Store) -> None:
    """Put something into every table but what archives and outputs have: those are rows like others."""
    for name in ("ä", "B", "a", "ü-1"):
        some = [record(name, number, hours=number / 7, live=number % 9 > 0) for number in range(400)]
        store.save([poll(*some)])
        store.save([poll(*some[:3], source=name)])  # numbers that are left out
    one = content(store)[5]
    store.withdraw([(Withdrawal(id=one.id, source="", when=NOW, reason="«why» \U0001f600"), one)])
    store.save_spare("a", Spare(context=bytes(range(256)), packed=b"\0" * 64))
    store.save_spacings({"x": Spacing(host="x", gap=timedelta(microseconds=2**40))})
    store.note("run", Note(at=NOW, said={"wait": 0.1 + 0.2}))
    store.save_emitted("all", "1", {"all.atom": "ff"})
    body = b"<rss/>" * 99
    raw = Raw(source="a", at=NOW, packed=pack(body), hash=_sha(body), told={"status": 200}, read=True)
    store.journal.keep([raw])
    store.journal.note(What.EXPIRED, NOW, {"of": 3})


def _sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store._reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in METADATA.sorted_tables
        }


def opened(stack: ExitStack, url: str, folder: Path, *, half: bool = False) -> Store:
    return stack.enter_context(closing(open_store(url, folder, half=half)))


def test_the_other_store_is_the_same_and_goes_on(ends: tuple[str, str], tmp_path: Path) -> None:
    with ExitStack() as stack:
        source = opened(stack, ends[0], tmp_path)
        fill(source)
        done = feeds(tmp_path, "migrate-store", *ends, "--json")
        assert (done.returncode, done.stderr) == (0, ""), done
        target = opened(stack, ends[1], tmp_path)
        assert rows(target) == rows(source)
        assert json.loads(done.stdout)["rows"]["entries"] == 1600
        (event, *_) = target.journal.events(None, None)
        assert target.journal.body(event) == b"<rss/>" * 99
        assert content(target) == content(source)
        target.save([poll(record("a", 999))])
        target.journal.note(What.EXPIRED, NOW)
        assert target.journal.newest() == 3
        with target._reading() as connection:
            newest = connection.scalar(select(ENTRIES.c.number).where(ENTRIES.c.native_id == "999"))
        assert newest == max(row[0] for row in rows(target)["entries"])


def test_killed_at_any_moment_it_goes_on(ends: tuple[str, str], tmp_path: Path) -> None:
    with closing(open_store(ends[0], tmp_path)) as source:
        fill(source)
        expected = rows(source)
        assert steps(source.end()) > 20

    def killed_after(left: list[int]) -> Callable[[], None]:
        def work() -> None:
            def done(_: str) -> None:
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

            with ExitStack() as stack:
                source, target = opened(stack, ends[0], tmp_path), opened(stack, ends[1], tmp_path, half=True)
                with source.claim(), target.claim():
                    move(source.end(), target.end(), done)

        return work

    for left in (1, 2, 4, 4, 9):  # the last while the two are compared
        assert in_child(killed_after([left])) == -signal.SIGKILL
        with pytest.raises(StoreError, match="is half a store"):
            open_store(ends[1], tmp_path)
    assert feeds(tmp_path, "migrate-store", *ends).returncode == 0
    with closing(open_store(ends[1], tmp_path)) as target:
        assert rows(target) == expected


def _stop_after(number: int) -> Callable[[str], None]:
    left = [number]

    def done(_: str) -> None:
        left[0] -= 1
        if not left[0]:
            raise ZeroDivisionError

    return done


def test_what_the_source_took_in_between_is_moved_too(ends: tuple[str, str], tmp_path: Path) -> None:
    with ExitStack() as stack:
        source = opened(stack, ends[0], tmp_path)
        fill(source)
        target = opened(stack, ends[1], tmp_path, half=True)
        with pytest.raises(ZeroDivisionError):
            move(source.end(), target.end(), _stop_after(5))
        source.forget("B")
        source.save([poll(record("a", 1, hours=77)), poll(record("A"))])
        move(source.end(), target.end(), lambda _: None)
        assert rows(target) == rows(source)


def test_a_store_that_holds_something_is_left_alone(ends: tuple[str, str], tmp_path: Path) -> None:
    for url in ends:
        with closing(open_store(url, tmp_path)) as store:
            store.save([poll(record(url[:6]))])
    done = feeds(tmp_path, "migrate-store", *ends)
    assert done.returncode == 1
    assert "holds something already" in done.stderr
    with closing(open_store(ends[1], tmp_path)) as store:
        assert set(store.states()) == {ends[1][:6]}


def test_a_copy_that_is_not_equal_is_told_and_is_no_store(ends: tuple[str, str], tmp_path: Path) -> None:
    with ExitStack() as stack:
        source = opened(stack, ends[0], tmp_path)
        fill(source)
        target = opened(stack, ends[1], tmp_path, half=True)
        spoiled: list[str] = []

        def spoil(_: str) -> None:
            if not spoiled:
                seventh = update(ENTRIES).where(ENTRIES.c.id.endswith(":7")).values(url="x")
                with target._writing() as connection:
                    spoiled.extend(["row"] * connection.execute(seventh).rowcount)

        with pytest.raises(StoreError, match="the copy is not equal: a row of entries differs"):
            move(source.end(), target.end(), spoil)
    with pytest.raises(StoreError, match="is half a store"):
        open_store(ends[1], tmp_path)


def test_nobody_writes_meanwhile(ends: tuple[str, str], tmp_path: Path) -> None:
    with ExitStack() as stack:
        for url in ends:
            store = opened(stack, url, tmp_path)
            with store.claim():
                done = feeds(tmp_path, "migrate-store", *ends)
                assert (done.returncode, "another run" in done.stderr) == (75, True)


def test_what_is_not_there_is_not_made(tmp_path: Path, address: str) -> None:
    done = feeds(tmp_path, "migrate-store", FILE, address)
    assert (done.returncode, "there is no store" in done.stderr) == (2, True)
    assert feeds(tmp_path, "migrate-store", FILE, FILE).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_the_run_after_it_publishes_nothing_anew(tmp_path: Path, address: str) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "one.md").write_text("# One\n\nSome words.\n")
    config = tmp_path / "config.yaml"
    config.write_text(
        f"store: {FILE}\nsite: {{base_url: 'https://planet.example.org/'}}\n"
        "sources: [{name: articles, kind: articles, path: articles/}]\n"
    )
    assert feeds(tmp_path, "once").returncode == 0
    before = {path: path.stat() for path in (tmp_path / "output").rglob("*")}
    assert before
    assert "moved 1 entry of 1 source" in feeds(tmp_path, "migrate-store", FILE, address).stdout
    config.write_text(config.read_text().replace(FILE, address))
    assert feeds(tmp_path, "once").returncode == 0
    assert feeds(tmp_path, "publish").returncode == 0
    assert {path: path.stat().st_ino for path in before} == {p: s.st_ino for p, s in before.items()}
    assert {path: path.stat().st_mtime_ns for path in before} == {p: s.st_mtime_ns for p, s in before.items()}
