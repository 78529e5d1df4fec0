"""`python -m maild` is `maild`."""

from __future__ import annotations

import sys

from maild.cli.main import main

sys.exit(main())
