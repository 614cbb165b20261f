"""The base year as it might have been: other errors in its figures, balanced again.

Each figure is moved by a normal error of its own standard error and the year is calibrated anew. What the chain does
not carry in the central base year is left out of the redrawn one too, so that all of them run on one network. This is
the parametric bootstrap of a least-squares estimate (Efron & Tibshirani 1993, ch. 6): to first order its spread is the
covariance that calibration leaves of the figures' own errors. Estimates around zero of what no figure speaks of are
not moved: nobody has read them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.model.calibrate import Base, Task
from didymium.model.trim import Kept
from didymium.scenario.inputs import Inputs

Floats = NDArray[np.float64]

MOST_SIGMAS = 4.0  # of a single error: below the shift that keeps ties above zero (`TIE_SIGMAS`)
TICKS = 2**53  # different draws that a number between 0 and 1 can name


@dataclass(frozen=True, slots=True)
class Redraw:
    """Redraws one base year: `base(u)` is the one that a number between 0 and 1 names; the same u, the same base."""

    task: Task
    upper: Floats  # (activity + arc + use,) zero for what the chain does not carry, else infinite
    seed: int

    @classmethod
    def of(cls, inputs: Inputs, base: Base, seed: int) -> Redraw:
        """Set up for the base year of some inputs."""
        task = Task.of(
            inputs.chain,
            inputs.observations,
            inputs.base_year,
            unseen=inputs.unseen,
            surplus_share=inputs.surplus_share,
        )
        kept = Kept.of(inputs, base)
        carries = np.concatenate([kept.activity, kept.arc, kept.use])
        return cls(task, np.where(carries, np.inf, 0.0), seed)

    def errors(self, u: float) -> Floats:
        """The errors of the figures [standard errors], shape (observation,)."""
        chance = np.random.default_rng([self.seed, int(u * TICKS)])
        drawn: Floats = np.clip(chance.standard_normal(len(self.task.observations)), -MOST_SIGMAS, MOST_SIGMAS)
        return drawn

    def base(self, u: float) -> Base:
        """A redrawn base year; its balances hold as those of the central one do."""
        return self.task.solved(self.errors(u), self.upper)
