"""How texts and figures were read: terms of promises, suspensions of measures, cautions, and how far was searched.

These rows carry judgements about rows of other tables, each with its reason, so that a reader can overrule one.
"""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import CONFIDENCE, NAME, NAME_JA, SOURCE

FRAMEWORK_CLAUSES = Table(
    "framework_clauses",
    "Clauses of the framework",
    "枠組みの条項",
    "One thing that the US–Japan framework sets out to do. The labels are ours, not the text's.",
    (
        Column("clause", "id", "Clause.", required=True, example="F-05"),
        Column("agreement_id", "id", "Agreement.", references="agreements.agreement_id", required=True),
        NAME,
        NAME_JA,
        Column("meaning", "text", "What the two sides set out to do, in our words.", required=True),
        SOURCE,
        Column(
            "budgeted",
            "id",
            "Money named for it: elsewhere = under another paper or programme, see the next columns; none_found = no "
            "report of money was found.",
            terms=("elsewhere", "none_found"),
            required=True,
        ),
        Column("budget_ids", "list", "Promises that carry the money.", references="commitments.commitment_id"),
        Column("budget_note", "text", "What the money is."),
        Column("budget_note_ja", "text", "The same in Japanese."),
    ),
    ("clause",),
)

COMMITMENT_TIES = Table(
    "commitment_ties",
    "What commitments touch in the model",
    "約束がモデルで触れるもの",
    "Which quantity of the model a promise is tied to, and what is taken to happen if it is broken; or why none.",
    (
        Column("commitment_id", "id", "Commitment.", references="commitments.commitment_id", required=True),
        Column(
            "tie",
            "id",
            "restraint = broken, exports pass only in part; delivery = broken, so many tonnes do not come; capacity = "
            "kept, so much more is made; stock = kept, so many days are held; floor = kept, it is paid; unknown.",
            terms=("restraint", "delivery", "capacity", "stock", "floor", "unknown"),
            required=True,
        ),
        Column(
            "reason",
            "id",
            "Why nothing of the model stands for it.",
            terms=(
                "already_in_base",
                "no_amount",
                "no_rate",
                "no_tonnes_of_its_own",
                "not_in_model",
                "split_not_told",
                "target_not_act",
                "terms_not_agreed",
                "test_only",
            ),
        ),
        Column("families", "list", "Families of the network.", references="families.family"),
        Column("place", "id", "Where it is made or shipped from.", references="places.place"),
        Column("takers", "list", "Who takes it, or holds the stock; ALL = everyone."),
        Column("products", "list", "Products, in the words of scenarios.", example="ndpr_oxide;tungsten:mine"),
        Column("size", "number", "Central size.", unit="{size_unit}", minimum=0),
        Column("size_low", "number", "Low end of the size.", unit="{size_unit}", minimum=0),
        Column("size_high", "number", "High end of the size.", unit="{size_unit}", minimum=0),
        Column("size_unit", "id", "share = what still passes when broken.", terms=("share", "t/y", "days")),
        Column("deal_id", "id", "Price floor.", references="floor_deals.deal_id"),
        Column("event", "id", "Scenario whose cuts hold through the run; empty = none.", example="cn-stop-12"),
        Column("start", "date", "First month of the run.", example="2027-01"),
        Column("months", "integer", "Length of the run.", unit="months", minimum=1),
        Column("base_year", "year", "Base year; empty = that of the start.", minimum=2022, maximum=2100),
        CONFIDENCE,
        SOURCE,
        Column("basis", "text", "How the promise was read."),
    ),
    ("commitment_id",),
)

COMMITMENT_READOUTS = Table(
    "commitment_readouts",
    "Accounts of commitments that differ",
    "食い違う約束の説明",
    "What each side says was promised, where the sides do not say the same. None of them is taken for the right one.",
    (
        Column("commitment_id", "id", "Commitment.", references="commitments.commitment_id", required=True),
        Column("side", "id", "Whose account.", references="places.place", required=True, example="CHN"),
        Column("said_date", "date", "When it was said; empty = a silence, or not known."),
        Column(
            "account_kind",
            "id",
            "states = says that it holds; narrows = says that less was promised; denies = says that it does not hold; "
            "silent = its own account does not mention it.",
            terms=("states", "narrows", "denies", "silent"),
            required=True,
        ),
        Column("account", "text", "The account, in our words.", required=True),
        Column("account_ja", "text", "The same in Japanese.", required=True),
        SOURCE,
        CONFIDENCE,
    ),
    ("commitment_id", "side"),
)

COMMITMENT_READINGS = Table(
    "commitment_readings",
    "Reading of commitments",
    "約束の読み方",
    "How a promise binds and when it falls due, read from the text: the due date is computed from this row.",
    (
        Column("commitment_id", "id", "Commitment.", references="commitments.commitment_id", required=True),
        Column(
            "legal_force",
            "id",
            "political = no legal duty; agreement = duty between states; contract = duty under a contract or loan; "
            "domestic_law = duty under one party's own law; not_in_force = binding words that have not entered into "
            "force or have lapsed.",
            terms=("political", "agreement", "contract", "domestic_law", "not_in_force"),
            required=True,
        ),
        Column("clause", "id", "Clause of the framework.", references="framework_clauses.clause"),
        Column(
            "clause_relation",
            "id",
            "text = the promise is that clause; follow_up = another text that carries the clause further.",
            terms=("text", "follow_up"),
        ),
        Column(
            "due_kind",
            "id",
            "by = a thing to be done by the date; until = a state to be kept up to it; empty = no date.",
            terms=("by", "until"),
        ),
        Column("counted_from_date", "date", "Where the term starts, or the date itself; empty = no date."),
        Column("term", "integer", "Length of the term; 0 = the end of the date, month or year given.", minimum=0),
        Column(
            "term_unit",
            "id",
            "Unit of the term.",
            terms=("days", "business_days", "months", "years", "to_period_end"),
        ),
        Column("other_counted_from_date", "date", "The start by the civil date of another place."),
        Column("other_place", "id", "That place.", references="places.place"),
        Column("done_date", "date", "Day on which it was met, where known."),
        Column("reason", "text", "Why it is read so."),
    ),
    ("commitment_id",),
)

