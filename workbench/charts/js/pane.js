// One figure of a chart and what lies over it as DOM: legends, crosshair, tags, the grip that changes its height.

const STYLE = `
.wb-layer { position: absolute; inset: 0; pointer-events: none; overflow: hidden; font: 12px/16px var(--wb-chart-font);
  font-variant-numeric: tabular-nums; color: var(--c-text); z-index: 5; }
.wb-layer > * { position: absolute; }
.wb-stack { left: 4px; top: 6px; display: flex; flex-direction: column; align-items: flex-start; gap: 1px; }
.wb-lower .wb-stack { top: 3px; }
.wb-legend { display: flex; flex-wrap: wrap; column-gap: 10px; row-gap: 2px; align-items: baseline;
  color: var(--c-muted); padding: 2px 6px; border-radius: 4px; background: var(--c-veil); }
.wb-legend b { font-weight: 600; font-size: 13px; color: var(--c-text); }
.wb-legend .wb-spec { white-space: nowrap; }
.wb-legend > * { flex: none; }
.wb-stack:not(.wb-whole) .wb-legend { flex-wrap: nowrap; overflow: hidden; max-width: 100%; box-sizing: border-box; }
.wb-stack:not(.wb-whole) .wb-legend time { flex: 0 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.wb-narrow .wb-stack:not(.wb-whole) .wb-more { display: none; }
.wb-narrow .wb-study:not(:hover, :focus-within) { flex-wrap: nowrap; max-width: 100%; box-sizing: border-box; }
.wb-narrow .wb-study:not(:hover, :focus-within) > span { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.wb-legend .wb-auto { color: var(--c-accent); }
.wb-legend .v { color: var(--c-text); white-space: nowrap; }
.wb-legend span.v i { font-style: normal; color: var(--c-muted); margin-right: 3px; }
.wb-legend .v.up { color: var(--c-up-text); } .wb-legend .v.down { color: var(--c-down-text); }
.wb-legend time { white-space: nowrap; }
.wb-volume-legend { color: var(--c-muted); background: var(--c-veil); padding: 0 6px; border-radius: 4px; }
.wb-volume-legend em { font-style: normal; color: var(--c-text); margin-left: 4px; }
.wb-study { display: flex; flex-wrap: wrap; column-gap: 8px; align-items: center; min-height: 18px; padding: 0 6px;
  color: var(--c-muted); background: var(--c-veil); border-radius: 4px; pointer-events: auto; cursor: default; }
.wb-study b { font-weight: 500; color: var(--c-text); }
.wb-study i { font-style: normal; border: 1px solid var(--c-hairline); border-radius: 3px; padding: 0 3px; font-size: 11px;
  line-height: 13px; display: inline-block; }
.wb-study em { font-style: normal; margin-right: 8px; white-space: nowrap; }
.wb-study em:last-child { margin-right: 0; }
.wb-study.wb-off b { color: var(--c-muted); }
.wb-wrong { color: var(--c-error-text); }
.wb-study { position: relative; }
.wb-icons { position: absolute; left: 100%; top: 0; display: inline-flex; opacity: 0; background: var(--c-panel); border-radius: 4px; }
.wb-study:hover .wb-icons, .wb-study:focus-within .wb-icons, .wb-off .wb-icons { opacity: 1; }
@media (hover: none) { .wb-icons { position: static; opacity: 1; background: none; } }
.wb-icons button { all: unset; width: 20px; height: 18px; display: grid; place-items: center; color: var(--c-muted);
  cursor: pointer; border-radius: 3px; }
.wb-icons button:hover { color: var(--c-text); background: var(--c-hairline); }
.wb-icons button:focus-visible { outline: 2px solid var(--c-accent); outline-offset: -2px; }
.wb-icons path { fill: none; stroke: currentColor; stroke-width: 1.3; stroke-linecap: round; stroke-linejoin: round; }
.wb-grip { left: 0; right: 0; top: 0; height: 5px; border-top: 1px solid var(--c-hairline); pointer-events: auto;
  cursor: ns-resize; touch-action: none; }
.wb-grip:hover, .wb-grip:focus-visible { border-top: 2px solid var(--c-accent); outline: none; }
.wb-cross-x { width: 0; border-left: 1px dashed var(--c-crosshair); opacity: .6; }
.wb-cross-y { height: 0; border-top: 1px dashed var(--c-crosshair); opacity: .6; }
.wb-tag { padding: 1px 6px; border-radius: 2px; white-space: nowrap; text-align: center; }
.wb-tag-time, .wb-tag-price { background: var(--c-raised); color: var(--c-text); box-shadow: 0 0 0 1px var(--c-hairline); }
.wb-edge { left: 0; top: 0; bottom: 0; width: 1px; background: var(--c-panel); }
.wb-last-line { height: 0; border-top: 1px dotted var(--c-last); }
.wb-last-veil { background: var(--c-panel); }
.wb-last { background: var(--c-last); color: var(--c-on-last); font-weight: 600; }
.wb-last small { display: block; font-size: 11px; font-weight: 400; line-height: 13px; }
.wb-stale { opacity: .45; filter: grayscale(1); }
.wb-hint { left: 10px; bottom: 8px; color: var(--c-muted); background: var(--c-veil); padding: 1px 6px; border-radius: 4px;
  margin-left: -6px; }
`;

