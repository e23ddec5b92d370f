// The price axis under a hand: scales, zoom by dragging it, the buttons at its foot. One for each board; what was chosen
// is kept on the bars' source, which outlasts boards.

const AXIS_STYLE = `
.wb-axis { pointer-events: auto; cursor: ns-resize; touch-action: none; }
.wb-axis:focus-visible { outline: 2px solid var(--c-accent); outline-offset: -2px; }
.wb-scales { display: flex; right: 0; bottom: 2px; height: 22px; justify-content: center; pointer-events: auto; }
.wb-scales button, .wb-newest, .wb-axis-menu button { all: unset; box-sizing: border-box; cursor: pointer; color: var(--c-muted); }
.wb-scales button { font: 11px/20px var(--wb-chart-font); padding: 0 2px; height: 20px; border-radius: 3px; text-align: center;
  display: grid; place-items: center; }
.wb-scales button:hover, .wb-newest:hover, .wb-axis-menu button:hover { color: var(--c-text); background: var(--c-hairline); }
.wb-scales button[aria-pressed="true"] { color: var(--c-accent); }
:is(.wb-scales button, .wb-newest, .wb-axis-menu button):focus-visible { outline: 2px solid var(--c-accent); outline-offset: -2px; }
.wb-scales svg, .wb-newest svg { fill: none; stroke: currentColor; stroke-width: 1.3; stroke-linecap: round; stroke-linejoin: round; }
.wb-newest { position: absolute; right: 10px; bottom: 10px; width: 28px; height: 24px; display: grid; place-items: center; border-radius: 4px;
  background: var(--c-raised); box-shadow: 0 0 0 1px var(--c-hairline); pointer-events: auto; }
.wb-axis-menu { right: 4px; bottom: 4px; min-width: 216px; max-height: calc(100% - 8px); overflow: auto; padding: 4px 0; border-radius: 4px;
  background: var(--c-raised); box-shadow: 0 0 0 1px var(--c-hairline); pointer-events: auto; z-index: 3; }
.wb-axis-menu button { display: flex; width: 100%; padding: 3px 12px 3px 28px; position: relative; color: var(--c-text); }
.wb-axis-menu button[aria-checked="true"]::before { content: "✓"; position: absolute; left: 11px; color: var(--c-accent); }
.wb-axis-menu button[aria-disabled="true"] { color: var(--c-muted); cursor: default; }
.wb-axis-menu kbd { margin-left: auto; padding-left: 16px; font: inherit; color: var(--c-muted); }
.wb-axis-menu hr { border: 0; border-top: 1px solid var(--c-hairline); margin: 4px 0; }
.wb-axis-menu span { display: block; padding: 3px 12px; color: var(--c-muted); font-size: 11px; }
.wb-point { width: 0; border-left: 2px solid var(--c-accent); animation: wb-point 2.5s ease-in forwards; }
@keyframes wb-point { 0%, 50% { opacity: .8; } 100% { opacity: 0; } }
.wb-refused { left: 50%; bottom: 10px; transform: translateX(-50%); max-width: calc(100% - 120px); padding: 4px 10px; border-radius: 4px;
  background: var(--c-raised); box-shadow: 0 0 0 1px var(--c-hairline), inset 3px 0 var(--c-error-text); }
`;
const GEAR = "M8 5.6a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8M8 1.8v1.7M8 12.5v1.7M1.8 8h1.7M12.5 8h1.7M3.6 3.6l1.2 1.2M11.2 11.2l1.2 1.2M3.6 12.4l1.2-1.2M11.2 4.8l1.2-1.2";
const NEWEST = "M3 3.5L7.5 8 3 12.5M8 3.5L12.5 8 8 12.5";
const stroke = (path, size = 14) => `<svg viewBox="0 0 16 16" width="${size}" height="${size}" aria-hidden="true"><path d="${path}"/></svg>`;
const LEGEND = 30; // px of its first line
const TRADING = { slot: (x) => x, place: (x) => x };
const WORDS = { log: "A logarithmic scale", percent: "A scale in percent" };

