"""Offline HTML pages from the templates in ``warehouse/templates/``: no page loads anything from elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("warehouse"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def render(template: str, **values: Any) -> str:
    """The page that ``templates/<template>.html`` makes of ``values``; everything is escaped."""
    return _environment().get_template(f"{template}.html").render(values)
