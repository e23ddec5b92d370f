"""Where the parts of the Optimize page stand, on wide and on narrow screens."""

from __future__ import annotations

#: Width of what stands right of the heat map, height of what stands below it, px.
RIGHT_PX, BOTTOM_PX = 340, 300

TOP = f"""
:host(.wb-op-top) {{ flex: 1 1 0; min-height: 220px; flex-flow: row nowrap; gap: 0; overflow: hidden; }}
:host(.wb-op-top) > .wb-heat-panel {{ flex: 1 1 0; min-width: 0; height: 100%; }}
:host(.wb-op-top) > .wb-op-fan {{ flex: none; width: {RIGHT_PX}px; height: 100%; }}
@media (max-width: 900px) {{
  :host(.wb-op-top) {{ flex: none; height: 640px; flex-flow: column; }}
  :host(.wb-op-top) > .wb-heat-panel {{ flex: 1 1 56%; height: auto; }}
  :host(.wb-op-top) > .wb-op-fan {{ flex: 1 1 44%; width: 100%; height: auto; }}
}}
"""
SWEEPS = """
@media (min-width: 901px) { :host(.wb-bt-side) > .wb-runs { max-height: 24%; } }
"""
FAN = """
:host(.wb-op-fan) { display: flex; flex-flow: column; gap: 0; overflow: hidden; background: var(--wb-panel);
  border-left: 1px solid var(--wb-hairline); box-sizing: border-box; }
:host(.wb-op-fan) > .wb-line { flex: none; height: auto; }
:host(.wb-op-fan) > .wb-equity { flex: 3 1 0; min-height: 0; }
:host(.wb-op-fan) > .wb-depth { flex: 2 1 0; min-height: 0; }
@media (max-width: 900px) { :host(.wb-op-fan) { border-left: 0; border-top: 1px solid var(--wb-hairline); } }
"""
BOTTOM = f"""
:host(.wb-op-bottom) {{ flex: none; height: {BOTTOM_PX}px; gap: 0; overflow: hidden; background: var(--wb-panel); }}
:host(.wb-op-bottom) > .wb-tab {{ height: 100%; gap: 0; }}
"""
LINE = """
:host { font: 12px/1.4 var(--wb-font); color: var(--wb-muted); font-variant-numeric: tabular-nums;
  padding: 7px 12px; box-sizing: border-box; }
:host p { margin: 0; } :host b { color: var(--wb-text); font-weight: 600; }
:host a { color: var(--wb-accent); } :host .bad { color: var(--wb-error-text); }
"""
SPLIT = """
:host(.wb-op-split) { display: flex; flex-flow: row nowrap; gap: 0; height: 100%; overflow: hidden; }
:host(.wb-op-split) > .wb-op-main { flex: 3 1 0; min-width: 0; height: 100%; overflow: hidden; gap: 0; }
:host(.wb-op-split) > .wb-op-aside { flex: 2 1 0; min-width: 0; height: 100%; overflow: hidden; gap: 0;
  border-left: 1px solid var(--wb-hairline); }
@media (max-width: 900px) {
  :host(.wb-op-split) > .wb-op-main { flex: 1 1 0; } :host(.wb-op-split) > .wb-op-aside { flex: 1 1 0; }
}
"""
