import copy

import numpy as np
import pytest
import torch

from bertlab.data.examples import encode_questions, encode_tagged, encode_texts
from bertlab.data.labelled import questions, tagged
from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert
from bertlab.models.heads import SequenceClassifier, SpanPicker, TokenClassifier, entities_of
from bertlab.training.finetune import predict
from tests.small_bert import small_bert

TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def tokenizer():
    return train_wordpiece([item.passage for item in questions()], 600)


def encoder(tokenizer, seed=0, **sizes) -> Bert:
    return small_bert(
        tokenizer.get_vocab_size(),
        seed,
        hidden_size=32,
        num_hidden_layers=2,
        intermediate_size=40,
        max_position_embeddings=256,
        initializer_range=0.2,  # so that logits are far from 0
        **sizes,
    )


def make(kind, tokenizer):
    """(a model, examples for it)"""
    generator = torch.Generator().manual_seed(1)
    if kind == "classes":
        texts = [item.question for item in questions()[:6]]
        examples = encode_texts(tokenizer, texts, list("abcabc"), pairs=texts[::-1])
        bert = encoder(tokenizer)
        return SequenceClassifier(bert, 3, generator=generator, names=examples.names), examples
    if kind == "tags":
        examples = encode_tagged(tokenizer, tagged()[:6])
        n_labels = len(examples.names)
        bert = encoder(tokenizer)
        return TokenClassifier(bert, n_labels, generator=generator, names=examples.names), examples
    examples = encode_questions(tokenizer, questions()[:6], max_length=256)
    return SpanPicker(encoder(tokenizer), generator), examples


KINDS = ["classes", "tags", "answers"]


