"""``feeds init``: a configuration to begin with."""

from __future__ import annotations

from pathlib import Path

from feeds import publish
from feeds.cli.session import DEFAULT_CONFIG, Session
from feeds.cli.show import Screen
from feeds.cli.work.exchange import schema_bytes
from feeds.cli.work.loading import place
from feeds.errors import ConfigError, Problem

STARTER = Path(__file__).with_name("starter.yaml")


def init(session: Session, folder: Path) -> int:
    """Write config.yaml, the schema that editors complete from, and output/ into a folder."""
    # --config may ask for another name; where it stands is FOLDER's matter.
    name = session.config_path.name if session.config_path != Path(DEFAULT_CONFIG) else DEFAULT_CONFIG
    target = folder / name
    if target.exists() or target.is_symlink():
        raise ConfigError(
            Problem(file=place(target.absolute()), message="is there already; nothing was written")
        )
    publish.put(folder, "feeds.schema.json", schema_bytes())
    publish.put(folder / "output", ".gitignore", b"*\n!.gitignore\n")
    publish.put(folder, name, STARTER.read_bytes())
    screen = Screen(session)
    screen.line(f"Wrote {place(target.absolute())}. Next: `feeds add URL`, then `feeds once`.")
    return 0
