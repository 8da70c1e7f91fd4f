"""The house style of figures: a palette that colour-blind readers can tell apart, white ground."""

PALETTE = {  # Okabe & Ito 2008, "Color Universal Design"; yellow is left out: too faint on white
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "black": "#000000",
}
DPI = 144  # one and a half device pixels a CSS pixel: sharp on most screens, files stay small

_STYLE = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2,
}


def figure(width: float = 7.0, height: float = 3.6, rows: int = 1, columns: int = 1):
    """A matplotlib figure in the house style and its axes (one, or an array of them).

    `width` and `height` in inches of 96 CSS pixels. The ground is white in every theme, so that
    the colours mean the same in all. The figure never enters pyplot's global list: nothing to
    close, and no cell shows it twice.
    """
    import matplotlib
    from cycler import cycler
    from matplotlib.figure import Figure

    style = _STYLE | {"axes.prop_cycle": cycler(color=list(PALETTE.values()))}
    with matplotlib.rc_context(style):
        drawn = Figure(figsize=(width, height), layout="constrained", facecolor="white")
        return drawn, drawn.subplots(rows, columns)
