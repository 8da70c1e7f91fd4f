"""Character ids: the original's numbers plus one, for any word."""

import numpy as np
import torch

from bertlab.data.characters import MAX_CHARACTERS, WIDEST_FILTER, encode_words, trim_padding


def test_a_word_is_its_bytes_between_marks():
    row = encode_words(["Aé"])[0]
    # begin of word, A (65), é in two bytes (195, 169), end of word, padding; each plus one
    assert row[:6].tolist() == [259, 66, 196, 170, 260, 261]
    assert (row[6:] == 261).all() and len(row) == MAX_CHARACTERS


def test_sentence_marks_are_one_character():
    begin, end = encode_words(["<S>", "</S>"])
    assert begin[:4].tolist() == [259, 257, 260, 261]
    assert end[:4].tolist() == [259, 258, 260, 261]


def test_long_words_are_cut_and_still_end():
    row = encode_words(["x" * 60])[0]
    assert row[0] == 259 and row[-1] == 260
    assert (row[1:-1] == ord("x") + 1).all()


def test_no_word_is_refused():
    rows = encode_words(["", "日本", "\ud800"])  # empty, three bytes a letter, half of a pair
    assert rows[0, :3].tolist() == [259, 260, 261]
    assert (rows[1] != 261).sum() == 8
    assert rows.min() >= 1 and rows.max() <= 261


def test_trimming_does_not_change_a_maximum_over_positions():
    ids = encode_words(["a", "cat", "whatever"])
    short = trim_padding(ids)
    assert short.shape[1] == 10 + WIDEST_FILTER
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(262, 4, generator=generator)
    for width in range(1, WIDEST_FILTER + 1):
        kernel = torch.randn(8, 4, width, generator=generator)
        whole, cut = (
            torch.conv1d(table[torch.from_numpy(x.astype(np.int64))].transpose(1, 2), kernel).amax(
                2
            )
            for x in (ids, short)
        )
        torch.testing.assert_close(whole, cut)


def test_trimming_keeps_what_is_full():
    ids = encode_words(["y" * 48])
    assert trim_padding(ids).shape == ids.shape
