"""``feeds migrate-store``: all that is remembered, to another database."""

from __future__ import annotations

from contextlib import ExitStack, closing

from feeds import store
from feeds.cli.plain import count
from feeds.cli.session import Mistaken, Session
from feeds.cli.show import Screen


def move(session: Session, source: str, target: str, *, as_json: bool) -> int:
    """Move a store; give the exit status."""
    screen = Screen(session)
    folder = session.config_path.absolute().parent
    if source == target:
        raise Mistaken("FROM and TO are the same store")
    scheme, _, file = source.partition(":///")
    if scheme == "sqlite" and not (folder / file).exists():
        raise Mistaken(f"FROM: there is no store {folder / file}")
    with ExitStack() as stack:
        origin = stack.enter_context(closing(store.open_store(source, folder)))
        stack.enter_context(origin.claim())
        other = stack.enter_context(closing(store.open_store(target, folder, half=True)))
        stack.enter_context(other.claim())
        ends = (origin.end(), other.end())
        advance = stack.enter_context(screen.progress("Moving", store.steps(ends[0])))
        moved = store.move(*ends, advance)
    if as_json:
        screen.document({"rows": moved.rows, "sha256": moved.hash, "documents": moved.documents})
        return 0
    held = f"{count(moved.rows['entries'], 'entry')} of {count(moved.rows['sources'], 'source')}"
    files = f" and {count(moved.documents, 'file')} of documents" if moved.documents else ""
    screen.line(f"moved {held}{files}; both stores are equal (SHA-256 {moved.hash[:16]})")
    screen.line("put TO into config.yaml as `store:`; FROM stays as it is")
    return 0
