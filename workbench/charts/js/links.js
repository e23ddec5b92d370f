// Charts of a page that share a colour: windows and crosshairs follow by instants, in the browser. Only the chart that a
// hand moves leads, so that nothing is passed back and forth. Every chart brings this text: what they share is global.

const wbLinks = (() => {
  const page = (globalThis.__wbLinks ??= { all: new Set(), leader: null, cross: null });
  if (!page.listening) {
    page.listening = true;
    // A chart that is chosen by a key gets the keyboard next; any other focus is nobody's hand.
    document.addEventListener("wb-chart", (event) => { page.awaited = event.detail.focus; }, true);
    for (const kind of ["pointerdown", "wheel", "keydown", "focusin"]) {
      document.addEventListener(kind, (event) => {
        if (kind === "focusin" && !page.awaited) return;
        page.awaited = false;
        const path = event.composedPath();
        for (const one of page.all) if (path.includes(one.holder)) page.leader = one;
      }, { capture: true, passive: true });
    }
  }

  // Index of the last value that is not above `value`; -1 when all are.
  const below = (values, value) => {
    let low = 0, high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] <= value) low = middle + 1; else high = middle;
    }
    return low - 1;
  };

  // From one rising column to another; a bar reaches from its open to the next one's.
  const through = (from, to, value, before, after) => {
    const n = from.length, i = below(from, value);
    if (i < 0) return to[0] + (value - from[0]) * before;
    if (i >= n - 1) return to[n - 1] + (value - from[n - 1]) * after;
    return to[i] + ((value - from[i]) / (from[i + 1] - from[i])) * (to[i + 1] - to[i]);
  };

  // Milliseconds of a bar: the shortest step of the newest ones.
  const pace = (time) => {
    let least = Infinity;
    for (let i = Math.max(1, time.length - 40); i < time.length; i += 1) {
      const step = time[i] - time[i - 1];
      if (step > 0 && step < least) least = step;
    }
    return Number.isFinite(least) ? least : 60000;
  };

  class Linked {
    constructor(board) {
      this.board = board;
      this.color = "";
      this.what = new Set();
      page.all.add(this);
      this.dress();
      this.known = true;
      board.x_range.change.connect(() => this.moved());
    }

    get data() { return this.board.source.data; }
    get holder() { return this.board.main?.view.parent?.el; }

    // Charts of the page that share this with the chart.
    others(what) {
      for (const one of page.all) if (!one.board.current) page.all.delete(one);
      if (!this.what.has(what)) return [];
      return [...page.all].filter((one) => one !== this && one.color === this.color && one.what.has(what));
    }

    // A chart that gets a colour goes where the others are.
    dress() {
      const text = settings(this.board.source).link ?? "";
      if (text === this.text) return;
      this.text = text;
      const [color, what] = text.split(":");
      this.color = color;
      this.what = new Set((what ?? "").split(",").filter(Boolean));
      if (!this.known) return;
      this.board.soon();
      const others = this.others("window"), from = others.includes(page.leader) ? page.leader : others[0];
      if (from) this.go(from.edges());
    }

    edges() {
      const { x, time } = this.data, { start, end } = this.board.x_range;
      if (!(x?.length > 1)) return null;
      const step = pace(time), at = (value) => through(x, time, value + 0.5, step, step);
      return [at(start), at(end)];
    }

    moved() {
      if (page.leader !== this || this.frame || !this.others("window").length) return;
      this.frame = requestAnimationFrame(() => {
        this.frame = null;
        const edges = this.edges();
        for (const one of this.others("window")) one.go(edges);
      });
    }

    // Show what is between two instants. What the browser does not hold is asked for.
    go(edges, mayAsk = true) {
      const { board } = this, { x, time } = this.data, set = settings(board.source), n = x?.length ?? 0;
      if (!edges || n < 2) return;
      const step = pace(time), [from, to] = edges;
      if ((set.head && to < time[0]) || (set.tail && from > time[n - 1] + step)) return; // it has no bars then
      let [start, end] = edges.map((at) => through(time, x, at, 1 / step, 1 / step) - 0.5);
      const wide = end - start, least = board.x_range.min_interval ?? 8;
      if (wide < least) { start -= (least - wide) / 2; end = start + least; }
      const held = (set.head || start >= x[0] - 1) && (set.tail || end <= x[n - 1] + 1);
      if (held && wide <= (board.x_range.max_interval ?? 6000)) {
        clearTimeout(this.timer);
        this.timer = null;
        board.x_range.setv({ start, end });
      } else if (mayAsk) this.ask(edges);
    }

    ask(edges) {
      this.wish = edges;
      this.timer ??= setTimeout(() => {
        this.timer = null;
        const [start, end] = this.wish, { board } = this;
        board.viewport.data = {
          start: [start], end: [end], width: [board.main.frame.width], epoch: [settings(board.source).epoch ?? 0], ask: ["look"],
        };
      }, 120);
    }

    // Python moved the window: of another symbol, to other bars, or as it was asked to.
    arrived() {
      const { leader } = page;
      if (leader && leader !== this && this.others("window").includes(leader)) this.go(leader.edges(), false);
    }

    // The crosshair of this chart, for the others: at a bar, at a price where it is on the prices; index -1 when it left.
    point(index, price) {
      if (index < 0) {
        if (page.cross?.from !== this) return;
        page.cross = null;
      } else {
        page.cross = { from: this, time: this.data.time[index], price, symbol: settings(this.board.source).symbol };
      }
      for (const one of this.others("crosshair")) one.board.soon();
    }

    // Where the crosshair of another chart stands in this one: {index, pane, sy}, or null.
    far() {
      const { cross } = page, { time } = this.data, { board } = this, n = time?.length ?? 0;
      if (!n || !cross || cross.from === this || !cross.from.board.current) return null;
      if (!this.others("crosshair").includes(cross.from)) return null;
      const index = below(time, cross.time);
      if (index < 0 || (index === n - 1 && cross.time > time[index] + pace(time))) return null;
      const same = cross.price !== null && cross.symbol === settings(board.source).symbol;
      const { top, bottom } = board.main.frame, sy = same ? board.main.y.compute(cross.price) : NaN;
      return { index, pane: sy >= top && sy <= bottom ? board.main : null, sy };
    }
  }

  return { Linked };
})();
