// The moving parts of a candle chart that never go to the server: legend, crosshair, last-price tag, keys, limits.
// They are DOM over Bokeh's canvas, so that a moving pointer repaints no candle.
// args: source (columns of bars; tags[0] = settings), root (figures: prices, volumes, a pane for each study), x_range,
// viewport and wish (what Python hears), drawings and drawn (of a hand, see drawings.js). The figures' tags are the sources
// of the studies that are drawn on them.

// Settings that are drawn by the layer alone: when nothing else changed, no canvas is painted.
const QUIET = new Set(["until", "stale", "last", "rising", "note", "epoch", "head", "tail", "link", "heard"]);
const FOLDED = 24; // px
const SEEN = 500; // ms between two answers to live bars
const plain = (_, value) => (value instanceof Map ? [...value] : value);
const loud = (set) => JSON.stringify(Object.entries(set).filter(([name]) => !QUIET.has(name)), plain);
class Board {
  constructor(args) {
    Object.assign(this, args);
    this.seq = this.source.wbSeq ?? -1; // the last `go` that was followed, by whichever board
    this.at = null;
    this.panes = [];
    this.followed = new WeakSet();
    this.adopt();
    this.listen();
    this.edge = this.newest();
    this.dress();
    this.report();
    this.hand = new Hand(this, this.drawings, this.drawn);
    this.links = new wbLinks.Linked(this);
    this.axis = new PriceAxis(this);
    this.others = new Others(this);
    this.marked = new Marked(this);
  }

  get main() { return this.panes[0]; }
  get below() { return this.panes.at(-1); }

  // Take over the figures that there are now, from top to bottom.
  adopt() {
    const figures = this.root.children;
    this.panes = figures.map((figure, i) => {
      const view = viewOf(figure), old = this.panes.find((pane) => pane.figure === figure && pane.view === view);
      if (old || !view?.canvas_view) return old;
      const pane = new Pane(figure, view, ["price", "volume"][i] ?? "study");
      this.hear(pane);
      return pane;
    }).filter(Boolean);
    const set = settings(this.source);
    for (const pane of this.panes) pane.color(set);
    this.timeTag ??= element(this.below.layer, "div", "wb-tag wb-tag-time");
    if (this.timeTag.parentNode !== this.below.layer) this.below.layer.append(this.timeTag);
    this.study();
    this.axis?.adopt();
    this.fit();
  }

  study() {
    const own = this.panes.filter((pane) => pane.kind === "study");
    for (const pane of this.panes) {
      const place = { first: pane === own[0], last: pane === own.at(-1) };
      pane.study((what, id) => this.wants(what, id), place, (source) => this.follow(source));
    }
    this.soon();
  }

  follow(source) {
    if (this.followed.has(source)) return;
    this.followed.add(source);
    source.properties.tags.change.connect(() => { if (this.current) this.study(); });
    for (const signal of [source.properties.data.change, source.patching, source.streaming]) {
      signal.connect(() => { if (this.current) this.soon(); });
    }
  }

  wants(what, id, value = null) {
    this.asked = (this.asked ?? 0) + 1;
    this.wish.data = { seq: [this.asked], what: [what], id: [id], value: [value] };
  }

  // Move the separator at a pane's top by dy px; what the pane and the one above it allow. Answers by how much.
  resize(pane, dy) {
    const above = this.panes[this.panes.indexOf(pane) - 1];
    const low = above === this.main ? LEAST_PRICE : LEAST;
    const by = Math.max(Math.min(dy, pane.tall - LEAST), low - above.tall);
    if (!by) return 0;
    this.size(pane, pane.figure.height - by);
    if (above !== this.main) this.size(above, above.figure.height + by);
    return by;
  }

  // Heights are ours until a hand lets go.
  size(pane, height) {
    pane.figure.wbOurs = true;
    pane.figure.setv({ height: Math.round(height) }, { sync: false });
    pane.figure.wbOurs = false;
  }

  told() {
    const heights = this.panes.slice(1).map((pane) => {
      pane.figure.wbWish = pane.figure.height;
      return [pane.sources.length ? settings(pane.sources[0]).id : -1, pane.figure.height];
    });
    this.wants("height", -1, JSON.stringify(heights));
  }

