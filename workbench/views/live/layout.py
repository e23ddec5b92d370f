"""Where the parts of the Live page stand, on wide and on narrow screens."""

from __future__ import annotations

#: Width of feeds and replays, height of what stands below the symbols, px.
SIDE_PX, BOTTOM_PX = 328, 176

PAGE = """
:host(.wb-lv) { display: flex; flex-flow: row nowrap; gap: 0; background: var(--wb-page); overflow: hidden; }
@media (max-width: 900px) { :host(.wb-lv) { flex-flow: column nowrap; overflow: hidden auto; } }
"""
SIDE = f"""
:host(.wb-lv-side) {{ flex: none; width: {SIDE_PX}px; height: 100%; display: flex; flex-flow: column; gap: 0;
  overflow: hidden auto; background: var(--wb-panel); border-right: 1px solid var(--wb-hairline);
  box-sizing: border-box; }}
:host(.wb-lv-side) > .wb-lv-part {{ flex: none; height: auto; }}
@media (max-width: 900px) {{
  :host(.wb-lv-side) {{ width: 100%; height: auto; display: grid; grid-template-columns: 1fr 1fr; overflow: visible;
    align-items: start; border-right: 0; border-bottom: 1px solid var(--wb-hairline); }}
  :host(.wb-lv-side) > .wb-lv-part {{ min-width: 0; }}
}}
@media (max-width: 640px) {{ :host(.wb-lv-side) {{ display: flex; }} }}
"""
AREA = """
:host(.wb-lv-area) { flex: 1 1 0; min-width: 0; height: 100%; display: flex; flex-flow: column; gap: 0;
  overflow: hidden; background: var(--wb-panel); }
:host(.wb-lv-area) > .wb-lv-fixed { flex: none; height: auto; }
:host(.wb-lv-area) > .wb-lv-body { flex: 1 1 0; min-height: 160px; gap: 0; overflow: hidden; }
@media (max-width: 900px) { :host(.wb-lv-area) { flex: 1 0 auto; height: auto; min-height: 720px; width: 100%; } }
"""
BOTTOM = f"""
:host(.wb-lv-bottom) {{ flex: none; height: {BOTTOM_PX}px; gap: 0; overflow: hidden; background: var(--wb-panel); }}
"""
SYMBOLS = """
:host(.wb-lv-symbols) { display: flex; flex-flow: column; gap: 0; height: 100%; overflow: hidden; }
"""
NOTICE = """
:host(.wb-lv-notice) { font: 12px/1.4 var(--wb-font); color: var(--wb-warn-text); padding: 6px 12px;
  box-sizing: border-box;  border-bottom: 1px solid var(--wb-hairline); }
:host(.wb-lv-notice) p { margin: 0; }
"""
