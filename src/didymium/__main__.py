"""`python -m didymium`: the same as `didymium`."""

from __future__ import annotations

import sys

from didymium.cli import main

sys.exit(main())
