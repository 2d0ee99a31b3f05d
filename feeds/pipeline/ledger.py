"""Which files we wrote, from what they were made, and which of them have to go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from feeds import publish
from feeds.config.schema import Config
from feeds.formats import SITE_FORMATS
from feeds.pipeline.emission import Emission, Verdict
from feeds.pipeline.rendering import paths
from feeds.store import Emitted, Listing, Note, Store

LEFT_OUT = "left_out"
"""The note that says of files why they were refused, or which entries they are without and why."""
MOST_SAID = 20
"""Reasons of one file that are noted."""

SITE = ""
"""Under this name the store remembers the files of the whole site; no output can be called so."""


class Ledger:
    """The published files of one configuration, as the store remembers them.

    Args:
        config: The configuration in force.
        store: Open and claimed.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self.config = config
        self.store = store
        self.folder: Path = config.folder / config.site.folder

    def stands(self, before: Emitted | None, signature: str, files: Iterable[str]) -> bool:
        """Say whether what was emitted last was made from the same, and is still there byte for byte."""
        return (
            before is not None
            and before.signature == signature
            and set(before.files) == set(files)
            and all(publish.digest(self.folder, path) == digest for path, digest in before.files.items())
        )

    def remember(
        self,
        name: str,
        before: Emitted | None,
        signature: str,
        made: list[Emission],
        told: Listing | None = None,
    ) -> None:
        """Note what was written; without a signature if something was refused, so that it is tried again."""
        # Where a document was refused, the file that stands there may be somebody else's.
        ours = [emission.path for emission in made if emission.verdict is not Verdict.REFUSED]
        files = {path: publish.digest(self.folder, path) for path in ours}
        refused = len(ours) < len(made)
        # Files of a format that left config.yaml stay noted until ``remove_gone`` has removed them.
        kept = dict(before.files) if before else {}
        self.store.save_emitted(
            name,
            "" if refused else signature,
            kept | {path: d for path, d in files.items() if d is not None},
            told,
        )

    def note(self, emissions: Iterable[Emission], now: datetime) -> None:
        """Note what is wrong with files, and take away what is not so any more."""
        noted = self.store.notes().get(LEFT_OUT)
        before = dict(noted.said) if noted is not None else {}
        after = dict(before)
        for one in emissions:
            # Of a file that was not made again, what was noted still holds.
            if one.verdict is not Verdict.SKIPPED:
                after.pop(one.path, None)
            if one.problems:
                after[one.path] = list(one.problems[:MOST_SAID])
        if after != before:
            self.store.note(LEFT_OUT, Note(at=now, said=after) if after else None)

    def remove_gone(self) -> Iterator[Emission]:
        """Remove the files whose output or format left config.yaml, and forget them."""
        for name, path, digest in self.gone():
            if publish.remove(self.folder, path, digest):
                yield Emission(output=name, path=path, verdict=Verdict.REMOVED)
        wanted = self._wanted()
        for name, before in self.store.emitted().items():
            kept = {path: d for path, d in before.files.items() if path in wanted.get(name, ())}
            if name not in wanted:
                self.store.forget_emitted(name)
            elif kept != before.files:
                self.store.save_emitted(name, before.signature, kept)

    def gone(self) -> list[tuple[str, str, str]]:
        """Give output, path and hash of the files we wrote whose output or format left config.yaml."""
        everything = set().union(*self._wanted().values())
        return [
            (name, path, digest)
            for name, before in self.store.emitted().items()
            for path, digest in before.files.items()
            if path not in everything
        ]

    def _wanted(self) -> dict[str, set[str]]:
        wanted = {output.name: set(paths(output)) for output in self.config.outputs}
        wanted[SITE] = {SITE_FORMATS[word].file for word in self.config.site.formats}
        return wanted
