"""Names for what the widget library leaves without one, for those who hear the page."""

from __future__ import annotations

from pathlib import Path

import panel as pn
import param


class Names(pn.custom.JSComponent):
    """Says for those who hear the page what the buttons and fields around it are; shows nothing."""

    fields = param.Integer(default=0, bounds=(0, None), doc="Fields that are looked for.")
    words = param.Dict(default={}, doc="What a field is of, by the CSS class of its place.")
    turn = param.Integer(default=0, bounds=(0, None), doc="Counts how often the dialog was filled.")

    _esm = Path(__file__).parent / "js" / "names.js"
