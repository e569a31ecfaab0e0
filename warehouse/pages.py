"""Offline HTML pages from the templates in ``warehouse/templates/``: no page loads anything from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )


def render(template: str, **values: Any) -> str:
    """The page that ``templates/<template>.html.j2`` makes of ``values``; everything is escaped."""
    return _environment().get_template(f"{template}.html.j2").render(values)