  // On a low page panes share what is left when the prices have their room. New bars ask for it too, and must not take
  // from a hand what it is pulling at.
  fit() {
    if (!this.main?.view.bbox || this.panes.length < 2 || this.panes.some((pane) => pane.held)) return;
    const total = this.panes.reduce((sum, pane) => sum + pane.tall, 0), holder = this.main.view.parent.el.clientHeight;
    const wishes = this.panes.slice(1).map((pane) => pane.figure.wbWish ?? pane.figure.height);
    const all = holder || total, wanted = wishes.reduce((a, b) => a + b, 0);
    const room = all - Math.max(LEAST_PRICE, 0.4 * all, Math.min(0.6 * all, 260)); // small charts are about prices first
    const share = Math.min(1, room / wanted);
    this.panes.slice(1).forEach((pane, i) => {
      const height = share < 1 ? Math.max(FOLDED, Math.floor(wishes[i] * share)) : wishes[i];
      if (pane.figure.height !== height) this.size(pane, height);
    });
  }

  hear(pane) {
    pane.events.setAttribute("aria-label", "Chart: arrows pan, plus and minus zoom, Home and End jump");
    pane.events.style.outline = "none";
    pane.events.addEventListener("pointermove", (e) => this.move(pane, e));
    pane.events.addEventListener("pointerleave", () => this.leave());
    pane.events.addEventListener("keydown", (e) => this.key(e));
    pane.events.addEventListener("dblclick", () => this.ask("end"));
    pane.view.repainted.connect(() => { pane.attach(); this.soon(); });
    const { figure } = pane;
    if (pane.kind !== "price") {
      pane.grip((one, dy) => this.resize(one, dy), () => this.told());
      figure.properties.height.change.connect(() => {
        if (!figure.wbOurs) { figure.wbWish = figure.height; if (this.current) this.fit(); }
      });
      figure.wbWish ??= figure.height;
    }
    figure.properties.tags.change.connect(() => { if (this.current) this.study(); });
  }

  listen() {
    // Models outlive views: a board whose view is gone stays silent.
    const on = (signal, act) => signal.connect(() => { if (this.current) act(); });
    on(this.source.properties.tags.change, () => this.dress());
    on(this.source.properties.data.change, () => { this.edge = this.newest(); this.soon(); });
    on(this.source.patching, () => { this.soon(); this.drew(); });
    on(this.source.streaming, () => { this.streamed(); this.drew(); });
    on(this.x_range.change, () => { this.limit(); this.report(); this.soon(); });
    on(this.root.properties.children.change, () => setTimeout(() => this.adopt(), 0));
    addEventListener("resize", () => { if (this.current) this.fit(); });
    this.timer = setInterval(() => {
      if (!this.current) clearInterval(this.timer);
      else if (settings(this.source).until) this.tagLast();
    }, 1000);
  }

  get current() { return this.main.current; }

  // What Python says: colours, names, and once per number `go`, where to look.
  dress() {
    const set = settings(this.source);
    for (const pane of this.panes) pane.color(set);
    if (set.go && set.go.seq !== this.seq) {
      this.seq = this.source.wbSeq = set.go.seq;
      this.x_range.setv({ start: set.go.start, end: set.go.end });
      this.report(true);
      this.axis?.find();
      this.links?.arrived();
    }
    this.links?.dress();
    this.axis?.dress();
    const now = loud(set);
    this.soon();
    if (now === this.dressed) return;
    this.dressed = now;
    const repaint = () => { for (const pane of this.panes) pane.view.request_repaint(); };
    repaint();
    setTimeout(repaint, 150); // the first pass leaves seams of the old colours between frame and border
  }

  streamed() {
    const set = settings(this.source), newest = this.newest(), { start, end } = this.x_range;
    const before = this.edge ?? newest - 1; // one move of the price may be several bricks
    this.edge = newest;
    // Follow the newest bar only when the one before it was in view.
    if (set.tail && before >= start && before <= end && newest > end - 2) {
      this.x_range.setv(this.axis.onward(before, newest));
    }
    this.soon();
  }

