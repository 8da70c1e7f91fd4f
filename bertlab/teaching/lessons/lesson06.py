"""Lesson 06, two games: laying out pairs, masking by one draw, neighbours without a search."""

from bertlab.teaching.bank import Exercise, Misconception, Option, Question

# -- a pair laid out -------------------------------------------------------------------------------


def lay_out(a: list[int], b: list[int], length: int) -> tuple[list[int], list[int], list[int]]:
    """(input_ids, token_type_ids, attention_mask) of one pair, each `length` long."""
    row = [2, *a, 3, *b, 3]
    types = [0] * (len(a) + 2) + [1] * (len(b) + 1)
    room = length - len(row)
    return row + [0] * room, types + [0] * room, [1] * len(row) + [0] * room


def _lay_out_by_place(a, b, length):
    ids, types, mask = [0] * length, [0] * length, [0] * length
    for place, token in enumerate([2, *a, 3, *b, 3]):
        ids[place], mask[place] = token, 1
        types[place] = int(place > len(a) + 1)
    return ids, types, mask


def _separator_opens_b(a, b, length):
    ids, _, mask = lay_out(a, b, length)
    types = [0] * (len(a) + 1) + [1] * (len(b) + 2)
    return ids, types + [0] * (length - len(types)), mask


def _padding_belongs_to_b(a, b, length):
    ids, _, mask = lay_out(a, b, length)
    return ids, [0] * (len(a) + 2) + [1] * (length - len(a) - 2), mask


def _everything_is_read(a, b, length):
    ids, types, _ = lay_out(a, b, length)
    return ids, types, [1] * length


def _no_last_separator(a, b, length):
    row = [2, *a, 3, *b]
    types = [0] * (len(a) + 2) + [1] * len(b)
    room = length - len(row)
    return row + [0] * room, types + [0] * room, [1] * len(row) + [0] * room


def _specials_are_not_read(a, b, length):
    ids, types, _ = lay_out(a, b, length)
    return ids, types, [int(token not in (0, 2, 3)) for token in ids]


# -- the fate of a token ---------------------------------------------------------------------------


def fate(draw: float, share: float) -> str:
    """What one draw from [0, 1) decides for an ordinary token."""
    if draw >= share:
        return "not picked"
    place = draw / share  # uniform on [0, 1) again
    if place < 0.8:
        return "hidden"
    return "random" if place < 0.9 else "kept"


def _fate_by_bounds(draw, share):
    names = ("hidden", "random", "kept", "not picked")
    return names[sum(draw >= bound * share for bound in (0.8, 0.9, 1.0))]


def _unscaled(draw, share):
    if draw >= share:
        return "not picked"
    return "hidden" if draw < 0.8 else "random" if draw < 0.9 else "kept"


def _tenths_of_everything(draw, share):
    if draw >= share:
        return "not picked"
    return "hidden" if draw < share - 0.2 else "random" if draw < share - 0.1 else "kept"


def _eighty_of_the_rest(draw, share):
    if draw >= share:
        return "not picked"
    place = draw / share
    return "random" if place < 0.1 else "hidden" if place < 0.1 + 0.8 * 0.9 else "kept"


def _random_first(draw, share):
    if draw >= share:
        return "not picked"
    place = draw / share
    return "random" if place < 0.1 else "kept" if place < 0.2 else "hidden"


def _picked_above(draw, share):
    if draw < share:
        return "not picked"
    place = (draw - share) / (1 - share) if share < 1 else 0.0
    return "hidden" if place < 0.8 else "random" if place < 0.9 else "kept"


# -- neighbours without a search -------------------------------------------------------------------


def successors(document_of: list[int]) -> list[int]:
    """Every i for which sentence i + 1 belongs to the same document."""
    pairs = zip(document_of, document_of[1:], strict=False)
    return [i for i, (here, there) in enumerate(pairs) if here == there]


def _successors_by_numpy(document_of):
    import numpy as np

    homes = np.asarray(document_of)
    return np.flatnonzero(homes[1:] == homes[:-1])


def _all_but_the_last(document_of):
    return list(range(len(document_of) - 1))


def _the_second_of_each_pair(document_of):
    return [i + 1 for i in successors(document_of)]


def _one_a_document(document_of):
    return [i for i in successors(document_of) if i == 0 or document_of[i - 1] != document_of[i]]


def _both_sides(document_of):
    first = set(successors(document_of))
    return [i for i in first if i - 1 in first]


