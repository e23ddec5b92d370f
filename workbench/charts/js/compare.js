// Other symbols over the prices: lines that stand on the first close of the window, and a row of the legend for each.

const wbCompare = {
  // The first bar from `from` on that has a price; -1 for none.
  first(values, from) {
    for (let i = from; i < values.length; i++) if (Number.isFinite(values[i]) && values[i] !== 0) return i;
    return -1;
  },

  icon: (d) => `<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="${d}"/></svg>`,
  EYE: "M1.5 8C4 3.5 12 3.5 14.5 8C12 12.5 4 12.5 1.5 8zM6 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  SHUT: "M1.5 8C4 3.5 12 3.5 14.5 8C12 12.5 4 12.5 1.5 8zM3 14L13 2",
  CROSS: "M4 4l8 8M12 4l-8 8",
};

class Others {
  constructor(board) {
    Object.assign(this, { board, bases: new Map(), rows: new Map(), tags: new Map() });
    const on = (signal, act) => signal.connect(() => { if (board.current) act(); });
    const { compared, source } = board;
    for (const one of [compared, source]) {
      for (const signal of [one.properties.data.change, one.patching, one.streaming]) on(signal, () => this.scale(true));
    }
    on(board.x_range.change, () => this.scale(false));
    on(compared.properties.tags.change, () => { this.dress(); this.scale(true); });
    this.dress();
    this.scale(true);
  }

  get list() {
    const rows = settings(this.board.compared).rows ?? [];
    return rows.map((row) => (row instanceof Map ? Object.fromEntries(row) : row));
  }

  // Rescale all lines; of the same prices only when the window begins at another bar.
  scale(anew) {
    const { compared, compared_drawn: drawn, source, x_range } = this.board, { x } = compared.data, { x: xs, close } = source.data;
    if (!this.list.length && !drawn.data.x?.length) return;
    const n = Math.min(x?.length ?? 0, xs?.length ?? 0), same = n && x[0] === xs[0] && x[n - 1] === xs[n - 1];
    const from = same ? Math.min(n - 1, wbPlaces.from(xs, x_range.start)) : -1;
    if (!anew && from === this.from) return;
    this.from = from;
    this.bases.clear();
    const columns = { ...drawn.data, x: same ? Array.from(x).slice(0, n) : [] };
    for (const name of Object.keys(columns)) if (name !== "x") columns[name] = new Float64Array(columns.x.length).fill(NaN);
    for (const { symbol, slot } of same ? this.list : []) {
      const values = compared.data[`v${slot}`], at = values ? wbCompare.first(values, from) : -1;
      if (at < 0) continue;
      const factor = close[from] / values[at], column = columns[`y${slot}`];
      this.bases.set(symbol, values[at]);
      for (let i = 0; i < n; i++) column[i] = factor * values[i];
    }
    drawn.setv({ data: columns }, { sync: false });
    this.board.soon();
  }

  wants(what, symbol) {
    this.asked = (this.asked ?? 0) + 1;
    this.board.compare_wish.data = { seq: [this.asked], what: [what], symbol: [symbol] };
  }

  // A row for each symbol, below those of the studies.
  dress() {
    const { stack, layer } = this.board.main, wanted = new Map(this.list.map((row) => [row.symbol, row]));
    for (const [symbol, el] of this.rows) {
      if (wanted.has(symbol)) continue;
      el.remove();
      this.tags.get(symbol).remove();
      this.rows.delete(symbol);
      this.tags.delete(symbol);
    }
    for (const [symbol, row] of wanted) {
      if (!this.rows.has(symbol)) {
        const el = element(stack, "div", "wb-study wb-compared"), tag = element(layer, "div", "wb-tag wb-compared-tag");
        for (const kind of ["pointerdown", "dblclick"]) el.addEventListener(kind, (e) => e.stopPropagation());
        el.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") e.stopPropagation(); });
        el.addEventListener("click", (e) => {
          const what = e.target.closest("button")?.dataset.what;
          if (what) this.wants(what, symbol);
        });
        for (const name of ["wb-name", "wb-values", "wb-icons"]) element(el, "span", name);
        this.rows.set(symbol, el);
        this.tags.set(symbol, tag);
      }
      const el = this.rows.get(symbol), [name, , icons] = el.children, button = (what, word, d) =>
        `<button type="button" data-what="${what}" title="${word}" aria-label="${word} ${safe(symbol)}">${wbCompare.icon(d)}</button>`;
      el.classList.toggle("wb-off", Boolean(row.hidden));
      put(name, `<b title="Change since the first bar in the window" style="color:${row.color}">${safe(symbol)}</b>` +
        (row.error ? ` <span class="wb-wrong">${safe(row.error)}</span>` : ""));
      put(icons, button("hide", row.hidden ? "Show" : "Hide", row.hidden ? wbCompare.SHUT : wbCompare.EYE) +
        button("remove", "Remove", wbCompare.CROSS));
    }
    this.board.soon();
  }

  // Values at a bar, and at the axis the change up to the last bar in the window.
  write(index) {
    const { compared, source, x_range, main } = this.board, { last, frame } = main;
    const taken = last.style.display === "none" ? [] : [parseFloat(last.style.top)];
    for (const { symbol, slot, color, decimals, hidden, error } of this.list) {
      const el = this.rows.get(symbol), tag = this.tags.get(symbol), values = compared.data[`v${slot}`], base = this.bases.get(symbol);
      if (!el) continue;
      const value = values?.[index], off = hidden || error;
      put(el.children[1], off ? "" : `<em>${wbNumbers.price(value, decimals)}</em>` +
        (Number.isFinite(value) && base ? `<em style="color:${color}">${wbNumbers.percent(value / base - 1)}</em>` : ""));
      const xs = source.data.x, y = this.board.compared_drawn.data[`y${slot}`];
      let at = Math.min(xs.length, wbPlaces.from(xs, x_range.end + 1e-9)) - 1;
      while (at > this.from && !Number.isFinite(y?.[at])) at -= 1;
      const sy = off || !base || at < this.from ? NaN : main.y.compute(y[at]);
      const there = sy >= frame.top && sy <= frame.bottom;
      const covered = taken.some((top) => Math.abs(sy - 9 - top) < 18);
      show(tag, there && !covered);
      if (!there || covered) continue;
      taken.push(sy - 9);
      put(tag, wbNumbers.percent(values[at] / base - 1));
      Object.assign(tag.style, { left: `${frame.right + 1}px`, top: `${Math.round(sy) - 9}px`, background: color, color: "var(--c-panel)" });
    }
  }
}
