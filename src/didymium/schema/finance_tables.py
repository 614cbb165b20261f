"""Tables of project finance: how a product is sold, what support is tried, and who may draw on which programme."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import BASIS, CONFIDENCE, NAME, NAME_JA, PRODUCT, SOURCE, STAGE

SOLD_PRODUCTS = Table(
    "sold_products",
    "Sold products",
    "販売製品の価格",
    "From which price a project's product earns, and what part of it is paid.",
    (
        PRODUCT,
        STAGE,
        Column(
            "capacity_unit",
            "id",
            "Unit of capacity that this speaks of.",
            references="units.unit",
            required=True,
            example="t/y",
        ),
        Column(
            "kind",
            "id",
            "price = a row of prices; basket = the oxides of the ore, each at its price; magnet_basket = the same, "
            "magnet oxides alone; chain = the customs unit value of a magnet, moved with the oxides in it.",
            terms=("price", "basket", "magnet_basket", "chain"),
            required=True,
        ),
        Column("price_product", "id", "Product of the price row.", references="products.product"),
        Column("market", "text", "Market of the price row.", example="China FOB"),
        Column(
            "price_share",
            "number",
            "Of the price, what is paid for a tonne of capacity: content times payable share.",
            unit="share",
            minimum=0,
            required=True,
        ),
        Column("price_share_low", "number", "Low end.", unit="share", minimum=0, required=True),
        Column("price_share_high", "number", "High end.", unit="share", minimum=0, required=True),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("product", "stage", "capacity_unit"),
)

SUPPORT_MENU = Table(
    "support_menu",
    "Menu of support",
    "支援手段のメニュー",
    "One instrument on one set of terms that is tried on a project; sizes are steps of a search, terms are read.",
    (
        Column("option_id", "id", "Option.", required=True, example="floor-120"),
        Column(
            "instrument",
            "id",
            "Kind; investment and production credits are tax_credit in the deals.",
            terms=(
                "grant",
                "investment_credit",
                "production_credit",
                "loan",
                "guarantee",
                "insurance",
                "equity",
                "price_floor",
                "two_way",
                "offtake",
                "permit",
            ),
            required=True,
        ),
        NAME,
        NAME_JA,
        Column("size", "number", "How much; see size_unit.", unit="{size_unit}", minimum=0, required=True),
        Column("size_unit", "text", "Unit of size.", required=True, example="share of capital cost"),
        Column("years", "integer", "Tenor, or years of output covered.", unit="years", minimum=0, maximum=60),
        Column("rate_spread", "number", "Rate over the Treasury's, real.", unit="share per year"),
        Column("fee", "number", "Fee or premium a year on what is covered.", unit="share per year", minimum=0),
        Column("upside_share", "number", "What the purse gets of the price above.", unit="share", minimum=0, maximum=1),
        Column("is_for_all", "flag", "1 = tried too when all projects are asked for at once.", required=True),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("option_id",),
)

PROGRAMME_SCOPES = Table(
    "programme_scopes",
    "Scope of programmes",
    "支援制度の対象",
    "Where a programme may pay for which kind of instrument, read from its eligibility.",
    (
        Column(
            "programme_id", "id", "Programme.", references="programmes.programme_id", required=True, example="us-45x"
        ),
        Column("instruments", "list", "Kinds of the menu that it can pay for.", required=True, example="grant;loan"),
        Column(
            "reach",
            "id",
            "home = projects in the party; abroad = projects elsewhere; both. A project elsewhere needs a tie to the "
            "party: see docs/method/finance.md.",
            terms=("home", "abroad", "both"),
            required=True,
        ),
        Column("places", "list", "Places of projects it is for; empty = as reach says.", references="places.place"),
        Column("stages", "list", "Stages it is for; empty = all.", references="stages.stage"),
        Column("products", "list", "Products it is for; empty = all.", references="products.product"),
        Column("is_open", "flag", "1 = money can still be asked for, by what the row says.", required=True),
        Column("basis", "text", "Words of the eligibility it was read from.", required=True),
        CONFIDENCE,
    ),
    ("programme_id",),
)

PROJECT_CAUTIONS = Table(
    "project_cautions",
    "Cautions on projects",
    "案件の注意点",
    "Why the money of a project cannot be set against the products that its rows list.",
    (
        Column("project_id", "id", "Project.", references="projects.project_id", required=True),
        Column(
            "kind",
            "id",
            "capex_covers_more = capital cost pays for products that have no row; sells_more = most of its sales are "
            "of products that have no row; runs_already = capital cost is a purchase price, a restart or old; "
            "feeds_on_scrap = it does not buy oxides at the market, and what its feed costs is not told.",
            terms=("capex_covers_more", "sells_more", "runs_already", "feeds_on_scrap"),
            required=True,
        ),
        Column("basis", "text", "What the row of the project says.", required=True),
        CONFIDENCE,
    ),
    ("project_id",),
)

FLOOR_DEALS = Table(
    "floor_deals",
    "Floors that were signed",
    "締結済みの最低価格契約",
    "How much product a signed price floor covers, and what goes back to the purse when prices are high.",
    (
        Column("deal_id", "id", "Deal.", references="finance_terms.deal_id", required=True),
        Column("quantity_t", "number", "Product covered a year.", unit="t per year", minimum=0, required=True),
        Column("quantity_t_low", "number", "Low end.", unit="t per year", minimum=0, required=True),
        Column("quantity_t_high", "number", "High end.", unit="t per year", minimum=0, required=True),
        Column("upside_share", "number", "What goes back of the price above.", unit="share", minimum=0, maximum=1),
        Column("upside_above_usd_per_kg", "number", "Price above which it goes back.", unit="USD per kg", minimum=0),
        Column("upside_cap_usd_m", "number", "Most that goes back a year.", unit="million USD", minimum=0),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("deal_id",),
)

DEAL_STATES = Table(
    "deal_states",
    "State of deals",
    "契約の段階",
    "How far a deal has come, read from what its row says: money that is only announced is not money.",
    (
        Column("deal_id", "id", "Deal.", references="finance_terms.deal_id", required=True),
        Column(
            "state",
            "id",
            "announced; letter_of_interest = no promise; conditional = promised if something happens; committed = a "
            "contract or an award; disbursed = paid in part or whole; delivered = what it was for has been delivered.",
            terms=("announced", "letter_of_interest", "conditional", "committed", "disbursed", "delivered"),
            required=True,
        ),
        CONFIDENCE,
        SOURCE,
        Column("basis", "text", "What it was read from.", required=True),
    ),
    ("deal_id",),
)

DEAL_PROGRAMMES = Table(
    "deal_programmes",
    "Programmes that deals draw on",
    "契約の財源となる制度",
    "From which programme the money of a deal comes, where its row says so or nearly so; deals without a row are open.",
    (
        Column("deal_id", "id", "Deal.", references="finance_terms.deal_id", required=True),
        Column("programme_id", "id", "Programme.", references="programmes.programme_id", required=True),
        CONFIDENCE,
        Column("basis", "text", "What it was read from.", required=True),
    ),
    ("deal_id",),
)

PROJECT_STUDIES = Table(
    "project_studies",
    "Values that studies state",
    "公表された事業価値",
    "Net present value and rate of return of a project as its owner states them, read from npv_or_irr of projects.",
    (
        Column("project_id", "id", "Project.", references="projects.project_id", required=True),
        Column("case_name", "text", "Case of the study, such as its prices.", required=True, example="base"),
        Column("npv_m", "number", "Net present value in its currency.", unit="million"),
        Column("currency", "text", "Currency; empty where sources disagree.", example="AUD"),
        Column(
            "usd_per_unit", "number", "Rate of exchange that programmes and projects are converted with.", minimum=0
        ),
        Column("npv_usd_m", "number", "Net present value.", unit="million USD"),
        Column(
            "discount_rate",
            "number",
            "Rate of discount; empty = not told.",
            unit="share per year",
            minimum=0,
            maximum=1,
        ),
        Column(
            "tax_basis",
            "id",
            "pre = before tax; post = after tax; unknown = not told, taken as after tax.",
            terms=("pre", "post", "unknown"),
            required=True,
        ),
        Column("irr_share", "number", "Rate of return.", unit="share per year"),
        Column("irr_of", "id", "Whose return: of the project or of its equity.", terms=("project", "equity")),
        Column(
            "scope",
            "id",
            "same = what the rows of the project list; more = further products, plants or phases.",
            terms=("same", "more"),
            required=True,
        ),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("project_id", "case_name"),
)

FINANCE_TABLES = (
    DEAL_PROGRAMMES,
    DEAL_STATES,
    FLOOR_DEALS,
    PROJECT_CAUTIONS,
    PROJECT_STUDIES,
    SOLD_PRODUCTS,
    SUPPORT_MENU,
    PROGRAMME_SCOPES,
)