def _every_other(document_of):
    found: list[int] = []
    for i in successors(document_of):
        if not found or i > found[-1] + 1:
            found.append(i)
    return found


def _wraps_around(document_of):
    last = len(document_of) - 1
    ends = [last] if document_of and document_of[0] == document_of[-1] else []
    return successors(document_of) + ends


EXERCISES = [
    Exercise(
        id="06-lay-out",
        title="Lay out a pair",
        task="""
            Write `lay_out(a, b, length)`: the row `[CLS] a [SEP] b [SEP]`, padded to `length`. `a` and
            `b` are lists of ids; [PAD] is 0, [CLS] is 2, [SEP] is 3. Return three lists:
            `input_ids`, `token_type_ids` and `attention_mask`. Padding has type 0.
        """,
        kind="function",
        reference=lay_out,
        alternatives=[_lay_out_by_place],
        probes=[
            ([10, 11, 12], [13, 14], 12),
            ([10], [11, 12, 13, 14], 9),
            ([10, 11], [12], 6),  # fits exactly: no padding to get wrong
        ],
        misconceptions=[
            Misconception(
                "the first [SEP] opens sentence B",
                _separator_opens_b,
                "The first [SEP] closes sentence A, so its type is 0; type 1 begins with B's own first token.",
            ),
            Misconception(
                "padding belongs to sentence B",
                _padding_belongs_to_b,
                "Your type 1 runs on to the end of the row. Padding belongs to no sentence; its type is 0.",
            ),
            Misconception(
                "padding is read too",
                _everything_is_read,
                "An attention mask of ones everywhere lets every token attend to [PAD]. The mask is 1 "
                "for real tokens only.",
            ),
            Misconception(
                "the last sentence needs no [SEP]",
                _no_last_separator,
                "Each sentence is closed by a [SEP], the second one as well: it belongs to B and has type 1.",
            ),
            Misconception(
                "special tokens are not read",
                _specials_are_not_read,
                "[CLS] and [SEP] are real tokens: they attend and are attended to. Only [PAD] is masked out.",
            ),
        ],
        hints=[
            "Build the unpadded row first; its length decides everything else.",
            "Types: `len(a) + 2` zeros ([CLS], a, [SEP]), then `len(b) + 1` ones (b, [SEP]).",
            "All three lists get the same `room = length - len(row)` zeros at the end.",
        ],
        solution="The three lists are built from the same row and padded by the same number of zeros.",
        difficulty="easy",
        minutes=6,
    ),
    Exercise(
        id="06-room",
        title="Room for B",
        task="""
            Rows have at most 128 tokens and sentence A has 60 pieces. How many pieces may sentence B
            have at most?
        """,
        kind="value",
        reference=65,
        alternatives=[128 - 60 - 3, 65.0],
        misconceptions=[
            Misconception("special tokens are free", 68, "[CLS] and both [SEP] take places too."),
            Misconception(
                "only [CLS] takes a place", 67, "Each of the two [SEP] takes one as well."
            ),
            Misconception(
                "one [SEP] a row", 66, "Each sentence is closed by a [SEP] of its own: two."
            ),
            Misconception(
                "a [SEP] before and after B", 64, "Three special tokens: [CLS] a [SEP] b [SEP]."
            ),
        ],
        hints=[
            "Write down the row: [CLS] a [SEP] b [SEP].",
            "Three of the 128 places are taken by special tokens.",
            "128 - 3 - 60.",
        ],
        solution="128 places, three for special tokens, 60 for A: 65 are left.",
        difficulty="easy",
        minutes=1,
    ),
    Exercise(
        id="06-fate",
        title="One draw, four fates",
        task="""
            Write `fate(draw, share)`. `draw` is uniform on [0, 1). Below `share` the token is picked;
            the lowest 80 % of that range mean `"hidden"`, the next 10 % `"random"`, the last 10 %
            `"kept"`. From `share` on: `"not picked"`. It must work for every share, not only for 0.15.
        """,
        kind="function",
        reference=fate,
        alternatives=[_fate_by_bounds],
        probes=[
            (draw, share)
            for share in (0.15, 0.4, 1.0)
            for draw in (0.0, 0.01, 0.05, 0.1, 0.117, 0.13, 0.145, 0.2, 0.31, 0.33, 0.38, 0.5)
            + (0.75, 0.83, 0.95)
        ],
        misconceptions=[
            Misconception(
                "comparing the draw itself with 0.8",
                _unscaled,
                "A picked token's draw lies below `share`, so with 0.15 it is always below 0.8 and every "
                "picked token gets hidden. Divide by `share` first.",
            ),
            Misconception(
                "tenths of all tokens instead of tenths of the picked",
                _tenths_of_everything,
                "10 % *of the picked* are kept. You set aside 10 % of *all* tokens, which with a share of "
                "0.15 is two thirds of the picked.",
            ),
            Misconception(
                "80 % of what the random tenth left over",
                _eighty_of_the_rest,
                "That gives 72 % hidden and 18 % kept: the fault of the second draw, in another dress. "
                "0.8 is a share of all picked tokens.",
            ),
            Misconception(
                "another order of the ranges",
                _random_first,
                'Your shares are right, but the rule asked for puts "hidden" lowest, then "random", '
                'then "kept".',
            ),
            Misconception(
                "picking above the share",
                _picked_above,
                "A draw is below `share` with probability `share`. You pick the other 85 %.",
            ),
        ],
        hints=[
            "First decide whether the token is picked at all.",
            "Among picked tokens `draw / share` is uniform on [0, 1) again.",
            "Compare `draw / share` with 0.8, then with 0.9.",
        ],
        solution="One draw carries both decisions: whether it fell below `share`, and where below.",
        difficulty="medium",
        minutes=6,
    ),
    Exercise(
        id="06-draws",
        title="What the search costs",
        task="""
            The rejection search is asked for a batch of 64 (32 neighbours, 32 strangers) from 1,000,000
            sentences. About how many pairs does it draw?
        """,
        kind="value",
        reference=32_000_000,
        alternatives=[32 * 1_000_000, 3.2e7],
        misconceptions=[
            Misconception(
                "strangers are rare too",
                64_000_000,
                "Almost every draw is a stranger, so those 32 come with the first draws. Only the 32 "
                "neighbours have to be waited for.",
            ),
            Misconception(
                "one pass over the corpus",
                1_000_000,
                "That is the wait for *one* neighbour pair; the batch wants 32.",
            ),
            Misconception(
                "all pairs of sentences",
                500_000_000_000,
                "There are that many pairs (twice as many in order), but about a million of them are "
                "neighbours, so one turns up in a million draws.",
                matches=lambda answer: answer in (5e11, 1e12),
            ),
            Misconception(
                "the corpus shared out over the batch",
                15_625,
                "A larger batch waits longer, not shorter: multiply.",
                matches=lambda answer: answer in (15_625, 31_250),
            ),
            Misconception(
                "one draw a row",
                64,
                "That is the repaired builder, which does not search at all.",
                matches=lambda answer: answer in (32, 64),
            ),
        ],
        hints=[
            "How likely is it that a free pair of two sentence numbers is (i, i + 1)?",
            "About one in a million. How many of them does the batch want?",
            "32 waits of a million draws each.",
        ],
        solution="A neighbour pair comes once in about n draws, and half the batch has to come: n × 32.",
        tolerance=0.01,
        difficulty="medium",
        minutes=3,
    ),
    Exercise(
        id="06-successors",
        title="Neighbours without a search",
        task="""
            Write `successors(document_of)`. `document_of[i]` is the number of the document that
            sentence i belongs to, and never falls. Return every i whose next sentence, i + 1, is in
            the same document: the list from which true pairs can be drawn directly.
        """,
        kind="function",
        reference=successors,
        alternatives=[_successors_by_numpy],
        probes=[
            ([0, 0, 0, 0, 1, 1, 2, 3, 3, 3],),
            ([0, 1, 2],),
            ([0, 0],),
            ([7],),
            ([],),
            ([0, 0, 0, 0, 0],),
        ],
        misconceptions=[
            Misconception(
                "forgetting the documents",
                _all_but_the_last,
                "You pair the last sentence of one document with the first of the next. They stand side "
                "by side in the list, but nobody wrote the one after the other.",
            ),
            Misconception(
                "naming the second of each pair",
                _the_second_of_each_pair,
                "You return i + 1, the sentence that follows. The question is which sentences *have* a "
                "successor.",
            ),
            Misconception(
                "one pair a document",
                _one_a_document,
                "A document of five sentences holds four true pairs, not one.",
            ),
            Misconception(
                "wanting neighbours on both sides",
                _both_sides,
                "The first sentence of a document has a successor too; nothing has to come before it.",
            ),
            Misconception(
                "using each sentence once",
                _every_other,
                "Pairs may overlap: (0, 1) and (1, 2) are both true pairs.",
            ),
            Misconception(
                "joining the end to the beginning",
                _wraps_around,
                "The last sentence of the corpus has no successor, even where its document is the first.",
            ),
        ],
        hints=[
            "Compare each document number with the next one.",
            "`zip(document_of, document_of[1:])` walks over the neighbours.",
            "Keep i where both numbers are equal.",
        ],
        solution="One pass over the boundaries, once per corpus; after that a true pair costs one draw.",
        difficulty="easy",
        minutes=5,
    ),
    Exercise(
        id="06-second-draw",
        title="Another second draw",
        task="""
            Code of the same kind with other numbers: `if random() < 0.2:` swap; `elif random() < 0.5:`
            hide; else keep. What share of the picked tokens is *kept*?
        """,
        kind="value",
        reference=0.4,
        alternatives=[0.8 * 0.5, 2 / 5],
        misconceptions=[
            Misconception(
                "what the two numbers leave of 1",
                0.3,
                "1 - 0.2 - 0.5 would be right for *one* draw. The second `random()` is a new number: it "
                "splits the 80 % that are left, half and half.",
            ),
            Misconception(
                "the second test alone",
                0.5,
                "Half of those *who reach* the second test are kept, and a fifth never reach it.",
            ),
            Misconception(
                "both draws below",
                0.1,
                "0.2 × 0.5 is the chance of being below both bounds; kept means below neither.",
            ),
            Misconception(
                "in per cent",
                40,
                "Right, but as a share: 0.4.",
            ),
        ],
        hints=[
            "How many of 100 picked tokens reach the second test?",
            "80 of 100 do, and the second draw knows nothing of the first.",
            "Half of these 80 are kept.",
        ],
        solution="0.8 reach the second draw, half of them fall through: 0.8 × 0.5 = 0.4.",
        difficulty="easy",
        minutes=2,
    ),
]

