"""The settings of a study: fields made from its parameters, colour and width for each output, errors in their place."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.charts.studies import Drawn, drawn_outputs, study_colors
from workbench.charts.study_text import WIDTHS, Looks, Study
from workbench.errors import WorkbenchError
from workbench.indicators import indicators
from workbench.views.chart.fields import LOW, field_of, words
from workbench.views.chart.names import Names
from workbench.views.chart.studies import ChartStudies

_WIDTH = 1.5
_PANES = {"Usual place": "", "Over the prices": "price", "Pane of its own": "own"}


class StudyDialog(pn.viewable.Viewer):
    """One dialog for all studies of a chart; ``edit`` fills and opens it.

    Parameters
    ----------
    studies
        Where changes go.
    """

    def __init__(self, studies: ChartStudies, **params: Any) -> None:
        super().__init__(**params)
        self.studies = studies
        self.fields: dict[str, Any] = {}
        self.colors: dict[str, Any] = {}
        self.widths: dict[str, Any] = {}
        self._number = -1
        self._given: dict[str, str] = {}
        self.about = pmui.Typography(
            "", variant="body2", margin=(0, 0, 4, 0), sizing_mode="stretch_width", sx={"color": "text.secondary"}
        )
        self.error = pmui.Alert("", severity="error", visible=False, margin=(8, 0, 0, 0), sizing_mode="stretch_width")
        self.error.param.update(sx={"fontSize": "12px", "py": "0"})
        self.pane = pmui.Select(
            label="Where", options=_PANES, size="small", margin=(14, 0, 0, 0), sizing_mode="stretch_width", sx=LOW
        )
        self.names = Names(width=0, height=0, margin=0)
        self._parameters = pn.FlexBox(margin=0, gap="0 12px", sizing_mode="stretch_width")
        self._looks = pn.Column(margin=(8, 0, 0, 0), sizing_mode="stretch_width")
        small = {"size": "small", "height": 28, "margin": 0}
        self.reset = pmui.Button(label="Reset", variant="text", color="secondary", **small)
        self.apply = pmui.Button(label="Apply", variant="outlined", **{**small, "margin": (0, 8, 0, 0)})
        self.done = pmui.Button(label="OK", variant="contained", **small)
        buttons = pn.Row(
            self.reset, pn.HSpacer(), self.apply, self.done, margin=(16, 0, 0, 0), sizing_mode="stretch_width"
        )
        self.dialog = pmui.Dialog(
            self.about,
            self._parameters,
            self.pane,
            self._looks,
            self.error,
            buttons,
            self.names,
            title="Study",
            title_variant="subtitle1",
            show_close_button=True,
            close_on_click=True,
            width_option="xs",
            css_classes=["wb-study-dialog"],
            sx=_DIALOG,
        )
        self.apply.on_click(lambda _: self.take())
        self.done.on_click(lambda _: self.take(close=True))
        self.reset.on_click(lambda _: self._fill(Study(self._study.name)))

    def __panel__(self) -> pn.viewable.Viewable:
        return self.dialog

    @property
    def _study(self) -> Study:
        entry = self.studies.entry(self._number)
        return Study("") if entry is None else entry.study

    def edit(self, number: int) -> None:
        """Open with the settings of the study of this number."""
        entry = self.studies.entry(number)
        if entry is None or entry.study.name not in indicators.names():
            return
        self._number = number
        self._fill(entry.study)
        kind = indicators.get(entry.study.name)
        self.dialog.title, self.about.object = kind.title, kind.source.replace("``", "")
        self.dialog.open = True

    def _fill(self, study: Study) -> None:
        kind = indicators.get(study.name)
        names = [one for one in kind.param if one != "name"]
        one = study.indicator(self.studies.session or None)
        if list(self.fields) != names or self._given.get("") != study.name:
            self.fields = {name: field_of(kind.param[name], getattr(one, name), tooltip=True) for name in names}
            for field in self.fields.values():
                field.param.update(sizing_mode=None, width=180)
            self._parameters.objects = list(self.fields.values())
            self._rows(kind)
        for name, field in self.fields.items():
            value = getattr(one, name)
            field.value = str(value) if isinstance(field, pmui.TextInput) else value
        colors = study_colors(Drawn(self._number, study, one), self.studies.state.dark, self.studies.state.palette)
        self._given = {"": study.name, **dict(zip(one.outputs, colors, strict=True))}
        for output, picker in self.colors.items():
            picker.value = self._given[output] or None
            if output in self.widths:
                self.widths[output].value = study.looks.width(output) or _WIDTH
        self.pane.value = study.looks.pane or ""
        typed = sum(not isinstance(field, pmui.Checkbox | pmui.Select) for field in self.fields.values())
        self.names.param.update(
            fields=typed + len(self.colors) + len(self.widths),
            words={_place(name): words(name) for name in self.colors},
            turn=self.names.turn + 1,
        )
        self._say("")

    def _rows(self, kind: Any) -> None:
        outputs = drawn_outputs(indicators.get(kind.plugin_name)())
        self.colors = {
            name: pmui.ColorPicker(
                label="Colour", size="small", width=150, margin=0, css_classes=[_place(name)], sx=LOW
            )
            for name in outputs
        }
        self.widths = {
            name: pmui.FloatInput(
                label="Width, px",
                start=WIDTHS[0],
                end=WIDTHS[1],
                step=0.5,
                size="small",
                width=118,
                margin=(0, 0, 0, 12),
                css_classes=[_place(name)],
                sx=LOW,
            )
            for name in outputs
            if kind.styles.get(name) != "histogram"
        }
        self._looks.objects = [
            pn.Row(
                pmui.Typography(words(name), variant="body2", width=92, margin=(6, 0, 0, 0)),
                self.colors[name],
                *filter(None, [self.widths.get(name)]),
                margin=(10, 0, 0, 0),
                sizing_mode="stretch_width",
            )
            for name in outputs
        ]

    def take(self, *, close: bool = False) -> None:
        """Draw what the fields say; with an error the dialog stays open and says which field."""
        before = self._study
        if not before.name:
            self.dialog.open = False
            return
        values = {name: field.value for name, field in self.fields.items()}
        empty = next((name for name, value in values.items() if value is None or value == ""), None)
        if empty is not None:
            self._say(f"{words(empty)}: a value is needed", empty)
            return
        if self.studies.session and "session" not in before.values and values.get("session") == self.studies.session:
            del values["session"]  # nobody chose it
        try:
            study = Study.parse(str(before.with_values(values).with_looks(**self._chosen(before.looks))))
        except WorkbenchError as error:
            text = str(error.args[0] if error.args else error)
            self._say(text, next((name for name in values if f".{name}'" in text or f": {name} " in text), ""))
            return
        self._say("")
        self.studies.change(self._number, study)
        entry = self.studies.entry(self._number)
        if entry is not None and entry.error:
            error = entry.error
            self.studies.change(self._number, before)
            self._say(error)
        elif close:
            self.dialog.open = False

    def _chosen(self, looks: Looks) -> dict[str, Any]:
        """Looks that differ from the theme's."""
        colors = {name: looks.color(name) for name in self.colors if looks.color(name)}
        for name, picker in self.colors.items():
            if picker.value and picker.value.lower() != self._given[name]:
                colors[name] = picker.value.lower()
            elif self._reset_color(name):
                colors.pop(name, None)
        widths = {name: field.value for name, field in self.widths.items() if field.value not in (None, _WIDTH)}
        return {"colors": colors, "widths": widths, "pane": self.pane.value or None}

    def _reset_color(self, name: str) -> bool:
        """Whether the field shows the theme's colour where another one was chosen."""
        chosen = self._study.looks.color(name)
        return chosen is not None and chosen != self._given[name]

    def _say(self, error: str, name: str = "") -> None:
        for one, field in self.fields.items():
            if "error_state" in field.param:
                field.error_state = bool(error) and one == name
        self.error.param.update(object=error, visible=bool(error))


def _place(output: str) -> str:
    """CSS class of the fields of an output."""
    return f"wb-of-{output}"


_DIALOG = {
    "& .MuiDialog-paper": {
        "border": "1px solid var(--wb-hairline)",
        "backgroundColor": "var(--wb-raised)",
        "backgroundImage": "none",
        "boxShadow": "none",
    },
    "& .MuiDialogTitle-root": {"px": "16px", "pt": "12px", "pb": "0"},
    "& [aria-label=close]": {"m": "6px 8px 0 0"},
    "& .MuiDialogContent-root": {"px": "16px", "pb": "16px"},
}
