// Drawings as SVG and a few DOM elements over a chart's figures: a moving pointer or hand repaints no candle.

const DRAWN_STYLE = `
.wb-drawn, .wb-drawn-over { inset: 0; width: 100%; height: 100%; pointer-events: none; }
.wb-drawn { overflow: hidden; }
.wb-drawn .wb-handle { fill: var(--c-panel); stroke-width: 1.5; }
.wb-drawn text { font: 11px/1 var(--wb-chart-font); paint-order: stroke; stroke: var(--c-panel); stroke-width: 3px; stroke-linejoin: round; }
.wb-drawn-over > * { position: absolute; }
.wb-drawn-tag, .wb-measured { position: absolute; }
.wb-drawn-tag { padding: 1px 6px; border-radius: 2px; white-space: nowrap; color: var(--c-on-last); font: 12px/16px var(--wb-chart-font); }
.wb-note { padding: 2px 6px; border-radius: 4px; max-width: 320px; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.35;
  background: var(--c-veil); transform: translateY(-50%); min-width: 8px; min-height: 1.35em; border: 1px solid transparent; }
.wb-note[contenteditable] { pointer-events: auto; cursor: text; border-color: var(--c-accent); outline: none; background: var(--c-panel);
  user-select: text; }
.wb-note[contenteditable]:empty::before { content: "Note"; color: var(--c-muted); }
.wb-measured { box-sizing: border-box; padding: 3px 8px; border-radius: 4px; white-space: nowrap; text-align: center; background: var(--c-raised);
  box-shadow: 0 0 0 1px var(--c-hairline); font: 12px/16px var(--wb-chart-font); color: var(--c-text); }
.wb-measured b { font-weight: 600; } .wb-measured small { display: block; font-size: 12px; color: var(--c-muted); }
.wb-unsaved { left: 50%; bottom: 10px; transform: translateX(-50%); display: flex; gap: 8px; align-items: center; pointer-events: auto;
  max-width: calc(100% - 120px); padding: 4px 6px 4px 10px; border-radius: 4px; background: var(--c-raised); color: var(--c-text);
  box-shadow: 0 0 0 1px var(--c-hairline), inset 3px 0 var(--c-error-text); }
.wb-unsaved button { all: unset; padding: 2px 8px; border-radius: 4px; box-shadow: 0 0 0 1px var(--c-hairline); cursor: pointer; white-space: nowrap; }
.wb-unsaved button:hover { background: var(--c-hairline); }
.wb-unsaved button:focus-visible { outline: 2px solid var(--c-accent); }
[data-wb-hand="draw"] { cursor: crosshair !important; } [data-wb-hand="on"] { cursor: pointer !important; }
[data-wb-hand="grab"] { cursor: grab !important; } [data-wb-hand="move"] { cursor: grabbing !important; }
@media (prefers-reduced-motion: no-preference) { .wb-drawn .wb-handle { transition: opacity .1s; } }
`;
const SVG = "http://www.w3.org/2000/svg";
const DASH = { solid: () => "", dashed: (w) => `${4 * w + 2} ${3 * w + 1}`, dotted: (w) => `${w} ${2 * w + 1}` };
const fixed = (v) => Math.round(v * 10) / 10;

class DrawnPane {
  constructor(pane) {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "wb-drawn");
    this.svg.setAttribute("aria-hidden", "true");
    this.inner = document.createElementNS(SVG, "svg"); // clips to the frame
    this.svg.append(this.inner);
    this.over = document.createElement("div");
    this.over.className = "wb-drawn-over";
    this.tags = element(this.over, "div", "");
    const sheet = document.createElement("style");
    sheet.textContent = DRAWN_STYLE;
    // Above the line of the last price, below legends and crosshair.
    (pane.lastLine ?? pane.layer.querySelector(".wb-edge")).after(sheet, this.svg, this.over);
    this.notes = new Map();
    this.groups = new Map();
  }

  clip({ left, top, width, height }) {
    for (const [name, value] of Object.entries({ x: left, y: top, width, height, viewBox: `${left} ${top} ${width} ${height}` })) {
      if (this.inner.getAttribute(name) !== String(value)) this.inner.setAttribute(name, value);
    }
  }

  // SVG text of each drawing by its id, in order.
  draw(marks) {
    for (const [id, g] of this.groups) if (!marks.has(id)) { g.remove(); this.groups.delete(id); }
    for (const [id, html] of marks) {
      let g = this.groups.get(id);
      if (!g) {
        g = document.createElementNS(SVG, "g");
        g.dataset.id = id;
        this.groups.set(id, g);
        this.inner.append(g);
      }
      put(g, html);
    }
  }
}

