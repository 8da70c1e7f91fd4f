from bertlab.views.finetuning import draw_epochs, draw_shares, epoch_rows, share_rows

HISTORY = [
    {"epoch": 1, "accuracy": 0.5, "validation_accuracy": 0.45},
    {"epoch": 2, "accuracy": 0.904, "validation_accuracy": 0.6},
]


def test_every_history_gets_a_panel_and_its_rows():
    histories = {"50 labels": HISTORY, "200 labels": HISTORY[:1]}
    fig = draw_epochs(histories)
    assert [ax.get_title() for ax in fig.axes] == ["50 labels", "200 labels"]
    training, validation = fig.axes[0].lines
    assert training.get_ydata().tolist() == [50.0, 90.4]
    assert validation.get_ydata().tolist() == [45.0, 60.0]
    rows = epoch_rows(histories)
    assert rows[1] == {"set": "50 labels", "epoch": 2, "training %": 90, "validation %": 60}
    assert len(rows) == 3 and len(draw_epochs({"one": HISTORY}).axes) == 1


def test_shares_are_drawn_in_per_cent():
    shares = {"before": [0.25, 0.75], "after": [0.5, 0.5]}
    fig = draw_shares(["[CLS]", "bad"], shares)
    assert fig.axes[0].lines[0].get_ydata().tolist() == [25.0, 75.0]
    assert share_rows(["[CLS]", "bad"], shares)[1] == {
        "piece": "bad",
        "before %": 75,
        "after %": 50,
    }
