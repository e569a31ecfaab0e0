"""Whatever comes in, the pipeline raises nothing, keeps offsets, and stays linear."""

from __future__ import annotations

import random
import time

import pytest

from nlp.pipeline import annotate_note, get_nlp

NOTE = (
    "主诉：发现肺癌2月。现病史：患者2月前受凉后咳嗽，无咯血、发热，于2014-07-03行胸部CT示左肺上叶肿块，考虑肺癌，"
    "淋巴结转移可能。2014年7月26日全麻下行胸腔镜下左上肺叶切除术，术后病理：（左上肺叶）腺癌（中分化），2.5×2cm，"
    "淋巴结转移(2/15)，pT2aN1M0，CEA 12.3ng/ml。予培美曲塞800mg d1+顺铂110mg d1。既往史：高血压10年。[姓名] [医院]\n"
)
ALPHABET = NOTE + "，。；、（）()[]【】+-*/%０１２ⅢⅣ≥µ\t\r\n\x00\u200b𠮷😀癌瘤炎术后无未见考虑"


def mutated(rng: random.Random) -> str:
    """A note with random deletions, insertions and swaps, or random characters altogether."""
    if rng.random() < 0.3:
        return "".join(rng.choices(ALPHABET, k=rng.randrange(200)))
    chars = list(NOTE[rng.randrange(len(NOTE)) :])
    for _ in range(rng.randrange(30)):
        place = rng.randrange(len(chars) + 1)
        if rng.random() < 0.5:
            chars[place:place] = rng.choices(ALPHABET, k=rng.randrange(5))
        else:
            del chars[place : place + rng.randrange(6)]
    return "".join(chars)


def test_two_thousand_mutated_notes() -> None:
    rng = random.Random(20)
    for number in range(2000):
        text = mutated(rng)
        for mention in annotate_note({"note_id": number, "text": text})["mentions"]:
            assert text[mention["start"] : mention["end"]] == mention["text"] != ""


def test_same_result_every_time() -> None:
    assert annotate_note({"note_id": 1, "text": NOTE}) == annotate_note({"note_id": 1, "text": NOTE})


def test_surrogate_tags_do_not_disturb() -> None:
    tagged = annotate_note({"note_id": 1, "text": "[姓名]于[医院]诊断为肺癌。"})
    assert ("肺癌", "disease") in {(m["text"], m["label"]) for m in tagged["mentions"]}


def seconds(text: str) -> float:
    start = time.process_time()
    annotate_note({"note_id": 1, "text": text})
    return time.process_time() - start


@pytest.mark.soak
def test_a_long_note_takes_linear_time() -> None:
    get_nlp()
    seconds(NOTE)
    size = len(NOTE.encode())
    small, large = NOTE * (100_000 // size), NOTE * (1_000_000 // size)
    assert seconds(large) < 25 * max(seconds(small), 0.2)


def test_long_runs_of_one_character() -> None:
    for run in (
        "癌" * 20_000,
        "(" * 20_000,
        "、" * 20_000,
        "1" * 20_000,
        "左" * 20_000,
        "a" * 20_000,
        "无" * 20_000,
        "术后" * 10_000,
    ):
        assert annotate_note({"note_id": 1, "text": run})["note_id"] == 1
