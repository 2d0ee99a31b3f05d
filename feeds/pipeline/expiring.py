"""Let go of what config.yaml wants kept no longer: entries, and raw documents."""

from __future__ import annotations

from datetime import datetime, timedelta

from feeds.config.schema import Config
from feeds.store import Note, Store, What

DOCUMENTS = "documents"
"""The note that says when raw documents were looked after; there is none if none are kept.

Its ``since`` is when the time begins of which all are kept, if older ones were let go."""
SELDOM = timedelta(minutes=50)
"""Between two times of doing that: less than from one housekeeping of the daemon to the next."""


def expire(config: Config, store: Store, now: datetime, *, whole: bool = False) -> None:
    """Let go of what ``keep`` and ``keep_documents`` say is too old.

    Args:
        config: The configuration in force.
        store: Open and claimed.
        now: The moment.
        whole: Also of what is too much; else only what time alone makes too old, whoever brings something.

    Raises:
        StoreError: What was not done is done the next time.
    """
    with store.transaction():
        expired = 0
        for source in config.sources:
            if source.keep is not None and (whole or source.keep.age is not None):
                expired += store.prune(source.name, source.keep, now)
        if expired and config.keep_documents is not None:
            store.journal.note(What.EXPIRED, now)
    span, last = config.keep_documents, store.notes().get(DOCUMENTS)
    if span is None and last is not None:
        store.journal.forget_all()
        store.note(DOCUMENTS, None)
    elif span is not None and (last is None or abs(now - last.at) >= SELDOM):
        said = dict(last.said) if last is not None else {}
        if store.journal.forget(now - span, now):
            said["since"] = (now - span).isoformat()
        store.note(DOCUMENTS, Note(at=now, said=said))
