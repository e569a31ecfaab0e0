"""Calendar arithmetic on ISO dates of any precision."""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

PRECISION = {4: "Y", 7: "M", 10: "D"}
"""Length of an ISO date to its precision."""


def iso(year: int, month: int | None, day: int | None) -> str | None:
    """The ISO date of the parts; None when no such date is in 1900-2099."""
    if not 1900 <= year <= 2099:
        return None
    if not month:
        return f"{year:04d}"
    try:
        date(year, month, day or 1)
    except ValueError:
        return None
    return f"{year:04d}-{month:02d}-{day:02d}" if day else f"{year:04d}-{month:02d}"


def parse(text: str | None) -> date | None:
    """The day of an ISO date or date-time, None when it is not precise to the day."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def shift(base: str | None, count: float | None, unit: str, sign: int, vague: bool) -> str | None:
    """A date some units from another, with the coarser precision of the two.

    Days and weeks keep the day (the month if ``vague``: 余, 多, 来), months the month, years the year.
    """
    if base is None or count is None or count > 999:
        return None
    parts = [int(part) for part in base.split("-")]
    start = date(*([*parts, 1, 1][:3]))
    try:
        moved = start + _delta(count, unit, sign)
    except (OverflowError, ValueError):
        return None
    step = min(2 if vague else 3, _step(unit, count), len(parts))
    return moved.isoformat()[: {1: 4, 2: 7, 3: 10}[step]]


def _delta(count: float, unit: str, sign: int) -> relativedelta | timedelta:
    if "年" in unit:
        return relativedelta(months=sign * round((count + (0.5 if "半" in unit else 0)) * 12))
    if "月" in unit:
        return timedelta(days=sign * 15) if count == 0.5 else relativedelta(months=sign * int(count))
    if "周" in unit or "星期" in unit:
        return timedelta(days=sign * round(count * 7))
    return timedelta() if unit in ("小时", "h") else timedelta(days=sign * int(count))


def _step(unit: str, count: float) -> int:
    """1 year, 2 month, 3 day."""
    if "年" in unit:
        return 1 if count != 0.5 and "半" not in unit else 2
    return 2 if "月" in unit else 3


def month_shift(base: str | None, months: int, day: str | None) -> str | None:
    """The month some months from ``base``'s, with a day of the month if given."""
    if base is None or len(base) < 7:
        return None
    year, month = (int(part) for part in base.split("-")[:2])
    index = year * 12 + month - 1 + months
    return iso(index // 12, index % 12 + 1, int(day) if day else None)


def nearest_year(before: str | None, note: str | None, month: int, day: int) -> str | None:
    """Year for a month and day: that of the date named before (the next if that lies after), else the note's or the last."""
    if before:
        year = int(before[:4])
        same = iso(year, month, day)
        if note and same and same > note and year >= int(note[:4]):
            return iso(year - 1, month, day)
        if same is None or same[: len(before)] >= before or _is_just_before(same, before):
            return same
        return _next_year(year, month, day, note) or same
    if note is None:
        return None
    same = iso(int(note[:4]), month, day)
    return same if same is None or same <= note else iso(int(note[:4]) - 1, month, day)


_JUST_BEFORE = 14
"""Days: a month and day this little earlier than the date named before is of its year, not of the next."""


def _is_just_before(same: str, before: str) -> bool:
    day, later = parse(same), parse(before)
    return day is not None and later is not None and (later - day).days <= _JUST_BEFORE


def _next_year(year: int, month: int, day: int, note: str | None) -> str | None:
    """The day a year on, if that is not after the note."""
    following = iso(year + 1, month, day)
    return following if following and note and following <= note else None
