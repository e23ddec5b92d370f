"""The panel that chooses any kind of bar: a text that is the truth, and fields that write it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from panel.util import edit_readonly

from workbench.errors import WorkbenchError
from workbench.market.specs import COMMON, TIME, BarSpec, bar_kinds
from workbench.views.chart.fields import LOW, fields_of
from workbench.views.chart.names import Names
from workbench.views.chart.sizes import sizes, text_of, values_of
from workbench.views.scripts import opens
from workbench.views.values import spec_named

_JS = Path(__file__).parent / "js"
_TRADES = "trades"
_HINT = "Such as 5min, 1000tick, range:0.5 or ha(1h)"
Recent = Callable[[], tuple[np.ndarray, float]]


class SpecKeys(pn.custom.JSComponent):
    """Keys of the page: ``/`` for the symbol search, letters and digits for the bar spec."""

    typed = param.Boolean(default=False, doc="Whether the panel was opened by typing: the field holds what was typed.")
    shown = param.String(default="", doc="The bar spec that is shown: what the field says again after Escape.")

    _esm = _JS / "keys.js"


class SpecText(pmui.TextInput):
    """A field of which what is typed counts, and not what it says as it is left: that comes late."""

    def _sync_value_input(self) -> None:
        """Leave what was typed as it is."""


class BarPicker(pn.viewable.Viewer):
    """A button beside the common specs, and the panel it opens.

    Parameters
    ----------
    state
        Its ``spec`` is what is chosen.
    recent
        Newest bars that are shown (BAR) and the price step, for sizes that suit.
    """

    open = param.Boolean(default=False, doc="Whether the panel is open.")

    def __init__(self, state: Any, recent: Recent, **params: Any) -> None:
        super().__init__(**params)
        self.state, self.recent = state, recent
        self.kinds = _ordered()
        self._kind: Any = None
        self._quiet = False
        self.text = SpecText(
            label="Bar spec",
            size="small",
            sizing_mode="stretch_width",
            margin=0,
            css_classes=["wb-spec-text"],
            helper_text=_HINT,
            sx={**LOW, "& input": {"fontFamily": "var(--wb-mono)"}, "& .MuiFormHelperText-root": {"mx": 0}},
        )
        self.apply = pmui.Button(label="Apply", size="small", width=76, height=28, margin=(0, 0, 0, 8))
        self.list = pmui.MenuList(
            items=[{"label": kind.title, "icon": None} for kind in self.kinds],
            dense=True,
            margin=0,
            width=164,
            css_classes=["wb-spec-kinds"],
            sx=_LIST,
        )
        self.title = pmui.Typography("", variant="subtitle2", margin=0, sizing_mode="stretch_width")
        self.about = pmui.Typography(
            "", variant="body2", margin=(0, 0, 8, 0), sizing_mode="stretch_width", sx={"color": "text.secondary"}
        )
        self.fields: dict[str, Any] = {}
        self.base = pmui.Select(
            label="Made of", options=[], size="small", margin=(14, 0, 0, 0), sizing_mode="stretch_width", visible=False
        )
        self._fields = pn.Column(margin=0, sizing_mode="stretch_width")
        self.names = Names(width=0, height=0, margin=0)
        side = pn.Column(
            self.title, self.about, self._fields, self.base, margin=(8, 16, 16, 12), sizing_mode="stretch_width"
        )
        panel = pn.Column(
            pn.Row(self.text, self.apply, margin=(14, 16, 4, 16), sizing_mode="stretch_width"),
            pn.Row(self.list, side, margin=0, sizing_mode="stretch_width", css_classes=["wb-spec-body"]),
            self.names,
            width=468,
            margin=0,
            css_classes=["wb-spec-panel"],
        )
        self.popup = pmui.Popup(
            panel,
            anchor_origin={"horizontal": "left", "vertical": "bottom"},
            transform_origin={"horizontal": "left", "vertical": "top"},
            sx=_POPUP,
        )
        self.button = pmui.Button(
            label="Bars ▾",
            size="small",
            variant="text",
            margin=0,
            height=28,
            description="Any kind of bar: ticks, volume, range, Renko … (type it)",
            attached=[self.popup],
            css_classes=["wb-spec-more"],
            sx=_BUTTON,
        )
        self.keys = SpecKeys(margin=0, width=0, height=0, sizing_mode="fixed")
        self._row = pn.Row(self.button, self.keys, margin=0, sizing_mode=None)
        self._wire()
        self._follow_state()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._row

    def _wire(self) -> None:
        self.popup.param.watch(lambda event: self.param.update(open=event.new), "open")
        self.param.watch(lambda event: self.popup.param.update(open=event.new), "open")
        self.param.watch(self._opened, "open")
        opens(self.button, self.popup)
        self.text.param.watch(self._typed, "value_input")
        self.keys.on_msg(lambda said: self.accept(str(said.data)))
        self.apply.on_click(lambda _: self.accept())
        self.list.param.watch(self._chosen, "active")
        self.base.param.watch(lambda _: self._compose(), "value")
        self.state.param.watch(lambda _: self._follow_state(), "spec")

    # --- what is typed --------------------------------------------------------------------------------------------

    def accept(self, text: str | None = None) -> None:
        """Draw what the field says (or ``text``); with an error the panel stays, and so does what is typed."""
        spec = self._read(text)
        if spec is not None:
            self.state.spec = str(spec)
            self.open = False

    def _read(self, text: str | None = None) -> BarSpec | None:
        text = ((self.text.value_input if text is None else text) or "").strip()
        try:
            spec = spec_named(text) if text else None
        except (WorkbenchError, ValueError) as error:
            self._say(str(error.args[0] if error.args else error))
            return None
        self._say("")
        return spec

    def _say(self, error: str) -> None:
        self.text.param.update(error_state=bool(error), helper_text=error or _HINT)

    def _typed(self, *_: object) -> None:
        if self._quiet:
            return
        spec = self._read()
        if spec is not None:
            self._fill(spec)

    def _put(self, text: str) -> None:
        """Write into the field, whatever was typed there."""
        self._quiet = True
        try:
            self.text.value = text
            with edit_readonly(self.text):  # what was typed and not left yet is only there
                self.text.value_input = text
        finally:
            self._quiet = False

    # --- what is chosen -------------------------------------------------------------------------------------------

    def _opened(self, *_: object) -> None:
        if not self.open or not self.keys.typed:
            self._reset()

    def _reset(self) -> None:
        """Say in the panel what is shown."""
        if self.text.value_input != self.state.spec:
            self._put(self.state.spec)
        self._typed()

    def _follow_state(self) -> None:
        spec = self.keys.shown = self.state.spec
        common = spec in COMMON
        self.button.param.update(label="Bars ▾" if common else f"{spec} ▾", color="secondary" if common else "primary")
        if not self.open:  # so that the panel opens with it, and no answer is waited for
            self._reset()

    def _chosen(self, *_: object) -> None:
        """A kind of the list: sizes that suit the instrument, on the bars that are shown now."""
        if self._quiet or self.list.active is None:
            return
        kind = self.kinds[self.list.active[0]]
        bars, tick = self.recent()
        values = sizes(kind, bars, tick)
        shown = BarSpec.parse(self.state.spec).root
        base = str(shown) if shown.timed and kind.of == "bars" else "5min" if kind.of == "bars" else ""
        if kind.plugin_name == TIME and shown.timed:
            values = values_of(shown)
        self._build(kind, values, base)
        self._compose()

    def _fill(self, spec: BarSpec) -> None:
        """Show a spec that was typed in the list and the fields."""
        kind = bar_kinds.get(spec.kind)
        self._build(kind, values_of(spec), str(spec.base) if spec.base else "")

    def _build(self, kind: Any, values: dict[str, Any], base: str) -> None:
        self._quiet = True
        try:
            if kind is not self._kind:
                self._kind = kind
                self.fields = fields_of(kind, values)
                for field in self.fields.values():
                    field.param.watch(lambda _: self._compose(), "value")
                self._fields.objects = list(self.fields.values())
                self.title.object, self.about.object = kind.title, kind.about
                self.list.active = (self.kinds.index(kind),)
                typed = sum(not isinstance(field, pmui.Checkbox | pmui.Select) for field in self.fields.values())
                self.names.param.update(fields=1 + typed, turn=self.names.turn + 1)
            for name, field in self.fields.items():
                field.value = values[name]
            made = kind.plugin_name != TIME and kind.of != "trades"
            trades = {} if kind.of == "bars" else {_TRADES: ""}
            known = dict.fromkeys([*COMMON, *([base] if base else [])])
            self.base.param.update(options={**trades, **{one: one for one in known}}, value=base, visible=made)
        finally:
            self._quiet = False

    def _compose(self) -> None:
        """Write the text from the fields."""
        if self._quiet or self._kind is None:
            return
        values = {name: field.value for name, field in self.fields.items()}
        if any(value is None or value == "" for value in values.values()):
            self._say(f"{self._kind.title}: fill in every field")
            return
        self._put(text_of(self._kind, values, self.base.value if self.base.visible else ""))
        self._read()


def _ordered() -> list[Any]:
    """Kinds as the list shows them: time, those made of trades, those made of bars; each family together."""
    kinds = [kind for _, kind in bar_kinds]
    rank = {"trades": 1, "either": 2, "bars": 3}
    return sorted(
        kinds,
        key=lambda kind: (kind.plugin_name != TIME, rank[kind.of], kind.unit is None, not kind.prices, *_family(kind)),
    )


def _family(kind: Any) -> tuple[str, str]:
    """Kinds that are declared in one file stand together."""
    return ("" if kind.unit else kind.__module__, kind.title)


_BUTTON = {
    "fontSize": "12px",
    "minWidth": 0,
    "maxWidth": "190px",
    "@media (max-width: 1500px)": {"maxWidth": "118px"},  # so that the top bar keeps to one line
    "px": "8px",
    "py": "2px !important",
    "justifyContent": "flex-start",
    "whiteSpace": "nowrap",
    "overflow": "hidden",
    "textOverflow": "ellipsis",
}
_POPUP = {
    "& .MuiPaper-root": {
        "border": "1px solid var(--wb-hairline)",
        "backgroundColor": "var(--wb-raised)",
        "mt": "4px",
        "maxWidth": "calc(100vw - 16px)",
    },
}
_LIST = {
    "py": "4px",
    "borderRight": "1px solid var(--wb-hairline)",
    "& .MuiListItemButton-root": {"py": "1px", "px": "16px", "minHeight": "24px", "textDecoration": "none !important"},
    "& .MuiListItemText-primary": {"fontSize": "12px", "textDecoration": "none !important"},
    "& .MuiListItemText-root": {"my": "2px"},
}
