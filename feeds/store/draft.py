"""A draft of archives: what would be remembered of them, and is not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from feeds.memory import Record
from feeds.store.shelf import Archive, Page, Shelf


class Draft(Shelf):
    """A shelf that reads what is remembered and writes nothing: what is saved is lost with it.

    Only what the writing of an archive asks while it writes is answered as if it were saved: its pages, and
    which entry is in which of them.

    Args:
        shelf: What is remembered.
    """

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf.reading, shelf.reading)
        self._pages: dict[str, dict[int, Page]] = {}
        self._placed: dict[str, dict[str, tuple[str, int] | None]] = {}

    def archive(self, output: str) -> Archive:
        """Give an archive with its pages as they would be."""
        stored = super().archive(output)
        pages = {page.number: page for page in stored.pages} | self._pages.get(output, {})
        return replace(stored, pages=tuple(pages[number] for number in sorted(pages)))

    def save(self, output: str, archive: Archive) -> None:
        """Save nothing."""

    def save_page(self, output: str, page: Page, records: Iterable[Record] = ()) -> None:
        """Note a page as it would be, and what would be in it."""
        self._pages.setdefault(output, {})[page.number] = page
        placed = self._placed.setdefault(output, {})
        placed.update({record.id: (record.source, page.number) for record in records})

    def take_out(self, output: str, ids: Sequence[str]) -> None:
        """Note that these entries would be in no page."""
        self._placed.setdefault(output, {}).update(dict.fromkeys(ids))

    def forget(self, output: str) -> None:
        """Forget nothing."""

    def placed(self, output: str, ids: Collection[str] | None = None) -> dict[str, tuple[str, int]]:
        """Say in which page each of these entries would be."""
        noted = {
            name: place for name, place in self._placed.get(output, {}).items() if ids is None or name in ids
        }
        merged = super().placed(output, ids) | noted
        return {name: place for name, place in merged.items() if place is not None}
