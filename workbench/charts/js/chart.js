// The moving parts of a candle chart that never go to the server: legend, crosshair, last-price tag, keys, limits.
// They are DOM over Bokeh's canvas, so that a moving pointer repaints no candle.
// args: source (columns of bars; tags[0] = settings), price, volume (figures), x_range, viewport (what Python hears).

const STYLE = `
.wb-layer { position: absolute; inset: 0; pointer-events: none; overflow: hidden; font: 12px/16px var(--wb-chart-font);
  font-variant-numeric: tabular-nums; color: var(--c-text); z-index: 5; }
.wb-layer > * { position: absolute; }
.wb-legend { left: 10px; top: 6px; display: flex; flex-wrap: wrap; column-gap: 10px; row-gap: 2px; align-items: baseline;
  color: var(--c-muted); padding: 2px 6px; margin-left: -6px; border-radius: 4px; background: var(--c-veil); }
.wb-legend b { font-weight: 600; font-size: 13px; color: var(--c-text); }
.wb-legend .wb-spec { white-space: nowrap; }
.wb-legend .wb-auto { color: var(--c-accent); }
.wb-legend .v { color: var(--c-text); white-space: nowrap; }
.wb-legend span.v i { font-style: normal; color: var(--c-muted); margin-right: 3px; }
.wb-legend .v.up { color: var(--c-up-text); } .wb-legend .v.down { color: var(--c-down-text); }
.wb-legend time { white-space: nowrap; }
.wb-volume-legend { left: 10px; top: 2px; color: var(--c-muted); background: var(--c-veil); padding: 0 6px; margin-left: -6px;
  border-radius: 4px; }
.wb-volume-legend em { font-style: normal; color: var(--c-text); margin-left: 4px; }
.wb-cross-x { width: 0; border-left: 1px dashed var(--c-crosshair); opacity: .6; }
.wb-cross-y { height: 0; border-top: 1px dashed var(--c-crosshair); opacity: .6; }
.wb-tag { padding: 1px 6px; border-radius: 2px; white-space: nowrap; text-align: center; }
.wb-tag-time, .wb-tag-price { background: var(--c-raised); color: var(--c-text); box-shadow: 0 0 0 1px var(--c-hairline); }
.wb-edge { left: 0; top: 0; bottom: 0; width: 1px; background: var(--c-panel); }
.wb-last-line { height: 0; border-top: 1px dotted var(--c-last); }
.wb-last { background: var(--c-last); color: var(--c-on-last); font-weight: 600; }
.wb-last small { display: block; font-size: 11px; font-weight: 400; line-height: 13px; }
.wb-stale { opacity: .45; filter: grayscale(1); }
.wb-hint { left: 10px; bottom: 8px; color: var(--c-muted); background: var(--c-veil); padding: 1px 6px; border-radius: 4px;
  margin-left: -6px; }
`;

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
// Settings that are drawn by the layer alone: when nothing else changed, no canvas is painted.
const QUIET = new Set(["until", "stale", "last", "rising", "note", "epoch", "head", "tail"]);
const plain = (_, value) => (value instanceof Map ? [...value] : value);
const loud = (set) => JSON.stringify(Object.entries(set).filter(([name]) => !QUIET.has(name)), plain);
const safe = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

class Pane {
  constructor(view) {
    this.view = view;
    this.sheet = document.createElement("style");
    this.sheet.textContent = STYLE;
    this.layer = document.createElement("div");
    this.layer.className = "wb-layer";
    this.attach();
    this.events = view.canvas_view.events_el;
  }
  // Bokeh empties the canvas's shadow root whenever it renders anew.
  attach() {
    if (this.layer.parentNode !== this.view.canvas_view.shadow_el) this.view.canvas_view.shadow_el.append(this.sheet, this.layer);
  }
  get frame() { return this.view.frame.bbox; }
  get y() { return this.view.frame.y_scale; }
  get x() { return this.view.frame.x_scale; }
}

class Board {
  constructor(args, views) {
    Object.assign(this, args);
    this.seq = this.source.wbSeq ?? -1; // the last `go` that was followed, by whichever board
    this.at = null;
    this.main = new Pane(views[0]);
    this.below = new Pane(views[1]);
    this.build();
    this.listen();
    this.edge = this.newest();
    this.dress();
    this.report();
  }

