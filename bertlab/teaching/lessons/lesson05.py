"""Lesson 05, inside BERT: embeddings, attention, the mask, the block, what parts weigh and cost."""

from bertlab.teaching.bank import Exercise, Misconception, Option, Question

# ---- 05-embed: add up, then normalise each token


def embed(word, position, segment, gain, shift, eps=1e-12):
    """Word piece + position + segment, then LayerNorm over each token's own numbers."""
    total = word + position + segment  # (length, hidden)
    mean = total.mean(dim=-1, keepdim=True)
    variance = total.var(dim=-1, keepdim=True, unbiased=False)
    return gain * (total - mean) / (variance + eps).sqrt() + shift


def _embed_by_torch(word, position, segment, gain, shift, eps=1e-12):
    from torch.nn import functional as F

    total = word + position + segment
    return F.layer_norm(total, total.shape[-1:], gain, shift, eps)


def _embed_over_tokens(word, position, segment, gain, shift, eps=1e-12):
    total = word + position + segment
    spread = (total.var(dim=0, unbiased=False) + eps).sqrt()
    return gain * (total - total.mean(dim=0)) / spread + shift


def _embed_whole(word, position, segment, gain, shift, eps=1e-12):
    total = word + position + segment
    return gain * (total - total.mean()) / (total.var(unbiased=False) + eps).sqrt() + shift


def _embed_unbiased(word, position, segment, gain, shift, eps=1e-12):
    total = word + position + segment
    spread = (total.var(dim=-1, keepdim=True) + eps).sqrt()
    return gain * (total - total.mean(dim=-1, keepdim=True)) / spread + shift


def _embed_by_variance(word, position, segment, gain, shift, eps=1e-12):
    total = word + position + segment
    variance = total.var(dim=-1, keepdim=True, unbiased=False) + eps
    return gain * (total - total.mean(dim=-1, keepdim=True)) / variance + shift


def _embed_average(word, position, segment, gain, shift, eps=1e-12):
    return gain * (word + position + segment) / 3 + shift


def _embed_not_normalised(word, position, segment, gain, shift, eps=1e-12):
    return word + position + segment


def _embed_without_gain(word, position, segment, gain, shift, eps=1e-12):
    return _embed_by_torch(word, position, segment, None, None, eps)


def _embed_probes():
    import torch

    dice = torch.Generator().manual_seed(0)
    probes = []
    for length, hidden in ((3, 8), (5, 4), (1, 6)):
        rows = [torch.randn(length, hidden, generator=dice) for _ in range(3)]
        gain, shift = (torch.randn(hidden, generator=dice) for _ in range(2))
        probes.append((*rows, gain, shift))
    return probes


# ---- 05-attention: scores, scale, softmax, mix


def attention(query, key, value):
    """softmax(query · keyᵀ / √size) · value, over (…, length, size)."""
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    return scores.softmax(dim=-1) @ value


def _attention_by_torch(query, key, value):
    from torch.nn import functional as F

    return F.scaled_dot_product_attention(query, key, value)


def _attention_by_einsum(query, key, value):
    import torch

    scores = torch.einsum("...id,...jd->...ij", query * query.size(-1) ** -0.5, key)
    weights = scores.exp() / scores.exp().sum(-1, keepdim=True)
    return torch.einsum("...ij,...jd->...id", weights, value)


def _attention_unscaled(query, key, value):
    return (query @ key.transpose(-1, -2)).softmax(dim=-1) @ value


def _attention_scaled_by_size(query, key, value):
    return (query @ key.transpose(-1, -2) / query.shape[-1]).softmax(dim=-1) @ value


def _attention_scaled_by_length(query, key, value):
    return (query @ key.transpose(-1, -2) / key.shape[-2] ** 0.5).softmax(dim=-1) @ value


def _attention_over_queries(query, key, value):
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    return scores.softmax(dim=-2) @ value


def _attention_without_softmax(query, key, value):
    return query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 @ value


