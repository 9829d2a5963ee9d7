"""A phrase of an unlearned class weighs less, the more the learned messages use it themselves."""

import pytest

from classifiers.api import Category, Text
from classifiers.assemble import assemble
from classifiers.familiar import HALVING_SHARE, rarity
from classifiers.segment import Segmenter
from classifiers.taxonomy import Taxonomy

TAXONOMY = Taxonomy(
    [
        Category("1", "", "城乡建设"),
        Category("2", "", "国土资源"),
        Category("21", "2", "征地", ("拆迁补偿", "拆迁协议", "土地出让")),
    ]
)


@pytest.fixture(scope="module")
def segmenter():
    return Segmenter()


def first(segmenter, share: float, probability: float) -> str:
    found = assemble(
        Text("", "拆迁补偿款没有到账,拆迁协议也没有给我,土地出让的钱去哪里了"),
        TAXONOMY,
        segmenter,
        {"城乡建设": probability},
        0.9,
        (),
        rarity(lambda _word: share, segmenter),
    )
    return found.categories[0].path[0]


def test_phrases_that_the_learned_messages_are_full_of_do_not_overrule_a_sure_model(segmenter):
    assert first(segmenter, share=0.02, probability=0.97) == "城乡建设"


def test_phrases_that_the_model_never_saw_do(segmenter):
    assert first(segmenter, share=0.0, probability=0.97) == "国土资源"


def test_an_unsure_model_gives_way_sooner(segmenter):
    assert first(segmenter, share=0.004, probability=0.99) == "城乡建设"
    assert first(segmenter, share=0.004, probability=0.3) == "国土资源"


def test_a_phrase_of_several_words_is_as_common_as_its_rarest(segmenter):
    shares = {"路灯": 0.01, "闪烁": HALVING_SHARE}
    of = rarity(lambda word: shares.get(word, 0.0), segmenter)
    assert segmenter.cut("路灯闪烁") == ["路灯", "闪烁"]
    assert of("路灯闪烁") == pytest.approx(0.5)
    assert of("路灯") < 0.2
    assert of("流星雨") == 1