  build() {
    const { layer } = this.main, low = this.below.layer;
    for (const under of [layer, low]) element(under, "div", "wb-edge"); // bars out of view are clamped to this pixel
    this.lastLine = element(layer, "div", "wb-last-line");
    this.legend = element(layer, "div", "wb-legend");
    this.crossX = element(layer, "div", "wb-cross-x");
    this.crossY = element(layer, "div", "wb-cross-y");
    this.last = element(layer, "div", "wb-tag wb-last");
    this.priceTag = element(layer, "div", "wb-tag wb-tag-price");
    this.hint = element(layer, "div", "wb-hint");
    this.volumeLegend = element(low, "div", "wb-volume-legend");
    this.lowX = element(low, "div", "wb-cross-x");
    this.lowY = element(low, "div", "wb-cross-y");
    this.lowTag = element(low, "div", "wb-tag wb-tag-price");
    this.timeTag = element(low, "div", "wb-tag wb-tag-time");
  }

  listen() {
    for (const pane of [this.main, this.below]) {
      pane.events.setAttribute("aria-label", "Chart: arrows pan, plus and minus zoom, Home and End jump");
      pane.events.style.outline = "none";
      pane.events.addEventListener("pointermove", (e) => this.move(pane, e));
      pane.events.addEventListener("pointerleave", () => this.leave());
      pane.events.addEventListener("keydown", (e) => this.key(e));
      pane.events.addEventListener("dblclick", () => this.ask("end"));
      pane.view.repainted.connect(() => { pane.attach(); this.soon(); });
    }
    // Models outlive views: a board whose view is gone stays silent.
    const on = (signal, act) => signal.connect(() => { if (this.current) act(); });
    on(this.source.properties.tags.change, () => this.dress());
    on(this.source.properties.data.change, () => { this.edge = this.newest(); this.soon(); });
    on(this.source.patching, () => this.soon());
    on(this.source.streaming, () => this.streamed());
    on(this.x_range.change, () => { this.limit(); this.report(); this.soon(); });
    this.timer = setInterval(() => {
      if (!this.current) clearInterval(this.timer);
      else if (settings(this.source).until) this.tagLast();
    }, 1000);
  }

  get current() { return [...this.price.y_range.linked_plots].at(-1) === this.main.view; }

  // What Python says: colours, names, and once per number `go`, where to look.
  dress() {
    const set = settings(this.source);
    for (const pane of [this.main, this.below]) {
      for (const [name, value] of Object.entries(set.colors ?? {})) pane.layer.style.setProperty(`--c-${name}`, value);
      pane.layer.style.setProperty("--wb-chart-font", set.font ?? "sans-serif");
    }
    if (set.go && set.go.seq !== this.seq) {
      this.seq = this.source.wbSeq = set.go.seq;
      this.x_range.setv({ start: set.go.start, end: set.go.end });
      this.report(true);
    }
    const now = loud(set);
    this.soon();
    if (now === this.dressed) return;
    this.dressed = now;
    const repaint = () => { this.main.view.request_repaint(); this.below.view.request_repaint(); };
    repaint();
    setTimeout(repaint, 150); // the first pass leaves seams of the old colours between frame and border
  }

  streamed() {
    const set = settings(this.source), newest = this.newest(), { start, end } = this.x_range;
    const before = this.edge ?? newest - 1; // one move of the price may be several bricks
    this.edge = newest;
    // Follow the newest bar only when the one before it was in view.
    if (set.tail && before >= start && before <= end && newest > end - 2) {
      this.x_range.setv({ start: start + newest - before, end: end + newest - before });
    }
    this.soon();
  }

  limit() {
    if (this.limiting) return;
    const { x } = this.source.data, set = settings(this.source);
    if (!x?.length) return;
    let { start, end } = this.x_range;
    // Zooming out ends where everything there is fills most of the window.
    const widest = set.head && set.tail ? Math.max(60, x.length * 1.25) : this.x_range.max_interval ?? 6000;
    if (end - start > widest) {
      const at = Math.min(x[x.length - 1] + widest * 0.1, end), from = Math.max(start, at - widest);
      this.limiting = true;
      this.x_range.setv({ start: from, end: from + widest });
      this.limiting = false;
      ({ start, end } = this.x_range);
    }
    const width = end - start, room = Math.max(3, width * 0.7);
    let shift = 0;
    if (set.head && start < x[0] - room) shift = x[0] - room - start;
    if (set.tail && end > x[x.length - 1] + room) shift = x[x.length - 1] + room - end;
    if (!shift) return;
    this.limiting = true;
    this.x_range.setv({ start: start + shift, end: end + shift });
    this.limiting = false;
  }