MEASURE_SUSPENSIONS = Table(
    "measure_suspensions",
    "Suspensions of measures",
    "措置の停止",
    "A stretch of time in which a measure does not apply. It applies again afterwards unless something else happens.",
    (
        Column("measure_id", "id", "Measure.", references="measures.measure_id", required=True),
        Column("from_date", "date", "First day.", required=True, example="2025-11-07"),
        Column("until_date", "date", "Last day.", required=True, example="2026-11-10"),
        Column("instrument", "text", "Legal text that suspends.", required=True),
        SOURCE,
        CONFIDENCE,
    ),
    ("measure_id", "from_date"),
)

EVIDENCE_HORIZONS = Table(
    "evidence_horizons",
    "How far evidence was searched",
    "証拠の探索期限",
    "The day until which public reports could be read when a table was compiled: silence after it says nothing.",
    (
        Column("table_name", "id", "Table.", required=True, example="commitments"),
        Column("searched_until_date", "date", "Last day searched.", required=True, example="2026-07-01"),
        Column("reason", "text", "Why there.", required=True),
        SOURCE,
    ),
    ("table_name",),
)

CAUTIONS = Table(
    "cautions",
    "What a figure does not tell",
    "数値が語らないこと",
    "A sentence to be read with every figure it covers.",
    (
        Column("caution_id", "id", "Caution.", required=True, example="quota-only"),
        Column(
            "product",
            "list",
            "Products covered; empty = said where the figures themselves call for it.",
            references="products.product",
        ),
        Column("stage", "id", "Stage covered; empty = any.", references="stages.stage"),
        Column("text", "text", "English sentence; {percent} stands for a number.", required=True),
        Column("text_ja", "text", "Japanese sentence.", required=True),
        SOURCE,
    ),
    ("caution_id",),
)

SENTENCES = Table(
    "sentences",
    "Sentences built from fields",
    "項目から作る文",
    "A sentence that an answer builds from the fields of a row, in both languages; {name} stands for a field.",
    (
        Column("sentence_id", "id", "Sentence.", required=True, example="measures.ends"),
        Column("text", "text", "English.", required=True),
        Column("text_ja", "text", "Japanese.", required=True),
    ),
    ("sentence_id",),
)

STAGE_BASKETS = Table(
    "stage_baskets",
    "Baskets that stand for a stage",
    "工程に対応する統計品目",
    "Which demand rows and customs rows speak of a product's stage, where they carry another name or scope.",
    (
        Column("product", "id", "Product.", references="products.product", required=True),
        Column("stage", "id", "Stage.", references="stages.stage", required=True),
        Column("need_product", "id", "Product of the demand rows; empty = none.", references="products.product"),
        Column(
            "trade_product",
            "list",
            "Products of the trade rows, the narrower first: the first that speaks of a party is used; empty = none.",
            references="products.product",
        ),
        Column(
            "scope",
            "id",
            "same = the same goods; wider = the basket holds other goods too, so that amounts are not comparable.",
            terms=("same", "wider"),
            required=True,
        ),
        Column(
            "mass_basis",
            "id",
            "What the basket's rows weigh, and own output is brought to; empty = own output cannot be set against it.",
            references="mass_bases.mass_basis",
        ),
        Column(
            "own_factor",
            "number",
            "Tonnes on that basis per tonne of own output; empty = by the yields of the recipes between the two bases.",
            unit="t/t",
            minimum=0,
        ),
        Column("reason", "text", "Why this basket.", required=True),
    ),
    ("product", "stage"),
)

TERMS_HS = Table(
    "terms_hs",
    "Customs codes in trade data",
    "貿易統計のHSコード対応表",
    "A customs code of a nomenclature, and the one product that its trade is read as: a basket keeps its own name.",
    (
        Column("nomenclature", "id", "Edition of the Harmonized System.", required=True, example="HS92"),
        Column("hs_code", "text", "Code of four or six digits.", required=True, example="284690"),
        Column("product", "id", "Our product.", references="products.product", required=True, example="re_compounds"),
        Column(
            "mass_basis",
            "id",
            "What its tonnes weigh.",
            references="mass_bases.mass_basis",
            required=True,
            example="gross",
        ),
        Column("reviewed", "text", "Why this is the right reading.", required=True),
    ),
    ("nomenclature", "hs_code"),
    ("A code that holds several of our products and is no basket of the tables has no row: its trade is not read.",),
)

READING_TABLES = (
    COMMITMENT_TIES,
    FRAMEWORK_CLAUSES,
    COMMITMENT_READINGS,
    COMMITMENT_READOUTS,
    MEASURE_SUSPENSIONS,
    EVIDENCE_HORIZONS,
    CAUTIONS,
    SENTENCES,
    STAGE_BASKETS,
    TERMS_HS,
)
