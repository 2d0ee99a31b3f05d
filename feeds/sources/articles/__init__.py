"""The kind ``articles``: a folder, or a glob, of texts (``.txt``, ``.md``, ``.html``), one entry a file."""

from feeds.sources.articles.folder import load
from feeds.sources.articles.reading import read

__all__ = ("load", "read")