  limit() {
    if (this.limiting) return;
    const { x } = this.source.data, set = settings(this.source);
    if (!x?.length) return;
    const { slot, place, most } = this.axis?.measure() ?? TRADING, move = (low, high) => {
      this.limiting = true;
      this.x_range.setv({ start: place(low), end: place(high) });
      this.limiting = false;
    };
    let [start, end] = [slot(this.x_range.start), slot(this.x_range.end)];
    const first = slot(x[0]), last = slot(x[x.length - 1]);
    // Zooming out ends where everything there is fills most of the window.
    const widest = set.head && set.tail ? Math.max(60, (last - first + 1) * 1.25) : most ?? this.x_range.max_interval ?? 6000;
    if (end - start > widest) {
      start = Math.max(start, Math.min(last + widest * 0.1, end) - widest);
      end = start + widest;
      move(start, end);
    }
    const room = Math.max(3, (end - start) * 0.7);
    let shift = 0;
    if (set.head && start < first - room) shift = first - room - start;
    if (set.tail && end > last + room) shift = last + room - end;
    if (shift) move(start + shift, end + shift);
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
    const { start, end } = this.x_range, [low, high] = this.axis?.held ?? [null, null];
    this.viewport.data = {
      start: [start], end: [end], width: [this.main.frame.width], epoch: [settings(this.source).epoch ?? 0], ask: [ask],
      low: [low], high: [high],
    };
  }

  ask(where) { this.tell(where); }

  // Live bars: Python hears which one was painted last, so that it sends no more than can be drawn, and for how long we
  // kept that to ourselves (ms), so that it knows when that was.
  drew() {
    if (this.painting) return;
    this.painting = true;
    requestAnimationFrame(() => {
      const { x, volume } = this.source.data, n = x.length, bar = { x: x[n - 1], volume: volume[n - 1] };
      this.painting = false;
      if (n) setTimeout(() => { this.painted = { ...bar, at: performance.now() }; this.answer(); }, 0);
    });
  }

  answer() {
    if (this.telling) return;
    this.telling = true;
    const told = () => {
      const { x, volume, at } = this.painted;
      this.telling = false;
      this.answered = performance.now();
      this.seen.data = { x: [x], volume: [volume], kept: [this.answered - at] };
    };
    setTimeout(told, Math.max(0, SEEN - (performance.now() - (this.answered ?? -SEEN))));
  }

