"""What each format is called in HTTP and in links, and how addresses in its documents move."""

ATOM = "application/atom+xml"
RSS = "application/rss+xml"
JSON_FEED = "application/feed+json"
PAGE = "text/html"
OPML = "text/x-opml"

Move = tuple[str, str]
"""What addresses begin with, and what they are to begin with instead."""