// What a shape looks like: SVG text and, beside it, HTML for tags. Styles come from a database: nothing of them gets into
// a text that was not looked at.
const wbInk = {
  color(style, fallback, colors) {
    const named = style.color ?? fallback;
    if (colors.has(named) || /^#[0-9a-f]{3,8}$/i.test(named)) return colors.get(named) ?? named;
    return /^[a-z-]+$/.test(named) ? `var(--c-${named}, var(--c-accent))` : "var(--c-accent)";
  },

  svg(one, look, lit) {
    const { color, width, dash } = look, stroke = DASH[dash]?.(width) ?? "", out = [];
    for (const { points } of one.areas) {
      out.push(`<polygon points="${points.map((p) => p.map(fixed).join()).join(" ")}" fill="${color}" fill-opacity=".1"/>`);
    }
    for (const { at: [x1, y1, x2, y2], soft } of one.lines) {
      const [a, b, c, d] = [x1, y1, x2, y2].map(fixed);
      out.push(`<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${color}" stroke-width="${soft ? 1 : width}" ` +
        `stroke-dasharray="${soft ? "4 4" : stroke}"${soft ? ' stroke-opacity=".7"' : ""}/>`);
    }
    for (const points of one.solids) {
      out.push(`<polygon points="${points.map((p) => p.map(fixed).join()).join(" ")}" fill="${color}"/>`);
    }
    if (one.path) {
      const d = one.path.map(({ x, y }, i) => `${i ? "L" : "M"}${fixed(x)} ${fixed(y)}`).join("");
      const line = `fill="none" stroke="${color}" stroke-linecap="round" stroke-linejoin="round"`;
      if (lit) out.push(`<path d="${d}" ${line} stroke-width="${width + 6}" stroke-opacity=".25"/>`);
      out.push(`<path d="${d}" ${line} stroke-width="${width}" stroke-dasharray="${stroke}"/>`);
    }
    for (const { x, y, text, end } of one.texts) {
      out.push(`<text x="${fixed(x)}" y="${fixed(y)}" fill="${color}"${end ? ' text-anchor="end"' : ""}>${safe(text)}</text>`);
    }
    if (lit) {
      for (const { x, y } of one.handles) {
        out.push(`<circle class="wb-handle" cx="${fixed(x)}" cy="${fixed(y)}" r="5" stroke="${color}"/>`);
      }
    }
    return out.join("");
  },

  measured({ x, y, above, change, share, bars, ms }, price, box) {
    const sign = change < 0 ? "−" : "+", width = 190, most = Math.max(box.left + 4, box.right - width - 4);
    const left = wbShapes.clamp(x - width / 2, box.left + 4, most);
    const top = wbShapes.clamp(above ? y - 48 : y + 8, box.top + 4, box.bottom - 46);
    return `<div class="wb-measured" style="left:${fixed(left)}px;top:${fixed(top)}px;width:${width}px">` +
      `<b>${sign}${price(Math.abs(change))}</b> (${wbNumbers.percent(share)})<small>${bars < 0 ? "−" : ""}${Math.abs(bars)} ` +
      `bar${Math.abs(bars) === 1 ? "" : "s"} · ${wbShapes.lasting(ms)}</small></div>`;
  },
};
