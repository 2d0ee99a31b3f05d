"""Why a source is due when it is."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What decided when a source is due."""

    INTERVAL = "interval"
    CRON = "cron"
    FOLDER = "folder"
    UNKNOWN = "unknown"
    """Nothing is learned yet."""
    PLANNED = "planned"
    WINDOW = "window"
    MIN_INTERVAL = "min_interval"
    MAX_INTERVAL = "max_interval"
    TTL = "ttl"
    UPDATE_PERIOD = "update_period"
    FRESH = "fresh"
    """Cache-Control or Expires."""
    RETRY_AFTER = "retry_after"
    SKIP = "skip"
    """skipHours or skipDays."""
