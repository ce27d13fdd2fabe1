"""The figures of a report: those of its rows by section, those of its claims."""

from __future__ import annotations

from collections.abc import Sequence

from ..figures.gathering import draw_sections
from ..figures.plotting import Plot
from ..reproduce import Claim
from ..rows import Row
from .claim_figures import claim_plot


def draw_claims(claims: Sequence[Claim]) -> dict[str, Plot]:
    """The figure of each claim, by the claim's name.

    Parameters
    ----------
    claims : sequence of Claim

    Returns
    -------
    dict of str to Plot
    """
    return {claim.name: claim_plot(claim) for claim in claims if any(line.x for line in claim.figure.series)}


def draw_all(rows: Sequence[Row]) -> list[Plot]:
    """All figures that `rows` have data for, in the order of their sections.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    list of Plot
    """
    return [plot for plots in draw_sections(rows).values() for plot in plots]
