"""Runs in the environment of ``reader``, another aggregator in Python, and polls everything once.

python reading.py FOLDER [--add]
"""

from __future__ import annotations

import sys
from pathlib import Path

from reader import make_reader  # type: ignore[import-not-found]


def main() -> None:
    """Poll all sources of a folder; with ``--add`` first list those of ``urls``."""
    folder = Path(sys.argv[1])
    reader = make_reader(str(folder / "reader.db"))
    if "--add" in sys.argv:
        for url in (folder / "urls").read_text().splitlines():
            reader.add_feed(url, exist_ok=True)
    reader.update_feeds(scheduled=False)
    reader.close()


if __name__ == "__main__":
    main()
