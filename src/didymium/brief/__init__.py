"""The brief: results → one cited document → HTML, PDF, Excel, terminal."""

from didymium.brief.build import build
from didymium.brief.document import Brief

__all__ = ["Brief", "build"]
