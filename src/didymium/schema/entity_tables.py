"""Tables of firms and agencies: names, owners, the lists that name them, and the shares that matter."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import BASIS, CONFIDENCE, NAME, NAME_JA, SOURCE

ENTITY = Column(
    "entity_id", "id", "Entity.", references="entities.entity_id", required=True, example="mitsubishi-materials"
)
MEASURE = Column("measure_id", "id", "Measure.", references="measures.measure_id", required=True)

ENTITIES = Table(
    "entities",
    "Entities",
    "企業・機関",
    "A firm or agency that owns, runs, funds or buys from projects, or that a measure names.",
    (
        Column("entity_id", "id", "Entity.", required=True, example="mitsubishi-materials"),
        NAME,
        Column("name_ja", "text", "Japanese name; empty = not known."),
        Column("country", "id", "Where it is seated; empty = not known.", references="places.place"),
        Column(
            "kind",
            "id",
            "Kind.",
            terms=("company", "state_company", "agency", "joint_venture"),
            required=True,
        ),
        SOURCE,
        CONFIDENCE,
    ),
    ("entity_id",),
)

ENTITY_NAMES = Table(
    "entity_names",
    "Names of entities",
    "企業・機関の別名",
    "A name under which texts speak of an entity; upper and lower case count, longer names go first.",
    (
        Column("name", "text", "Name as written.", required=True, example="USAR"),
        ENTITY,
        Column("language", "id", "Language.", terms=("en", "ja"), required=True),
    ),
    ("name",),
)

ENTITY_LINKS = Table(
    "entity_links",
    "Links of entities",
    "企業・機関の関係",
    "Who owns, belongs to or works with whom, beyond what the operator of a project says.",
    (
        Column("link_id", "id", "Link.", required=True),
        ENTITY,
        Column(
            "kind",
            "id",
            "owner = owns a share of the project or entity; parent = belongs to that entity; offtaker = buys a share "
            "of the output; partner = works with it.",
            terms=("owner", "parent", "offtaker", "partner"),
            required=True,
        ),
        Column("of_entity_id", "id", "The other entity.", references="entities.entity_id"),
        Column("project_id", "id", "The project.", references="projects.project_id"),
        Column("agreement_id", "id", "The agreement.", references="agreements.agreement_id"),
        Column("share", "number", "Share owned or bought; empty = not known.", unit="share", minimum=0, maximum=1),
        SOURCE,
        CONFIDENCE,
        BASIS,
    ),
    ("link_id",),
)

ENTITY_LISTS = Table(
    "entity_lists",
    "Entity lists",
    "企業・機関リスト",
    "A measure that names firms, and how many it names; most of the names are in none of our sources.",
    (
        MEASURE,
        NAME,
        NAME_JA,
        Column("listed_date", "date", "Day of the list.", required=True),
        Column("entities", "integer", "How many it names.", minimum=1, required=True),
        Column("kind", "id", "ban, or watch = licences case by case.", terms=("ban", "watch"), required=True),
        SOURCE,
        CONFIDENCE,
        BASIS,
    ),
    ("measure_id",),
)

ENTITY_LISTINGS = Table(
    "entity_listings",
    "Listed entities",
    "リスト掲載企業・機関",
    "An entity of a list that a source names.",
    (
        MEASURE,
        ENTITY,
        Column(
            "listed_as",
            "id",
            "itself; unit = units of it are listed, not the whole.",
            terms=("itself", "unit"),
            required=True,
        ),
        Column("listed_date", "date", "Listed.", required=True),
        SOURCE,
        CONFIDENCE,
    ),
    ("measure_id", "entity_id"),
)

CONTROL_THRESHOLDS = Table(
    "control_thresholds",
    "Thresholds of control",
    "支配率の閾値",
    "A share of one third country that governments said should not be exceeded; read here on capacity.",
    (
        Column("threshold_id", "id", "Threshold.", required=True, example="g7-60"),
        NAME,
        NAME_JA,
        Column(
            "commitment_id",
            "id",
            "Promise it comes from; its parties count as own.",
            references="commitments.commitment_id",
            required=True,
        ),
        Column("share", "number", "Threshold.", unit="share", minimum=0, maximum=1, required=True),
        Column("families", "list", "Product families it is about; empty = all.", example="ree"),
        Column(
            "counts",
            "id",
            "Whose share counts: any country but the parties, or none of their partners either.",
            terms=("third_country", "non_partner"),
            required=True,
        ),
        Column("not_partners", "list", "Signed with a party, yet no partner.", references="places.place"),
        SOURCE,
        CONFIDENCE,
        BASIS,
    ),
    ("threshold_id",),
)

IMPORT_MEASURES = Table(
    "import_measures",
    "Measures on imports",
    "輸入側の措置",
    "A measure of `measures` that is laid on imports; all others are laid on exports.",
    (
        MEASURE,
        Column("duty_share", "number", "Duty on the value; empty = none set.", unit="share", minimum=0),
        SOURCE,
        CONFIDENCE,
        BASIS,
    ),
    ("measure_id",),
)

ENTITY_TABLES = (
    ENTITIES,
    ENTITY_NAMES,
    ENTITY_LINKS,
    ENTITY_LISTS,
    ENTITY_LISTINGS,
    CONTROL_THRESHOLDS,
    IMPORT_MEASURES,
)
