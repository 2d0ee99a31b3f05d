"""The family of output formats: what to publish -> bytes. One file a format; pure: no clock, no files.

A feed format renders one output: ``render(feed, self_url) -> bytes``. A site format renders the whole
planet: ``render(site) -> bytes``.
"""