  // Python hears of the window at most ten times a second, and of where it came to rest.
  report(now = false) {
    const say = () => {
      this.pending = null;
      this.heard = performance.now();
      this.tell("");
    };
    if (now) { clearTimeout(this.pending); say(); return; }
    if (this.pending) return;
    this.pending = setTimeout(say, Math.max(0, 100 - (performance.now() - (this.heard ?? -1e9))));
  }

  tell(ask) {
    const { start, end } = this.x_range;
    this.viewport.data = {
      start: [start], end: [end], width: [this.main.frame.width], epoch: [settings(this.source).epoch ?? 0], ask: [ask],
    };
  }

  ask(where) { this.tell(where); }

  key(event) {
    const { start, end } = this.x_range, width = end - start;
    const step = width * (event.shiftKey ? 0.5 : 0.1);
    const zoom = (factor) => {
      const at = Math.min(end, Math.max(start, this.newest() ?? end));
      const wide = Math.max(8, Math.min(this.x_range.max_interval ?? 6000, width * factor));
      const share = (at - start) / width;
      return { start: at - wide * share, end: at + wide * (1 - share) };
    };
    const moves = {
      ArrowLeft: () => ({ start: start - step, end: end - step }),
      ArrowRight: () => ({ start: start + step, end: end + step }),
      "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), _: () => zoom(1.25),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (moves[event.key]) this.x_range.setv(moves[event.key]());
    else if (event.key === "Home") this.ask("home");
    else if (event.key === "End") this.ask("end");
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  newest() {
    const { x } = this.source.data;
    return x?.length ? x[x.length - 1] : null;
  }

  move(pane, event) {
    const box = pane.events.getBoundingClientRect(), { left, right, top, bottom } = pane.frame;
    const sx = event.clientX - box.left, sy = event.clientY - box.top;
    this.at = sx >= left && sx <= right && sy >= top && sy <= bottom ? { pane, sx, sy } : null;
    this.soon();
  }

  leave() { this.at = null; this.soon(); }

  soon() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => { this.drawing = null; this.draw(); });
  }

  draw() {
    const { x } = this.source.data, set = settings(this.source), n = x?.length ?? 0;
    for (const el of [this.crossX, this.crossY, this.lowX, this.lowY, this.priceTag, this.lowTag, this.timeTag]) show(el, false);
    show(this.legend, n > 0);
    show(this.volumeLegend, n > 0);
    put(this.hint, safe(set.note ?? ""));
    show(this.hint, Boolean(set.note));
    let index = n - 1;
    if (this.at && n) {
      const ordinal = Math.round(this.main.x.invert(this.at.sx));
      index = Math.min(n - 1, Math.max(0, ordinal - x[0]));
      this.cross(index, set);
    }
    if (n) this.write(index, set);
    this.tagLast();
  }

  cross(index, set) {
    const { x, shown } = this.source.data, { pane, sy } = this.at;
    const sx = Math.round(this.main.x.compute(x[index]));
    for (const [line, p] of [[this.crossX, this.main], [this.lowX, this.below]]) {
      const { top, height, left, right } = p.frame;
      if (sx < left || sx > right) continue;
      show(line, true);
      Object.assign(line.style, { left: `${sx}px`, top: `${top}px`, height: `${height}px` });
    }
    const level = pane === this.main ? this.crossY : this.lowY, tag = pane === this.main ? this.priceTag : this.lowTag;
    const { left, width, right } = pane.frame, value = pane.y.invert(sy);
    show(level, true);
    Object.assign(level.style, { left: `${left}px`, width: `${width}px`, top: `${sy}px` });
    show(tag, true);
    const step = set.tick > 0 ? set.tick : 10 ** -set.decimals, price = Math.round(value / step) * step;
    put(tag, pane === this.main ? wbNumbers.price(price, set.decimals) : wbNumbers.volume(Math.max(0, value)));
    Object.assign(tag.style, { left: `${right + 1}px`, top: `${sy - 9}px` });
    show(this.timeTag, true);
    put(this.timeTag, this.when(index, set));
    const half = this.timeTag.offsetWidth / 2, low = this.below.frame;
    const middle = Math.max(low.left + half, Math.min(low.right - half, sx));
    Object.assign(this.timeTag.style, { left: `${middle - half}px`, top: `${low.bottom + 4}px` });
  }

