"""Money over plain arrays: what a project earns, what each instrument changes, and what that costs the public.

Index sets: path (one drawn future), year (0 is the year of the investment decision), product. Money is million USD of
the dataset's price year, prices are USD a kilogram, output is tonnes a year. The way of a number: `Venture` (what is
built and sold) → `Deal` (with its finance) → instruments, each a function from deal to deal → `settle` → `Settlement`.
"""

from didymium.finance.deal import Deal, Stake, Tranche, Venture
from didymium.finance.returns import Returns, irr, npv
from didymium.finance.settle import Settlement, settle

__all__ = ["Deal", "Returns", "Settlement", "Stake", "Tranche", "Venture", "irr", "npv", "settle"]
