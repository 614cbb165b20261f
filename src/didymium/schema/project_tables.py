"""Projects, plants, deals and the programmes that pay for them."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import CONFIDENCE, COUNTRY, LAST_YEAR, NOTES, PRODUCT, SOURCE, SOURCE_DATE, STAGE

INSTRUMENTS = ("loan", "grant", "equity", "tax_credit", "offtake", "price_floor", "guarantee")

LATITUDE = Column("lat", "number", "Latitude, north positive.", unit="degrees", minimum=-90, maximum=90)
LONGITUDE = Column("lon", "number", "Longitude, east positive.", unit="degrees", minimum=-180, maximum=180)
CAPACITY = Column(
    "capacity",
    "number",
    "Nameplate capacity; empty = not published.",
    unit="{capacity_unit}",
    minimum=0,
    example="5500",
)
CAPACITY_UNIT = Column(
    "capacity_unit", "id", "Unit of the capacity.", references="units.unit", required=True, example="t/y"
)
PRODUCT_GIVEN = Column("product_as_given", "text", "Product in the source's words; empty = ours. See terms_products.")
STAGE_GIVEN = Column("stage_as_given", "text", "Stage in the source's words; empty = ours. See terms_stages.")
UNIT_GIVEN = Column("capacity_unit_as_given", "text", "Capacity unit in the source's words; empty = ours.")
OWNERS = Column("ownership_country", "list", "Where the owners sit.", references="places.place", example="AUS;JPN")
PARTY = Column("party", "id", "Government or place that pays.", references="places.place", required=True)

PROJECTS = Table(
    "projects",
    "Projects",
    "プロジェクト",
    "One product of one project that adds supply.",
    (
        Column("project_id", "id", "Project.", required=True, example="iluka-eneabba"),
        Column("name", "text", "Name.", required=True),
        Column("operator", "text", "Operator.", required=True),
        COUNTRY,
        LATITUDE,
        LONGITUDE,
        STAGE,
        PRODUCT,
        CAPACITY,
        CAPACITY_UNIT,
        Column(
            "status",
            "id",
            "State of the project.",
            terms=(
                "proposed",
                "exploration",
                "feasibility",
                "permitting",
                "construction",
                "ramping",
                "operating",
                "suspended",
            ),
            required=True,
        ),
        Column("start_year", "year", "First output, made or planned.", minimum=1900, maximum=LAST_YEAR),
        Column("capex_usd_m", "number", "Capital cost.", unit="million USD", minimum=0),
        Column("opex_usd_per_t", "number", "Operating cost.", unit="USD per t", minimum=0),
        Column("npv_or_irr", "text", "Value or return as stated."),
        Column("offtaker", "text", "Who buys."),
        Column("support_instruments", "list", "Public support by kind.", example="grant;loan"),
        Column("support_party", "list", "Who gives it.", references="places.place"),
        Column("support_amount_usd_m", "number", "Support, all instruments.", unit="million USD", minimum=0),
        Column("support_date", "date", "When it was announced."),
        OWNERS,
        NOTES,
        SOURCE,
        SOURCE_DATE,
        CONFIDENCE,
        PRODUCT_GIVEN,
        STAGE_GIVEN,
        UNIT_GIVEN,
    ),
    ("project_id", "product", "stage"),
    ("Money of a project stands on one of its rows only: sum over rows, never copy.",),
)

FACILITIES = Table(
    "facilities",
    "Plants",
    "操業中の施設",
    "One product of one plant, or an aggregate of plants.",
    (
        Column("facility_id", "id", "Plant.", required=True, example="lynas-lamp"),
        Column("name", "text", "Name.", required=True),
        Column("operator", "text", "Operator."),
        Column("country", "id", "Place; empty = aggregate over countries.", references="places.place"),
        LATITUDE,
        LONGITUDE,
        STAGE,
        PRODUCT,
        CAPACITY,
        CAPACITY_UNIT,
        Column("year", "year", "Year the capacity stands for.", minimum=1900, maximum=LAST_YEAR),
        Column("status", "id", "State.", terms=("operating", "ramping", "construction", "suspended"), required=True),
        Column("is_aggregate", "flag", "1 = sum over plants listed elsewhere: never add.", required=True),
        OWNERS,
        NOTES,
        SOURCE,
        CONFIDENCE,
        PRODUCT_GIVEN,
        STAGE_GIVEN,
        UNIT_GIVEN,
    ),
    ("facility_id",),
)

FINANCE_TERMS = Table(
    "finance_terms",
    "Deals",
    "支援・契約条件",
    "One instrument of public support or one offtake for a project.",
    (
        Column("deal_id", "id", "Deal.", required=True, example="mp-dow-equity"),
        Column("project_id", "id", "Project or plant.", required=True),
        Column("instrument", "id", "Kind.", terms=INSTRUMENTS, required=True),
        PARTY,
        Column("agency", "text", "Agency or company.", required=True),
        Column("amount_usd_m", "number", "Amount.", unit="million USD", minimum=0),
        Column("tenor_years", "number", "Term of the loan.", unit="years", minimum=0, maximum=60),
        Column("interest_rate", "text", "Rate as stated."),
        Column("price_floor_usd_per_kg", "number", "Floor price.", unit="USD per kg", minimum=0),
        Column("floor_product", "id", "Product of the floor or offtake.", references="products.product"),
        Column("quantity", "text", "Quantity as stated."),
        Column("share_of_capex", "number", "Amount over capital cost.", unit="share", minimum=0, maximum=2),
        Column("date", "date", "Date of the deal."),
        Column("conditions", "text", "Conditions.", required=True),
        SOURCE,
        CONFIDENCE,
        Column("product_as_given", "text", "Floor product in the source's words."),
    ),
    ("deal_id",),
)

PROGRAMMES = Table(
    "programmes",
    "Programmes",
    "支援制度",
    "A public purse that projects can draw on.",
    (
        Column("programme_id", "id", "Programme.", required=True, example="exim-scri"),
        PARTY,
        Column("agency", "text", "Agency.", required=True),
        Column("instruments", "list", "What it gives.", required=True, example="loan;guarantee"),
        Column("budget_usd_m", "number", "Budget.", unit="million USD", minimum=0),
        Column("period", "text", "Period as stated.", required=True),
        Column("eligibility", "text", "Who may draw.", required=True),
        SOURCE,
        CONFIDENCE,
        NOTES,
    ),
    ("programme_id",),
)

PROJECT_TABLES = (PROJECTS, FACILITIES, FINANCE_TERMS, PROGRAMMES)
