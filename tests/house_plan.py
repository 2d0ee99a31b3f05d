"""The plan of the house (DESIGN.md, section 2): floors, which room has what, and the few exceptions.

A new room, library or exception is one line here, with its reason. Paths are relative to ``feeds/``; a room
is a file, or a folder (ending in a slash) with all in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FLOORS: Mapping[str, int] = MappingProxyType(
    {
        "__main__": 7,
        "cli": 7,
        "daemon": 6,
        "workers": 6,
        "serve": 6,
        "pipeline": 5,
        "fetch": 4,
        "sources": 4,
        "filters": 3,
        "dedupe": 3,
        "stories": 3,
        "store": 3,
        "formats": 3,
        "publish": 3,
        "config": 2,
        "caching": 2,
        "cadence": 2,
        "trust": 2,
        "normalize": 2,
        "validity": 2,
        "model": 1,
        "memory": 1,
        "errors": 1,
        "__init__": 0,
    }
)

# The arrows inside a floor: cadence is arithmetic over the settings of a source, which are plain values, and
# over what caching reads from headers.
SIDEWAYS = frozenset(
    {("memory", "model"), ("cadence", "config.schema"), ("cadence", "caching"), ("__main__", "cli")}
)

# Imports inside a function: the commands start faster so, and Alembic (a third of a second) is needed only
# when the store has to be brought up to date. Never to hide an arrow: the floors hold for them too.
# py3langid brings numpy, and only texts that name no language need it. A kind of sources and a format, with
# all their libraries, are of no use to a run that brings nothing; nor is another
# database's language, or a way through proxies.
# selectolax, protego, an index of sitemaps are for sources without a feed, which most operators have none of.
LATE = frozenset(
    {
        ("cli/", ""),
        ("store/creating.py", "feeds.store.migrate"),
        ("store/saving.py", "sqlalchemy.dialects.postgresql"),
        ("store/opening.py", "feeds.store.postgresql"),
        ("store/postgresql.py", "feeds.store.migrate"),
        ("normalize/language.py", "py3langid"),
        ("fetch/entrance.py", "feeds.fetch.proxied"),
        ("sources/__init__.py", "feeds.sources."),
        ("formats/__init__.py", "feeds.formats."),
        ("config/selectors.py", "selectolax"),
        ("sources/selecting.py", "selectolax"),
        ("fetch/robots.py", "protego"),
        ("pipeline/look.py", "feeds.pipeline.sitemaps"),
        ("sources/full_text.py", "trafilatura"),
    }
)

# Where a foreign library (or a part of the standard library that reaches out) may be imported. A room is a
# file, or a folder with all in it. A library that is not here has no room yet: give it one.
LIBRARIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "alembic": ("store/",),
        "apscheduler": ("daemon/ticker.py",),
        "brotli": ("fetch/",),
        "click": ("cli/",),
        "compression": ("fetch/",),
        "cronsim": ("config/", "cadence/"),
        "feedgen": ("formats/",),
        "feedparser": ("sources/",),
        "h11": ("fetch/",),
        "httpcore": ("fetch/",),
        "httpx": ("fetch/",),
        "idna": ("normalize/urls.py", "fetch/"),
        "jinja2": ("formats/",),
        "lxml": (
            "formats/",
            "validity/",
            "sources/",
            "normalize/html.py",
            "normalize/untrack.py",
            "config/opml.py",
        ),
        "markdown_it": ("sources/articles.py", "sources/articles/", "sources/markdown.py"),
        "markupsafe": ("formats/",),
        "nh3": ("normalize/html.py",),
        "protego": ("fetch/robots.py",),
        "py3langid": ("normalize/language.py",),
        "pydantic": ("config/", "store/codec.py"),
        "pydantic_core": ("config/", "store/codec.py"),
        "rich": ("cli/",),
        "psycopg": ("store/postgresql.py",),
        "selectolax": ("config/selectors.py", "sources/selecting.py"),
        "sqlalchemy": ("store/",),
        "structlog": ("cli/", "daemon/"),
        "trafilatura": ("sources/full_text.py",),
        "yaml": ("config/", "sources/"),
        "zstandard": ("fetch/",),
        # The standard library's own ways out, and its ways to run what a stranger wrote.
        "ftplib": (),
        "http.client": ("fetch/",),
        "marshal": (),
        "multiprocessing": ("pipeline/readers.py", "sources/alone.py"),
        "pickle": ("pipeline/readers.py", "sources/alone.py"),
        "shelve": (),
        "socket": ("fetch/",),
        "sqlite3": ("store/",),
        "ssl": ("fetch/",),
        "subprocess": ("pipeline/readers.py",),
        "urllib.request": (),
    }
)

CLOCK_ROOMS = ("daemon/", "workers.py", "cli/")
CLOCK = frozenset(
    {
        *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
        "datetime.date.today",
        *(f"time.{name}{ns}" for name in ("time", "monotonic", "perf_counter") for ns in ("", "_ns")),
        *(f"time.{name}" for name in ("localtime", "gmtime", "ctime")),
    }
)
# These may ask the loop's clock, which has no date, how long it is since they did something.
STOPWATCHES = ("fetch/manners.py", "pipeline/refresh.py")
LOOPS = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop", "asyncio.new_event_loop"})

DICE_MODULES = ("random", "secrets", "numpy.random")
DICE = frozenset({"os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4"})

FILE_ROOMS = ("store/", "publish.py", "config/edit.py")
FILE_MODULES = ("tempfile", "shutil")
FILE_FUNCTIONS = frozenset(
    f"os.{name}"
    for name in (
        *("open", "fdopen", "write", "pwrite", "truncate", "ftruncate", "mkdir", "makedirs", "mkfifo"),
        *("replace", "rename", "renames", "unlink", "remove", "removedirs", "rmdir"),
        *("link", "symlink", "chmod", "chown", "utime"),
    )
)
FILE_METHODS = frozenset(
    {
        *("write_text", "write_bytes", "touch", "mkdir", "unlink", "rmdir", "rename"),
        *("symlink_to", "hardlink_to", "chmod"),
    }
)

# Calls at module level whose value nobody can change.
WRAPPERS = frozenset({"MappingProxyType", "frozenset", "tuple"})
IMMUTABLE = frozenset(
    {
        *("re.compile", "Path", "ZoneInfo", "NewType", "TypeVar", "ParamSpec", "namedtuple", "struct.Struct"),
        *("timedelta", "datetime", "date", "timezone", "Decimal", "Fraction"),
        *("range", "int", "float", "str", "bytes", "len", "min", "max", "sum", "ord", "chr", "bool", "hash"),
        *("str.maketrans", "operator.attrgetter", "operator.itemgetter", "attrgetter", "itemgetter"),
        *("version", "metadata.version", "importlib.metadata.version", "calendar.timegm", "partial"),
        *("Duration", "re.escape", "nh3.Cleaner", "ip_network", "IPv4Network", "IPv6Network"),
    }
)
IMMUTABLE_METHODS = frozenset(
    {
        *("join", "strip", "lower", "upper", "format", "encode", "decode", "replace"),
        *("with_suffix", "with_name", "total_seconds"),
    }
)
# Declared once and then only read, as their libraries are meant to be used.
DECLARED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "store/": ("MetaData", "Table", "Index", "Column", "with_variant", "TypeAdapter"),
        "config/": ("TypeAdapter",),
        "cli/": ("option", "argument"),
        # A lock remembers nothing: it lets one thread load what all then use.
        "normalize/language.py": ("Lock",),
    }
)

# Where an unexpected exception may be caught: it is reported, and the other sources go on.
BROAD = ("daemon/", "pipeline/", "pipeline.py", "sources/alone.py")
