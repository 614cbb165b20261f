"""Hostile CSV files: shape, encoding, number, key, text and unit."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from tests.trust.hostile_case import Case, Must, put, seed, shipped, table_file, text

LINES = text([seed("production")])
HEAD, ROW, _ = LINES.split("\n")
OTHER = text([seed("production", country="AUS", series="own", quantity="7", preferred="0")]).split("\n")[1]
TRUTH = {"product": "nd_oxide", "country": "CHN", "quantity": float(seed("production")["quantity"])}


def _csv(
    family: str, name: str, content: str | bytes, *words: str, must: Must = "refused", row: str = "", **more: str
) -> Case:
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    return Case(family, name, put("production.csv", data), must, words, row, held=TRUTH, **more)


def with_product(cell: str) -> str:
    """The file with this in the place of its first cell."""
    return LINES.replace("nd_oxide", cell, 1)


def shape() -> Iterator[Case]:
    """Rows that are no rows, headers that are no headers."""

    def bad(name: str, content: str, *words: str, row: str = "row 2", **more: str) -> Case:
        return _csv("shape", name, content, *words, row=row, **more)

    yield bad("a cell too many", f"{HEAD}\n{ROW},x\n", "17 cells")
    yield bad("two cells too many in the first row", f"{HEAD}\n{ROW},x,y\n{OTHER}\n", "18 cells")
    yield bad("two cells too many in front", f"{HEAD}\nx,y,{ROW}\n", "18 cells")
    yield bad("a comma at the end of every row", f"{HEAD}\n{ROW},\n{OTHER},\n", "17 cells")
    yield bad("a cell too few", f"{HEAD}\n{ROW.rpartition(',')[0]}\n", "15 cells")
    yield bad("half a row at the end", f"{HEAD}\n{ROW}\n{OTHER[:40]}", row="row 3")
    yield bad("one word as a row", f"{HEAD}\n{ROW}\nTotal\n", "1 cells", row="row 3")
    yield bad("commas alone", f"{HEAD}\n{ROW}\n{',' * 15}\n", row="row 3")
    yield bad("a thousand commas", f"{HEAD}\n{ROW}\n{',' * 1000}\n", row="row 3")
    yield bad("an empty line between", f"{HEAD}\n{ROW}\n\n{OTHER}\n", "empty", row="row 3")
    yield bad("an empty line at the end", f"{HEAD}\n{ROW}\n\n", "empty", row="row 3")
    yield bad("a line of spaces", f"{HEAD}\n{ROW}\n   \n", row="row 3")
    yield bad("a sum below", f"{HEAD}\n{ROW}\nTotal,,,,,63800,,,,,,,,,,\n", row="row 3")
    yield bad("the header again", f"{HEAD}\n{ROW}\n{HEAD}\n", row="row 3")
    yield bad("two headers", f"{HEAD}\n{HEAD}\n{ROW}\n", row="row 2")
    yield bad("a remark in the first line", f"# my data\n{HEAD}\n{ROW}\n", row="row 1")
    yield bad("a title in the first line", f"Production 2024\n\n{HEAD}\n{ROW}\n", row="row 1")
    yield bad("an empty first line", f"\n{HEAD}\n{ROW}\n", row="row 1")
    yield bad("sep=, in the first line", f"sep=,\n{HEAD}\n{ROW}\n", row="row 1")
    yield bad("a remark in the last line", f"{HEAD}\n{ROW}\n# end\n", row="row 3")
    yield bad("no header", f"{ROW}\n{OTHER}\n", row="row 1")
    for name, mark in (("semicolons", ";"), ("tabs", "\t"), ("bars", "|"), ("colons", ":"), ("spaces", " ")):
        yield bad(f"{name} for commas", f"{HEAD}\n{ROW}\n".replace(",", mark), row="row 1")
    yield bad("a column is missing", f"{HEAD}\n{ROW}\n".replace("confidence", "sureness"), "missing", row="row 1")
    yield bad("a column too many", f"{HEAD},more\n{ROW},x\n", "'more' is not known", row="row 1")
    yield bad("a nameless column", f"{HEAD},\n{ROW},\n", row="row 1")
    yield bad("a column twice", f"{HEAD.replace('rule_id', 'basis')}\n{ROW}\n", "twice", row="row 1")
    yield bad("a header in capitals", f"{HEAD.upper()}\n{ROW}\n", row="row 1")
    yield bad("spaces in the header", f"{HEAD.replace(',', ', ')}\n{ROW}\n", row="row 1")
    yield bad("an unseen sign in the header", HEAD.replace("year", "ye\u200bar") + f"\n{ROW}\n", row="row 1")
    yield bad("a look-alike in the header", f"{HEAD.replace('year', 'yеar')}\n{ROW}\n", row="row 1")
    yield bad("spaces after commas", f"{HEAD}\n{ROW.replace(',', ', ')}\n")
    yield bad("a quote that never ends", f'{HEAD}\n{ROW}\n"{OTHER}\n', row="row 3")
    yield bad("a quote that ends late", f'{HEAD}\n"{ROW}\n{OTHER}"\n')
    yield bad("words behind a quote", with_product('"nd"_oxide'))
    yield bad("quotes with a backslash", with_product('"nd\\"oxide"'))
    yield bad("apostrophes for quotes", with_product("'nd_oxide'"), column="product")
    yield bad("a line break in a word", with_product('"nd_\noxide"'), column="product")
    yield bad("CR alone", f"{HEAD}\n{ROW}\n".replace("\n", "\r"), row="row 1")
    yield bad("CR within a row", f"{HEAD}\n" + ROW.replace(",", ",\r", 1) + "\n", row="row 2")
    yield bad("LF CR", f"{HEAD}\n\r{ROW}\n\r", row="row 2")
    yield bad("NUL", f"{HEAD}\n" + ROW.replace("CHN", "C\x00HN") + "\n", "NUL")
    yield bad("NUL at the end", f"{HEAD}\n{ROW}\n\x00\x00\x00", "NUL", row="row 3")
    yield bad("a form feed between", f"{HEAD}\n\x0c{ROW}\n", column="product")
    yield bad("Ctrl-Z at the end", f"{HEAD}\n{ROW}\n\x1a", row="row 3")
    yield bad("a page of HTML", f"<html><body><table><tr><td>{ROW}</td></tr></table></body></html>", row="row 1")
    yield bad("a table in Markdown", f"| {HEAD.replace(',', ' | ')} |\n|---|\n", row="row 1")
    yield bad("JSON", '[{"product": "nd_oxide"}]', row="row 1")
    yield bad("XML", '<?xml version="1.0"?><rows/>', row="row 1")
    yield bad("SQL", "INSERT INTO production VALUES (1);", row="row 1")
    yield bad("another table", text([seed("sources")]), row="row 1")
    yield bad(
        "columns turned into rows",
        "".join(f"{a},{b}\n" for a, b in zip(HEAD.split(","), ROW.split(","), strict=False)),
        row="row 1",
    )
    yield _csv("shape", "a header alone", f"{HEAD}\n", must="either")
    yield _csv("shape", "no end of line at the end", f"{HEAD}\n{ROW}", must="taken")
    yield _csv("shape", "CR LF", f"{HEAD}\r\n{ROW}\r\n", must="taken")
    names, cells = HEAD.split(","), next(iter(__import__("csv").reader([ROW])))
    turned = text([dict(zip(reversed(names), reversed(cells), strict=True))])
    yield _csv("shape", "columns in another order", turned, must="taken")
    quoted = "\n".join(",".join(f'"{cell}"' for cell in part) for part in (names, cells)) + "\n"
    yield _csv("shape", "every cell in quotes", quoted, must="taken")


def encoding() -> Iterator[Case]:
    """Bytes that are not UTF-8, or no longer what was written."""
    words = "南鳥島のレアアース泥"
    told = text([seed("projects", notes=words)])
    held = {"project_id": "mp-10x", "notes": words}

    def bad(name: str, data: bytes, *said: str, must: Must = "refused", row: str = "") -> Case:
        return Case("encoding", name, put("projects.csv", data), must, said, row, held=held, table="projects")

    for code in ("cp932", "euc_jp", "gb18030", "shift_jisx0213"):
        yield bad(code, told.encode(code), "Save the file as UTF-8", row="row 2")
    yield bad("big5", text([seed("projects", notes="稀土元素")]).encode("big5"), "not UTF-8", row="row 2")
    yield bad("euc_kr", text([seed("projects", notes="희토류")]).encode("euc_kr"), "not UTF-8", row="row 2")
    yield bad("koi8-r", text([seed("projects", notes="Неодим")]).encode("koi8-r"), "not UTF-8", row="row 2")
    for code in ("cp1252", "latin-1", "mac-roman", "cp437"):
        yield bad(code, text([seed("projects", notes="Société")]).encode(code), "not UTF-8", row="row 2")
    for code in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
        yield bad(code, told.encode(code), "Save the file as UTF-8", row="row 1")
    yield bad("iso2022_jp", told.encode("iso2022_jp"), row="row 2")
    yield bad("hz", text([seed("projects", notes="\x1b$B稀土")]).encode("utf-8"), row="row 2")
    yield bad("EBCDIC", LINES.encode("cp037"))
    raw = told.encode("utf-8")
    yield bad("cut in a sign", raw[: raw.index("泥".encode()) + 1], row="row 2")
    yield bad("a byte lost", raw.replace("島".encode(), "島".encode()[:2]), row="row 2")
    yield bad("a byte more", raw.replace("島".encode(), "島".encode() + b"\xb3"), row="row 2")
    yield bad("an overlong slash", raw.replace(words.encode(), b"a\xc0\xafb"), row="row 2")
    yield bad("half a pair", raw.replace(words.encode(), b"a\xed\xa0\x80b"), row="row 2")
    yield bad("a pair as two", raw.replace(words.encode(), b"\xed\xa0\xbd\xed\xb8\x80"), row="row 2")
    yield bad("beyond the last sign", raw.replace(words.encode(), b"\xf4\x90\x80\x80"), row="row 2")
    yield bad("FF", raw.replace(words.encode(), b"\xff"), row="row 2")
    yield bad("one row in Shift-JIS", raw + told.split("\n")[1].encode("cp932"), row="row 3")
    yield bad("signs that were lost", text([seed("projects", notes="Soci\ufffdt\ufffd")]).encode(), "lost", row="row 2")
    yield bad(
        "UTF-8 read as Windows-1252",
        text([seed("projects", notes=words.encode().decode("latin-1"))]).encode(),
        row="row 2",
    )
    yield bad("a mark in the middle", text([seed("projects", notes="a\ufeffb")]).encode(), row="row 2")
    yield bad("two marks", b"\xef\xbb\xbf" * 2 + raw, row="row 1")
    yield bad("packed", gzip.compress(raw, mtime=0))
    yield bad("random bytes", bytes(range(256)) * 4)
    yield bad("with a mark", b"\xef\xbb\xbf" + raw, must="taken")
    yield bad("plain UTF-8", raw, must="taken")


AMOUNTS = (
    *(
        "5,5oo",
        "63,800",
        "63.800,5",
        "63 800",
        "63\xa0800",
        "63\u202f800",
        "63'800",
        "63_800",
        "6,38,00",
        "12%",
        "12 %",
    ),
    *("W", "w", "NA", "N/A", "n.a.", "-", "--", "—", "–", "..", "...", "…", "x", "XX", "nil", "none", "null", "None"),
    *(
        "unknown",
        "withheld",
        "#N/A",
        "#REF!",
        "NaN",
        "nan",
        "+nan",
        "inf",
        "-inf",
        "Infinity",
        "1e309",
        "-1e309",
        "1e-400",
    ),
    *(
        "1e99999",
        "9" * 400,
        "1e300",
        "1e16",
        "0x1F",
        "0b11",
        "0o17",
        "1e",
        "e5",
        "1e5.5",
        "1.2.3",
        "5.",
        ".5",
        "+5",
        "--5",
    ),
    *(
        "5-",
        "(5)",
        "05",
        "007",
        "5 t",
        "5t",
        "$5",
        "¥5",
        "5k",
        "5 million",
        "1.5e3t",
        "5–7",
        "5-7",
        "5/7",
        "<5",
        ">5",
        "~5",
    ),
    *(
        "≈5",
        "±5",
        "5±1",
        "5*",
        "5e",
        "r5",
        "5(e)",
        "½",
        "5½",
        "５",
        "６３８００",
        "６３，８００",
        "١٢",
        "१२",
        "〇",
        "五",
        "五千",
    ),
    *(
        "IV",
        "O5",
        "l0",
        "−5",
        "﹣5",
        "-5",
        "-0.1",
        "TRUE",
        "FALSE",
        "true",
        "yes",
        "=1+1",
        "'5",
        "'-5",
        '"5"',
        "five",
        "?",
    ),
    *(
        "5\u200b",
        "\u20605",
        "5\u202e",
        "5\u0301",
        "\ufeff5",
        "5\t",
        "\t5",
        "5 ",
        " 5",
        "5\n",
        "",
        " ",
        "[5]",
        "{5}",
        "5,",
        ",5",
        "5;6",
    ),
)
YEARS = (
    *(
        "24",
        "1750",
        "2024.0",
        "2024.5",
        "'24",
        "FY2024",
        "2024/25",
        "2024-25",
        "H1 2024",
        "令和6年",
        "R6",
        "２０２４",
        "02024",
    ),
    *("20240", "-2024", "0", "9999", "2024 ", "2024-01-01", "45383", "MMXXIV", "2024年", "1e3", "2.024e3", "2024?", ""),
)
DATES = (
    *("2025-02-30", "2023-02-29", "1900-02-29", "2025-13-01", "2025-00-10", "2025-01-00", "10/07/2025", "07.10.2025"),
    *("7 Oct 2025", "Oct-25", "25-10-07", "2025/10/07", "20251007", "2025-1-7", "2025-10-7", "2025-10-07T00:00:00"),
    *(
        "2025-10-07Z",
        "45937",
        "令和7年10月7日",
        "2025年10月7日",
        "２０２５-10-07",
        "0000-00-00",
        "12025-10-07",
        "2025-W41",
    ),
    *("2025-280", "tomorrow", "Q3 2025", "2025-10-07 ", "NaT", "-2025-10-07", "2025-10-07/2025-10-09"),
)
NUMBERS_TAKEN = (("6.38e4", 63800.0), ("1E+02", 100.0), ("0", 0.0), ("-0", 0.0), ("0.5", 0.5), ("1e-5", 1e-5))


def number(amounts: tuple[str, ...] = AMOUNTS) -> Iterator[Case]:
    """What is no number, no year, no date, no share, or not the one that was meant."""

    def cell(table: str, column: str, value: str, *words: str) -> Case:
        made = table_file(table, [seed(table, **{column: value})])
        return Case(
            "number",
            f"{column} {value[:20]!a}",
            make=made,
            words=words,
            row="row 2",
            column=column,
            value=value,
            table=table,
        )

    for value in amounts:
        yield cell("production", "quantity", value)
    for value in YEARS:
        yield cell("production", "year", value)
    for value in DATES:
        yield cell("projects", "support_date", value)
    for column, values in (
        ("lat", ("133.1", "-91", "35N", "35°", "35°40'12\"", "1e2")),
        ("capacity", ("-7000", "10k", "7,000", "1e400")),
        ("capex_usd_m", ("$700", "700m", "JPY 700", "-1", "€5")),
    ):
        for value in values:
            yield cell("projects", column, value)
    for value in ("yes", "no", "TRUE", "True", "1.0", "2", "-1", "x", "Y", "１", ""):
        yield cell("production", "is_total", value)
    for value in ("1.2", "95%", "95", "-0.1", "0,95"):
        yield cell("recipes", "yield_share", value)
    for value, meant in NUMBERS_TAKEN:
        rows = [seed("production", quantity=value, series="own", preferred="0")]
        yield Case("number", f"quantity {value}", table_file("production", rows), "taken", held={"quantity": meant})


def key() -> Iterator[Case]:
    """Rows that are one and look like two, words that are two and look like one, words that do not exist."""
    row = seed("production", series="own", preferred="0")

    def two(
        name: str, *changes: dict[str, str], row_of: str = "row 3", column: str = "", words: tuple[str, ...] = ()
    ) -> Case:
        rows = [{**row, **change} for change in changes]
        return Case("key", name, table_file("production", rows), words=words, row=row_of, column=column)

    yield two("the same row twice", {}, {}, words=("already stands",))
    yield two("one key, two figures", {}, {"quantity": "1"}, words=("already stands",))
    yield two("one key, far apart", {}, {"country": "AUS"}, {}, row_of="row 4", words=("already stands",))
    for name, series in (
        ("case", "Own"), ("capitals", "OWN"), ("width", "ｏｗｎ"), ("a space", "o wn"), ("a joiner", "o\u200dwn"),
        ("an unseen space", "own\u200b"), ("a space at the end", "own "), ("a hard space", "o\xa0wn"), ("a soft hyphen", "o\xadwn"),
    ):  # fmt: skip
        yield two(f"keys that differ by {name}", {}, {"series": series, "quantity": "1"})
    yield two("composed and not", {"series": "é"}, {"series": "e\u0301", "quantity": "1"})
    yield two("a ligature", {"series": "fi"}, {"series": "ﬁ", "quantity": "1"})
    yield two("two preferred claims", {"preferred": "1"}, {"series": "b", "preferred": "1"}, words=("preferred",))
    single = (
        ("product", ("nd_oxid", "ND_OXIDE", "nd oxide", "Nd2O3", "neodymium", "酸化ネオジム", "nd_oxide;pr_oxide", "", "*", "null", "5", "nd_oхide")),
        ("country", ("CNH", "CN", "156", "China", "PRC", "中国", "chn", "CHN ", "C\u200bHN", "СHN", "CHN;AUS", "NA", "NULL", "EU", "")),
        ("stage", ("seperated", "Separated", "mine", "cell", "", "separated/refined")),
        ("source_id", ("usgs", "", "USGS-MCS2026", "usgs-mcs2026;bgs", "http://usgs.gov")),
        ("confidence", ("sure", "High", "", "1", "high?")),
        ("value_status", ("guessed", "Reported", "", "reported;estimated")),
        ("rule_id", ("no-such-rule", "=1", "*")),
    )  # fmt: skip
    for column, values in single:
        for value in values:
            made = table_file("production", [{**row, column: value}])
            yield Case("key", f"{column} {value!a}", make=made, row="row 2", column=column, value=value)
    rest = table_file("production", [{**row, "country": "ROW"}])
    yield Case("key", "the rest of the world", rest, "taken", held={"country": "ROW"})  # a place that series name
    for value in (
        "80510",
        "2E5",
        "2.8469E+05",
        "284,690",
        "28469O",
        "284690.0",
        "０８０５１０",
        "28 46 90",
        "2846.90.x",
    ):
        made = table_file("trade", [seed("trade", hs_code=value, series="own", preferred="0")])
        yield Case("key", f"hs_code {value!a}", make=made, row="row 2", column="hs_code", value=value, table="trade")
    own = seed("trade", hs_code="080510", series="own", preferred="0")
    yield Case(
        "key", "a zero in front", table_file("trade", [own]), "either", held={"hs_code": "080510"}, table="trade"
    )
    for value in ("mp", "", "MP-10X ", "mp-10x\u200b", "mp 10x", "mp|10x", "../mp", "mp\n10x"):
        made = table_file("projects", [seed("projects", project_id=value)])
        yield Case("key", f"project_id {value!a}", make=made, must="either" if value in ("mp", "mp 10x") else "refused",
                   row="row 2", column="project_id", value=value, held={"project_id": value}, table="projects")  # fmt: skip


TEXTS_REFUSED = (
    *(
        "a\x07b",
        "a\x1b[31mb",
        "\x1b]0;owned\x07",
        "a\x08b",
        "a\x7fb",
        "a\x9bb",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "a\u200fb",
    ),
    *(
        "a\ufeffb",
        "a\u2028b",
        "a\u2029b",
        "a\ufffeb",
        "a\uffffb",
        "a\ue000b",
        "a\U000e0041b",
        "a\u00adb",
        "a\u180eb",
        "a\tb",
    ),
    *("a\r\nb", "a  b", " a", "a ", "\u3000a", "a\u3000", "a\xa0", "\ufffd", "a\U0010ffffb", "a\x00b"),
)
TEXTS_TAKEN = (
    *("=cmd|' /C calc'!A0", "=1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://x.example","y")', "＝1+1", "＠x", "'=1"),
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "{% raw %}", "${jndi:ldap://x.example}", "%s%n%x"),
    *("'; DROP TABLE production; --", "../../etc/passwd", "#read(\"/etc/passwd\")", "[x](javascript:alert(1))", "a,b", 'a "b" c'),
    *("南鳥島のレアアース泥", "Société", "Straße", "Ñ", "Ωmega", "𠮷野家", "🧲", "e\u0301", "NA", "null", "TRUE", "1e5", "007", "x" * 5000),
)  # fmt: skip
URLS = (
    *(
        "javascript:alert(1)",
        "file://localhost/etc/passwd",
        "data:text/html,x",
        "http://",
        "https://exa mple.org",
        "doi 10.5066",
        "//x.org/a",
    ),
    *(
        "ftp://x.example/a",
        "https://",
        "x.example",
        "https://x",
        "https://a.example/\u202ecod",
        "http:/x.example",
        " https://x.example",
    ),
)


def words() -> Iterator[Case]:
    """Texts that programs run, hide or lose."""
    for value in TEXTS_REFUSED:
        made = table_file("production", [seed("production", basis=value)])
        yield Case(
            "text", f"basis {value!a}", make=made, row="row 2", column="" if "\x00" in value else "basis", value=value
        )
    lines = [seed("production", basis="a\nb")]  # how a figure came about may take several lines
    yield Case("text", "basis of two lines", table_file("production", lines), "taken", held={"basis": "a\nb"})
    made = table_file("production", [seed("production", series="a\nb", preferred="0")])
    yield Case("text", "series of two lines", make=made, row="row 2", column="series", value="a\nb")
    for value in TEXTS_TAKEN:
        given = f"'{value}" if value.lstrip("'")[:1] in tuple("=+-@＝＠") else value
        rows = [seed("projects", notes=given)]
        yield Case(
            "text",
            f"notes {value[:30]!a}",
            table_file("projects", rows),
            "taken",
            held={"notes": value},
            table="projects",
        )
    for value in ("=1+1", "+1+1", "@x"):
        rows = [seed("projects", notes=value)]
        yield Case(
            "text", f"bare {value}", table_file("projects", rows), "either", held={"notes": value}, table="projects"
        )
    for value in URLS:
        made = table_file("sources", [seed("sources", url=value)])
        yield Case("text", f"url {value!a}", make=made, row="row 2", column="url", value=value, table="sources")


def unit() -> Iterator[Case]:
    """Amounts in a unit that does not weigh what the product is."""
    row = seed("production", series="own", preferred="0")
    for value in (
        "tonnes", "T", "mt", "Mt", "metric tons", "kg ", "KG", "short ton", "lb", "lbs", "pounds", "t.", "t oxid", "t REO", "t Ni",
        "t Li2CO3", "LCE", "GWh", "MWh", "USD", "USD/t", "%", "share", "1000 t", "kt oxide/y", "t/y", "トン", "吨", "", "t oxide;t", "m3", "ct",
    ):  # fmt: skip
        made = table_file("production", [{**row, "unit": value}])
        yield Case("unit", f"unit {value!a}", make=made, row="row 2", column="unit", value=value)
    for value in ("element", "metal", "gross", "oxid", "Oxide", "", "content", "none", "alloy"):
        made = table_file("production", [{**row, "mass_basis": value}])
        yield Case("unit", f"mass_basis {value!a}", make=made, row="row 2", column="mass_basis", value=value)
    for value in ("t", "GWh/y", "t/yr", "t/d", "kt", "MW", "USD/y", "", "t / y", "tpa"):
        made = table_file("projects", [seed("projects", capacity_unit=value)])
        yield Case(
            "unit",
            f"capacity_unit {value!a}",
            make=made,
            row="row 2",
            column="capacity_unit",
            value=value,
            table="projects",
        )
    price = shipped("prices")
    for value in ("USD", "$/t", "USD/kgs", "t", "EUR/t", "JPY/t", "USD/lb.", "", "USD per t"):
        made = table_file("prices", [{**price, "unit": value}])
        yield Case("unit", f"price unit {value!a}", make=made, must="either" if value in ("EUR/t", "JPY/t") else "refused",
                   row="row 2", column="unit", value=value, held={"unit": value}, table="prices")  # fmt: skip