def _attention_scaled_after(query, key, value):
    return (query @ key.transpose(-1, -2)).softmax(dim=-1) / query.shape[-1] ** 0.5 @ value


def _attention_of_keys(query, key, value):
    return attention(query, key, key)


def _attention_probes():
    import torch

    dice = torch.Generator().manual_seed(1)
    shapes = [(4, 16), (3, 6, 8), (1, 2, 5, 4)]
    return [tuple(torch.randn(shape, generator=dice) for _ in range(3)) for shape in shapes]


# ---- 05-mask: a hidden key gets exactly nothing


def masked_weights(scores, visible):
    """Attention weights in which hidden keys get exactly 0 and the others share 1."""
    return scores.masked_fill(~visible, float("-inf")).softmax(dim=-1)


def _masked_by_hand(scores, visible):
    powers = (scores - scores.max()).exp() * visible
    return powers / powers.sum(dim=-1, keepdim=True)


def _masked_by_bias(scores, visible):
    import torch

    return (scores + (~visible) * torch.finfo(scores.dtype).min).softmax(dim=-1)


def _masked_afterwards(scores, visible):
    return scores.softmax(dim=-1) * visible


def _masked_with_zero(scores, visible):
    return (scores * visible).softmax(dim=-1)


def _masked_queries(scores, visible):
    return scores.masked_fill(~visible[:, None], -1e9).softmax(dim=-1)


def _masked_inverted(scores, visible):
    return scores.masked_fill(visible, float("-inf")).softmax(dim=-1)


def _masked_gently(scores, visible):
    return (scores - (~visible).float()).softmax(dim=-1)


def _masked_not(scores, visible):
    return scores.softmax(dim=-1)


def _mask_probes():
    import torch

    dice = torch.Generator().manual_seed(2)
    masks = ([1, 1, 1, 0], [1, 0, 1, 0, 0], [1, 1, 0])
    return [
        (2 * torch.randn(len(mask), len(mask), generator=dice), torch.tensor(mask).bool())
        for mask in masks
    ]


# ---- 05-block: what is added to what, and when it is normalised


class _Step:
    """A function of one number with a name that a failing check can print."""

    def __init__(self, name, function):
        self.name, self.function = name, function

    def __call__(self, x):
        return self.function(x)

    def __repr__(self):
        return self.name


def block(x, attend, widen_and_narrow, norm1, norm2):
    """One encoder layer out of its four parts."""
    x = norm1(x + attend(x))
    return norm2(x + widen_and_narrow(x))


def _block_in_one_line(x, attend, widen_and_narrow, norm1, norm2):
    return norm2((y := norm1(attend(x) + x)) + widen_and_narrow(y))


def _block_norm_first(x, attend, widen_and_narrow, norm1, norm2):
    x = x + attend(norm1(x))
    return x + widen_and_narrow(norm2(x))


def _block_without_shortcuts(x, attend, widen_and_narrow, norm1, norm2):
    return norm2(widen_and_narrow(norm1(attend(x))))


def _block_norm_then_add(x, attend, widen_and_narrow, norm1, norm2):
    x = x + norm1(attend(x))
    return x + norm2(widen_and_narrow(x))


def _block_shortcut_from_the_start(x, attend, widen_and_narrow, norm1, norm2):
    return norm2(x + widen_and_narrow(norm1(x + attend(x))))


def _block_in_parallel(x, attend, widen_and_narrow, norm1, norm2):
    return norm2(norm1(x + attend(x)) + widen_and_narrow(x))


def _block_probes():
    steps = (
        _Step("attend", lambda x: 3 * x + 1),
        _Step("widen_and_narrow", lambda x: x * x),
        _Step("norm1", lambda x: x / 2),
        _Step("norm2", lambda x: x / 5 + 1),
    )
    return [(x, *steps) for x in (2.0, -3.0, 0.5)]


