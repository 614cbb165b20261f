"""The brief: results → one cited document → HTML, PDF, Excel, terminal."""

from didymium.brief.build import build
from didymium.brief.document import Brief
from didymium.brief.html import render_html
from didymium.brief.pdf import render_pdf
from didymium.brief.plan_pack import build_pack
from didymium.brief.terminal import render_terminal
from didymium.brief.workbook import render_xlsx

__all__ = ["Brief", "build", "build_pack", "render_html", "render_pdf", "render_terminal", "render_xlsx"]
