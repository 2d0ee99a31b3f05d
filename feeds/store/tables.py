"""The tables, as the newest migration leaves them (a test compares the two); ``indexes`` has more of them.

Instants are microseconds since 1970-01-01T00:00Z, negative before it: exact, comparable, and the same
number in every database. Texts compare by code point, so that an order is the same in Python, in SQLite
and in PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

APPLICATION_ID = 0x66656564
"""``feed`` in ASCII, in the header of every database of ours, so that another program's file is refused."""

HEAD = "0015"
"""The newest migration; known here so that a store that is up to date is opened without Alembic."""

KEY = Text().with_variant(Text(collation="C"), "postgresql")
NUMBER = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER is SQLite's own row number

METADATA = MetaData()

SOURCES = Table(
    "sources",
    METADATA,
    Column("name", KEY, primary_key=True, doc="As in config.yaml. Never NULL."),
    Column("kind", Text, doc="How its bytes were read last. NULL before the first success."),
    Column("etag", Text, doc="To echo. NULL if the server gave none."),
    Column("last_modified", Text, doc="To echo. NULL if the server gave none."),
    Column("body_hash", Text, doc="SHA-256 of the last body read whole. NULL before the first."),
    Column("reading", Text, doc="Hash of the settings it was read with. NULL before the first success."),
    Column("feed", Text, doc="Feed without entries, as JSON. NULL before the first success."),
    Column("polled", BigInteger, doc="Start of the last poll. NULL before the first."),
    Column("succeeded", BigInteger, doc="Start of the last poll that worked. NULL before the first."),
    Column(
        "changed", BigInteger, doc="Start of the last poll that brought something. NULL before the first."
    ),
    Column("due", BigInteger, doc="From when it may be polled. NULL: at once."),
    Column("failures", Integer, nullable=False, doc="Failed polls since the last success. Never NULL."),
    Column("error", Text, doc="The last failure's sentence. NULL after a success."),
    Column("error_class", Text, doc="The last failure's class. NULL after a success."),
    Column("status", Integer, doc="Last HTTP status. NULL if there was no answer, or the kind has none."),
    Column("trust", Text, doc="How far its server is believed, as JSON. NULL: as at the beginning."),
    Column("wait", Float, doc="Seconds chosen between the last poll and due. NULL before the first."),
    Column("entries", Integer, nullable=False, doc="Entries remembered with their text. Never NULL."),
    Column("revision", BigInteger, nullable=False, doc="Grows with each change of entries. Never NULL."),
    Column(
        "newest",
        BigInteger,
        doc="No entry with text has a greater sort key; pruning does not lower it. NULL before entries.",
    ),
    Column("reissues", Integer, doc="How often its ids changed of late. NULL: never."),
    Column(
        "said", Text, doc="JSON: our id of some entries to the id they came under. NULL: under their own."
    ),
    Column("rhythm", Text, doc="What cadence learned of it. NULL before it learned."),
    Column("begun", BigInteger, doc="First sight of its first entries. NULL before it had any."),
    Column("away", Integer, doc="1 if it left config.yaml. NULL if it is listed, as far as we know."),
    # It holds all that its one query wants, so that the wide rows are not read.
    Index("sources_newest", "name", "newest"),
)

