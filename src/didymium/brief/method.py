"""The last pages: how the numbers were made, what is left out, where everything comes from."""

from __future__ import annotations

from didymium.brief.desk import Desk, number, text
from didymium.brief.document import Block, Column, Paragraph, Points, Run, Section
from didymium.figures.shortage import scenario_name


def runs(desk: Desk) -> tuple[Run, ...]:
    """The run behind each study; equal input gives equal run ids and equal bytes."""
    return tuple(
        Run(command, desk.t.term("result", command), one)
        for command, result in desk.results.items()
        for one in result.run_id.split(", ")
    )


def method(desk: Desk) -> Section:
    """How the numbers were made and what they leave out."""
    t = desk.t
    described = desk.dataset.describe()
    blocks: list[Block] = [
        Paragraph(
            t(
                "All studies rest on one dataset (version {version}, {id}) and one model of the chain from mine "
                "to magnet. Tables of production, demand and trade are first made "
                "to balance by least squares, weighted by confidence. Separation yields all oxides of an ore at "
                "once, in its proportions. "
                "Disruptions are linear programmes by month with stocks, qualification delays and uses that give "
                "way in order of their value.",
                version=text(described.get("version")),
                id=text(described.get("id"))[:12],
            )
        ),
        Paragraph(
            t(
                "Tonnes are those of the product named. Shares are of mass. An interval is the range between the "
                "10th and the 90th percentile of draws over the uncertain inputs. "
                "Evidence grades run from A (read from a good source, or plain arithmetic on such figures) to D "
                "(assumed). A dash means not known, which "
                "is not zero."
            )
        ),
    ]
    layers = [str(x) for x in described.get("layers") or [] if x != "base"]
    if layers:
        blocks.append(
            Paragraph(t("Layers over the public tables: {layers}.", layers=t(", ").join(layers)), tone="note")
        )
    certificates = desk.extra("stress", "certificates")
    if certificates:
        result = desk.result("stress")
        blocks.append(
            desk.table(
                t("Certificates of the solved programmes"),
                certificates,
                [
                    (Column(t("Scenario"), wide=True), lambda r: scenario_name(result, text(r["scenario"]), t)),
                    (Column(t("Foresight")), lambda r: t.term("foresight", text(r["foresight"]))),
                    (Column(t("Status")), lambda r: t.term("solver_status", text(r["status"]))),
                    (Column(t("Rows"), "count"), lambda r: number(r["rows"])),
                    (Column(t("Columns"), "count"), lambda r: number(r["columns"])),
                    (Column(t("Primal residual")), lambda r: _tiny(number(r.get("primal_residual")))),
                    (Column(t("Dual residual")), lambda r: _tiny(number(r.get("dual_residual")))),
                    (Column(t("Gap, relative")), lambda r: _tiny(number(r.get("gap")))),
                ],
            )
        )
    if desk.limits:
        blocks.append(Points(tuple(Paragraph(t.fact(limit)) for limit in desk.limits), heading=t("Not modelled")))
    warned = [
        Paragraph(t("{study}: {warning}", study=t.term("result", command), warning=t.fact(warning)))
        for command, result in desk.results.items()
        for warning in result.warnings
    ]
    if warned:
        blocks.append(Points(tuple(warned), heading=t("Warnings of the studies")))
    return Section("method", t("Method and limits"), tuple(blocks))


def _tiny(value: float | None) -> str:
    """A residual in scientific writing: its size matters, not its digits."""
    return "" if value is None else f"{value:.1e}"
