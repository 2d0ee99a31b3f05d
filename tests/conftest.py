"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# On CI the same examples each time, so that a change is judged by what it changed; elsewhere new ones.
settings.register_profile("ci", derandomize=True, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
