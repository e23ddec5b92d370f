// The bar at a drawing that is chosen: colour, width, dash, lock, hide, delete.

const BAR_STYLE = `
.wb-draw-bar { display: flex; align-items: center; gap: 2px; height: 32px; padding: 0 4px; border-radius: 6px; pointer-events: auto; cursor: default;
  background: var(--c-raised); box-shadow: 0 0 0 1px var(--c-hairline); z-index: 6; width: max-content; }
.wb-draw-bar button { all: unset; box-sizing: border-box; width: 26px; height: 26px; display: grid; place-items: center; border-radius: 4px;
  color: var(--c-muted); cursor: pointer; }
.wb-draw-bar button:hover { background: var(--c-hairline); color: var(--c-text); }
.wb-draw-bar button:focus-visible { outline: 2px solid var(--c-accent); outline-offset: -2px; }
.wb-draw-bar button[aria-pressed="true"] { color: var(--c-text); background: var(--c-hairline); }
.wb-draw-bar .wb-swatch { width: 20px; }
.wb-draw-bar .wb-swatch i { width: 12px; height: 12px; border-radius: 50%; display: block; }
.wb-draw-bar .wb-swatch[aria-pressed="true"] { background: none; }
.wb-draw-bar .wb-swatch[aria-pressed="true"] i { box-shadow: 0 0 0 2px var(--c-raised), 0 0 0 3.5px var(--c-text); }
.wb-draw-bar hr { all: unset; width: 1px; height: 18px; margin: 0 4px; background: var(--c-hairline); }
.wb-draw-bar svg { fill: none; stroke: currentColor; stroke-width: 1.3; stroke-linecap: round; stroke-linejoin: round; }
.wb-draw-bar span { font: 600 11px/1 var(--wb-chart-font); }
`;
const BAR_ICONS = {
  edit: "M10.5 3l2.5 2.5L6 12.5l-3.2.7.7-3.2z", lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  unlock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 4.8-1",
  hide: "M1.5 8C4 3.5 12 3.5 14.5 8C12 12.5 4 12.5 1.5 8zM6 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  remove: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4",
};

class DrawBar {
  constructor(parent, act) {
    const sheet = document.createElement("style");
    sheet.textContent = BAR_STYLE;
    this.el = element(parent, "div", "wb-draw-bar");
    this.el.setAttribute("role", "toolbar");
    this.el.setAttribute("aria-label", "Drawing");
    parent.append(sheet);
    show(this.el, false);
    this.el.addEventListener("click", (e) => {
      const button = e.target.closest("button");
      if (button) act(button.dataset.act, button.dataset.value);
    });
    for (const kind of ["pointerdown", "dblclick", "keydown"]) {
      this.el.addEventListener(kind, (e) => {
        if (kind === "keydown" && e.key === "Tab") return;
        if (kind === "keydown" && (e.key === "Escape" || e.key === "Delete")) return;
        e.stopPropagation();
      });
    }
  }

  hide() { show(this.el, false); }

  // Beside the handles of `one`, within the box; never over the legend at the top.
  place(one, box, floor) {
    show(this.el, true);
    const xs = one.handles.map((p) => p.x), ys = one.handles.map((p) => p.y), pad = 14;
    for (const p of one.path ?? []) { xs.push(p.x); ys.push(p.y); }
    const { offsetWidth: wide, offsetHeight: tall } = this.el, top = Math.min(...ys), bottom = Math.max(...ys);
    const low = box.top + floor;
    const rect = one.rect ?? { top, bottom };
    let y = Math.min(top, rect.top) - tall - pad;
    if (y < low) y = Math.max(bottom, rect.bottom) + pad;
    if (y > box.bottom - tall - 4) y = low;
    const x = wbShapes.clamp((Math.min(...xs) + Math.max(...xs) - wide) / 2, box.left + 4, Math.max(box.left + 4, box.right - wide - 4));
    Object.assign(this.el.style, { left: `${Math.round(x)}px`, top: `${Math.round(y)}px` });
  }

  dress(row, look, told) {
    const icon = (path, more = "") =>
      `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="${path}"${more}/></svg>`;
    const button = (act, title, inner, { value = "", pressed = null, extra = "" } = {}) =>
      `<button type="button" data-act="${act}" data-value="${value}" title="${title}" aria-label="${title}" class="${extra}"` +
      `${pressed === null ? "" : ` aria-pressed="${pressed}"`}>${inner}</button>`;
    const out = told.colors.map(([name, color]) =>
      button("color", name[0].toUpperCase() + name.slice(1), `<i style="background:${color}"></i>`,
        { value: name, pressed: row.style.color === name, extra: "wb-swatch" }));
    out.push("<hr>");
    if (row.kind === "text") {
      out.push(button("size", `Text size ${look.size} px: next`, `<span>${look.size}</span>`));
      out.push(button("edit", "Edit the note (double click)", icon(BAR_ICONS.edit)));
    } else {
      out.push(button("width", `Width ${look.width} px: next`, icon("M2 8h12", ` style="stroke-width:${look.width}"`)));
      const dash = { solid: "", dashed: "4 3.5", dotted: ".1 3.2" }[look.dash];
      out.push(button("dash", `Line ${look.dash}: next`, icon("M2 8h12", ` style="stroke-width:1.8" stroke-dasharray="${dash}"`)));
    }
    out.push("<hr>");
    const { locked } = row, lock = icon(locked ? BAR_ICONS.lock : BAR_ICONS.unlock);
    out.push(button("lock", locked ? "Unlock" : "Lock: it does not move", lock, { pressed: locked }));
    out.push(button("hide", "Hide (the eye of the tools shows it again)", icon(BAR_ICONS.hide)));
    out.push(button("remove", "Delete (Del)", icon(BAR_ICONS.remove)));
    const held = this.el.getRootNode().activeElement, key = this.el.contains(held) ? held.dataset : null;
    put(this.el, out.join(""));
    if (key && !this.el.contains(held)) {
      const all = [...this.el.querySelectorAll("button")];
      all.find((one) => one.dataset.act === key.act && one.dataset.value === key.value)?.focus();
    }
  }
}
