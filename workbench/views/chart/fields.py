"""Fields for the arguments of a kind of bar, made from its parameters."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui
import param

#: Sx of fields that fit a 36 px bar.
LOW = {"& .MuiInputBase-root": {"height": "28px", "paddingTop": "0 !important", "paddingBottom": "0 !important"}}


def fields_of(kind: Any, values: dict[str, Any]) -> dict[str, Any]:
    """A field for each argument that ``kind`` writes, by name, with its value and its limits."""
    return {name: field_of(kind.param[name], values[name]) for name in kind.written}


def field_of(parameter: param.Parameter, value: Any, *, tooltip: bool = False) -> Any:
    """A field for a parameter, with its limits; what it means stands below it, or in a ``tooltip``."""
    same = {
        "label": words(parameter.name),
        "margin": (14, 0, 0, 0),
        "size": "small",
        "sizing_mode": "stretch_width",
    }
    if tooltip:
        same["description"] = parameter.doc or ""
    told = (
        {"sx": LOW}
        if tooltip
        else {"helper_text": parameter.doc or "", "sx": {**LOW, "& .MuiFormHelperText-root": {"mx": 0}}}
    )
    if isinstance(parameter, param.Boolean):
        return pmui.Checkbox(value=value, **{**same, "description": parameter.doc or ""})
    if isinstance(parameter, param.Selector):
        return pmui.Select(value=value, options=list(parameter.objects), **same, **told)
    if isinstance(parameter, param.Integer):
        low, high = parameter.bounds or (None, None)
        return pmui.IntInput(value=value, start=low, end=high, step=1, **same, **told)
    if isinstance(parameter, param.Number):
        low, high = parameter.bounds or (0, None)
        return pmui.FloatInput(value=value, start=low, end=high, step=_step(value), **same, **told)
    return pmui.TextInput(value=str(value), **same, **told)


def words(name: str) -> str:
    """A name as a label: ``unit_of_time`` as Unit of time, ``atr`` as ATR."""
    return name.upper() if len(name) <= 3 else name.replace("_", " ").capitalize()


def _step(value: float) -> float:
    """A tenth of the leading digit's place, so that arrows change a size by a useful amount."""
    value = abs(value)
    return float(f"1e{len(str(int(value))) - 2}") if value >= 10 else 0.1 if value >= 1 else 0.01
