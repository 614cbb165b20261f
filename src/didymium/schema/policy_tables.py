"""What governments promise each other, and what they forbid, tax or license."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import CONFIDENCE, LAST_YEAR, LOCATOR, NOTES, SOURCE, SOURCE_DATE

AGREEMENTS = Table(
    "agreements",
    "Agreements",
    "合意文書",
    "An agreement, memorandum or plan on critical minerals.",
    (
        Column("agreement_id", "id", "Agreement.", required=True, example="us-jp-fw-2025"),
        Column("name", "text", "Name.", required=True),
        Column("parties", "list", "Parties.", references="places.place", required=True, example="USA;JPN"),
        Column("signed_date", "date", "Signed; empty = not yet or unknown."),
        Column(
            "kind",
            "id",
            "Kind of text.",
            terms=("mou", "framework", "investment", "action_plan", "plurilateral", "trade_agreement"),
            required=True,
        ),
        Column("binding", "id", "Legally binding.", terms=("yes", "no"), required=True),
        Column("minerals_scope", "text", "Scope in the text's words.", required=True),
        Column("products", "list", "Scope as our products.", references="products.product", required=True),
        SOURCE,
        CONFIDENCE,
        SOURCE_DATE,
        NOTES,
    ),
    ("agreement_id",),
)

COMMITMENTS = Table(
    "commitments",
    "Commitments",
    "約束",
    "One thing promised, by whom, by when, and what is known of it.",
    (
        Column("commitment_id", "id", "Commitment.", required=True, example="c001"),
        Column("agreement_id", "id", "Agreement.", references="agreements.agreement_id", required=True),
        Column("parties", "list", "Who promised.", references="places.place", required=True),
        Column(
            "kind",
            "id",
            "Kind.",
            terms=(
                "finance",
                "trade",
                "governance",
                "export_restraint",
                "information",
                "offtake",
                "stockpile",
                "recycling",
                "permitting",
                "mapping",
                "review",
            ),
            required=True,
        ),
        Column("summary", "text", "What was promised.", required=True),
        Column("quantity", "number", "Amount promised.", unit="{unit}"),
        Column("unit", "text", "Unit of the amount, in the text's words."),
        Column("due_date", "date", "When it falls due; empty = no date."),
        Column("due_basis", "text", "How the date follows from the text.", required=True),
        Column(
            "status",
            "id",
            "Status when compiled (November 2026).",
            terms=("open", "unknown", "partly", "met", "missed"),
            required=True,
        ),
        Column("evidence_source_id", "id", "Source of the status; empty = none found.", references="sources.source_id"),
        CONFIDENCE,
        SOURCE,
        SOURCE_DATE,
        Column("last_evidence_date", "date", "Date of the last evidence."),
        NOTES,
    ),
    ("commitment_id",),
)

MEASURES = Table(
    "measures",
    "Trade measures",
    "貿易措置",
    "An export or import control, tax, quota or ban.",
    (
        Column("measure_id", "id", "Measure.", required=True, example="cn-ree7-licence-2025"),
        Column("imposing", "id", "Who imposes it.", references="places.place", required=True),
        Column("targeted", "id", "At whom; WLD = everyone.", references="places.place", required=True),
        Column("products", "list", "Products covered.", references="products.product", required=True),
        Column(
            "kind",
            "id",
            "Kind.",
            terms=("ban", "licence", "tax", "quota", "technology_ban", "extraterritorial_licence"),
            required=True,
        ),
        Column("announced_date", "date", "Announced."),
        Column("effective_date", "date", "In force from."),
        Column("end_date", "date", "Last day in force; a stretch of suspension stands in `measure_suspensions`."),
        Column(
            "status",
            "id",
            "Status when compiled (November 2026).",
            terms=("in_force", "unknown", "in_force_presumed", "ended", "announced", "suspended", "replaced"),
            required=True,
        ),
        Column("observed_effect", "text", "What was seen."),
        SOURCE,
        CONFIDENCE,
        SOURCE_DATE,
        Column("last_evidence_date", "date", "Date of the last evidence.", required=True),
        Column("effect_source_id", "id", "Source of the effect.", references="sources.source_id"),
        NOTES,
        Column("products_as_given", "text", "Products in the source's words; empty = ours. See terms_products."),
    ),
    ("measure_id",),
)

LICENCES = Table(
    "licences",
    "Licence practice",
    "輸出許可の実績",
    "How many export licences were granted, how late, or how much was shipped against a year before.",
    (
        Column("measure_id", "id", "Measure.", references="measures.measure_id", required=True),
        Column("date", "date", "When observed.", required=True),
        Column("party", "text", "Who reports, or whose exports.", required=True),
        Column("country", "id", "Destination.", references="places.place", required=True),
        Column("product", "id", "Product.", references="products.product", required=True),
        Column("sample", "text", "What was counted.", required=True),
        Column("approval_share", "number", "Granted over submitted.", unit="share", minimum=0, maximum=1),
        Column("approved", "integer", "Licences granted.", minimum=0),
        Column("submitted", "integer", "Applications.", minimum=0),
        Column("delay_days", "number", "Days from application to grant.", unit="days", minimum=0),
        Column(
            "volume_ratio_yoy", "number", "Tonnes over those of the same month a year before.", unit="ratio", minimum=0
        ),
        Column("unit", "id", "What the row measures.", references="units.unit", required=True),
        Column("year", "year", "Year.", required=True, minimum=1900, maximum=LAST_YEAR),
        SOURCE,
        LOCATOR,
        CONFIDENCE,
        Column("basis", "text", "What was said.", required=True),
    ),
    ("measure_id", "date", "party", "country", "product", "sample"),
)

POLICY_TABLES = (AGREEMENTS, COMMITMENTS, MEASURES, LICENCES)