class PriceAxis {
  constructor(board) {
    const { main, source } = board;
    Object.assign(this, { board, source, figure: main.figure, range: main.figure.y_range });
    this.kept = source.wbAxis ??= { asked: 0, wanted: null, drawn: null };
    const sheet = element(main.layer, "style", "");
    sheet.textContent = AXIS_STYLE;
    this.strip = element(main.layer, "div", "wb-axis");
    main.layer.querySelector(".wb-edge").after(this.strip); // below tags
    Object.assign(this.strip, { tabIndex: 0, title: "Drag to stretch prices; double click follows them again" });
    this.strip.setAttribute("role", "group");
    this.strip.setAttribute("aria-label", "Price axis: up and down arrows stretch, Enter follows prices again");
    this.newest = element(main.layer, "button", "wb-newest");
    Object.assign(this.newest, { type: "button", title: "Newest bar (End)", innerHTML: stroke(NEWEST) });
    this.newest.setAttribute("aria-label", "Newest bar");
    this.newest.addEventListener("click", () => { board.ask("end"); main.events.focus({ preventScroll: true }); });
    this.refused = element(main.layer, "div", "wb-refused");
    this.refused.setAttribute("role", "status");
    show(this.refused, false);
    show(this.newest, false);
    this.foot();
    this.menu = element(main.layer, "div", "wb-axis-menu");
    this.menu.setAttribute("role", "menu");
    this.menu.setAttribute("aria-label", "Axes");
    this.open(false, false);
    this.listen();
    this.rule();
    this.dress();
    this.range.change.connect(() => { if (this.manual && board.current) board.report(); });
    const { prices } = this.set; // a chart in a file begins as a hand left it
    if (prices && !this.kept.placed) {
      this.kept.placed = true;
      this.hold();
      this.range.setv({ start: prices[0], end: prices[1] });
    }
  }

  get set() { return settings(this.source); }
  get manual() { return this.range.have_updated_interactively; }
  // Prices at the edges where a hand put them; null where they follow the bars. Those of another symbol are let go soon.
  get held() { return this.manual && (this.symbol ?? this.set.symbol) === this.set.symbol ? this.room() : null; }
  get drawn() { return this.kept.drawn ?? "linear"; }

  // --- buttons and menu ------------------------------------------------------------------------------------------