EXERCISES = [
    Exercise(
        id="05-embed",
        title="Add up and normalise",
        task="""
            Write `embed(word, position, segment, gain, shift, eps=1e-12)`. The first three are
            tensors of shape (length, hidden), one row a token. Add them up, then apply LayerNorm:
            from each token's row take off its own mean, divide by its own standard deviation, then
            multiply by `gain` and add `shift`. `eps` is added to the variance, under the root.
        """,
        kind="function",
        reference=embed,
        alternatives=[_embed_by_torch],
        probes=_embed_probes,
        tolerance=1e-4,
        misconceptions=[
            Misconception(
                "normalising each feature over the tokens",
                _embed_over_tokens,
                "Mean and deviation were taken down the columns, over the tokens. That is what "
                "batch normalisation does. LayerNorm looks at one token's numbers alone "
                "(`dim=-1`), so a token's vector does not depend on its neighbours yet.",
            ),
            Misconception(
                "one mean for the whole sentence",
                _embed_whole,
                "One mean and one deviation for everything: then a long word would shift its "
                "neighbours. Take them for each row, with `dim=-1, keepdim=True`.",
            ),
            Misconception(
                "dividing by n − 1",
                _embed_unbiased,
                "`var` divides by n − 1 unless told otherwise. LayerNorm divides by n: it scales "
                "the numbers at hand and estimates nothing. `unbiased=False`.",
            ),
            Misconception(
                "dividing by the variance",
                _embed_by_variance,
                "Divide by the standard deviation, the *root* of the variance. Then each row ends "
                "with deviation 1.",
            ),
            Misconception(
                "averaging instead of normalising",
                _embed_average,
                "The sum was divided by three. LayerNorm is what brings the sum to a common "
                "scale, whatever the sizes of the three parts.",
            ),
            Misconception(
                "stopping at the sum",
                _embed_not_normalised,
                "The sum is right; the normalisation is missing.",
            ),
            Misconception(
                "leaving out gain and shift",
                _embed_without_gain,
                "Every row has mean 0 and deviation 1 now. Two learned vectors follow: multiply "
                "by `gain`, add `shift`.",
            ),
        ],
        hints=[
            "Two steps: a plain sum of three tensors, then a normalisation of each row.",
            "`total.mean(dim=-1, keepdim=True)` keeps a column that broadcasts against `total`; "
            "the variance is the same with `unbiased=False`.",
            "`gain * (total - mean) / (variance + eps).sqrt() + shift`",
        ],
        solution="Sum, then centre and scale each token's row by itself, then stretch and move it "
        "by what training has learned. `torch.nn.functional.layer_norm` does the second step.",
        difficulty="easy",
        minutes=6,
    ),
    Exercise(
        id="05-attention",
        title="Scaled dot-product attention",
        task="""
            Write `attention(query, key, value)` for tensors of shape (…, length, size): the dot
            product of every query with every key, divided by the root of the size, turned into
            shares by a softmax, and the values mixed by these shares.
        """,
        kind="function",
        reference=attention,
        alternatives=[_attention_by_torch, _attention_by_einsum],
        probes=_attention_probes,
        tolerance=1e-4,
        misconceptions=[
            Misconception(
                "leaving out the scale",
                _attention_unscaled,
                "The scores go into the softmax as they are. Divide them by the root of the "
                "vectors' size first; the lesson measures what happens otherwise.",
            ),
            Misconception(
                "dividing by the size, not by its root",
                _attention_scaled_by_size,
                "A sum of d independent products has deviation √d. Dividing by d shrinks the "
                "scores to almost nothing, and every token gets nearly the same share.",
            ),
            Misconception(
                "dividing by the root of the length",
                _attention_scaled_by_length,
                "The dot product adds up over the *size* of the vectors, so that is what its "
                "scale grows with. The number of tokens plays no part in one score.",
            ),
            Misconception(
                "sharing out over the queries",
                _attention_over_queries,
                "The softmax ran down the columns: every *key* shares itself out over the "
                "queries. It is each query that shares itself out over the keys: `dim=-1`.",
            ),
            Misconception(
                "no softmax",
                _attention_without_softmax,
                "The values were mixed by the raw scores, some of them negative. A softmax makes "
                "shares of each row: positive, with sum 1.",
            ),
            Misconception(
                "scaling after the softmax",
                _attention_scaled_after,
                "Divided after the softmax, the scale only makes the shares of a row add up to "
                "1/√d. It belongs to the scores, where it decides how sharp the shares are.",
            ),
            Misconception(
                "mixing the keys",
                _attention_of_keys,
                "The shares were used to mix the *keys*. A key says how a token is found, its "
                "value what it then gives. Multiply by `value`.",
            ),
        ],
        hints=[
            "Three lines: scores, shares, mix.",
            "`query @ key.transpose(-1, -2)` has shape (…, length, length): row i holds the dot "
            "products of query i with every key.",
            "`(query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(dim=-1) @ value`",
        ],
        solution="Each row of the softmax is one token's shares of all tokens; the product with "
        "`value` adds their values up in these shares.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="05-attention-parameters",
        title="Weigh an attention layer",
        task="""
            bertlab-mini has hidden size 256 and 4 heads. How many parameters has the attention of
            one layer: query, key, value and output, with their biases, without the LayerNorm?
        """,
        kind="value",
        reference=263168,
        alternatives=[4 * (256 * 256 + 256), 263168.0],
        misconceptions=[
            Misconception(
                "forgetting the biases",
                4 * 256 * 256,
                "Those are the four matrices. Each linear layer has a bias too: 256 numbers "
                "more, four times.",
            ),
            Misconception(
                "forgetting the output matrix",
                3 * (256 * 256 + 256),
                "Query, key and value are there. After the heads are put side by side again, a "
                "fourth matrix of 256 × 256 mixes them.",
            ),
            Misconception(
                "four times too much",
                4 * 4 * (256 * 256 + 256),
                "Either each head got matrices of full size, or all four layers were counted. One "
                "layer is asked for, and its heads *share out* the 256 numbers, 64 each: four "
                "heads of 256 × 64 make one matrix of 256 × 256.",
                matches=lambda answer: answer in (4 * 3 * 65792 + 65792, 4 * 4 * 65536),
            ),
            Misconception(
                "64 × 64 for each head",
                4 * 4 * (64 * 64 + 64),
                "Each head reads the *whole* vector of 256 numbers and makes 64 of it: "
                "256 × 64, not 64 × 64.",
                matches=lambda answer: answer in (4 * 4 * 64 * 64, 4 * 64 * 64, 4 * (64 * 64 + 64)),
            ),
            Misconception(
                "counting the LayerNorm too",
                263168 + 512,
                "The 512 numbers more are gain and shift of the LayerNorm behind it, which the "
                "task leaves out.",
            ),
        ],
        hints=[
            "A linear layer from 256 numbers to 256 has a matrix and a bias.",
            "There are four such layers. How many heads they are cut into does not matter.",
            "`4 * (256 * 256 + 256)`",
        ],
        solution="Four linear layers of 256 × 256 + 256. `sum(p.numel() for p in "
        "model.layers[0].attention.parameters())` says the same.",
        difficulty="easy",
        minutes=3,
    ),
    Exercise(
        id="05-block",
        title="Wire a block",
        task="""
            Write `block(x, attend, widen_and_narrow, norm1, norm2)`: one layer of BERT out of its
            four parts, each a function of one argument. Attention first. Both parts get a shortcut
            round them, and BERT normalises *after* adding. (The check uses plain numbers and simple
            functions: the wiring is all that counts.)
        """,
        kind="function",
        reference=block,
        alternatives=[_block_in_one_line],
        probes=_block_probes,
        misconceptions=[
            Misconception(
                "normalising before each part",
                _block_norm_first,
                "That is how GPT-2 and most later models are wired (pre-norm); it trains more "
                "steadily when very deep. BERT keeps the original order: add, then normalise.",
            ),
            Misconception(
                "no shortcuts",
                _block_without_shortcuts,
                "Each part *replaced* the vector. In BERT each part's result is *added* to what "
                "went into it: `x + attend(x)`.",
            ),
            Misconception(
                "normalising the change alone",
                _block_norm_then_add,
                "The normalisation ran over the part's result before it was added. BERT "
                "normalises the sum: `norm1(x + attend(x))`.",
            ),
            Misconception(
                "the second shortcut starts too early",
                _block_shortcut_from_the_start,
                "The second shortcut brought back the block's own input and skipped the first "
                "half. It starts where the second part starts, after `norm1`.",
            ),
            Misconception(
                "both parts read the input",
                _block_in_parallel,
                "The second part read the block's input. It reads what the attention half made "
                "of it. (Some later models do run both in parallel; BERT does not.)",
            ),
        ],
        hints=[
            "Two halves of the same form, one after the other.",
            "The first half is `norm1(x + attend(x))`. The second one reads its result.",
            "`x = norm1(x + attend(x))`, then `return norm2(x + widen_and_narrow(x))`",
        ],
        solution="Add, then normalise, twice. Because of the shortcuts a layer only has to learn "
        "what to *change*.",
        difficulty="easy",
        minutes=5,
    ),
    Exercise(
        id="05-mask",
        title="Hide the padding",
        task="""
            Write `masked_weights(scores, visible)`. `scores` has shape (length, length), row i the
            scores of query i; `visible` has shape (length,), True where a token is real. Return the
            softmax of each row in which hidden *keys* get exactly 0 and the rest share 1. The rows
            of hidden queries are treated like any other.
        """,
        kind="function",
        reference=masked_weights,
        alternatives=[_masked_by_hand, _masked_by_bias],
        probes=_mask_probes,
        tolerance=1e-4,
        misconceptions=[
            Misconception(
                "erasing after the softmax",
                _masked_afterwards,
                "The hidden keys get 0, but the others do not share 1 any more: what the padding "
                "took away is lost. Hide the scores *before* the softmax.",
            ),
            Misconception(
                "a score of zero hides",
                _masked_with_zero,
                "A score of 0 is a score like others: e⁰ = 1, and negative scores fare even "
                "worse. Only minus infinity gives a share of 0.",
            ),
            Misconception(
                "hiding queries instead of keys",
                _masked_queries,
                "Whole *rows* were blanked, the queries of padding. Real tokens still read the "
                "padding. Hide columns: no query may look at a hidden key.",
            ),
            Misconception(
                "the mask the wrong way round",
                _masked_inverted,
                "The real tokens were hidden and the padding read. `visible` is True where a "
                "token may be read, so hide `~visible`.",
            ),
            Misconception(
                "taking off one",
                _masked_gently,
                "One was taken off the hidden scores. That makes their share smaller by a factor "
                "of e, not zero. Take off infinity.",
            ),
            Misconception(
                "no mask at all",
                _masked_not,
                "That is the plain softmax; `visible` has no effect yet.",
            ),
        ],
        hints=[
            "Which score comes out of a softmax as exactly 0?",
            "`scores.masked_fill(condition, value)` puts `value` wherever `condition` holds, and a "
            "condition of shape (length,) is laid over every row.",
            '`scores.masked_fill(~visible, float("-inf")).softmax(dim=-1)`',
        ],
        solution="e^(−∞) = 0, so hidden keys drop out of the sum as well as out of the mix. The "
        "package adds the lowest finite number instead, because a row of −∞ alone would come out "
        "as NaN.",
        difficulty="medium",
        minutes=6,
    ),
    Exercise(
        id="05-quadratic-from",
        title="When does length win?",
        task="""
            In a layer of hidden size h (with 4·h inside its feed-forward part), a row of n tokens
            costs 24·n·h² operations in the linear layers and 4·n²·h in the two products of
            attention. For BERT-base, h = 768: at which length n do both cost the same?
        """,
        kind="value",
        reference=4608,
        alternatives=[6 * 768, 4608.0],
        misconceptions=[
            Misconception(
                "taking BERT's limit for the turning point",
                512,
                "512 is how many positions BERT-base has learned. Put it in: 24·512·768² against "
                "4·512²·768 is 9 to 1.",
            ),
            Misconception(
                "n = h",
                768,
                "At n = h the products cost 4·h³ and the linear layers 24·h³, six times as much.",
            ),
            Misconception(
                "the fraction upside down",
                128,
                "You have h / 6. Both sides over 4·n·h gives n = 6·h.",
            ),
            Misconception(
                "counting the feed-forward part alone",
                4 * 768,
                "4·h is where the products of attention overtake the feed-forward part (16·n·h²). "
                "The four matrices of attention itself (8·n·h²) are linear in n as well.",
            ),
        ],
        hints=[
            "Write down 24·n·h² = 4·n²·h and divide what is on both sides.",
            "Divide both sides by 4·n·h.",
            "n = 6·h",
        ],
        solution="24·n·h² = 4·n²·h gives n = 6·h = 4,608, nine times BERT's 512.",
        difficulty="easy",
        minutes=3,
    ),
]

