"""Names, numbers and addresses of the synthetic people, to be searched for in everything that leaves the private side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CanarySet:
    """Strings that must not be found in any artefact. Names have two characters or more."""

    names: frozenset[str]
    id_numbers: frozenset[str]
    phones: frozenset[str]
    addresses: frozenset[str]
    record_numbers: frozenset[str]

    def all(self) -> frozenset[str]:
        """Every string of the set."""
        return self.names | self.id_numbers | self.phones | self.addresses | self.record_numbers

    def found_in(self, text: str) -> list[str]:
        """Those that occur in a text, sorted."""
        return sorted(word for word in self.all() if word in text)


def canaries(truth_dir: Path) -> CanarySet:
    """Read the canaries of a truth folder written by ``synthesise``."""
    kinds: dict[str, set[str]] = {
        "names": set(),
        "id_numbers": set(),
        "phones": set(),
        "addresses": set(),
        "record_numbers": set(),
    }
    with (Path(truth_dir) / "patients.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            person = json.loads(line)
            kinds["names"] |= {person["name"], person["contact_name"]}
            kinds["id_numbers"] |= {person["id_number"]} - {None}
            kinds["phones"] |= {person["phone"], person["contact_phone"]}
            kinds["addresses"].add(person["address"])
            kinds["record_numbers"] |= {site["patient_sn"] for site in person["sites"]}
    names = frozenset(name for name in kinds.pop("names") if len(name) >= 2)
    return CanarySet(names=names, **{kind: frozenset(words) for kind, words in kinds.items()})