RECAP = [
    Question(
        "Why are some picked tokens left as they are?",
        [
            Option(
                "So that a real word, too, may have to be predicted: later there is no [MASK].",
                "If only [MASK] ever had to be guessed, the vectors of real words could go to waste, and "
                "after pre-training the model sees nothing but real words.",
                right=True,
            ),
            Option(
                "To make the task easier at the beginning.",
                "They are easy, but they are there until the end, and for another reason.",
            ),
            Option(
                "Because [MASK] costs more to compute.",
                "All tokens cost the same; what differs is what the model can rely on.",
            ),
        ],
    ),
    Question(
        "A masking routine yields 10 % swapped, 72 % hidden, 18 % kept. What happened?",
        [
            Option(
                "A second random number was drawn after the first test had failed.",
                "0.8 of the remaining 0.9 is 0.72, and the rest, 0.18, is kept.",
                right=True,
            ),
            Option(
                "The sample is too small.",
                "The deviation stays with any sample, far outside every interval.",
            ),
            Option(
                "Special tokens were picked as well.",
                "That would change how many are picked, not how the picked are split.",
            ),
        ],
    ),
    Question(
        "What does `next_sentence_label = 0` mean to transformers' BERT, and to ours?",
        [
            Option(
                "B is the sentence that follows A.",
                '0 is "is next", 1 is "random", as in the released code of the paper.',
                right=True,
            ),
            Option(
                "No: B does not follow A.",
                "It feels natural and is the other way round. A model fed with swapped labels learns the "
                "game upside down.",
            ),
            Option(
                "It depends on the checkpoint.",
                'The order is fixed by the head\'s two outputs: the first means "is next".',
            ),
        ],
    ),
    Question(
        "A corpus has ten times as many sentences. How much longer does the rejection search take for a batch?",
        [
            Option(
                "Ten times.",
                "A free draw hits a neighbour pair once in about n draws.",
                right=True,
            ),
            Option(
                "A hundred times.",
                "There are a hundred times as many pairs, but ten times as many of them are neighbours.",
            ),
            Option(
                "The same: the batch is as large as before.",
                "That holds for the repaired builder, which draws the first sentence and takes the next.",
            ),
        ],
    ),
    Question(
        "A pair is two tokens too long for the row. What does this package's builder do?",
        [
            Option(
                "It never draws it; another pair of the same class takes the place.",
                "So no row is too long and the two classes stay exactly equal.",
                right=True,
            ),
            Option(
                "It pads with -2 tokens.",
                "That is the fault in the clinic: a list times -2 is empty, and the row stays too long.",
            ),
            Option(
                "It drops the pair, so the batch has one row less.",
                "Then long true pairs would be missing more often, and the classes would drift apart.",
            ),
        ],
    ),
]