const NARROW = 520; // px of a frame, below which a legend says what matters most

const settings = (source) => {
  const tag = source.tags[0] ?? {};
  return tag instanceof Map ? Object.fromEntries(tag) : tag;
};

const element = (parent, name, className) => {
  const el = document.createElement(name);
  el.className = className;
  parent.append(el);
  return el;
};

const show = (el, on) => { el.style.display = on ? "" : "none"; };
const put = (el, html) => { if (el.wbHtml !== html) { el.wbHtml = html; el.innerHTML = html; } };
const safe = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
// The newest view of a figure: models outlive views.
const viewOf = (figure) => [...figure.y_range.linked_plots].at(-1);
const LEAST = 48, LEAST_PRICE = 160; // heights, px

class Pane {
  constructor(figure, view, kind) {
    Object.assign(this, { figure, view, kind, lines: new Map(), blank: false });
    this.sheet = document.createElement("style");
    this.sheet.textContent = STYLE;
    this.layer = document.createElement("div");
    this.layer.className = `wb-layer wb-${kind === "price" ? "upper" : "lower"}`;
    this.attach();
    this.events = view.canvas_view.events_el;
    element(this.layer, "div", "wb-edge"); // bars out of view are clamped to this pixel
    if (kind === "price") this.lastLine = element(this.layer, "div", "wb-last-line");
    this.stack = element(this.layer, "div", "wb-stack");
    if (kind === "price") this.legend = element(this.stack, "div", "wb-legend");
    if (kind === "volume") this.legend = element(this.stack, "div", "wb-volume-legend");
    this.crossX = element(this.layer, "div", "wb-cross-x");
    this.crossY = element(this.layer, "div", "wb-cross-y");
    if (kind === "price") this.last = element(this.layer, "div", "wb-tag wb-last");
    this.tag = element(this.layer, "div", "wb-tag wb-tag-price");
    if (kind === "price") this.hint = element(this.layer, "div", "wb-hint");
    view.connect(figure.y_range.change, () => this.scale());
    this.scale();
  }

  // Where no value is shown yet, a study over too few bars, there is no scale, and without one Bokeh paints no dates: it
  // gets one without numbers.
  scale() {
    const { y_range, right } = this.figure, { start, end } = y_range, none = Number.isNaN(start + end);
    const blank = none || (this.blank && start === 0 && end === 1);
    if (blank !== this.blank) for (const axis of right) axis.setv({ major_label_text_alpha: blank ? 0 : 1 }, { sync: false });
    this.blank = blank;
    if (none) y_range.setv({ start: 0, end: 1 });
  }