  // Bars of one second are told apart by their milliseconds.
  when(index, set) {
    const { shown } = this.source.data, second = (i) => Math.floor(shown[i] / 1000);
    const shared = !set.dated && (second(index - 1) === second(index) || second(index + 1) === second(index));
    return wbTime.full(shown[index], set.clock, { dateOnly: set.dated, seconds: set.seconds, ms: shared });
  }

  write(index, set) {
    const d = this.source.data, price = (name) => wbNumbers.price(d[name][index], set.decimals);
    const before = index > 0 ? d.close[index - 1] : d.open[index];
    const change = before ? d.close[index] / before - 1 : NaN, tone = d.up[index] ? "up" : "down";
    const cell = (letter, name) => `<span class="v ${tone}"><i>${letter}</i>${price(name)}</span>`;
    const auto = set.auto ? ` · <span class="wb-auto" title="${safe(set.auto)}">auto</span>` : "";
    const when = this.when(index, set);
    put(this.legend,
      `<b>${safe(set.symbol ?? "")}</b><span class="wb-spec">${safe(set.spec ?? "")}${auto}</span>` +
      cell("O", "open") + cell("H", "high") + cell("L", "low") + cell("C", "close") +
      (set.real ? `<span class="v"><i>Traded</i>${price("real")}</span>` : "") +
      `<span class="v ${change < 0 ? "down" : "up"}">${wbNumbers.percent(change)}</span>` +
      `<time>${when}${set.dated ? "" : ` ${safe(set.zone ?? "")}`}</time>`);
    put(this.volumeLegend, `Volume<em>${wbNumbers.volume(d.volume[index])}</em>`);
    this.legend.style.maxWidth = `${Math.max(120, this.main.frame.width - 24)}px`;
  }

  tagLast() {
    const { x, real, up } = this.source.data, set = settings(this.source), n = x?.length ?? 0;
    // Bricks, lines and columns end at prices of their own: what was traded last is told by Python.
    const ours = set.tail && n && !set.shaped;
    const value = ours ? real[n - 1] : set.last;
    const rising = ours ? up[n - 1] : set.rising ?? 1;
    const { left, right, top, bottom, width } = this.main.frame;
    const there = Number.isFinite(value);
    const sy = there ? this.main.y.compute(value) : NaN, inside = sy >= top && sy <= bottom;
    show(this.last, there && inside);
    show(this.lastLine, there && inside);
    if (!there || !inside) return;
    const { layer } = this.main;
    layer.style.setProperty("--c-last", set.colors?.[rising ? "last-up" : "last-down"] ?? "gray");
    layer.style.setProperty("--c-on-last", set.colors?.["on-last"] ?? "white");
    const remains = set.until && !set.stale ? `<small>${wbTime.left(set.until - Date.now() - (set.skew ?? 0))}</small>` : "";
    put(this.last, wbNumbers.price(value, set.decimals) + remains);
    this.last.classList.toggle("wb-stale", Boolean(set.stale));
    this.lastLine.classList.toggle("wb-stale", Boolean(set.stale));
    Object.assign(this.lastLine.style, { left: `${left}px`, width: `${width}px`, top: `${Math.round(sy)}px` });
    Object.assign(this.last.style, { left: `${right + 1}px`, top: `${Math.round(sy) - 9}px` });
  }
}

// Called when a figure gets its size and when the data changes: the views are there then. A rebuilt view gets a board of
// its own. Kept on the view, because Bokeh may compile this module twice when two calls come at once.
export default (args) => {
  const views = [args.price, args.volume].map((figure) => [...figure.y_range.linked_plots].at(-1));
  if (views.some((view) => !view?.canvas_view) || views[0].wbBoard) return;
  views[0].wbBoard = new Board(args, views);
};
