// The hand on a chart: draws, chooses, moves, writes. One for each board; what outlasts a board is its desk's.

const NEAR = 14, STILL = 4; // px: how far the magnet pulls; what is no drag yet
const FIRM = new Set(["trend", "ray", "extended", "channel", "brush"]); // 2 px wide where nothing else was chosen
const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

class Hand {
  constructor(board, source, wish) {
    Object.assign(this, { board, source, desk: Desk.of(wish), shapes: new Map() });
    Object.assign(this, { hover: null, making: null, drag: null, editing: null });
    this.desk.hand = this;
    desks.latest ??= this.desk;
    const { main } = board, { events } = main;
    this.overlays = new WeakMap();
    this.bar = new DrawBar(main.layer, (act, value) => this.restyle(act, value));
    this.unsaved = element(main.layer, "div", "wb-unsaved");
    this.unsaved.setAttribute("role", "alert");
    this.unsaved.addEventListener("click", (e) => {
      const act = e.target.closest("button")?.dataset.act;
      if (act) this.desk[act]();
    });
    const on = (kind, act) => events.addEventListener(kind, (e) => { if (board.current) act(e); }, true);
    on("pointermove", (e) => this.moved(e));
    on("pointerdown", (e) => this.down(e));
    on("pointerup", (e) => this.up(e));
    on("pointercancel", () => this.dropped());
    on("pointerleave", () => { this.hover = null; this.soon(); });
    on("dblclick", (e) => this.twice(e));
    main.view.repainted.connect(() => { if (board.current) this.paint(); });
    for (const name of ["data", "tags"]) source.properties[name].change.connect(() => { if (board.current) this.changed(); });
    board.source.properties.tags.change.connect(() => { if (board.current) this.soon(); });
    this.changed();
  }

  get told() { return settings(this.source); }
  get set() { return settings(this.board.source); }
  get pane() { return this.board.main; }
  // The tool that a press would draw with.
  get tool() { return Desk.waits(desks.latest) ? desks.latest.tool : this.desk.tool; }
  get chosen() { return this.rows().find((row) => row.id === this.desk.chosen && !row.hidden) ?? null; }

  changed() {
    this.desk.heard({ ...this.told, failed: plainly(this.told.failed) });
    this.recount();
    this.desk.tell();
    this.soon();
  }

  // Ordinals count from elsewhere: what only the browser knows finds its place by its instants.
  recount() {
    const { counting } = this.told, { making, drag, editing } = this;
    const found = (p) => ({ ...p, x: this.ordinal(p.t) });
    if (!this.board.source.data.x?.length) return;
    if (drag && drag.counting !== counting) this.drag = null;
    if (making && making.counting !== counting) Object.assign(making, { counting, pts: making.pts.map(found), at: found(making.at) });
    for (const row of [editing, ...[...this.desk.unsaved.values()].map((kept) => kept.row)]) {
      if (row && row.counting !== counting) Object.assign(row, { counting, pts: row.pts.map(found) });
    }
  }

  soon() { this.frame ??= requestAnimationFrame(() => { this.frame = null; if (this.board.current) this.paint(); }); }

  // What there is to draw: what Python has, over it what it has not heard yet, over that what a hand moves now.
  rows() {
    const d = this.source.data, { unsaved } = this.desk, out = [];
    for (let i = 0; i < (d.id?.length ?? 0); i++) {
      if (unsaved.has(d.id[i])) continue;
      const pts = d.x[i].map((x, k) => ({ x, t: d.time[i][k], price: d.price[i][k] }));
      const style = JSON.parse(d.style[i]), { symbol } = this.set, { counting } = this.told;
      out.push({ id: d.id[i], kind: d.kind[i], pts, text: d.text[i], style, locked: d.locked[i], hidden: d.hidden[i], symbol, counting });
    }
    for (const { row, wishes } of unsaved.values()) {
      if (row.symbol === this.set.symbol && (!row.removed || wishes.some((wish) => wish.failed))) out.push(row);
    }
    if (this.editing && !out.some((row) => row.id === this.editing.id)) out.push(this.editing);
    return this.drag?.row ? out.map((row) => (row.id === this.drag.row.id ? this.drag.row : row)) : out;
  }

