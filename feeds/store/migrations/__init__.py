"""The store's history: one script a change, run by themselves and in one transaction (``store.migrate``).

A new script is a copy of the newest in ``versions/`` with the next number, the one before it as
``down_revision``, and ``store.tables.HEAD`` raised. It says everything by itself: what it needs from the
rest of ``feeds`` today may be gone when it runs. There is no way down; a backup is.
"""