@pytest.mark.parametrize("kind", KINDS)
def test_packed_and_padded_rows_score_alike(kind, tokenizer):
    model, examples = make(kind, tokenizer)
    model.eval()
    batch = examples.batch(np.arange(len(examples)))
    with torch.no_grad():
        packed, padded = model.logits(batch), model(**batch.padded())
    if kind != "classes":
        padded = padded.flatten(0, 1)[batch.grid]
    torch.testing.assert_close(packed, padded, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_transformers_opens_it_and_predicts_the_same(kind, tokenizer, tmp_path, recwarn):
    transformers = pytest.importorskip(
        "transformers", reason="transformers is the oracle here; it comes with the extra 'test'"
    )
    model, examples = make(kind, tokenizer)
    model.save_pretrained(tmp_path, tokenizer)
    auto = {
        "classes": transformers.AutoModelForSequenceClassification,
        "tags": transformers.AutoModelForTokenClassification,
        "answers": transformers.AutoModelForQuestionAnswering,
    }[kind]
    theirs, report = auto.from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"]
    batch = examples.batch(np.arange(len(examples)))
    with torch.no_grad():
        output = theirs.eval()(**batch.padded())
        ours = model.eval()(**batch.padded())
    seen = batch.visible()
    if kind == "answers":
        wanted = torch.stack([output.start_logits, output.end_logits], dim=-1)[seen]
        ours = ours[seen]
    else:
        wanted = output.logits if kind == "classes" else output.logits[seen]
        ours = ours if kind == "classes" else ours[seen]
        assert theirs.config.id2label == dict(enumerate(model.names))
    assert (ours - wanted).abs().max() < TOLERANCE
    again = type(model).from_pretrained(tmp_path)
    assert again.names == model.names
    torch.testing.assert_close(predict(again, examples), predict(model, examples))


def test_a_head_that_transformers_trained_opens_here(tokenizer, tmp_path):
    transformers = pytest.importorskip(
        "transformers", reason="transformers is the oracle here; it comes with the extra 'test'"
    )
    encoder(tokenizer).save_pretrained(tmp_path / "encoder", tokenizer)
    theirs = transformers.BertForSequenceClassification.from_pretrained(
        tmp_path / "encoder", num_labels=3
    )
    theirs.save_pretrained(tmp_path / "theirs")
    ours = SequenceClassifier.from_pretrained(tmp_path / "theirs")
    _, examples = make("classes", tokenizer)
    padded = examples.batch([0, 1, 2]).padded()
    with torch.no_grad():
        assert (ours(**padded) - theirs.eval()(**padded).logits).abs().max() < TOLERANCE


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_that_of_transformers(kind, tokenizer, tmp_path):
    transformers = pytest.importorskip(
        "transformers", reason="transformers is the oracle here; it comes with the extra 'test'"
    )
    model, examples = make(kind, tokenizer)
    model.save_pretrained(tmp_path)
    # theirs lets [PAD] compete for the answer: one row alone has none
    batch = examples.batch([0] if kind == "answers" else np.arange(len(examples)))
    if kind == "classes":
        name, labels = "BertForSequenceClassification", {"labels": batch.labels}
    elif kind == "tags":
        name = "BertForTokenClassification"
        grid = torch.full((len(batch) * batch.length,), -100)
        grid[batch.grid] = batch.labels
        labels = {"labels": grid.view(len(batch), batch.length)}
    else:
        name = "BertForQuestionAnswering"
        start, end = batch.labels.unbind(-1)
        labels = {"start_positions": start, "end_positions": end}
    theirs = getattr(transformers, name).from_pretrained(tmp_path).eval()
    with torch.no_grad():
        loss, report = model.eval().loss(batch)
        wanted = theirs(**batch.padded(), **labels).loss
    assert abs(loss.item() - wanted.item()) < TOLERANCE
    assert 0 <= report["right"] <= report["count"]


def test_an_encoder_alone_is_no_classifier(tokenizer, tmp_path):
    encoder(tokenizer).save_pretrained(tmp_path)
    with pytest.raises(BertlabError, match="classifier.weight"):
        SequenceClassifier.from_pretrained(tmp_path)


def test_names_must_fit(tokenizer):
    with pytest.raises(BertlabError, match="2 names for n_labels=3"):
        SequenceClassifier(encoder(tokenizer), 3, names=("no", "yes"))


def test_the_same_generator_gives_the_same_head(tokenizer):
    bert = encoder(tokenizer)
    heads = [
        SequenceClassifier(bert, 2, generator=torch.Generator().manual_seed(seed))
        for seed in (0, 0, 1)
    ]
    one, same, other = (head.classifier.weight for head in heads)
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert heads[0].encoder is bert


def test_decoding_names_classes_and_entities(tokenizer):
    model, examples = make("classes", tokenizer)
    assert model.decode(torch.eye(3)) == ["a", "b", "c"]
    model, examples = make("tags", tokenizer)
    perfect = torch.nn.functional.one_hot(torch.from_numpy(examples.labels).clamp(min=0), 9)
    assert [tuple(row) for row in model.decode(perfect.float(), examples)] == [
        item.entities for item in tagged()[:6]
    ]


def test_an_inside_tag_that_continues_nothing_begins_an_entity(tokenizer):
    names = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    examples = encode_tagged(tokenizer, ["a a a a a"], names=names)
    tags = np.zeros(len(examples.input_ids), int)
    tags[examples.marked] = [2, 4, 4, 0, 2]  # I-LOC I-PER I-PER O I-LOC
    assert entities_of(tags, examples, names) == [[(0, 1, "LOC"), (2, 5, "PER"), (8, 9, "LOC")]]


def test_an_answer_lies_in_the_passage_and_begins_before_it_ends(tokenizer):
    model, examples = make("answers", tokenizer)
    one = examples.select([0])
    logits = torch.zeros(len(one.input_ids), 2)
    passage = np.flatnonzero(one.marked)
    logits[1] = 50.0  # a piece of the question
    logits[passage[7], 0], logits[passage[2], 1] = 20.0, 20.0  # an end before the start
    logits[passage[3], 0], logits[passage[5], 1] = 15.0, 19.0
    start, end = one.spans[passage[3], 0], one.spans[passage[5], 1]
    assert model.decode(logits, one) == [(start, end)]
    assert model.decode(logits, one, longest=2) != [(start, end)]


def test_a_head_changes_the_encoder_that_it_holds(tokenizer):
    bert = encoder(tokenizer)
    before = copy.deepcopy(bert.state_dict())
    model = SequenceClassifier(bert, 2)
    loss, _ = model.loss(encode_texts(tokenizer, ["a", "b"], [0, 1]).batch([0, 1]))
    loss.backward()
    assert bert.layers[0].narrow.weight.grad.abs().sum() > 0
    assert bert.mlm_bias.grad is None
    assert all(torch.equal(before[name], value) for name, value in bert.state_dict().items())
