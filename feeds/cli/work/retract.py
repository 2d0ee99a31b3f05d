"""``feeds retract``: withdraw an entry, or put it back, and publish."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from feeds.cli.session import Mistaken, Session, now
from feeds.cli.show import Screen
from feeds.cli.work.loading import configuration
from feeds.cli.work.opening import opened
from feeds.cli.work.report import refused, tell_emissions
from feeds.model import Withdrawal
from feeds.normalize.chars import one_line
from feeds.pipeline import Emitter, Verdict
from feeds.store import What


def retract(session: Session, words: str, *, reason: str | None, undo: bool, as_json: bool) -> int:
    """Withdraw what has this id or address, or put it back; publish; give the exit status."""
    config = configuration(session)
    screen = Screen(session)
    moment = now()
    with closing(opened(config)) as store, store.claim():
        records = store.find(words)
        if not records:
            raise Mistaken(
                f"no entry has the id or address {words!r}; `feeds preview` and the outputs tell ids"
            )
        found = sorted({record.id for record in records})
        why = one_line(reason or "") or None
        with store.transaction():
            if undo:
                done = store.lift(found, moment)
            else:
                notes = (Withdrawal(id=record.id, source="", when=moment, reason=why) for record in records)
                done = len(store.withdraw(list(zip(notes, records, strict=True))))
            if config.keep_documents is not None:
                told = {"ids": found, "reason": why}
                store.journal.note(What.LIFTED if undo else What.WITHDRAWN, moment, told)
        emissions = Emitter(config, store).emit_all(moment)
    verb = "put back" if undo else "withdrawn"
    if as_json:
        touched = {Verdict.WRITTEN, Verdict.REMOVED}
        files = [emission.path for emission in emissions if emission.verdict in touched]
        document: dict[str, Any] = {"ids": found, verb.replace(" ", "_"): done, "files": files}
        screen.document(document)
    else:
        tell_emissions(screen, emissions)
        sources = ", ".join(sorted({record.source for record in records}))
        for entry_id in found:
            screen.line(f"{entry_id} ({sources}): " + (verb if done else f"was {verb} before"))
    return int(refused(emissions))