RECAP = [
    Question(
        "What is *not* added up in BERT's input vectors?",
        [
            Option(
                "A vector of the word piece.",
                "It is: one row of a table, the same wherever the piece stands.",
            ),
            Option(
                "A vector of the neighbouring words.",
                "Neighbours enter in the first attention, not before. That is why changing "
                "the last word left all other input vectors as they were.",
                right=True,
            ),
            Option("A vector of the position.", "It is: one learned row for each place up to 512."),
            Option(
                "A vector of the segment.",
                "It is: one of two rows, telling sentence A from sentence B.",
            ),
        ],
    ),
    Question(
        "A colleague doubles the number of heads and leaves everything else. What changes?",
        [
            Option(
                "Only how the vectors are cut: more, narrower attention maps.",
                "The count of parameters stays; the number of maps and their √size change.",
                right=True,
            ),
            Option(
                "The model gets twice as many attention parameters.",
                "The heads share out the hidden size. More heads are narrower heads, and the "
                "matrices keep their size.",
            ),
            Option(
                "Nothing at all.",
                "The parameters stay as many, but the softmaxes are others: each head now "
                "compares fewer numbers and has its own map.",
            ),
        ],
    ),
    Question(
        "Why are the scores divided by √size before the softmax?",
        [
            Option(
                "To make the shares of a row add up to 1.",
                "The softmax does that whatever the scores are.",
            ),
            Option(
                "To save time.",
                "It costs a division more.",
            ),
            Option(
                "Because dot products of long vectors are large, and a softmax of large numbers "
                "gives everything to one token.",
                "And where one share is nearly 1, a small change of the scores changes nothing, so "
                "there is next to no gradient to learn from.",
                right=True,
            ),
        ],
    ),
    Question(
        "You batch two sentences, pad the shorter one, and forget the attention mask. What happens?",
        [
            Option(
                "An error: the shapes do not fit.",
                "They do fit; that is the trouble. Nothing at all is said.",
            ),
            Option(
                "Nothing, because [PAD] has a zero vector.",
                "Its word vector is zero, but position, segment and LayerNorm make an ordinary "
                "vector of it; and a key of zero would still get a share.",
            ),
            Option(
                "The shorter sentence's vectors change, silently.",
                "Its tokens read the padding like any other token. The longer one is unharmed, so "
                "results depend on who shares the batch.",
                right=True,
            ),
        ],
    ),
    Question(
        "In which order does BERT read a sentence?",
        [
            Option(
                "In none: each layer relates all positions at once, and order comes in as "
                "position vectors.",
                "Change the last word, and the first position changes within one layer; take the "
                "position vectors away, and the order is gone.",
                right=True,
            ),
            Option(
                "From left to right, then from right to left.",
                "That is a pair of recurrent networks, as in ELMo (lesson 04).",
            ),
            Option(
                "From left to right, one layer a word.",
                "The number of layers does not depend on the sentence; one layer already reaches "
                "from end to end.",
            ),
        ],
    ),
]
