import ast

import pytest

from polytask._errors import ConfigError
from polytask.planning import stubs
from polytask.planning.operations import Operations


def test_stubs_are_python_and_hold_every_name(vocabulary):
    tree = ast.parse(stubs.stubs(vocabulary))
    defined = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    assert defined == set(vocabulary.names())
    assert {"train", "Trained", "FineTune", "Equal"} <= defined


def test_every_operation_of_the_protocol_is_offered():
    protocol = {name for name in vars(Operations) if not name.startswith("_")}
    assert set(stubs.operation_names()) == protocol


def test_recipes_take_their_arguments_by_name_and_give_text(vocabulary):
    text = stubs.stubs(vocabulary)
    assert "def Equal(*, weight: float = 1.0) -> str:" in text
    assert "def Probe(*, strengths: tuple[float, ...] = (0.1, 1.0)) -> str:" in text


def test_arguments_that_hold_a_part_are_text(vocabulary):
    assert "balancer: str = ...," in stubs.stubs(vocabulary)


def test_operations_lose_self_and_keep_their_documents(vocabulary):
    text = stubs.stubs(vocabulary)
    assert (
        "def train(tasks: Sequence[str], recipe: str, repeat: int = 0, start: str = '', "
        "teachers: Mapping[str, str] = {}) -> Trained:"
    ) in text.replace('""', "''")
    assert "(self" not in text
    assert "Train one part for one task" in text


def test_an_argument_is_explained_once():
    for name, operation in vars(Operations).items():
        lines = [line.strip() for line in (operation.__doc__ or "").splitlines()]
        told = [line.split(":")[0] for line in lines if line.split(":")[0].isidentifier()]
        assert len(told) == len(set(told)), name


def test_the_reference_explains_every_operation_and_recipe(vocabulary):
    text = stubs.reference(vocabulary)
    for name in vocabulary.names():
        assert name in text
    assert "## Operations" in text
    assert "All layers." in text
    assert "Cost:" in text


def test_the_short_reference_names_the_same_operations_in_far_fewer_words(vocabulary):
    whole, short = stubs.reference(vocabulary), stubs.reference(vocabulary, short=True)
    for name in (*stubs.operation_names(), *stubs.results(), *vocabulary.recipes):
        assert name in short
    assert len(short) < 0.6 * len(whole)  # of all the real parts a quarter
    assert "Cost:" not in short


def test_the_reference_shows_a_plan_that_passes_the_check(vocabulary):
    from polytask.planning.checks import check_text

    example = stubs.reference(vocabulary).split("```python\n")[1].split("```")[0]
    check_text(example, vocabulary)


def test_a_recipe_gives_its_text_form(vocabulary):
    tuned = vocabulary.form("FineTune")(epochs=5, balancer="Equal(weight=2.0)")
    assert tuned == "FineTune(epochs=5, balancer=Equal(weight=2.0))"
    assert vocabulary.form("TfidfLinear")() == "TfidfLinear()"


@pytest.mark.parametrize(
    ("name", "arguments", "hint"),
    [
        ("FineTune", {"epoch": 3}, "did you mean 'epochs'"),
        ("FineTune", {"balancer": "Equl()"}, "did you mean 'Equal'"),
        ("FineTuned", {}, "did you mean 'FineTune'"),
    ],
)
def test_unknown_names_offer_the_nearest(vocabulary, name, arguments, hint):
    with pytest.raises(ConfigError, match=hint):
        vocabulary.form(name)(**arguments)


def test_recipes_written_differently_are_the_same(vocabulary):
    assert vocabulary.canonical(" FineTune( epochs = 3,) ") == "FineTune(epochs=3)"
    plain = ["FineTune", "FineTune(epochs=4)", "FineTune(embeddings=False, learning_rate=0.0001)"]
    assert {vocabulary.canonical(text) for text in plain} == {"FineTune()"}
    ordered = vocabulary.canonical("FineTune(learning_rate=0.1, balancer='Equal', epochs=3)")
    assert ordered == "FineTune(epochs=3, learning_rate=0.1, balancer=Equal())"
    assert vocabulary.canonical("Probe(strengths=[0.1, 1])") == "Probe()"
    with pytest.raises(ConfigError, match="did you mean 'Probe'"):
        vocabulary.canonical("Prob()")


def test_defaults_that_are_no_literals_and_missing_ones_are_shown(tmp_path, monkeypatch):
    from polytask._catalogue import Catalogue

    (tmp_path / "odd_parts.py").write_text(
        "class Odd:\n"
        '    """Odd."""\n'
        "    def __init__(self, need: int, mode: Literal['a', 'b'] = 'a', size: int = SIZE): ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    text = stubs.stubs(stubs.Vocabulary(Catalogue("recipe", {"Odd": "odd_parts"})))
    assert "def Odd(*, need: int, mode: Literal['a', 'b'] = 'a', size: int = ...) -> str:" in text
