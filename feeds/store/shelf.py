"""What is remembered of archives: which pages are closed, and which entry is in which of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, or_, select

from feeds.memory import Record
from feeds.store import codec, saving
from feeds.store.merging import batches
from feeds.store.tables import ARCHIVED, ARCHIVES, ENTRIES, PAGES, WITHDRAWN

Opening = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One closed page.

    Attributes:
        number: From 1, the oldest.
        name: What its files are called.
        base: The address that its links begin with.
        files: Path relative to the output folder, to SHA-256 (hex) of the bytes.
        closed: When it was closed; None if that is not known.
        after: The last event in the journal when what is in it was chosen; None if no journal was kept.
    """

    number: int
    name: str
    base: str
    files: Mapping[str, str]
    closed: datetime | None = None
    after: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """How far an output's archive has come.

    Attributes:
        choice: Hash of what chooses the output's entries; another hash voids ``seen``.
        seen: Entries with a number of at most this were looked at.
        horizon: Greatest sort key in a closed page; None before the first page.
        late: Ids of the entries below the horizon that are in no page yet.
        pages: The oldest first.
    """

    choice: str = ""
    seen: int = 0
    horizon: datetime | None = None
    late: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()


class Shelf:
    """The archives of all outputs. Made by the store; both arguments open one of its transactions."""

    def __init__(self, reading: Opening, writing: Opening) -> None:
        self.reading = reading
        self._writing = writing

    def outputs(self) -> tuple[str, ...]:
        """Give the names of the outputs that have an archive."""
        with self.reading() as connection:
            rows = [connection.execute(select(table.c.output).distinct()) for table in (ARCHIVES, PAGES)]
            return tuple(sorted({name for some in rows for name in some.scalars()}))

    def archive(self, output: str) -> Archive:
        """Give how far an archive has come; one that was never begun has come nowhere."""
        with self.reading() as connection:
            row = connection.execute(select(ARCHIVES).where(ARCHIVES.c.output == output)).mappings().first()
            rows = connection.execute(
                select(PAGES).where(PAGES.c.output == output).order_by(PAGES.c.number)
            ).mappings()
            pages = tuple(
                Page(
                    number=one["number"],
                    name=one["name"],
                    base=one["base"],
                    files=codec.decode_pairs(one["files"]),
                    closed=None if one["closed"] is None else codec.instant(one["closed"]),
                    after=one["after"],
                )
                for one in rows
            )
        if row is None:
            return Archive(pages=pages)
        return Archive(
            choice=row["choice"],
            seen=row["seen"],
            horizon=None if row["horizon"] is None else codec.instant(row["horizon"]),
            late=tuple(codec.decode_pairs(row["late"])),
            pages=pages,
        )

    def save(self, output: str, archive: Archive) -> None:
        """Remember how far an archive has come; its pages are saved one by one."""
        row = {
            "output": output,
            "choice": archive.choice,
            "seen": archive.seen,
            "horizon": None if archive.horizon is None else codec.micros(archive.horizon),
            "late": codec.encode_pairs(dict.fromkeys(archive.late, "")),
        }
        with self._writing() as connection:
            saving.upsert(connection, ARCHIVES, ("output",), [row])

    def save_page(self, output: str, page: Page, records: Iterable[Record] = ()) -> None:
        """Remember a page as it is now, and entries that are in it from now on."""
        row = {
            "output": output,
            "number": page.number,
            "name": page.name,
            "base": page.base,
            "files": codec.encode_pairs(dict(page.files)),
            "closed": None if page.closed is None else codec.micros(page.closed),
            "after": page.after,
        }
        rows = [
            {"output": output, "id": record.id, "source": record.source, "page": page.number}
            for record in records
        ]
        with self._writing() as connection:
            saving.upsert(connection, PAGES, ("output", "number"), [row])
            saving.upsert(connection, ARCHIVED, ("output", "id"), rows)

    def take_out(self, output: str, ids: Sequence[str]) -> None:
        """Forget that these entries are in a page."""
        with self._writing() as connection:
            for some in batches(ids):
                own = and_(ARCHIVED.c.output == output, ARCHIVED.c.id.in_(some))
                connection.execute(delete(ARCHIVED).where(own))

    def forget(self, output: str) -> None:
        """Forget a whole archive."""
        with self._writing() as connection:
            for table in (ARCHIVED, PAGES, ARCHIVES):
                connection.execute(delete(table).where(table.c.output == output))

    def placed(self, output: str, ids: Collection[str] | None = None) -> dict[str, tuple[str, int]]:
        """Say of which of these entries (None: of all) a page was closed: id to its source and the number."""
        columns = (ARCHIVED.c.id, ARCHIVED.c.source, ARCHIVED.c.page)
        own = select(*columns).where(ARCHIVED.c.output == output)
        asked = (
            [own] if ids is None else [own.where(ARCHIVED.c.id.in_(some)) for some in batches(sorted(ids))]
        )
        with self.reading() as connection:
            rows = [row for statement in asked for row in connection.execute(statement)]
        return {name: (source, page) for name, source, page in rows}

    def contents(self, output: str, number: int) -> tuple[Record, ...]:
        """Give the records of what is in a page, newest first."""
        same = and_(ENTRIES.c.id == ARCHIVED.c.id, ENTRIES.c.source == ARCHIVED.c.source)
        own = and_(ARCHIVED.c.output == output, ARCHIVED.c.page == number)
        order = (ENTRIES.c.sort_key.desc(), ENTRIES.c.id)
        with self.reading() as connection:
            rows = connection.execute(select(ENTRIES).join(ARCHIVED, same).where(own).order_by(*order))
            return tuple(codec.record(row) for row in rows.mappings().all())

    def withdrawn(self, output: str) -> Mapping[int, tuple[str, ...]]:
        """Give what is in a page although it was withdrawn since: numbers of pages to ids."""
        same = and_(ENTRIES.c.id == ARCHIVED.c.id, ENTRIES.c.source == ARCHIVED.c.source)
        gone = and_(ARCHIVED.c.output == output, ENTRIES.c.withheld.is_not(None))
        found: dict[int, tuple[str, ...]] = {}
        with self.reading() as connection:
            rows = connection.execute(select(ARCHIVED.c.page, ARCHIVED.c.id).join(ENTRIES, same).where(gone))
            for number, name in rows:
                found[number] = (*found.get(number, ()), name)
        return found

    def newest_number(self) -> int:
        """Give the number that the entry met last has; 0 if there is none."""
        with self.reading() as connection:
            return connection.execute(select(func.max(ENTRIES.c.number))).scalar() or 0

    def arrivals(self, archive: Archive, members: Collection[str]) -> tuple[Record, ...]:
        """Give the records below the horizon that may be open: late ones.

        They came since the archive was looked at, or were open then, or their id was withdrawn at some time:
        then it may have been put back, or another source's copy may show instead. So do those that were held
        back and are not any more.
        """
        if archive.horizon is None:
            return ()
        below = and_(ENTRIES.c.entry.is_not(None), ENTRIES.c.sort_key < codec.micros(archive.horizon))
        kinds = [ENTRIES.c.number > archive.seen, ENTRIES.c.id.in_(select(WITHDRAWN.c.id))]
        kinds.append(ENTRIES.c.held == 0)
        kinds += [ENTRIES.c.id.in_(some) for some in batches(archive.late)]
        order = (ENTRIES.c.sort_key.desc(), ENTRIES.c.id, ENTRIES.c.source)
        with self.reading() as connection:
            rows = connection.execute(select(ENTRIES).where(below, or_(*kinds)).order_by(*order)).mappings()
            return tuple(codec.record(row) for row in rows if row["source"] in members)