  // Bokeh empties the canvas's shadow root whenever it renders anew.
  attach() {
    if (this.layer.parentNode !== this.view.canvas_view.shadow_el) this.view.canvas_view.shadow_el.append(this.sheet, this.layer);
  }

  get current() { return viewOf(this.figure) === this.view; }
  get frame() { return this.view.frame.bbox; }
  get y() { return this.view.frame.y_scale; }
  get x() { return this.view.frame.x_scale; }
  get sources() { return this.kind === "volume" ? [] : this.figure.tags; }
  get tall() { return this.view.bbox.height; }

  color(set) {
    for (const [name, value] of Object.entries(set.colors ?? {})) this.layer.style.setProperty(`--c-${name}`, value);
    this.layer.style.setProperty("--wb-chart-font", set.font ?? "sans-serif");
  }

  // In a small chart each line of the legend is one line, and whole while a pointer is on it.
  peek(at) {
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = this.stack;
    const on = at && at.sx >= offsetLeft && at.sx <= offsetLeft + offsetWidth && at.sy >= offsetTop && at.sy <= offsetTop + offsetHeight;
    this.stack.classList.toggle("wb-whole", Boolean(on));
  }

  hide() { for (const el of [this.crossX, this.crossY, this.tag]) show(el, false); }

  // Bring the lines of the legend to the studies that are drawn here; `ask(what, id)` is called by their buttons.
  study(ask, place, listen) {
    const { sources } = this;
    for (const [source, line] of this.lines) {
      if (!sources.includes(source)) { line.remove(); this.lines.delete(source); }
    }
    let at = this.legend ? 1 : 0;
    for (const source of sources) {
      const set = settings(source);
      if (set.id == null) continue;
      if (!this.lines.has(source)) {
        this.lines.set(source, new wbStudies.Line(this.stack, (what) => ask(what, settings(source).id)));
        listen(source);
      }
      const line = this.lines.get(source);
      line.dress(set, place, safe);
      if (this.stack.children[at] !== line.el) this.stack.insertBefore(line.el, this.stack.children[at] ?? null);
      at += 1;
    }
  }

  write(ordinal, decimals) {
    for (const [source, line] of this.lines) line.write(source.data, ordinal, (value) => wbNumbers.price(value, decimals));
    this.stack.style.maxWidth = `${Math.max(120, this.frame.width - 12)}px`;
    this.layer.classList.toggle("wb-narrow", this.frame.width < NARROW);
  }

  // A separator at its top: dragging or arrow keys move it. `move(pane, dy)` changes heights, `done()` tells them.
  grip(move, done) {
    const grip = element(this.layer, "div", "wb-grip");
    Object.assign(grip, { tabIndex: 0, title: "Drag to change the height" });
    grip.setAttribute("role", "separator");
    grip.setAttribute("aria-orientation", "horizontal");
    grip.setAttribute("aria-label", "Height of the pane");
    let at = null;
    grip.addEventListener("pointerdown", (e) => {
      at = e.clientY;
      this.held = true;
      grip.setPointerCapture(e.pointerId);
      e.stopPropagation();
    });
    grip.addEventListener("pointermove", (e) => {
      if (at === null) return;
      at += move(this, e.clientY - at);
      e.stopPropagation();
    });
    const over = () => {
      if (at === null) return;
      at = null;
      done();
      this.held = false;
    };
    for (const kind of ["pointerup", "pointercancel"]) grip.addEventListener(kind, over);
    grip.addEventListener("keydown", (e) => {
      if (e.key !== "ArrowUp" && e.key !== "ArrowDown") return;
      move(this, e.key === "ArrowUp" ? -12 : 12);
      done();
      e.preventDefault();
      e.stopPropagation();
    });
  }
}
