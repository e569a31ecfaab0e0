"""Which clinical terms the de-identifier hides: every term of the project's lists in plain frames, `python -m bench.deid_terms [--rules]`.

The lists are known to the rules, so this finds terms that rules for names and bodies override, not terms that no list holds. One line a frame:
terms hidden in whole or part, and by which rules; with `--show` the terms.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any

from nlp.deid import Deidentifier, DeidSettings
from nlp.deid.ordinary import clinical
from warehouse import codes

FRAMES = (
    "入院后患者{}，无发热。",
    "患者诉{}，伴乏力。",
    "3月2日，{}，乏力",
    "予{}治疗，3周一次。",
    "示{}，请结合临床。",
    "术后{}，恢复可。",
    "诊断：{}\n治疗",
    "1.{}；2.高血压",
    "既往{}病史10年，",
    "口服{}，每日1次",
    "因{}于3月2日入院",
    "{} 阳性",
    "|{}|",
    "主任医师查房：{}，继续观察",
    "李主任：考虑{}，",
)
KEY = b"terms of no patient, key of none"


def terms() -> list[str]:
    """Terms of two characters and more of the clinical lists and of the code tables."""
    rows: list[Any] = [*codes.drugs(), *codes.regimens(), *codes.markers(), *codes.lab_items(), *codes.tumour_types()]
    coded = {name for row in rows for name in (getattr(row, "name_zh", ""), *row.synonyms)}
    return sorted(t for t in clinical() | coded if len(t) > 1)


def hidden(engine: Deidentifier, frame: str, term: str) -> str | None:
    """The rule that hides any character of the term in the frame."""
    start = frame.index("{")
    spans = engine.deid(frame.format(term), offset_days=3, surrogate_key=KEY).spans
    return next((s.rule for s in spans if s.start < start + len(term) and s.end > start), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", action="store_true", help="without the network")
    parser.add_argument("--show", action="store_true", help="print the terms too")
    arguments = parser.parse_args()
    engine = Deidentifier(DeidSettings(network=not arguments.rules))
    asked = terms()
    print(f"{len(asked):,} terms")
    for frame in FRAMES:
        told = {term: rule for term in asked if (rule := hidden(engine, frame, term))}
        rules = ", ".join(f"{rule} {n}" for rule, n in Counter(told.values()).most_common())
        print(f"{len(told):5}  {len(told) / len(asked):6.2%}  {frame.strip()!r}  {rules}")
        if arguments.show:
            print("      ", " ".join(told))


if __name__ == "__main__":
    main()