ENTRIES = Table(
    "entries",
    METADATA,
    Column("number", NUMBER, primary_key=True, doc="Ours, and only for this database. Never NULL."),
    Column("source", KEY, ForeignKey("sources.name"), nullable=False, doc="Never NULL."),
    Column("id", KEY, nullable=False, doc="Our permanent URI of it. Never NULL."),
    Column("native_id", KEY, doc="What the source called it, a hash if long. NULL if it did not."),
    Column("url", Text, doc="The page to open. NULL for an entry without one."),
    Column(
        "page", KEY, doc="url as it is compared (normalize.urls.canonical), a hash if long. NULL if url is."
    ),
    Column("first_seen", BigInteger, nullable=False, doc="When we met it. Never NULL."),
    Column("sort_key", BigInteger, nullable=False, doc="Its place in every output. Never NULL."),
    Column("fingerprint", Text, nullable=False, doc="Hash of its significant text. Never NULL."),
    Column(
        "entry",
        Text,
        doc="The entry as JSON. NULL if it expired or was withdrawn: then it is only known not to be new.",
    ),
    Column("title", KEY, doc="Its beginning in plain text and lower case, to search. NULL: it has none."),
    Column(
        "withheld", Text, doc="What entry was before it was withdrawn; empty if lost. NULL: not withdrawn."
    ),
    Column("backlog", Integer, doc="Rank in the source's first document, from 0. NULL if it came later."),
    Column("held", Integer, doc="1 if it is held back as a flood, 0 if that was undone. NULL: never was."),
    # The id first, not the source: other sources' entries are looked up by it, too.
    Index("entries_id", "id", "source", unique=True),
    Index("entries_native_id", "native_id", "source"),
    Index("entries_page", "source", "page"),
    Index("entries_fingerprint", "source", "fingerprint"),
    # It holds all that a search reads, so that the wide rows are not read.
    Index("entries_title", "title"),
)

SPARED = Table(
    "spared",
    METADATA,
    Column("source", KEY, primary_key=True, doc="Its name. Never NULL."),
    Column("revision", BigInteger, nullable=False, doc="Of the source; void if it has another. Never NULL."),
    Column("context", LargeBinary, nullable=False, doc="Hash of what entries are read by. Never NULL."),
    Column("packed", LargeBinary, nullable=False, doc="Hashes of entries, 16 bytes each. Never NULL."),
)

WITHDRAWN = Table(
    "withdrawn",
    METADATA,
    Column("id", KEY, primary_key=True, doc="Of the entry, as it was published. Never NULL."),
    Column("source", KEY, primary_key=True, doc="Who withdrew it; empty: the operator. Never NULL."),
    Column("at", BigInteger, nullable=False, doc="Since when. Never NULL."),
    Column("reason", Text, doc="For readers. NULL if there is none."),
    Column("lifted", BigInteger, doc="When the operator undid it, for good. NULL: it is in force."),
    Index("withdrawn_at", "at"),
)

ARCHIVES = Table(
    "archives",
    METADATA,
    Column("output", KEY, primary_key=True, doc="Its name. Never NULL."),
    Column("choice", Text, nullable=False, doc="Hash of what chooses its entries. Never NULL."),
    Column("seen", BigInteger, nullable=False, doc="Entries up to this number were looked at. Never NULL."),
    Column("horizon", BigInteger, doc="Greatest sort key in a closed page. NULL before the first page."),
    Column("late", Text, nullable=False, doc="JSON: open entries below the horizon, by id. Never NULL."),
)

PAGES = Table(
    "pages",
    METADATA,
    Column("output", KEY, primary_key=True, doc="Whose archive. Never NULL."),
    Column("number", Integer, primary_key=True, doc="From 1, the oldest. Never NULL."),
    Column("name", Text, nullable=False, doc="What its files are called. Never NULL."),
    Column("base", Text, nullable=False, doc="The address its links begin with. Never NULL."),
    Column("files", Text, nullable=False, doc="JSON: relative path to SHA-256 of the bytes. Never NULL."),
    Column("closed", BigInteger, doc="When it was closed. NULL if that was before it was noted."),
    Column("after", BigInteger, doc="The last event in the journal then. NULL if no journal was kept."),
)

ARCHIVED = Table(
    "archived",
    METADATA,
    Column("output", KEY, primary_key=True, doc="Whose archive. Never NULL."),
    Column("id", KEY, primary_key=True, doc="Of the entry. Never NULL."),
    Column("source", KEY, nullable=False, doc="From which source it was shown. Never NULL."),
    Column("page", Integer, nullable=False, doc="Number of the one page it is in. Never NULL."),
    Index("archived_page", "output", "page"),
)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("number", NUMBER, primary_key=True, doc="In the order in which it happened. Never NULL."),
    Column("at", BigInteger, nullable=False, doc="When. Never NULL."),
    Column("what", Text, nullable=False, doc="A document, or what else changed entries. Never NULL."),
    Column("source", KEY, doc="Whose document. NULL if it is none."),
    Column("told", Text, nullable=False, doc="JSON: what else is known of it. Never NULL."),
    Column("readable", Integer, doc="1 if the document could be read then, else 0. NULL if it is none."),
    Column("segment", Text, doc="Name of the file its body is in. NULL if it has none."),
    Column("place", BigInteger, doc="Where in the file it begins. NULL if it has none."),
    Column("size", BigInteger, doc="How many bytes it has there, compressed. NULL if it has none."),
    Column("hash", Text, doc="SHA-256 of the body itself. NULL if it has none."),
    Index("journal_at", "at"),
    Index("journal_source", "source", "readable", "number"),
    Index("journal_segment", "segment", "hash"),
)