  foot() {
    const sheet = document.createElement("style");
    sheet.textContent = AXIS_STYLE;
    this.buttons = document.createElement("div");
    this.buttons.className = "wb-scales";
    this.buttons.setAttribute("role", "group");
    this.buttons.setAttribute("aria-label", "Scale of prices");
    this.buttons.append(sheet);
    const button = (what, text, title) => {
      const node = element(this.buttons, "button", "");
      Object.assign(node, { type: "button", title, innerHTML: text });
      node.dataset.what = what;
      node.setAttribute("aria-label", title.replace(/ \(.*/, ""));
      node.addEventListener("click", () => this.press(what));
      return node;
    };
    this.pressed = {
      auto: button("auto", "auto", "Follow the prices in the window (Alt+A)"),
      log: button("log", "log", "Logarithmic scale (Alt+L)"),
      percent: button("percent", "%", "Percent from the first bar in the window (Alt+P)"),
      menu: button("menu", stroke(GEAR, 12), "Axes: scale, sessions, kind of time"),
    };
    this.pressed.menu.setAttribute("aria-haspopup", "menu");
    this.adopt();
  }

  // The lowest pane changes with the studies.
  adopt() {
    const { layer } = this.board.below;
    if (this.buttons.parentNode !== layer) layer.append(this.buttons);
    if (this.scales) this.spread();
  }

  press(what) {
    if (what === "auto") this.follow();
    else if (what === "menu") this.open(this.menu.hidden);
    else this.choose(this.drawn === what ? "linear" : what);
  }

  items() {
    const { set, drawn } = this;
    const scale = (name, word, key) => [`scale ${name}`, "radio", drawn === name, word, key];
    return [
      ["auto", "checkbox", !this.manual, "Follow prices", "Alt+A"], null,
      scale("linear", "Linear"), scale("log", "Logarithmic", "Alt+L"), scale("percent", "Percent", "Alt+P"), null,
      ["shading", "checkbox", Boolean(set.shading), "Shade closed hours", ""],
      null, ["axis trading", "radio", !this.calendar, "Trading time", "", "Nights and weekends take no room"],
      ["axis calendar", "radio", this.calendar, "Calendar time", "",
        set.slot > 0 ? "Nights and weekends take their room" : "Only bars of time, such as 5min or 1d, can have it", !(set.slot > 0)],
    ];
  }

  open(wanted, focus = true) {
    const was = !this.menu.hidden;
    this.menu.hidden = !wanted;
    show(this.menu, wanted);
    this.pressed?.menu.setAttribute("aria-expanded", String(wanted));
    if (was && !wanted && focus) this.pressed.menu.focus({ preventScroll: true });
    if (!wanted) return;
    this.list();
    this.menu.querySelector("button").focus({ preventScroll: true });
  }

  list() {
    put(this.menu, this.items().map((item) => {
      if (!item) return "<hr>";
      const [what, role, on, word, key, about, off] = item;
      return `<button type="button" role="menuitem${role}" tabindex="-1" data-what="${what}" aria-checked="${on}" title="${about || word}"` +
        `${off ? ' aria-disabled="true"' : ""}>${word}${key ? `<kbd>${key}</kbd>` : ""}</button>`;
    }).join(""));
  }

  picked(button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    const [what, value] = button.dataset.what.split(" ");
    this.open(false);
    if (what === "auto") { if (this.manual) this.follow(); else this.hold(); }
    else if (what === "scale") this.choose(value);
    else if (what === "shading") this.wants("shading", this.set.shading ? "off" : "on");
    else this.wants(what, value);
  }

  // --- the hand --------------------------------------------------------------------------------------------------

  listen() {
    const { strip, menu, board } = this, stop = (e) => { e.preventDefault(); e.stopPropagation(); };
    let from = null;
    strip.addEventListener("pointerdown", (e) => {
      if (e.button !== 0 || !e.isPrimary) return;
      from = { y: e.clientY, room: this.room() };
      strip.setPointerCapture(e.pointerId);
      this.open(false, false);
      e.stopPropagation();
    });
    strip.addEventListener("pointermove", (e) => {
      if (!from || Math.abs(e.clientY - from.y) < (from.moved ? 0 : 3)) return;
      from.moved = true;
      this.stretch(Math.exp((e.clientY - from.y) / 200), from.room);
    });
    for (const kind of ["pointerup", "pointercancel"]) strip.addEventListener(kind, () => { from = null; });
    strip.addEventListener("dblclick", (e) => { this.follow(); stop(e); });
    strip.addEventListener("wheel", (e) => { this.stretch(Math.exp(Math.sign(e.deltaY) * 0.1)); stop(e); }, { passive: false });
    strip.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.key === "ArrowUp") this.stretch(1 / 1.1);
      else if (e.key === "ArrowDown") this.stretch(1.1);
      else if (e.key === "Enter") this.follow();
      else return;
      stop(e);
    });
    for (const kind of ["pointerdown", "dblclick"]) {
      for (const el of [menu, this.newest, this.buttons]) el.addEventListener(kind, (e) => e.stopPropagation());
    }
    menu.addEventListener("click", (e) => { const button = e.target.closest("button"); if (button) this.picked(button); });
    menu.addEventListener("keydown", (e) => {
      const all = [...menu.querySelectorAll("button")], at = all.findIndex((one) => one.matches(":focus"));
      const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at + all.length - 1) % all.length, Home: 0, End: all.length - 1 }[e.key];
      if (e.key === "Escape" || e.key === "Tab") this.open(false);
      else if (to !== undefined) all[to].focus();
      else if (e.key === "Enter" || e.key === " ") this.picked(all[at]);
      stop(e);
    });
    document.addEventListener("pointerdown", (e) => {
      if (board.current && !menu.hidden && !e.composedPath().some((node) => node === menu || node === this.buttons)) this.open(false, false);
    }, true);
    document.addEventListener("keydown", (e) => this.key(e), true);
  }

  // Alt with a letter, wherever the keyboard is; of several charts the one that was used last.
  key(event) {
    const what = { KeyA: "auto", KeyL: "log", KeyP: "percent" }[event.code], { board } = this;
    if (event.key === "Escape" && board.current && !this.menu.hidden) { this.open(false); event.stopPropagation(); return; }
    if (!what || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (!board.current || (desks.latest && desks.latest.hand?.board !== board)) return;
    if (event.composedPath().some((node) => node instanceof Element && (node.isContentEditable || node.matches(BUSY)))) return;
    this.press(what);
    event.preventDefault();
    event.stopPropagation();
  }

  // --- what is drawn ---------------------------------------------------------------------------------------------

  // Choose a scale; a sentence where it cannot be drawn.
  choose(name) {
    const why = this.why(name);
    if (why) { this.refuse(why); return; }
    this.kept.wanted = name;
    this.wants("scale", name);
    this.dress();
  }

  why(name) {
    const { source } = this, least = name === "linear" ? Infinity : wbScale.lowest(source.data);
    return least > 0 ? "" : `${WORDS[name]} needs prices above zero; the lowest of these bars is ${wbNumbers.price(least, this.set.decimals)}`;
  }

  refuse(why) {
    put(this.refused, safe(why));
    show(this.refused, true);
    clearTimeout(this.forget);
    this.forget = setTimeout(() => show(this.refused, false), 6000);
  }

  wants(what, value) {
    this.kept.asked += 1;
    this.board.chosen.data = { seq: [this.kept.asked], what: [what], value: [value] };
  }

  // Take over what was chosen here or, once Python has heard of that, what it says.
  dress() {
    const { kept, set, figure, range } = this;
    if ((set.heard ?? 0) >= kept.asked) kept.wanted = null;
    const wanted = kept.wanted ?? set.scale ?? "linear", drawn = this.why(wanted) ? "linear" : wanted;
    const { scales } = this.board;
    this.scales = scales instanceof Map ? Object.fromEntries(scales) : scales;
    const changed = kept.drawn !== drawn;
    kept.drawn = drawn;
    const scale = this.scales[drawn === "log" ? "log" : "linear"];
    if (figure.y_scale !== scale) {
      figure.setv({ y_scale: scale }, { sync: false });
      if (drawn === "log" && !(range.start > 0)) this.follow();
      // Columns that are computed may look at the scale.
      this.source.change.emit();
    }
    this.spread();
    if (this.manual && this.symbol !== undefined && this.symbol !== set.symbol) this.follow();
    this.symbol = set.symbol;
    if (changed) this.board.main.view.request_repaint();
    this.mark();
    if (set.point && set.point.seq !== kept.pointed) {
      kept.pointed = set.point.seq;
      this.point?.remove();
      this.point = element(this.board.main.layer, "div", "wb-point");
      this.point.addEventListener("animationend", () => { this.point?.remove(); this.point = null; });
    }
  }

  // Whether nights and weekends take room: only bars of time tell how much.
  get calendar() { return this.set.axis === "calendar" && this.set.slot > 0; }

  spread() {
    const { source, scales, calendar } = this;
    this.board.sessions.wbGap = calendar ? 1.1 * wbCalendar.GAP : 0;
    for (const { figure, view } of this.board.panes) {
      figure.wbTrading ??= figure.x_scale;
      const scale = calendar ? wbCalendar.scale(scales.linear, source) : figure.wbTrading;
      if (figure.x_scale === scale) continue;
      figure.setv({ x_scale: scale }, { sync: false });
      view.request_repaint();
    }
  }

  // How far places are from each other as they are seen, and how far the edges of a window may be.
  measure() { return this.calendar ? { ...wbCalendar.of(this.source), most: Infinity } : TRADING; }

  // The window moved by a share of its width, or as far as one bar is from another.
  moved(share) { return this.shifted((low, high) => share * (high - low)); }
  onward(before, newest) { return this.shifted((low, high, slot) => slot(newest) - slot(before)); }
  shifted(by) {
    const { start, end } = this.board.x_range, d = by(start, end, (x) => x);
    return this.calendar ? wbCalendar.moved({ start, end }, this.source, by) : { start: start + d, end: end + d };
  }

  mark() {
    const { pressed, manual, drawn } = this;
    const say = (name, on) => { if (pressed[name].getAttribute("aria-pressed") !== String(on)) pressed[name].setAttribute("aria-pressed", String(on)); };
    say("auto", !manual);
    say("log", drawn === "log");
    say("percent", drawn === "percent");
  }

  // Room that the prices in the window get: on a logarithmic scale it is measured there.
  rule() {
    const { range } = this;
    if (range.wbRuled) { range.wbRuled.axis = this; return; }
    const ruled = range.wbRuled = { axis: this }, own = range._compute_range.bind(range);
    range._compute_range = (low, high) => {
      const { axis } = ruled;
      if (axis.drawn !== "log" || !(high > 0)) return axis.below(own(low, high), high);
      const least = low > 0 ? low : axis.positive(high), room = (range.range_padding / 2) * (Math.log(high / least) || 0.01);
      return axis.below([least * Math.exp(-room), high * Math.exp(room)], high);
    };
    // Bokeh would take all bars that are there, not those in the window.
    range.properties.scale_hint.change.connect(() => { if (range.scale_hint === "log") range.scale_hint = "auto"; });
    range.scale_hint = "auto";
  }

  // The highest price stands below the first line of the legend, however low the chart is.
  below([start, end], high) {
    const tall = this.board.main?.frame?.height, log = this.drawn === "log" && start > 0;
    const share = tall > 0 ? Math.min(LEGEND / tall, 0.25) : 0, [a, b, c] = log ? [start, high, end].map(Math.log) : [start, high, end];
    if (!(b > a) || c - b >= share * (c - a)) return [start, end];
    const top = b + ((b - a) * share) / (1 - share);
    return [start, log ? Math.exp(top) : top];
  }

  // Prices that have a label.
  ticks() {
    const { start, end } = this.range;
    return this.figure.right[0].ticker.get_ticks(start, end, this.range, 0).major;
  }

  // The lowest price of the window; a study over the prices may lie below zero.
  positive(high) {
    const { x, low } = this.source.data, { start, end } = this.board.x_range;
    let least = high / 10;
    for (let i = wbPlaces.from(x, start); i < x.length && x[i] <= end; i++) if (low[i] > 0 && low[i] < least) least = low[i];
    return least;
  }

  room() { return [this.range.start, this.range.end]; }

  // Stretch prices around the middle by a factor; from now on the hand decides.
  stretch(factor, [start, end] = this.room()) {
    const log = this.drawn === "log", [a, b] = log ? [Math.log(start), Math.log(end)] : [start, end];
    const middle = (a + b) / 2, half = Math.min(Math.max((factor * (b - a)) / 2, 1e-9 * Math.abs(middle) || 1e-12), log ? 50 : Infinity);
    const [low, high] = [middle - half, middle + half].map((v) => (log ? Math.exp(v) : v));
    this.hold();
    this.range.setv({ start: low, end: high });
  }

  hold() {
    this.range.have_updated_interactively = true;
    this.free("both");
    this.mark();
    this.board.report();
  }

  follow() {
    this.range.have_updated_interactively = false;
    this.free("width");
    this.mark();
    this.board.report();
    this.board.main.view.request_repaint();
  }

  // Whether dragging the prices moves them up and down too.
  free(dimensions) {
    const pan = this.figure.toolbar.tools.find((tool) => tool.type === "PanTool");
    if (pan && pan.dimensions !== dimensions) pan.setv({ dimensions }, { sync: false });
  }

  // Prices that a hand placed elsewhere are found again when no bar of the window is among them.
  find() {
    if (!this.manual) return;
    const { x, low, high } = this.source.data, { start, end } = this.board.x_range, [bottom, top] = this.room();
    let any = false;
    for (let i = wbPlaces.from(x, start); i < x.length && x[i] <= end; i++) {
      if (high[i] >= bottom && low[i] <= top) return;
      any = true;
    }
    if (any) this.follow();
  }

  // Called with each drawing of the board.
  place(n) {
    const { frame } = this.board.main, { strip, board } = this, newest = board.newest(), { tail } = this.set;
    const wide = Math.max(0, this.board.main.view.bbox.width - frame.right);
    Object.assign(strip.style, { left: `${frame.right + 1}px`, top: `${frame.top}px`, width: `${wide - 1}px`, height: `${frame.height}px` });
    this.buttons.style.width = `${wide}px`;
    for (const pane of board.panes) {
      // On a calendar axis the next bar may be far beyond the window: it would be seen at the edge.
      if (this.calendar) pane.edge ??= element(pane.layer, "div", "wb-edge");
      if (pane.edge) Object.assign(pane.edge.style, { left: `${pane.frame.right - 1}px`, width: "2px", display: this.calendar ? "" : "none" });
    }
    show(this.newest, n > 0 && (!tail || newest > board.x_range.end || newest < board.x_range.start));
    const right = wide + 10;
    if (this.point) {
      const { x, frame: { top, height, left, right: edge } } = board.main, sx = Math.round(x.compute(this.set.point.x)) - 1;
      Object.assign(this.point.style, { left: `${sx}px`, top: `${top}px`, height: `${height}px` });
      show(this.point, sx >= left && sx <= edge);
    }
    if (this.newest.wbRight !== right) this.newest.style.right = `${this.newest.wbRight = right}px`;
  }

  worth(value) { return wbScale.worth(value, this.source, this.board.x_range); }
}
