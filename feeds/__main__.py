"""Let ``python -m feeds`` be the command ``feeds``."""

import sys

from feeds.cli import main

sys.exit(main())