  key(event) {
    const { start, end } = this.x_range, width = end - start;
    const share = event.shiftKey ? 0.5 : 0.1;
    const zoom = (factor) => {
      const at = Math.min(end, Math.max(start, this.newest() ?? end));
      const wide = Math.max(8, Math.min(this.x_range.max_interval ?? 6000, width * factor));
      const before = (at - start) / width;
      return { start: at - wide * before, end: at + wide * (1 - before) };
    };
    const moves = {
      ArrowLeft: () => this.axis.moved(-share),
      ArrowRight: () => this.axis.moved(share),
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
    pane.peek(this.at);
    this.soon();
  }

  leave() {
    this.at = null;
    for (const pane of this.panes) pane.peek(null);
    this.soon();
  }

  soon() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => { this.drawing = null; this.draw(); });
  }

  draw() {
    const { x } = this.source.data, set = settings(this.source), n = x?.length ?? 0, { main } = this;
    for (const pane of this.panes) pane.hide();
    show(this.timeTag, false);
    for (const pane of this.panes) show(pane.stack, n > 0);
    put(main.hint, safe(set.note ?? ""));
    show(main.hint, Boolean(set.note));
    let index = n - 1;
    if (this.at && n) {
      index = wbPlaces.nearest(x, main.x.invert(this.at.sx));
      this.cross(index, set, this.at);
    } else if (n) {
      const far = this.links.far(); // of a chart with which this one is linked
      if (far) this.cross(index = far.index, set, far);
    }
    this.links.point(this.at && n ? index : -1, this.at?.pane === main ? main.y.invert(this.at.sy) : null);
    if (n) this.write(index, set);
    this.tagLast();
    this.axis?.place(n);
    if (n) this.others?.write(index);
    this.marked?.paint();
  }

  cross(index, set, { pane, sy }) {
    const { x } = this.source.data, { timeTag } = this;
    const sx = Math.round(this.main.x.compute(x[index]));
    for (const { crossX, frame: { top, height, left, right } } of this.panes) {
      if (sx < left || sx > right) continue;
      show(crossX, true);
      Object.assign(crossX.style, { left: `${sx}px`, top: `${top}px`, height: `${height}px` });
    }
    if (pane) this.level(pane, sy, set);
    show(timeTag, sx >= this.main.frame.left && sx <= this.main.frame.right);
    put(timeTag, this.when(index, set));
    const half = timeTag.offsetWidth / 2, low = this.below.frame;
    const middle = Math.max(low.left + half, Math.min(low.right - half, sx));
    Object.assign(timeTag.style, { left: `${middle - half}px`, top: `${low.bottom + 4}px` });
  }

  level(pane, sy, set) {
    const { left, width, right } = pane.frame, value = pane.y.invert(sy);
    show(pane.crossY, true);
    Object.assign(pane.crossY.style, { left: `${left}px`, width: `${width}px`, top: `${sy}px` });
    show(pane.tag, !pane.blank);
    const step = set.tick > 0 ? set.tick : 10 ** -set.decimals, price = Math.round(value / step) * step;
    put(pane.tag, pane.kind === "price" ? this.axis.worth(price)
      : pane.kind === "volume" ? wbNumbers.volume(Math.max(0, value)) : wbStudies.number(value));
    Object.assign(pane.tag.style, { left: `${right + 1}px`, top: `${sy - 9}px` });
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
    const cell = (letter, name) => `<span class="v ${tone}${letter === "C" ? "" : " wb-more"}"><i>${letter}</i>${price(name)}</span>`;
    const auto = set.auto ? ` · <span class="wb-auto" title="${safe(set.auto)}">auto</span>` : "";
    const when = this.when(index, set);
    put(this.main.legend,
      `<b>${safe(set.symbol ?? "")}</b><span class="wb-spec">${safe(set.spec ?? "")}${auto}</span>` +
      cell("O", "open") + cell("H", "high") + cell("L", "low") + cell("C", "close") +
      (set.real ? `<span class="v"><i>Traded</i>${price("real")}</span>` : "") +
      `<span class="v ${change < 0 ? "down" : "up"}">${wbNumbers.percent(change)}</span>` +
      `<time class="wb-more">${when}${set.dated ? "" : ` ${safe(set.zone ?? "")}`}</time>`);
    put(this.panes[1].legend, `Volume<em>${wbNumbers.volume(d.volume[index])}</em>`);
    for (const pane of this.panes) pane.write(d.x[index], set.decimals);
  }

  tagLast() {
    const { x, real, up } = this.source.data, set = settings(this.source), n = x?.length ?? 0;
    // Bricks, lines and columns end at prices of their own: what was traded last is told by Python.
    const ours = set.tail && n && !set.shaped;
    const value = ours ? real[n - 1] : set.last;
    const rising = ours ? up[n - 1] : set.rising ?? 1;
    const { last, lastLine } = this.main, { left, right, top, bottom, width } = this.main.frame;
    const there = Number.isFinite(value);
    const sy = there ? this.main.y.compute(value) : NaN, inside = sy >= top && sy <= bottom;
    const { layer } = this.main, veil = (this.main.veil ??= layer.insertBefore(element(layer, "div", "wb-last-veil"), last));
    for (const one of [last, lastLine, veil]) show(one, there && inside);
    if (!there || !inside) return;
    layer.style.setProperty("--c-last", set.colors?.[rising ? "last-up" : "last-down"] ?? "gray");
    layer.style.setProperty("--c-on-last", set.colors?.["on-last"] ?? "white");
    const remains = set.until && !set.stale ? `<small>${wbTime.left(set.until - Date.now() - (set.skew ?? 0))}</small>` : "";
    put(last, (this.axis?.worth(value) ?? wbNumbers.price(value, set.decimals)) + remains);
    last.classList.toggle("wb-stale", Boolean(set.stale));
    lastLine.classList.toggle("wb-stale", Boolean(set.stale));
    Object.assign(lastLine.style, { left: `${left}px`, width: `${width}px`, top: `${Math.round(sy)}px` });
    const edge = Math.round(sy) - 9, foot = edge + (remains ? 29 : 18);
    Object.assign(last.style, { left: `${right + 1}px`, top: `${edge}px` });
    // A number that is half below the tag is left out.
    const near = (this.axis?.ticks() ?? []).map((tick) => this.main.y.compute(tick)).filter((y) => y + 6 > edge && y - 6 < foot);
    const low = Math.min(edge, ...near.map((y) => y - 7)), high = Math.min(bottom, Math.max(foot, ...near.map((y) => y + 7)));
    Object.assign(veil.style, { left: `${right + 2}px`, right: 0, top: `${low}px`, height: `${Math.max(0, high - low)}px` });
  }
}

// Called when a figure gets its size and when the data changes: the views are there then. A rebuilt view gets a board of
// its own. Kept on the view, because Bokeh may compile this module twice when two calls come at once.
export default (args) => {
  const views = args.root.children.map(viewOf);
  if (!views[0]?.canvas_view || !views[1]?.canvas_view) return;
  wbCell.quiet(args.root.document);
  if (views[0].wbBoard) views[0].wbBoard.adopt();
  else views[0].wbBoard = new Board(args);
};
