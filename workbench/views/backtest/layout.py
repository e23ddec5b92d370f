"""Where the parts of the Backtest page stand, on wide and on narrow screens."""

from __future__ import annotations

#: Width of form and runs; height of what stands below the chart, px.
SIDE_PX, BOTTOM_PX = 296, 248

PAGE = """
:host(.wb-bt) { display: flex; flex-flow: row nowrap; gap: 0; background: var(--wb-page); overflow: hidden; }
@media (max-width: 900px) { :host(.wb-bt) { flex-flow: column nowrap; overflow: hidden auto; } }
"""
SIDE = f"""
:host(.wb-bt-side) {{ flex: none; width: {SIDE_PX}px; height: 100%; display: flex; flex-flow: column; gap: 0;
  overflow: hidden; background: var(--wb-panel); border-right: 1px solid var(--wb-hairline); box-sizing: border-box; }}
:host(.wb-bt-side) > .wb-form {{ flex: 0 1 auto; min-height: 180px; height: auto; }}
:host(.wb-bt-side) > .wb-runs {{ flex: 1 1 auto; min-height: 100px; max-height: 42%; height: auto; overflow: auto; }}
@media (max-width: 900px) {{
  :host(.wb-bt-side) {{ width: 100%; height: auto; border-right: 0; border-bottom: 1px solid var(--wb-hairline); }}
  :host(.wb-bt-side) > .wb-form {{ flex: none; min-height: 0; }}
  :host(.wb-bt-side) > .wb-runs {{ flex: none; min-height: 0; max-height: 168px; }}
}}
"""
AREA = """
:host(.wb-bt-area) { position: relative; flex: 1 1 0; min-width: 0; height: 100%; display: flex; flex-flow: column;
  gap: 0; overflow: hidden; }
@media (max-width: 900px) { :host(.wb-bt-area) { flex: 1 0 auto; height: auto; min-height: 760px; width: 100%; } }
"""
STAGE = """
:host(.wb-bt-stage) { flex: 1 1 0; min-height: 0; width: 100%; gap: 0; overflow: hidden; }
:host(.wb-bt-stage.wb-away) { position: absolute; inset: 44px 0 0 0; height: auto; visibility: hidden; }
"""
CHART = """
:host(.wb-bt-chart) { flex: 1 1 0; min-height: 300px; overflow: hidden; gap: 0; background: var(--wb-panel); }
"""
BOTTOM = f"""
:host(.wb-bt-bottom) {{ flex: none; height: {BOTTOM_PX}px; gap: 0; overflow: hidden; background: var(--wb-panel); }}
:host(.wb-bt-mode) {{ flex: none; height: 46%; gap: 0; overflow: auto; background: var(--wb-panel);
  border-top: 1px solid var(--wb-hairline); }}
"""
