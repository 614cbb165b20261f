"""Tables of the families beside the magnet chain: what is followed, how it is made, traded and used."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import BASIS, CONFIDENCE, NAME, NAME_JA, SOURCE

_FAMILY = Column("family", "id", "Family.", references="families.family", required=True, example="minor_metals")
_CHAIN_PRODUCT = Column(
    "chain_product",
    "id",
    "Product of the chain.",
    references="chain_products.chain_product",
    required=True,
    example="gallium:refined",
)
_PLACE = Column("place", "id", "Place.", references="places.place", required=True, example="COD")

FAMILIES = Table(
    "families",
    "Families",
    "品目群",
    "A group of chains that are asked together, such as the metals of batteries.",
    (
        Column("family", "id", "Short name.", required=True, example="minor_metals"),
        NAME,
        NAME_JA,
        Column("meaning", "text", "What it holds, from mine to use.", required=True),
        SOURCE,
    ),
    ("family",),
)

CHAIN_PRODUCTS = Table(
    "chain_products",
    "Products of the chains",
    "チェーンの製品",
    "A product that a family follows: its stage, its unit, its price, the figures that speak of it.",
    (
        _FAMILY,
        Column("chain_product", "text", "Short name; product and stage.", required=True, example="gallium:refined"),
        NAME,
        NAME_JA,
        Column("stage", "id", "Stage.", references="stages.stage", required=True, example="refined"),
        Column(
            "unit",
            "text",
            "What is counted: tonnes (of the element, or as the basis says), MWh, thousand vehicles.",
            required=True,
            terms=("t", "MWh", "1000 vehicles"),
        ),
        Column(
            "scale",
            "number",
            "Size of the model's unit: 0.001 for what the world makes by the tonne, 1000 for millions of tonnes.",
            unit="{unit}",
            required=True,
            minimum=0,
        ),
        Column("may_be_left", "flag", "1 = any amount may be left over: a host, or its liquor.", required=True),
        Column("is_shipped", "flag", "1 = it crosses borders.", required=True),
        Column(
            "demand_product", "id", "Product of `demand` whose rows speak of its use.", references="products.product"
        ),
        Column("demand_factor", "number", "Units in one of the rows' unit; empty = 1.", unit="ratio", minimum=0),
        Column(
            "demand_spread",
            "number",
            "Least relative error of its demand figures, where they hold stock changes; empty = by confidence.",
            unit="share",
            minimum=0,
        ),
        Column(
            "price_product", "id", "Product of `prices`; empty = cost of its inputs.", references="products.product"
        ),
        Column("price_market", "text", "Market of the price row."),
        Column(
            "price_factor",
            "number",
            "Price of this product over that of the price product, mass for mass.",
            unit="ratio",
            minimum=0,
        ),
        Column("growth_product", "id", "Product of `demand_outlook` it grows with.", references="products.product"),
        Column("cover_days", "number", "Days of use that users and processors hold.", unit="days", minimum=0),
        Column("qualification_months", "number", "Months until a new source is accepted.", unit="months", minimum=0),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("family", "chain_product"),
    notes=("Without a growth product the use stays at its level of the base year.",),
)

CHAIN_STEPS = Table(
    "chain_steps",
    "Steps of the chains",
    "チェーンの工程",
    "One flow of a process: what goes in or comes out for one unit of its first output, and where that is known from.",
    (
        _FAMILY,
        Column("process_id", "text", "Process.", required=True, example="gallium_primary"),
        Column("stage", "id", "Stage of the process.", references="stages.stage", required=True),
        Column(
            "flow_role",
            "text",
            "Whether it goes in or comes out; `limit` goes in only where a host of the place makes it.",
            terms=("input", "output", "limit"),
            required=True,
        ),
        _CHAIN_PRODUCT,
        Column("position", "integer", "Order of the flows; the first output is the one counted.", required=True),
        Column(
            "quantity", "number", "Amount for one unit of the first output, in their units.", unit="ratio", minimum=0
        ),
        Column("recipe_id", "id", "Recipe the amount is read from instead.", references="recipes.process_id"),
        Column("recipe_role", "text", "Its flow.", terms=("input", "output", "parameter")),
        Column("recipe_product", "id", "Its product.", references="products.product"),
        Column("recipe_factor", "number", "Times this; empty = 1.", unit="ratio", minimum=0),
        Column("production_product", "id", "Product of the `production` rows.", references="products.product"),
        Column("production_stage", "id", "Stage of the `production` rows.", references="stages.stage"),
        Column("production_factor", "number", "Units in one of the rows' unit; empty = 1.", unit="ratio", minimum=0),
        Column(
            "share_of_output",
            "number",
            "Part of the world's output that this process makes, where lists do not split it.",
            unit="share",
            minimum=0,
            maximum=1,
        ),
        Column("share_low", "number", "Low end.", unit="share", minimum=0, maximum=1),
        Column("share_high", "number", "High end.", unit="share", minimum=0, maximum=1),
        Column("demand_product", "id", "Product of the `demand` rows of this input.", references="products.product"),
        Column("demand_sectors", "list", "Sectors that make it up.", references="demand_sectors.sector"),
        Column("places", "list", "Places that run it; empty = those with figures.", references="places.place"),
        Column("without_family", "id", "Left out when this family is asked too.", references="families.family"),
        Column("with_family", "id", "There only when this family is asked too.", references="families.family"),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("family", "process_id", "flow_role", "chain_product"),
    notes=("Either `quantity` or the recipe is given.",),
)

PROJECT_PROCESSES = Table(
    "project_processes",
    "Processes of projects",
    "事業の工程",
    "The step that a project's new capacity runs, where its product does not say it: several steps make it, or none.",
    (
        Column("project_id", "id", "Project.", references="projects.project_id", required=True, example="thacker-pass"),
        Column("product", "id", "Its product.", references="products.product", required=True),
        Column("process_id", "id", "The step.", references="chain_steps.process_id", required=True),
        Column("factor", "number", "Output of the step for one of capacity; empty = 1.", unit="ratio", minimum=0),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("project_id", "product", "process_id"),
    notes=("A project may run several steps, as a mine with its refinery.",),
)

CHAIN_TRADE = Table(
    "chain_trade",
    "Trade of the chains",
    "チェーンの貿易品目",
    "A product of `trade` in which a chain product crosses borders, and how much of it a tonne holds.",
    (
        _FAMILY,
        _CHAIN_PRODUCT,
        Column("trade_product", "id", "Product of `trade`.", references="products.product", required=True),
        Column("content", "number", "In a gross tonne.", unit="t per t", required=True, minimum=0),
        Column("content_low", "number", "Low end.", unit="t per t", required=True, minimum=0),
        Column("content_high", "number", "High end.", unit="t per t", required=True, minimum=0),
        Column(
            "value_share",
            "number",
            "If given, a flow too cheap for `content` is read by its value: its content earns this share of the price.",
            unit="share",
            minimum=0,
            maximum=1,
        ),
        Column("exporters", "list", "Only from these places; empty = from all others.", references="places.place"),
        Column(
            "instead_of",
            "list",
            "Trade products whose row of a pair is not added when this one has a row.",
            references="products.product",
        ),
        Column("is_full", "flag", "1 = pairs without a row trade next to nothing of the product.", required=True),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("family", "chain_product", "trade_product"),
)

CHAIN_USES = Table(
    "chain_uses",
    "Uses of the chains",
    "チェーンの用途",
    "A use of a chain product: its share of the world's use and the row that tells what a unit short costs.",
    (
        _FAMILY,
        _CHAIN_PRODUCT,
        Column("sector", "text", "Short name.", required=True, example="gallium_magnets"),
        NAME,
        NAME_JA,
        Column("share_of_world", "number", "Share of use.", unit="share", required=True, minimum=0, maximum=1),
        Column("share_low", "number", "Low end.", unit="share", required=True, minimum=0, maximum=1),
        Column("share_high", "number", "High end.", unit="share", required=True, minimum=0, maximum=1),
        Column("demand_sectors", "list", "Sectors of `demand` that make it up.", references="demand_sectors.sector"),
        Column("value_product", "id", "Row of `value_at_stake`: product.", references="products.product"),
        Column("value_sector", "id", "Row of `value_at_stake`: sector.", references="demand_sectors.sector"),
        Column("value_country", "id", "Row of `value_at_stake`: country.", references="places.place"),
        Column("value_factor", "number", "Value of the product over that of the row.", unit="ratio", minimum=0),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("family", "chain_product", "sector"),
    notes=(
        "share_of_world sums to 1 over the uses of a product.",
        "Without a row of `value_at_stake` the value is a floor: `floor_value_prices` times the price.",
    ),
)

FAMILY_REGIONS = Table(
    "family_regions",
    "Regions of the families",
    "品目群の地域",
    "A place that stands alone in a family's network; all others fold into ROW_EU (European Union) or ROW.",
    (
        _FAMILY,
        _PLACE,
        Column("region", "text", "Its region.", required=True, example="COD"),
        Column("reason", "text", "Why it stands alone.", required=True),
    ),
    ("family", "place"),
)

FAMILY_TABLES: tuple[Table, ...] = (
    FAMILIES,
    CHAIN_PRODUCTS,
    CHAIN_STEPS,
    PROJECT_PROCESSES,
    CHAIN_TRADE,
    CHAIN_USES,
    FAMILY_REGIONS,
)
