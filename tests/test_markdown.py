from bertlab.markdown import table


def test_a_table_stands_under_the_keys_of_its_first_row():
    rows = [{"way": "frozen", "right": "70 %"}, {"right": 7, "way": "from scratch"}]
    assert table(rows) == "| way | right |\n| --- | --- |\n| frozen | 70 % |\n| from scratch | 7 |"


def test_figures_are_flush_right_behind_the_first_column():
    assert table([{"a": 1, "b": 2, "c": 3}], figures=True).split("\n")[1] == "| --- | --: | --: |"
