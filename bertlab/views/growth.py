"""How memory grows with the length of a text, measured, fitted and carried on to a far larger one."""

from collections.abc import Mapping, Sequence

import numpy as np

from bertlab.errors import BertlabError
from bertlab.views.style import PALETTE, figure

FIRST = 20  # places of an empty spaCy Doc
TOKEN = 120  # bytes of one place: spaCy's struct TokenC on 64-bit machines


def token_array_peak(tokens: int) -> int:
    """Bytes that a spaCy Doc's token array holds at the worst moment while it grows to `tokens`.

    The array doubles when it is full, and the old one is let go only after it has been copied.
    """
    doublings = (max(1, -(-tokens // FIRST)) - 1).bit_length()
    old = FIRST * 2 ** (doublings - 1) if doublings else 0
    return (FIRST * 2**doublings + old) * TOKEN


def draw_growth(
    measured: Sequence[tuple[int, int]],
    fit: tuple[float, float],
    tokens_per_character: float,
    rates: Mapping[str, float],
    target: int,
):
    """Left: measured peaks, the line fitted to them and the staircase of a doubling array. Right:
    what several readers need by their rates, up to `target` characters, both axes logarithmic.

    measured  (characters, bytes) of each run
    fit       slope (bytes a character) and intercept (bytes) of the line
    rates     bytes a character by name, one line each

    Raises: BertlabError for fewer than two measurements.
    """
    if len(measured) < 2:
        raise BertlabError(f"{len(measured)} measurement", "two or more", "Measure more sizes.")
    fig, (near, far) = figure(width=9.5, height=3.9, columns=2)
    sizes, peaks = np.array(sorted(measured), dtype=float).T
    x = np.linspace(0, 1.06 * sizes[-1], 600)
    stairs = [token_array_peak(round(tokens_per_character * n)) for n in x]
    constant = np.median(peaks - [token_array_peak(round(tokens_per_character * n)) for n in sizes])
    near.plot(
        x / 1e6, (fit[0] * x + fit[1]) / 1e6, "--", color=PALETTE["orange"], label="fitted line"
    )
    near.plot(
        x / 1e6, (stairs + constant) / 1e6, color=PALETTE["sky"], label="an array that doubles"
    )
    near.plot(sizes / 1e6, peaks / 1e6, "o", color=PALETTE["black"], label="measured")
    near.set(xlabel="million characters", ylabel="megabytes at the peak", xlim=(0, None))
    near.locator_params(nbins=6)
    near.legend(frameon=False, loc="upper left")
    reach = np.geomspace(1e5, target, 50)
    colours = (PALETTE[name] for name in ("blue", "vermilion", "purple", "green"))
    highest = max(rates, key=rates.get)
    for (name, rate), colour in zip(rates.items(), colours, strict=False):
        far.loglog(reach, rate * reach / 1e9, color=colour)
        # the lines rise to the right: a label left of the end stays above its line, one that
        # begins further left stays below it
        above = name == highest
        x = target if above else 1e7
        far.annotate(
            f"{name} {_size(rate * target)}",
            (x, rate * x / 1e9),
            xytext=(-6, 6) if above else (8, -2),
            textcoords="offset points",
            ha="right" if above else "left",
            va="bottom" if above else "top",
            color=colour,
        )
    far.axhline(16, color=PALETTE["black"], linewidth=1, linestyle=":")
    far.annotate("16 GB", (reach[0], 19))
    far.axvline(target, color=PALETTE["black"], linewidth=1, linestyle=":")
    far.set(xlabel=f"characters (amounts: for {target:,})", ylabel="gigabytes")
    far.set_ylim(top=20 * max(rates.values()) * target / 1e9)
    return fig


def _size(count: float) -> str:
    return f"{count / 1e12:.1f} TB" if count >= 1e12 else f"{count / 1e9:.0f} GB"
