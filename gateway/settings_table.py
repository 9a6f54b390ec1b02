"""README's table of settings, from the settings themselves; a test holds the two together."""

from __future__ import annotations

from gateway.settings import Settings, plain
from gateway.settings_fields import PREFIX


def rows() -> list[tuple[str, str, str]]:
    """(variable, default, description) of every setting, in order."""
    return [
        (f"{PREFIX}{name.upper()}", plain(field.default) if field.default is not None else "", field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def table() -> str:
    """README's settings table."""
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    lines += [f"| `{name}` | {f'`{default}`' if default else ''} | {about} |" for name, default, about in rows()]
    return "\n".join(lines)
