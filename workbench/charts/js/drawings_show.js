// How a hand's drawings come to be seen: one pass over all of them, with what is in the hand on top.

Object.assign(Hand.prototype, {
  paint() {
    const { pane, board } = this;
    if (!pane.frame?.width || !board.source.data.x?.length) return;
    const rows = this.rows().filter((row) => !row.hidden), { making } = this;
    if (making) {
      const pts = making.kind === "brush" ? making.pts : [...making.pts, making.at];
      rows.push({ id: "making", kind: making.kind, pts, text: "", style: { ...this.desk.styles.get(making.kind) }, making: true });
    }
    this.shapes.clear();
    const marks = new Map(), tags = [], tall = new Map(), low = [];
    for (const row of rows) {
      const one = this.shape(row), look = this.look(row);
      if (!one) continue;
      this.shapes.set(row.id, one);
      if (one.tone && !row.style.color) look.color = `var(--c-${one.tone})`;
      const lit = row.id === this.desk.chosen || row.id === this.hover || row.making || row.id === this.drag?.was.id;
      marks.set(row.id, wbInk.svg(one, look, lit));
      if (one.measured) tags.push(wbInk.measured(one.measured, (value) => this.price(value), pane.frame));
      for (const tag of one.tags) (tag.side === "right" ? tags : low).push(this.tag(tag, look.color));
      if (one.tall !== undefined) tall.set(row.id, [one, look]);
    }
    board.panes.forEach((each) => {
      const over = this.overlay(each), { frame } = each, below = each === board.below;
      over.clip(frame);
      if (each === pane) over.draw(marks);
      else over.draw(new Map([...tall].map(([id, [one, look]]) =>
        [id, wbInk.svg({ ...one, lines: [{ at: [one.tall, frame.top, one.tall, frame.bottom] }], areas: [], handles: [] }, look, false)])));
      put(over.tags, (each === pane ? tags.join("") : "") + (below ? low.join("") : ""));
    });
    this.write_notes(rows);
    this.dress_bar();
    this.say();
  },

  overlay(pane) {
    if (!this.overlays.has(pane)) this.overlays.set(pane, new DrawnPane(pane));
    return this.overlays.get(pane);
  },

  price(value) { return wbNumbers.price(value, this.set.decimals); },

  when({ x, t }) {
    const { set, board } = this, { x: xs, shown } = board.source.data, i = Math.round(x) - xs[0];
    const at = set.dated && i >= 0 && i < xs.length ? shown[i] : t;
    return wbTime.full(at, set.clock, { dateOnly: set.dated, seconds: set.seconds });
  },

  shape(row) {
    const { pane } = this, pts = row.pts.map(({ x, price }) => ({ x: pane.x.compute(x), y: pane.y.compute(price) }));
    if (!pts.every((p) => Number.isFinite(p.x) && Number.isFinite(p.y))) return null; // below zero on a log axis
    if (pts.length < 2 && !["horizontal", "vertical", "text"].includes(row.kind)) return null;
    const one = wbShapes.shape(row.kind === "channel" && pts.length === 2 ? "trend" : row.kind, {
      pts, box: pane.frame, prices: row.pts.map((p) => p.price), xs: row.pts.map((p) => p.x), times: row.pts.map((p) => p.t),
      y: (value) => pane.y.compute(value), price: (value) => this.price(value),
      worth: (value) => this.board.axis?.worth(value) ?? this.price(value), when: (i) => this.when(row.pts[i]),
    });
    one.seen = this.inFrame([...one.lines.map(({ at }) => ({ x: at[0], y: at[1] })), ...pts]);
    return one;
  },

  inFrame(places) {
    return places.some(({ x, y }) => this.within({ sx: x, sy: y }));
  },

  tag({ side, at, text }, color) {
    const { frame } = this.pane, low = this.board.below.frame;
    if (side === "right") {
      if (at < frame.top || at > frame.bottom) return "";
      const place = `left:${frame.right + 1}px;top:${Math.round(at) - 9}px`;
      return `<div class="wb-drawn-tag" style="${place};background:${color}">${text}</div>`;
    }
    if (at < frame.left || at > frame.right) return "";
    const place = `left:${Math.round(at)}px;top:${low.bottom + 4}px;transform:translateX(-50%)`;
    return `<div class="wb-drawn-tag" style="${place};background:${color}">${text}</div>`;
  },

  // --- notes -----------------------------------------------------------------------------------------------------

  // Elements of notes live as long as their drawings, so that nothing that is being typed is lost.
  write_notes(rows) {
    const { notes, over } = this.overlay(this.pane), { frame } = this.pane;
    const texts = new Map(rows.filter((row) => row.kind === "text" && !row.making).map((row) => [row.id, row]));
    for (const [id, el] of notes) if (!texts.has(id)) { el.remove(); notes.delete(id); }
    for (const [id, row] of texts) {
      const one = this.shapes.get(id), look = this.look(row);
      if (!one) continue;
      if (!notes.has(id)) notes.set(id, element(over, "div", "wb-note"));
      const el = notes.get(id), writing = this.editing?.id === id, { x, y } = one.note;
      if (!writing && el.textContent !== row.text) el.textContent = row.text;
      Object.assign(el.style, { left: `${fixed(x + 8)}px`, top: `${fixed(y)}px`, color: look.color, fontSize: `${look.size}px` });
      const out = x < frame.left - 300 || x > frame.right || y < frame.top - 100 || y > frame.bottom + 100;
      show(el, !out || writing);
      if (out && !writing) continue;
      const { wide, tall } = this.measured(el, writing, look.size);
      one.rect = { left: x + 8, right: x + 8 + wide, top: y - tall / 2, bottom: y + tall / 2 };
      el.style.clipPath = this.clipped(one.rect, frame);
      if (row.fresh && !el.isContentEditable) this.write(row);
    }
  },

  // Its size is asked for only when it may have changed: an answer costs the browser a layout.
  measured(el, writing, size) {
    if (writing || el.wbSize?.of !== `${size} ${el.textContent}`) {
      el.wbSize = { of: `${size} ${el.textContent}`, wide: el.offsetWidth, tall: el.offsetHeight };
    }
    return el.wbSize;
  },

  // What of a note hangs over the frame's edges is cut off.
  clipped(rect, { left, right, top, bottom }) {
    const off = [top - rect.top, rect.right - right, rect.bottom - bottom, left - rect.left].map((v) => Math.max(0, v));
    return off.some(Boolean) ? `inset(${off.map((v) => `${v}px`).join(" ")})` : "";
  },

  // Type into a note. It is saved when the keyboard leaves it; one that stays empty is none.
  write(row) {
    const el = this.overlay(this.pane).notes.get(row.id);
    if (!el || el.isContentEditable || row.locked) return;
    this.editing = row;
    this.desk.chosen = row.id;
    el.setAttribute("contenteditable", "plaintext-only");
    if (!el.isContentEditable) el.setAttribute("contenteditable", "true");
    el.setAttribute("role", "textbox");
    el.setAttribute("aria-label", "Note");
    const key = (e) => {
      if (e.key === "Escape" || (e.key === "Enter" && !e.shiftKey)) {
        e.preventDefault();
        el.blur();
        this.pane.events.focus({ preventScroll: true });
      }
      e.stopPropagation();
    };
    const grown = () => this.soon();
    el.addEventListener("keydown", key);
    el.addEventListener("input", grown);
    el.addEventListener("blur", () => {
      el.removeEventListener("keydown", key);
      el.removeEventListener("input", grown);
      el.removeAttribute("contenteditable");
      el.removeAttribute("role");
      this.written(this.editing, el.innerText.replace(/\n$/, "").trim());
    }, { once: true });
    el.focus({ preventScroll: true });
    getSelection().selectAllChildren(el);
  },

  written(row, text) {
    this.editing = null;
    const { fresh, ...plain } = row;
    if (fresh && text) this.add({ ...plain, text });
    else if (!fresh && !text) this.remove(plain);
    else if (!fresh && text !== row.text) this.save({ ...plain, text }, { text });
    this.soon();
  },

  // --- the bar and the word --------------------------------------------------------------------------------------

  dress_bar() {
    const row = this.chosen, one = row && this.shapes.get(row.id);
    if (!one || !one.seen || this.drag?.row || this.making) { this.bar.hide(); return; }
    this.bar.dress(row, this.look(row), this.told);
    const legend = this.pane.stack, floor = legend.offsetTop + legend.offsetHeight + 4 - this.pane.frame.top;
    this.bar.place(one, this.pane.frame, Math.max(4, floor));
  },

  say() {
    const [failed] = this.desk.failures, { said } = this.told;
    show(this.unsaved, Boolean(failed || said));
    const button = (act, text, title) => `<button type="button" data-act="${act}" title="${title}">${text}</button>`;
    put(this.unsaved, failed ? `<span>Not saved. ${safe(failed.failed)}</span>` + button("again", "Try again", "Save it once more") +
      button("forget", "Discard", "Give up what is not saved") : `<span>${safe(said ?? "")}</span>`);
  },
});
