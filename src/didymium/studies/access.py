"""What a party has of a supply: own output, need, recycled metal, and imports by exporter in the form of the output.

Customs codes are baskets. The table `trade_forms` says which codes speak of a product's stage and how much of the
product a tonne of them holds; where it has no row, the basket of `stage_baskets` speaks. Goods that cannot be set
against output have no content: their shares are used, their tonnes are not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from didymium.studies.reliance import NEAREST_YEARS, WORLD, Basket, basket_of, imports_of, last_primary_stage
from didymium.studies.supply import Supply

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]

EVERYONE = ("ALL",)
"""As parties: every place of which there are rows."""


def customs_year(ds: Dataset) -> int:
    """The last year of which reconciled customs flows are held."""
    return max((row["year"] for row in ds.rows("trade", flow_basis="reconciled")), default=0)


@dataclass(frozen=True, slots=True)
class Form:
    """A traded form of a product: its codes, and tonnes of the product as counted in a tonne cleared, with a range.

    `content` is None where the goods cannot be set against output.
    """

    trade_product: str
    hs_codes: str
    scope: str
    content: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Access:
    """One party and one supply. `flows` pairs each import row with its form; tonnes are as cleared.

    `need_factor`: tonnes as output is counted per tonne of need (a magnet is sold finished and counted as a blank).
    """

    supply: int
    party: str
    own_rows: tuple[Record, ...]
    own_at_most: float
    need: Record | None
    need_factor: float
    recycled: Record | None
    flows: tuple[tuple[Record, Form], ...]
    exports: float | None
    forms: tuple[Form, ...]

    @property
    def need_quantity(self) -> float | None:
        """The need in the mass in which output is counted."""
        return None if self.need is None else float(self.need["quantity"]) * self.need_factor

    @property
    def makes_none(self) -> bool:
        """Whether it is known to have no output of its own, fresh or recycled."""
        return not self.own_rows and self.own_at_most <= 0.0 and self.recycled is None

    @property
    def scope(self) -> str:
        """same, part or wider: how the traded goods stand to the product; empty without flows."""
        scopes = {form.scope for _, form in self.flows}
        return next((word for word in ("wider", "part", "same") if word in scopes), "")

    @property
    def has_content(self) -> bool:
        """Whether imports can be set against output."""
        return bool(self.flows) and all(form.content is not None for _, form in self.flows)

    @property
    def basket(self) -> str:
        """The customs codes, in words: `copper_ore HS 260300`."""
        return "; ".join(sorted({f"{f.trade_product} HS {f.hs_codes}".removesuffix(" HS ") for _, f in self.flows}))

    @property
    def source_ids(self) -> list[str]:
        """Sources of all rows it rests on."""
        rows = [*self.own_rows, *(row for row, _ in self.flows), *filter(None, (self.need, self.recycled))]
        return sorted({row["source_id"] for row in rows})


class Facts:
    """Rows of a dataset by what an access is asked for; made once for all of them."""

    def __init__(self, ds: Dataset) -> None:
        self._ds = ds
        self._last = last_primary_stage(ds)
        self._baskets = {(row["product"], row["stage"]): row for row in ds.rows("stage_baskets")}
        self._forms: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for row in ds.rows("trade_forms"):
            self._forms[row["product"], row["stage"]].append(row)
        self._imports: dict[tuple[str, str, int], list[Record]] = defaultdict(list)
        self._exports: dict[tuple[str, str, int], list[Record]] = defaultdict(list)
        self._trade: dict[str, list[Record]] = defaultdict(list)
        for row in ds.rows("trade", preferred=1):
            self._trade[row["product"]].append(row)
            if row["flow_basis"] == "reconciled" and row["quantity"] and row["period_kind"] == "year":
                if row["importer"] != WORLD:
                    self._imports[row["product"], row["importer"], row["year"]].append(row)
                self._exports[row["product"], row["exporter"], row["year"]].append(row)
        self._needs: dict[tuple[str, str, int], Record] = {}
        for row in ds.rows("demand", sector="total", preferred=1):
            self._needs[row["product"], row["country"], row["year"]] = row
        self._recycled = {
            (row["product"], row["country"], row["year"]): row
            for row in ds.rows("production", stage="recycled", preferred=1)
        }
        self._none: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for row in ds.rows("non_producers"):
            self._none[row["product"], row["stage"], row["country"]].append(row["year"])
        places = ds.rows("places")
        self.kinds = {row["place"]: row["kind"] for row in places}
        self.members = {
            row["place"]: {p["place"] for p in places if row["place"] in (p["groups"] or "").split(";")}
            for row in places
            if row["kind"] == "group"
        }

    def parties(self, supply: Supply, asked: Sequence[str]) -> list[str]:
        """The parties asked about; for everyone, those that make, need or import it."""
        if tuple(asked) != EVERYONE:
            return list(asked)
        wanted = {form["trade_product"] for form in self._forms.get((supply.product, supply.stage), ())}
        found = {row["country"] for row in supply.named}
        found |= {place for product, place, year in self._imports if product in wanted and year == supply.year}
        found |= {place for product, place, year in self._needs if product == supply.product and year == supply.year}
        return sorted(place for place in found if self.kinds.get(place) in ("country", "group"))

    def makes_none(self, supply: Supply, party: str) -> bool:
        """Whether a source says that the party has no output in the year or within `NEAREST_YEARS` before it."""
        years = self._none.get((supply.product, supply.stage, party), ())
        return any(0 <= supply.year - year <= NEAREST_YEARS for year in years)

    def accesses(self, supplies: Sequence[Supply], asked: Sequence[str]) -> Iterator[Access]:
        """Every party's access to every supply."""
        for number, supply in enumerate(supplies):
            basket = basket_of(self._ds, self._baskets.get((supply.product, supply.stage)), supply, self._last)
            for party in self.parties(supply, asked):
                yield self._access(number, supply, party, basket)

    def _access(self, number: int, supply: Supply, party: str, basket: Basket) -> Access:
        makers = self.members.get(party, {party})
        own = tuple(row for row in supply.named if row["country"] in makers)
        need = self._need(basket.need_product or "", party, supply.year)
        recycled = self._recycled.get((supply.product, party, supply.year)) if basket.need_product else None
        if need is not None and need["mass_basis"] != (basket.mass_basis or supply.mass_basis):
            need = None
        flows, exports, forms = self._traded(supply, party)
        if not flows and not forms:
            flows, exports = self._by_basket(supply, party, basket)
        return Access(
            supply=number,
            party=party,
            own_rows=own,
            own_at_most=0.0 if own or self.makes_none(supply, party) else supply.rest,
            need=need,
            need_factor=1.0 / basket.own_factor if basket.own_factor else 1.0,
            recycled=recycled,
            flows=tuple(flows),
            exports=exports,
            forms=forms,
        )

    def _need(self, product: str, party: str, year: int) -> Record | None:
        """The need of the year, or of the nearest one within `NEAREST_YEARS`, the earlier of two."""
        years = sorted(range(year - NEAREST_YEARS, year + NEAREST_YEARS + 1), key=lambda y: (abs(y - year), y))
        return next((self._needs[product, party, y] for y in years if (product, party, y) in self._needs), None)

    def _traded(self, supply: Supply, party: str) -> tuple[list[tuple[Record, Form]], float | None, tuple[Form, ...]]:
        """Reconciled flows of the listed forms, and exports in the form of the output."""
        flows: list[tuple[Record, Form]] = []
        forms: list[Form] = []
        exports = 0.0
        for row in self._forms.get((supply.product, supply.stage), ()):
            content = (row["content_share"], row["content_share_low"], row["content_share_high"])
            form = Form(row["trade_product"], row["hs_codes"], row["scope"], content)
            codes = set(row["hs_codes"].split(";"))
            forms.append(form)
            mine = self._imports.get((form.trade_product, party, supply.year), ())
            flows += [(each, form) for each in mine if each["hs_code"] in codes]
            out = [
                each
                for each in self._exports.get((form.trade_product, party, supply.year), ())
                if each["hs_code"] in codes
            ]
            whole = [each for each in out if each["importer"] == WORLD]
            exports += content[0] * float(sum(each["quantity"] for each in whole or out))
        return flows, exports if flows else None, tuple(forms)

    def _by_basket(self, supply: Supply, party: str, basket: Basket) -> tuple[list[tuple[Record, Form]], float | None]:
        """Flows of the basket's first product that speaks of the party, by one customs statement."""
        for product in basket.trade_products:
            got = imports_of(self._trade.get(product, ()), party, supply.year)
            parts = [row for row in got.rows if row["importer"] == party and row["exporter"] != WORLD]
            parts = [row for row in parts if row["quantity"] and not row["unit"].startswith("share")]
            if parts:
                comparable = basket.scope == "same" and got.mass_basis == basket.mass_basis and basket.own_factor
                factor = 1.0 / basket.own_factor if comparable else None
                content = None if factor is None else (factor, factor, factor)
                codes = ";".join(sorted({row["hs_code"] or "" for row in parts}))
                form = Form(product, codes, "same" if comparable else "wider", content)
                exports = got.exports * factor if factor is not None and got.exports is not None else None
                return [(row, form) for row in parts], exports
        return [], None