  // --- places ----------------------------------------------------------------------------------------------------

  time(x) {
    const { x: xs, time } = this.board.source.data, n = xs.length, pace = this.told.pace ?? 6e4, i = x - xs[0];
    if (i < 0) return time[0] + i * pace;
    const at = Math.min(Math.floor(i), n - 1), step = at < n - 1 ? time[at + 1] - time[at] : pace;
    return time[at] + (i - at) * step;
  }

  ordinal(ms) {
    const { x: xs, time } = this.board.source.data, n = xs.length, pace = this.told.pace ?? 6e4;
    if (ms < time[0]) return xs[0] + (ms - time[0]) / pace;
    let low = 0, high = n - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (time[middle] <= ms) low = middle;
      else high = middle - 1;
    }
    return xs[low] + (ms - time[low]) / (low < n - 1 ? time[low + 1] - time[low] : pace);
  }

  tidy(price) {
    const { tick, decimals } = this.set, step = tick > 0 ? tick : 10 ** -decimals;
    return Number((Math.round(price / step) * step).toFixed(10));
  }

  place(event) {
    const box = this.pane.events.getBoundingClientRect();
    return { sx: event.clientX - box.left, sy: event.clientY - box.top };
  }

  within({ sx, sy }) {
    const { left, right, top, bottom } = this.pane.frame;
    return sx >= left && sx <= right && sy >= top && sy <= bottom;
  }

  // The anchor at a place: on a bar, and with the magnet on a price of it.
  anchor({ sx, sy }, event, free = false) {
    const { x: xs, open, high, low, close } = this.board.source.data, { pane } = this;
    if (free) return { x: pane.x.invert(sx), t: this.time(pane.x.invert(sx)), price: pane.y.invert(sy), sx, sy };
    const x = Math.round(pane.x.invert(sx)), i = x - xs[0];
    let price = this.tidy(pane.y.invert(sy));
    if (this.desk.magnet !== (event.ctrlKey || event.metaKey) && i >= 0 && i < xs.length) {
      const off = (value) => Math.abs(pane.y.compute(value) - sy);
      const near = [open[i], high[i], low[i], close[i]].reduce((a, b) => (off(b) < off(a) ? b : a));
      if (off(near) <= NEAR) price = near;
    }
    return { x, t: this.time(x), price, sx, sy };
  }

  // What is under a place: of the one that is chosen its handles first, then the newest.
  under({ sx, sy }) {
    const rows = this.rows().filter((row) => !row.hidden && this.shapes.has(row.id)).reverse(), { chosen } = this;
    if (chosen) rows.unshift(chosen);
    for (const row of rows) {
      const one = this.shapes.get(row.id), handle = one && wbShapes.handleAt(one, sx, sy);
      if (handle && (row === chosen || row.id === this.hover || wbShapes.touches(one, sx, sy, false))) return { row, handle };
      if (one && wbShapes.touches(one, sx, sy, row === chosen)) return { row };
    }
    return null;
  }

  // --- the pointer -----------------------------------------------------------------------------------------------

  down(event) {
    this.desk.pressed();
    if (event.button !== 0 || !event.isPrimary) return;
    const p = this.place(event), { tool } = this.desk;
    if (!this.within(p) || !this.board.source.data.x?.length) return;
    this.pressed_at = p;
    if (tool) this.begin(p, event, tool);
    else {
      const hit = this.under(p);
      this.desk.chosen = hit?.row.id ?? null;
      this.soon();
      if (!hit) return;
      this.drag = { from: p, was: hit.row, handle: hit.handle, counting: this.told.counting };
    }
    this.pane.events.setPointerCapture(event.pointerId);
    this.pane.events.style.userSelect = "none";
    event.stopImmediatePropagation();
    this.show_hand(p);
  }

  begin(p, event, tool) {
    const least = plainly(this.told.kinds)[tool][0], at = this.anchor(p, event, tool === "brush");
    if (!this.making) {
      this.making = { kind: tool, pts: least > 1 ? [at] : [], need: least, at, counting: this.told.counting };
    } else Object.assign(this.making, { at, waited: true });
    this.making.held = true;
    this.soon();
  }

  moved(event) {
    const p = this.place(event), { making, drag } = this;
    if (making) {
      if (making.kind === "brush") {
        const last = making.pts.at(-1);
        if (making.held && Math.hypot(p.sx - last.sx, p.sy - last.sy) > 2) making.pts.push(this.anchor(p, event, true));
      } else making.at = this.anchor(p, event);
      this.soon();
    } else if (drag) {
      if (!drag.row && Math.hypot(p.sx - drag.from.sx, p.sy - drag.from.sy) < STILL) return;
      if (!drag.was.locked) drag.row = { ...drag.was, pts: this.shifted(drag, p, event) };
      this.soon();
    } else if (!event.buttons) {
      const hit = this.tool || !this.within(p) ? null : this.under(p);
      if (hit?.row.id !== this.hover) { this.hover = hit?.row.id ?? null; this.soon(); }
      this.show_hand(p, hit);
    }
  }

  up(event) {
    const { making, drag } = this;
    if (!making && !drag) return;
    this.pane.events.style.userSelect = "";
    event.stopImmediatePropagation();
    const p = this.place(event);
    if (making?.held) this.released(making, p);
    else if (drag) {
      this.drag = null;
      if (drag.row) this.save(drag.row, { points: points(drag.row) });
    }
    this.show_hand(p, this.under(p));
    this.soon();
  }

  released(making, p) {
    making.held = false;
    if (making.kind === "brush") {
      const pts = wbShapes.thinned(making.pts);
      if (pts.length > 1) this.finish(making.kind, pts.slice(0, plainly(this.told.kinds).brush[1]));
      else this.making = null;
      return;
    }
    const last = making.pts.at(-1), far = !last || Math.hypot(p.sx - this.pressed_at.sx, p.sy - this.pressed_at.sy) > STILL;
    const apart = !last || making.at.x !== last.x || making.at.price !== last.price;
    if (apart && (far || making.waited)) making.pts.push(making.at);
    making.waited = false;
    if (making.pts.length === making.need) this.finish(making.kind, making.pts);
  }

  finish(kind, pts) {
    this.making = null;
    const style = { ...this.desk.styles.get(kind) };
    const { symbol } = this.set, { counting } = this.told;
    const places = pts.map(({ x, t, price }) => ({ x, t, price })), plain = { text: "", locked: false, hidden: false };
    const row = { id: newId(), kind, pts: places, style, symbol, counting, ...plain };
    if (kind === "text") this.editing = { ...row, fresh: true };
    else this.add(row);
    if (!this.desk.kept) this.desk.take(null);
    this.desk.chosen = row.id;
    this.soon();
  }

  twice(event) {
    const hit = this.under(this.place(event));
    if (hit || this.desk.tool || this.making) event.stopImmediatePropagation();
    if (hit?.row.kind === "text") this.write(hit.row);
  }

  show_hand(p, hit = null) {
    const { drag } = this;
    const hand = this.tool ? (this.within(p) ? "draw" : "") : drag ? "move" : hit?.handle && !hit.row.locked ? "grab" : hit ? "on" : "";
    if (this.pane.events.dataset.wbHand !== hand) this.pane.events.dataset.wbHand = hand;
  }

  // Where a drawing is that a hand holds at p: a handle moves its own anchors, else all move by whole bars.
  shifted({ from, was, handle }, p, event) {
    const { pane } = this;
    if (handle) {
      const at = this.anchor(p, event), pts = was.pts.map((one) => ({ ...one }));
      for (const [i, axes] of handle.sets) {
        if (axes.includes("x")) Object.assign(pts[i], { x: at.x, t: at.t });
        if (axes.includes("y")) pts[i].price = at.price;
      }
      return pts;
    }
    const bars = was.kind === "horizontal" ? 0 : Math.round(pane.x.invert(p.sx) - pane.x.invert(from.sx));
    return this.lifted(was, bars, was.kind === "vertical" ? 0 : p.sy - from.sy);
  }

  // All anchors moved by bars and by px, which on any scale keeps the form.
  lifted(row, bars, dy) {
    return row.pts.map(({ x, t, price }) => {
      const up = dy ? this.pane.y.invert(this.pane.y.compute(price) + dy) : price;
      return { x: x + bars, t: bars ? this.time(x + bars) : t, price: dy && row.kind !== "brush" ? this.tidy(up) : up };
    });
  }

  // Nothing is in the hand any more.
  dropped() {
    this.making = this.drag = this.hover = null;
    this.show_hand({ sx: -1, sy: -1 });
    this.soon();
  }

  // --- operations ------------------------------------------------------------------------------------------------

  add(row) {
    const { id, kind, text, style, symbol, counting } = row;
    this.desk.ask("add", { id, kind, text, style, symbol, points: points(row), counting }, row);
  }

  save(row, changes) {
    this.desk.ask("change", { id: row.id, counting: row.counting, ...changes }, row);
  }

  remove(row) {
    this.desk.chosen = null;
    this.desk.ask("remove", { ids: [row.id] }, { ...row, removed: true });
  }

  restyle(act, value) {
    const row = this.chosen;
    if (!row) return;
    const after = (list, now) => list[(list.indexOf(now) + 1) % list.length];
    if (act === "remove") return this.remove(row);
    if (act === "edit") return this.write(row);
    if (act === "lock") return this.save({ ...row, locked: !row.locked }, { locked: !row.locked });
    if (act === "hide") {
      this.desk.chosen = null;
      return this.save({ ...row, hidden: true }, { hidden: true });
    }
    const look = this.look(row), lists = { width: this.told.widths, size: this.told.sizes, dash: this.told.dashes };
    const style = { ...row.style, [act]: act === "color" ? value : after(lists[act], look[act]) };
    this.desk.styles.set(row.kind, style);
    if (this.editing?.id === row.id) this.editing.style = style;
    if (this.editing?.fresh) return this.soon();
    return this.save({ ...row, style }, { style });
  }

  // A key that is the hand's: whether it was.
  pressed(event) {
    const { key } = event, row = this.chosen;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (key === "Escape" && (this.making || this.drag)) this.dropped();
    else if (key === "Escape" && this.desk.tool) this.desk.take(null);
    else if (key === "Escape" && row) { this.desk.chosen = null; this.soon(); }
    else if (key === "Enter" && this.desk.tool && event.composedPath().includes(this.pane.events)) this.middle();
    else if (key === "Enter" && row?.kind === "text" && event.composedPath().includes(this.pane.events)) this.write(row);
    else if ((key === "Delete" || key === "Backspace") && row) this.remove(row);
    else if (moves[key] && row && !row.locked && event.composedPath().includes(this.pane.events)) {
      const [bars, up] = moves[key], by = event.shiftKey ? 10 : 1;
      const moved = { ...row, pts: this.lifted(row, bars * by, -up * by) };
      this.save(moved, { points: points(moved) });
    } else return false;
    return true;
  }

  // A drawing by keys: in the middle of what is seen, to be moved by arrows.
  middle() {
    const { left, width, top, height } = this.pane.frame, need = plainly(this.told.kinds)[this.desk.tool][0];
    const shares = [[0.35, 0.6], [0.65, 0.4], [0.35, 0.75]].slice(0, need);
    this.finish(this.desk.tool, shares.map(([x, y]) => this.anchor({ sx: left + x * width, sy: top + y * height }, {})));
  }

  // The next drawing in view, by keys.
  next() {
    const rows = this.rows().filter((row) => !row.hidden && this.shapes.get(row.id)?.seen);
    if (!rows.length) return;
    this.desk.chosen = rows[(rows.findIndex((row) => row.id === this.desk.chosen) + 1) % rows.length].id;
    this.pane.events.focus({ preventScroll: true });
    this.soon();
  }

  look({ kind, style }) {
    const { widths, sizes, dashes } = this.told;
    return {
      width: widths.includes(style.width) ? style.width : FIRM.has(kind) ? 2 : 1,
      dash: dashes.includes(style.dash) ? style.dash : "solid", size: sizes.includes(style.size) ? style.size : 14,
      color: wbInk.color(style, kind === "text" ? "text" : "blue", new Map(this.told.colors)),
    };
  }
}

const points = (row) => row.pts.map(({ x, t, price }) => [x, t, price]);
const plainly = (value) => (value instanceof Map ? Object.fromEntries(value) : value ?? {});
