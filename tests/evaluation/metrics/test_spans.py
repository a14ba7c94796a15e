import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score
from seqeval.metrics.sequence_labeling import get_entities

from polytask.evaluation.metrics.spans import SpanF1, span_counts, spans
from polytask.evaluation.prediction import Prediction
from polytask.tasks.task import Task

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-a-b", "I-a-b")
TASK = Task("t", "table", (), "t", "tagging", "span_f1", TAGS)
tags = st.sampled_from(TAGS)
sentence_pairs = st.lists(
    st.lists(st.tuples(tags, tags), min_size=1, max_size=12), min_size=1, max_size=12
)


def answers(labels):
    return Prediction(labels, np.ones(len(labels)), np.ones(len(labels), dtype=bool))


@given(st.lists(tags, max_size=15))
@settings(max_examples=200, deadline=None)
def test_any_sequence_valid_or_not_is_read_as_seqeval_reads_it(sentence):
    assert spans(sentence) == set(get_entities(sentence))


@given(sentence_pairs)
@settings(max_examples=60, deadline=None)
def test_f1_agrees_with_seqeval(sentences):
    truth = [[pair[0] for pair in sentence] for sentence in sentences]
    answer = [[pair[1] for pair in sentence] for sentence in sentences]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no span on one side: seqeval warns and answers 0
        expected = f1_score(truth, answer)
    assert SpanF1().of(TASK, truth, answers(answer)) == pytest.approx(expected, abs=1e-9)


def test_counts_are_by_sentence_and_type():
    types, made = span_counts([["B-PER", "O"], ["B-LOC"]], answers([["B-PER", "B-LOC"], ["O"]]))
    assert types == ["LOC", "PER"]
    assert made.tolist() == [[[0, 1], [0, 1], [1, 1]], [[0, 0], [1, 0], [0, 0]]]


def test_a_cut_answer_misses_its_spans():
    given_answers = answers([["B-PER"]])
    assert SpanF1().of(TASK, [["B-PER", "O", "B-LOC"]], given_answers) == pytest.approx(2 / 3)


def test_only_bio_tags_have_spans():
    assert SpanF1().applies(TASK)
    assert not SpanF1().applies(Task("t", "table", (), "t", "tagging", "accuracy", ("N", "V")))
