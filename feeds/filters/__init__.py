"""The family of filters: one entry in; that entry, a changed copy, or nothing out. One file a filter.

The contract of a filter is one function, ``build(step, now) -> Filter``: it takes the checked settings from
config.yaml and gives a fresh callable for one pass over entries, newest first.
"""
