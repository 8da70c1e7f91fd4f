"""Figures of the fine-tuning lesson: accuracy over epochs, and from whom [CLS] takes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bertlab.views.style import PALETTE, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

History = Sequence[Mapping[str, float]]  # as `finetune` returns it, with validation


def draw_epochs(histories: Mapping[str, History]) -> "Figure":
    """Training and validation accuracy over the epochs, a panel a history, named by its key."""
    fig, axes = figure(2.7 * len(histories), 3, columns=len(histories))
    axes = axes if len(histories) > 1 else [axes]
    for ax, (name, history) in zip(axes, histories.items(), strict=True):
        epochs = [record["epoch"] for record in history]
        for key, style, colour in (
            ("accuracy", "o-", PALETTE["blue"]),
            ("validation_accuracy", "s--", PALETTE["orange"]),
        ):
            label = "validation" if key.startswith("validation") else "training"
            shares = [100 * record[key] for record in history]
            ax.plot(epochs, shares, style, color=colour, label=label)
        ax.set(title=name, xlabel="epoch", ylim=(40, 102))
        ax.xaxis.get_major_locator().set_params(integer=True)
    axes[0].set_ylabel("accuracy, %")
    axes[0].legend(fontsize=9)
    return fig


def epoch_rows(histories: Mapping[str, History]) -> list[dict]:
    """The same numbers as rows of a table."""
    return [
        {
            "set": name,
            "epoch": record["epoch"],
            "training %": round(100 * record["accuracy"]),
            "validation %": round(100 * record["validation_accuracy"]),
        }
        for name, history in histories.items()
        for record in history
    ]


def draw_shares(pieces: Sequence[str], shares: Mapping[str, Sequence[float]]) -> "Figure":
    """What share [CLS] takes from each piece, a line a model; a model's shares sum to 1."""
    fig, ax = figure(8, 3)
    for (name, values), style in zip(shares.items(), ("o-", "s--", "^:"), strict=False):
        ax.plot(range(len(pieces)), [100 * float(value) for value in values], style, label=name)
    ax.set_xticks(range(len(pieces)), pieces, rotation=60)
    ax.set(ylabel="share, %", ylim=(0, None))
    ax.legend(fontsize=9)
    return fig


def share_rows(pieces: Sequence[str], shares: Mapping[str, Sequence[float]]) -> list[dict]:
    """The same numbers as rows of a table, in per cent."""
    return [
        {
            "piece": piece,
            **{f"{name} %": round(100 * float(row[place])) for name, row in shares.items()},
        }
        for place, piece in enumerate(pieces)
    ]
