"""Remember entries and the state of sources. The only room that knows SQLAlchemy, Alembic and the databases.

``open_store`` gives a ``Store``; what it may be asked is in ``store``, what its columns hold in ``tables``,
what is particular about a database (transactions, errors, who holds it, copies) in ``sqlite`` and
``postgresql``.
"""

from __future__ import annotations

from feeds.store.codec import stamp
from feeds.store.draft import Draft
from feeds.store.journal import Event, Journal, Raw, What, pack
from feeds.store.moving import Moved, move, steps
from feeds.store.opening import NAME, open_new, open_store
from feeds.store.saving import Poll
from feeds.store.shelf import Archive, Page, Shelf
from feeds.store.store import Emitted, Listing, Note, Store

__all__ = (
    "NAME",
    "Archive",
    "Draft",
    "Emitted",
    "Event",
    "Journal",
    "Listing",
    "Moved",
    "Note",
    "Page",
    "Poll",
    "Raw",
    "Shelf",
    "Store",
    "What",
    "move",
    "open_new",
    "open_store",
    "pack",
    "stamp",
    "steps",
)
