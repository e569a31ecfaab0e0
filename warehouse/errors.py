"""The one error type of the warehouse package: what went wrong, where, why, and what to do about it."""

from __future__ import annotations


class WarehouseError(RuntimeError):
    """Something a user can act on. ``str()`` is one sentence first, then where, why and what to do, a line each.

    None of the four parts may hold a value that identifies a person.
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", do: str = "") -> None:
        self.what, self.where, self.why, self.do = what, where, why, do
        details = (("where", where), ("why", why), ("what to do", do))
        super().__init__("\n".join([what, *(f"  {label}: {text}" for label, text in details if text)]))