PACE = Table(
    "pace",
    METADATA,
    Column("name", KEY, primary_key=True, doc="auto: there is one row. Never NULL."),
    Column("price", Float, nullable=False, doc="Entry-hours that a request is worth. Never NULL."),
    Column("at", Float, nullable=False, doc="When it was set, in hours as in cadence. Never NULL."),
    Column("budget", Float, nullable=False, doc="Requests an hour it was set for. Never NULL."),
    Column("owed", Float, nullable=False, doc="Requests made beyond the budget before. Never NULL."),
    Column("requests", BigInteger, nullable=False, doc="Made since. Never NULL."),
    Column("hosts", Text, nullable=False, doc="JSON: throttled host to what is dearer there. Never NULL."),
)

OUTPUTS = Table(
    "outputs",
    METADATA,
    Column("name", KEY, primary_key=True, doc="The output; empty for what belongs to the site. Never NULL."),
    Column("signature", Text, nullable=False, doc="Hash of all it was rendered from. Never NULL."),
    Column("files", Text, nullable=False, doc="JSON: relative path to SHA-256 of the bytes. Never NULL."),
    Column("entries", Text, doc="JSON: id, source and hash of each entry in it. NULL: not known."),
    Column("settings", Text, doc="JSON: what of config.yaml it was made with. NULL: not known."),
    Column("seen", Text, doc="JSON: path to how the file system described the file. NULL: not known."),
    Column("pieces", Text, doc="JSON: which bytes of the files are which entry. NULL: not known."),
)

HOSTS = Table(
    "hosts",
    METADATA,
    Column("host", KEY, primary_key=True, doc="A host that wants to be asked less often. Never NULL."),
    Column("gap", BigInteger, nullable=False, doc="Microseconds between two requests. Never NULL."),
    Column("until", BigInteger, doc="It is left alone until then. NULL if it did not ask for that."),
)

ROBOTS = Table(
    "robots",
    METADATA,
    Column("origin", KEY, primary_key=True, doc="Scheme, host and port of a site. Never NULL."),
    Column("rules", Text, doc="Its robots.txt. NULL before its first answer."),
    Column("at", BigInteger, doc="When it answered. NULL before its first answer."),
    Column("tried", BigInteger, nullable=False, doc="When it was asked last. Never NULL."),
    Column("failing", BigInteger, doc="Since when it does not answer. NULL if it did."),
    Column("problem", Text, doc="Why it did not answer. NULL if it did."),
)

TEXTS = Table(
    "texts",
    METADATA,
    Column("source", KEY, primary_key=True, doc="Its name. Never NULL."),
    Column("id", KEY, primary_key=True, doc="Of the entry, as its source says. Never NULL."),
    Column("said", Text, nullable=False, doc="Fingerprint of what its source said. Never NULL."),
    Column("packed", LargeBinary, doc="The full text as JSON, compressed. NULL if it was not had."),
    Column("tries", Integer, nullable=False, doc="How often it was asked for in vain. Never NULL."),
    Column("due", BigInteger, doc="From when it may be asked for again. NULL: no more."),
    Column("problem", Text, doc="Why it was not had. NULL if it was, or was not asked for yet."),
    Index("texts_due", "source", "due"),
)

NOTES = Table(
    "notes",
    METADATA,
    Column("name", KEY, primary_key=True, doc="What it is about. Never NULL."),
    Column("at", BigInteger, nullable=False, doc="When it was written. Never NULL."),
    Column("said", Text, nullable=False, doc="JSON. Never NULL."),
)
