"""The local web app: the same questions as on the command line, to look at and to hand on.

It binds to this machine alone, loads nothing from elsewhere, and keeps every answer as a run. Start with `create`.
"""

from __future__ import annotations

from didymium.app.site import create

__all__ = ["create"]
