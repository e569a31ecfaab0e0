"""The patient's state at a contact."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FollowUpValue:
    """``status`` and ``channel`` as in ``follow_up``; ``informant`` where named."""

    status: str
    channel: str
    informant: str | None = None
