"""The linker: wording, retrieval, ranking, several codes for a string, learning, saving."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nlp.linking import Linker, second
from nlp.linking.association import Associations
from nlp.linking.choose import ENOUGH, Chooser, Ranked
from nlp.linking.features import agreement, distinction, form, grams
from nlp.linking.index import Index
from nlp.linking.memory import Memory
from nlp.linking.ranker import DENSE, HAND, Ranker, row_of
from nlp.linking.rewrite import hard_parts, inherited, joined, kind_of, plain, wording
from nlp.linking.second import Second, example, seen
from nlp.training.card import ModelError

TABLE = [
    ("01", "阑尾手术"), ("01.1", "阑尾切除术"), ("01.2", "腹腔镜下阑尾切除术"), ("02.1", "胆囊切除术"), ("02.2", "腹腔镜下胆囊切除术"),
    ("03.1", "单侧输卵管切除术"), ("03.2", "双侧输卵管切除术"), ("04.1", "股骨内固定装置去除术"), ("04.2", "股骨内固定术"),
    ("05.1", "肝病损切除术"), ("05.2", "肝血管瘤切除术"), ("06.1", "单侧甲状腺切除伴甲状腺峡部切除术"), ("06.2", "甲状腺峡部切除术"), ("07.1100", "角膜移植术"),
    ("09.1", "腹腔镜下单侧肾切除术"), ("10.1", "踝关节骨折切开复位内固定术"), ("10.2", "踝关节骨折闭合复位术"), ("11.1", "联合的右心和左心导管置入"), ("11.2", "右心导管置入"),
    ("11.3", "房间隔缺损封堵术"),
]  # fmt: skip

PAIRS = [
    ("蓝尾切掉", ["阑尾切除术"]), ("蓝尾摘了", ["阑尾切除术"]), ("蓝尾割除术", ["阑尾切除术"]),
    ("胆拿掉", ["胆囊切除术"]), ("胆取走", ["胆囊切除术"]), ("胆割除术", ["胆囊切除术"]),
    ("胆和蓝尾都拿掉", ["胆囊切除术", "阑尾切除术"]), ("蓝尾加胆拿掉", ["阑尾切除术", "胆囊切除术"]), ("天书", ["没有的名字"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker(TABLE)


@pytest.fixture(scope="module")
def trained() -> Linker:
    linker = Linker(TABLE)
    assert linker.train(PAIRS) == 8
    return linker


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("阑尾切除术", ["01.1"]),
        ("腹腔镜阑尾切除", ["01.2"]),
        ("经腹腔镜行胆囊摘除术", ["02.2"]),
        ("ＬＣ", ["02.2"]),
        ("左侧输卵管切除术", ["03.1"]),
        ("双侧输卵管切除术", ["03.2"]),
        ("左股骨骨折术后取内固定物", ["04.1"]),
        ("肝肿瘤切除术", ["05.1"]),
        ("肝血管瘤切除术", ["05.2"]),
        ("阑尾切除术+胆囊切除术", ["01.1", "02.1"]),
        ("腹腔镜下阑尾切除术+胆囊切除术", ["01.2", "02.2"]),
        ("左甲状腺叶切除加峡部切除", ["06.1"]),
        ("某手术((07.1100))", ["07.1100"]),
        ("LS左侧肾肿瘤根治术", ["09.1"]),
        ("左踝关节骨折ORIF", ["10.1"]),
        ("左心、右心导管造影", ["11.1"]),
        ("左右心导管造影后房间隔缺损封堵术", ["11.3"]),
    ],
)
def test_untrained(linker: Linker, text: str, codes: list[str]) -> None:
    assert [candidate.code for candidate in linker.link(text).codes] == codes


@pytest.mark.parametrize("text", ["", " ", "；", "@@", "\u0000", "术" * 500])
def test_strings_without_a_name_raise_nothing(linker: Linker, trained: Linker, text: str) -> None:
    for one in (linker, trained):
        found = one.link(text)
        assert {candidate.code for candidate in found.codes} <= {code for code, _ in TABLE}


def test_runners_up_are_not_the_chosen_ones(linker: Linker) -> None:
    found = linker.link("阑尾切除术")
    assert found.candidates
    assert not {c.code for c in found.codes} & {c.code for c in found.candidates}
    assert all(0 <= c.score <= 1 for c in [*found.codes, *found.candidates])


def test_training_teaches_words_and_sets(trained: Linker) -> None:
    assert [c.code for c in trained.link("胆拿掉").codes] == ["02.1"]
    assert trained.link("蓝尾拿掉").codes[0].code == "01.1"
    assert {c.code for c in trained.link("胆和蓝尾都拿掉").codes} == {"01.1", "02.1"}


def test_saved_and_loaded_gives_the_same(trained: Linker, tmp_path: Path) -> None:
    trained.save(tmp_path, {"train": {"pairs": 9}})
    again = Linker(TABLE, model=tmp_path)
    for text in ("蓝尾拿掉", "腹腔镜下胆割除", "阑尾切除术", "双侧输卵管切除术+胆取走", "x"):
        assert again.link(text) == trained.link(text)
    assert json.loads((tmp_path / "card.json").read_text("utf-8"))["train"] == {"pairs": 9}


def test_order_of_pairs_and_of_the_table_does_not_matter(trained: Linker) -> None:
    other = Linker(TABLE)
    other.train(PAIRS[::-1])
    for text in ("蓝尾拿掉", "胆摘了", "腹腔镜下蓝尾"):
        assert other.link(text) == trained.link(text)
    turned = Linker(TABLE[::-1])
    assert [c.code for c in turned.link("肝肿瘤切除术").codes] == ["05.1"]


def test_a_model_serves_a_reordered_table(trained: Linker, tmp_path: Path) -> None:
    trained.save(tmp_path)
    turned = Linker(TABLE[::-1], model=tmp_path)
    assert [c.code for c in turned.link("蓝尾拿掉").codes] == [c.code for c in trained.link("蓝尾拿掉").codes]


def test_damaged_and_missing_models_say_so(trained: Linker, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model in"):
        Linker(TABLE, model=tmp_path / "none")
    trained.save(tmp_path)
    (tmp_path / "weights.npz").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"damaged: weights\.npz"):
        Linker(TABLE, model=tmp_path)
    trained.save(tmp_path)
    with pytest.raises(ModelError, match="another code table"):
        Linker([("1", "别的")], model=tmp_path)
    with pytest.raises(ModelError, match="learned nothing"):
        Linker(TABLE).save(tmp_path)
    assert Linker(TABLE).train([("天书", ["没有的名字"])]) == 0


def test_wording_is_one_for_names_and_titles() -> None:
    assert wording("右侧股骨颈内固定物拆除术", "operation", True) == wording("股骨内固定装置去除术", "operation", False)
    assert wording("肺大泡切除术", "operation", True) == wording("肺大疱切除术", "operation", False)
    assert wording("术", "operation", True) == "术"
    assert plain("“胃 癌”") == "胃癌"


def test_parts_of_a_string() -> None:
    assert hard_parts("1.甲切除术 2.乙切除术；丙+丁") == ["甲切除术", "乙切除术", "丙", "丁"]
    assert inherited("腹腔镜下全子宫切除术", "输卵管切除术") == "腹腔镜下输卵管切除术"
    assert inherited("腹腔镜下全子宫切除术", "经皮肾造口术") == "经皮肾造口术"
    assert inherited("胃切除术", "成形术") == "胃成形术"
    assert joined("甲状腺左叶切除+峡部切除术", "operation") == "甲状腺切除伴甲状腺峡部切除术"
    assert kind_of(["胃切除术", "肝修补术"]) == "operation"
    assert kind_of(["胃癌", "肝炎"]) == "diagnosis"


def test_nearest_strings_first_and_unknown_ones_nothing() -> None:
    index = Index(["胃切除", "胃切开", "肝移植"])
    assert [row for row, _ in index.search("胃切除", 3)] == [0, 1]
    assert index.search("胃切除", 1)[0][1] == pytest.approx(1)
    assert index.search("xyz", 3) == []
    assert index.weight("胃") < index.weight("移植") <= index.weight("没有")


def test_memory_leaves_a_pair_out_of_its_own_recall() -> None:
    memory = Memory([("胃切除", [0]), ("胃切开", [1]), ("胃切除术", [0])])
    assert memory.recall("胃切除").best[0] == pytest.approx(1)
    assert memory.recall("胃切除", without=0).best[0] < 0.99
    alone = Memory([("胃切除", [0]), ("肝移植", [1])]).recall("胃切除", without=0)
    assert 0 not in alone.best and alone.likeness.get(0, 0.0) < 0.01
    assert Memory([("a", [0, 1]), ("b", [0])]).share_together(0, [1]) == 0.5
    assert Memory([]).recall("胃").best == {}


def test_features_speak_of_both_directions() -> None:
    def weigh(_: str) -> float:
        return 1.0

    name, title = form("左肾切除术", "operation", True, weigh), form("双侧肾部分切除术", "operation", False, weigh)
    found = agreement(name, title)
    assert found["covers"] == 0.8 or found["covers"] > found["covered"]
    assert found["side_clash"] == 1
    assert set(HAND) <= set(DENSE)


def test_associations_learn_what_a_word_of_names_becomes_in_titles() -> None:
    titles = ["胃病损切除", "胃移植", "肝病损切除", "肾移植"]
    pairs = [("胃肿瘤切除", [0]), ("肝肿瘤切除", [2]), ("胃移植", [1]), ("肾移植", [3]), ("肝肿瘤", [2])]
    learned = Associations.of(pairs, titles, "diagnosis")
    (lesion, graft) = learned.scores(grams("胃肿瘤"), [0, 1])
    assert all(lesion > graft)
    # A pair is not judged by what it taught itself, nor is any when the models of the folds have been dropped and made again.
    alone = Associations.of([("肿", [0]), *[("肾移植", [3])] * 4], titles, "diagnosis")
    assert alone.scores(["肿"], [0], without=0)[0, 0] < alone.scores(["肿"], [0])[0, 0]
    alone.forget_folds()
    assert alone.scores(["肿"], [0], without=5)[0, 0] < alone.scores(["肿"], [0])[0, 0]
    assert np.array_equal(learned.scores([], [0, 1]), np.zeros((2, 2)))
    assert np.array_equal(learned.scores(["鑫"], [0, 1]), np.zeros((2, 2)))
    assert learned.scores(["胃", "鑫"], [0])[0, 0] == pytest.approx(
        (learned.scores(["胃"], [0])[0, 0] + np.log(0.1)) / 2
    )
    assert np.array_equal(Associations.of([], titles, "diagnosis").scores(["胃"], [0]), np.zeros((1, 2)))


def test_what_tells_candidates_apart_weighs_most() -> None:
    name, *titles = (form(text, "diagnosis", False, lambda _: 1.0) for text in ("额叶瘤", "额叶病", "顶叶病", "枕叶病"))
    frontal, parietal, _ = distinction(name, titles)
    assert frontal["apart_covers"] > 0.9 > 0.1 > parietal["apart_covers"]
    assert frontal["apart_covered"] > parietal["apart_covered"]
    assert frontal["known_covers"] == pytest.approx(1) and parietal["known_covers"] == pytest.approx(1 / 3)
    assert distinction(name, []) == []


def test_ranker_learns_the_right_candidate() -> None:
    right, wrong = row_of(dict.fromkeys(DENSE, 0.0), ["a"]), row_of(dict.fromkeys(DENSE, 0.0), ["b"])
    ranker = Ranker.train([([wrong, right], [False, True])] * 3)
    low, high = ranker.scores([wrong, right])
    assert high > low
    assert np.array_equal(Ranker.train([([wrong], [False])]).dense, Ranker().dense)


def test_second_look_sees_features_that_only_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second, "EPOCHS", 60)
    kinds = [
        row_of(dict(zip(DENSE, values, strict=False)), [])
        for values in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
    ]
    blind = Ranker(np.zeros(len(DENSE)))
    # One alone is right, none or both are wrong: no linear score says that.
    strings = [example([kinds[wrong], kinds[right]], [False, True], blind) for wrong in (0, 3) for right in (1, 2)]
    learned = Second.train(strings * 100)
    scores = learned.scores(seen(kinds, blind))
    assert min(scores[1], scores[2]) > max(scores[0], scores[3])
    assert np.array_equal(Second.train(strings * 100).out, learned.out)


def test_second_look_is_learned_from_enough_strings_and_saved(tmp_path: Path) -> None:
    linker = Linker(TABLE)
    pairs = [(f"{side}{what}{act}{number}", [title]) for side in ("左", "右", "再次") for act in ("切掉", "割除", "拿走", "摘了")
             for number in range(9) for what, title in (("蓝尾", "阑尾切除术"), ("胆", "胆囊切除术"))]  # fmt: skip
    linker.train(pairs)
    assert linker.second is not None
    linker.save(tmp_path)
    again = Linker(TABLE, model=tmp_path)
    for text in ("胆去除", "左蓝尾去掉", "腹腔镜下胆割除"):
        assert again.link(text) == linker.link(text)
    assert linker.train(PAIRS) == 8 and linker.second is None


def test_strings_without_a_right_candidate_do_not_count_as_enough() -> None:
    strange = [(chr(0x3400 + 2 * number) + chr(0x3401 + 2 * number), ["阑尾切除术"]) for number in range(ENOUGH)]
    linker = Linker(TABLE)
    assert linker.train([*strange, *PAIRS]) == ENOUGH + 8
    assert linker.second is None
    assert linker.link("胆拿掉").codes[0].code == "02.1"
    assert Linker(TABLE).train(strange) == 0


def test_chooser_always_takes_the_first() -> None:
    item = Ranked(3, 0.9, 0, frozenset("ab"), (0.0,))
    other = Ranked(4, 0.1, 0, frozenset("ab"), (0.0,))
    chooser = Chooser.train([([item, other], frozenset({3}))] * 5, lambda row, rows: 0.0)
    assert [one.row for one in chooser.choose([item, other], lambda row, rows: 0.0)] == [3]
    assert chooser.choose([], lambda row, rows: 0.0) == []
