// Trades, events and alerts over the prices, as SVG below the legends. What would overlap is one sign with a count.

const MARKER_STYLE = `
.wb-markers { pointer-events: none; overflow: hidden; }
.wb-markers text { font: 500 11px var(--wb-chart-font); paint-order: stroke; stroke: var(--c-panel); stroke-width: 3px; stroke-linejoin: round; }
.wb-markers .count { font-weight: 600; }
.wb-markers .badge text { stroke: none; text-anchor: middle; }
.wb-marker-tip { max-width: 280px; padding: 4px 8px; border-radius: 4px; background: var(--c-raised); color: var(--c-text);
  box-shadow: 0 0 0 1px var(--c-hairline), 0 4px 12px rgba(0, 0, 0, .2); white-space: pre-line; overflow-wrap: anywhere; }
.wb-marker-tip small { display: block; font-size: 11px; color: var(--c-muted); }
`;
// px from sign to sign, and of fills with their counts; px around a sign that are its own; signs; letters
const MARKER = { ROOM: 16, TALL: 26, NEAR: 10, LABELS: 40, LETTERS: 18 };
const MARKER_WORDS = [["buy", "buys"], ["sell", "sells"], ["event", "events"], ["alert", "alerts"]];
const BELL = "M-5 3h10M-3.5 3v-3.5a3.5 3.5 0 0 1 7 0v3.5M-1 5.5h2M0-4v-1.5";

class Marked {
  constructor(board) {
    const { main, markers, marker_links } = board;
    Object.assign(this, { board, signs: [], hover: null, kept: null, picked: null });
    element(main.layer, "style", "").textContent = MARKER_STYLE;
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("class", "wb-markers");
    this.svg.setAttribute("aria-hidden", "true");
    main.layer.prepend(this.svg);
    this.tip = element(main.layer, "div", "wb-marker-tip");
    this.tip.setAttribute("role", "status");
    show(this.tip, false);
    for (const source of [markers, marker_links]) {
      source.properties.data.change.connect(() => { if (board.current) { this.drawn = null; board.soon(); } });
    }
    const on = (kind, act) => main.events.addEventListener(kind, (e) => { if (board.current) act(e); });
    on("pointermove", (e) => this.moved(e));
    on("pointerleave", () => this.point(null));
    on("pointerdown", (e) => { this.pressed = e.button === 0 ? [e.clientX, e.clientY] : null; Marked.latest = this; });
    on("pointerup", (e) => this.released(e));
    Marked.latest ??= this;
    const key = (e) => {
      if (board.current) this.key(e);
      else removeEventListener("keydown", key, true);
    };
    addEventListener("keydown", key, true);
  }

  get rows() { return this.board.markers.data; }
  get any() { return this.rows.id?.length > 0; }

  paint() {
    const { main, x_range, marker_links } = this.board, { frame, y } = main;
    if (!frame?.width || (!this.any && !marker_links.data.x0?.length)) {
      if (this.signs.length || this.svg.firstChild) { this.svg.replaceChildren(); this.signs = []; this.point(null); }
      return;
    }
    const { start, end } = x_range, { start: low, end: high } = main.figure.y_range, { left, top, width, height } = frame;
    const state = [start, end, low, high, y.type, left, top, width, height, this.picked].join();
    if (state === this.drawn) return;
    this.drawn = state;
    Object.assign(this.svg.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    this.signs = this.gather();
    this.svg.innerHTML = this.links() + this.alerts() + this.fills() + this.events();
    if (this.kept) this.point(this.signs.find((sign) => sign.ids.includes(this.kept)) ?? null, true);
    else if (this.hover) this.point(null);
  }

  // --- where they are; all places are px from the frame's corner ------------------------------------------------------

  gather() {
    const { main, x_range: { start, end } } = this.board, { left, top, width, height } = main.frame, { rows } = this;
    const bars = Math.max(1, Math.ceil((MARKER.ROOM * (end - start)) / width)), bins = new Map();
    // Bins begin at fixed places of the axis, so that nothing regroups while the chart is moved.
    for (let i = 0; i < rows.id.length; i++) {
      const kind = rows.kind[i], alert = kind === 3, x = rows.x[i];
      if (!alert && (x < start - bars || x > end + bars)) continue;
      const place = alert ? "" : Math.floor((x + 0.5) / bars), name = `${kind} ${place}`;
      const sx = alert ? width - 12 : main.x.compute(bars > 1 ? (place + 0.5) * bars - 0.5 : x) - left;
      const sy = kind === 2 ? height - 12 : main.y.compute(rows.price[i]) - top;
      if (!Number.isFinite(sy) || sx < -MARKER.ROOM || sx > width + MARKER.ROOM) continue;
      const bin = bins.get(name) ?? bins.set(name, []).get(name);
      const near = bin.find((sign) => Math.abs(sign.sy - sy) < (kind < 2 ? MARKER.TALL : MARKER.ROOM));
      if (near) { near.count += rows.count[i]; near.at.push(i); near.ids.push(rows.id[i]); }
      else bin.push({ kind, sx, sy, count: rows.count[i], at: [i], ids: [rows.id[i]] });
    }
    const signs = [...bins.values()].flat();
    for (const sign of signs) { // one alone stands on its own bar
      if (sign.at.length === 1 && sign.kind !== 3) sign.sx = main.x.compute(rows.x[sign.at[0]]) - left;
    }
    return signs.sort((a, b) => a.sx - b.sx);
  }

  tone(kind) { return ["var(--c-up-text)", "var(--c-down-text)", "var(--c-accent)", "var(--c-accent)"][kind]; }

  links() {
    const { main, marker_links: { data } } = this.board, { left, top } = main.frame, out = [];
    for (let i = 0; i < data.x0.length; i++) {
      const at = [main.x.compute(data.x0[i]) - left, main.y.compute(data.y0[i]) - top, main.x.compute(data.x1[i]) - left, main.y.compute(data.y1[i]) - top];
      if (!at.every(Number.isFinite)) continue;
      const [x1, y1, x2, y2] = at.map((v) => v.toFixed(1)), won = data.won[i];
      const color = won > 0 ? "var(--c-up-text)" : won < 0 ? "var(--c-down-text)" : "var(--c-muted)";
      out.push(`<line class="wb-trip" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color}" stroke-width="1.5" stroke-dasharray="5 3"/>`);
    }
    return out.join("");
  }

  fills() {
    const fills = this.signs.filter((sign) => sign.kind < 2), out = [], taken = [];
    for (const sign of fills) {
      const up = sign.kind === 0 ? 1 : -1, many = sign.count > 1, r = many ? 6.5 : 5.5, { sx, sy } = sign;
      const path = `M${sx.toFixed(1)} ${(sy + up * 2).toFixed(1)}l${r} ${up * r * 1.7}h${-2 * r}z`;
      sign.middle = sy + up * (2 + r * 0.9);
      const below = sy + up * (2 + r * 1.7) + (up > 0 ? 11 : -4);
      let label = "";
      const text = many ? String(sign.count) : fills.length <= MARKER.LABELS ? this.short(this.rows.text[sign.at[0]]) : "";
      const half = 3.2 * text.length + 3, box = [sx - half, sx + half, below - 12, below + 2];
      if (text && (many || !taken.some((b) => b[0] < box[1] && b[1] > box[0] && b[2] < box[3] && b[3] > box[2]))) {
        taken.push(box);
        label = `<text class="${many ? "count" : "label"}" x="${sx.toFixed(1)}" y="${below.toFixed(1)}" text-anchor="middle" fill="${this.tone(sign.kind)}">${safe(text)}</text>`;
      }
      out.push(this.group(sign, `<path d="${path}" fill="${this.tone(sign.kind)}" stroke="var(--c-panel)" stroke-width="1" paint-order="stroke"/>${label}`));
    }
    return out.join("");
  }

  events() {
    return this.signs.filter((sign) => sign.kind === 2).map((sign) => {
      const text = sign.count > 1 ? String(sign.count) : (this.rows.text[sign.at[0]].trim()[0] ?? "E").toUpperCase();
      const wide = Math.max(15, 7 + 6.5 * text.length), { sx, sy } = sign;
      sign.middle = sy;
      return this.group(sign, `<g class="badge"><rect x="${(sx - wide / 2).toFixed(1)}" y="${(sy - 7.5).toFixed(1)}" width="${wide}" height="15" rx="3" ` +
        `fill="var(--c-raised)" stroke="var(--c-accent)"/><text x="${sx.toFixed(1)}" y="${(sy + 4).toFixed(1)}" fill="var(--c-text)">${safe(text)}</text></g>`);
    }).join("");
  }

  alerts() {
    const { width } = this.board.main.frame;
    return this.signs.filter((sign) => sign.kind === 3).map((sign) => {
      const { sx, sy } = sign, y = sy.toFixed(1), text = sign.count > 1 ? `${sign.count} alerts` : this.short(this.rows.text[sign.at[0]]);
      sign.middle = sy;
      return this.group(sign, `<line x1="0" x2="${width}" y1="${y}" y2="${y}" stroke="var(--c-accent)" stroke-dasharray="2 3"/>` +
        `<g transform="translate(${sx} ${y})"><circle r="8.5" fill="var(--c-panel)" stroke="var(--c-accent)"/><path d="${BELL}" fill="none" stroke="var(--c-accent)" ` +
        `stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round"/></g><text x="${sx - 14}" y="${(sy - 4).toFixed(1)}" text-anchor="end" fill="var(--c-accent)">${safe(text)}</text>`);
    }).join("");
  }

  group(sign, inner) {
    const lit = this.picked !== null && sign.ids.includes(this.picked);
    const ring = lit ? `<circle cx="${sign.sx.toFixed(1)}" cy="${sign.middle.toFixed(1)}" r="12" fill="none" stroke="var(--c-accent)" stroke-width="2"/>` : "";
    return `<g class="wb-marker" data-kind="${MARKER_WORDS[sign.kind][0]}" data-count="${sign.count}">${ring}${inner}</g>`;
  }

  short(text) { return text.length > MARKER.LETTERS ? `${text.slice(0, MARKER.LETTERS - 1)}…` : text; }

  // --- told and pressed ---------------------------------------------------------------------------------------------

  // A sign that is pointed at, by the pointer or (`kept`) by keys.
  point(sign, kept = false) {
    if (!kept) this.kept = null;
    this.hover = sign;
    show(this.tip, Boolean(sign));
    const { main } = this.board;
    if (main.events.style.cursor !== (sign && !kept ? "pointer" : "")) main.events.style.cursor = sign && !kept ? "pointer" : "";
    if (!sign) return;
    put(this.tip, this.words(sign));
    const { left, top, width, height } = main.frame, wide = this.tip.offsetWidth, tall = this.tip.offsetHeight;
    const x = sign.sx + 14 + wide > width ? sign.sx - 14 - wide : sign.sx + 14;
    const y = Math.max(4, Math.min(height - tall - 4, sign.middle - tall / 2));
    Object.assign(this.tip.style, { left: `${left + Math.max(4, x)}px`, top: `${top + y}px` });
  }

  words(sign) {
    const { rows } = this, i = sign.at[0], set = settings(this.board.source), pnl = sign.at.reduce((sum, k) => sum + (rows.pnl[k] || 0), 0);
    const price = (value) => wbNumbers.price(value, set.decimals), sums = sign.at.some((k) => Number.isFinite(rows.pnl[k]));
    const result = sums ? ` · <span style="color:var(--c-${pnl < 0 ? "down" : "up"}-text)">${pnl < 0 ? "−" : "+"}${wbStudies.number(Math.abs(pnl))}</span>` : "";
    const [one, many] = MARKER_WORDS[sign.kind];
    if (sign.count > 1) {
      const texts = [...new Set(sign.at.map((k) => rows.text[k]).filter(Boolean))];
      const list = texts.slice(0, 5).map((text) => `<small>${safe(text)}</small>`).join("") + (texts.length > 5 ? `<small>and ${texts.length - 5} more</small>` : "");
      return `<b>${sign.count} ${many}</b>${result}${list}<small>Press to see each</small>`;
    }
    const size = Number.isFinite(rows.size[i]) ? ` ${wbNumbers.volume(rows.size[i])}` : "";
    const at = Number.isFinite(rows.price[i]) ? `${sign.kind === 3 ? " at" : " @"} ${price(rows.price[i])}` : "";
    const name = one[0].toUpperCase() + one.slice(1), when = wbTime.full(rows.time[i], set.zone ?? "UTC", { seconds: rows.time[i] % 60000 !== 0 });
    return `<b>${name}${size}${at}</b>${result}${rows.text[i] ? `<small>${safe(rows.text[i])}</small>` : ""}<small>${when} ${safe(set.zone ?? "UTC")}</small>`;
  }

  under({ clientX, clientY }) {
    const { main, hand } = this.board, box = main.events.getBoundingClientRect(), { left, top } = main.frame;
    if (hand.desk.tool || hand.making || hand.drag) return null;
    const x = clientX - box.left - left, y = clientY - box.top - top;
    let best = null, least = MARKER.NEAR + 2;
    for (const sign of this.signs) {
      const off = Math.hypot(sign.sx - x, sign.middle - y);
      if (off < least) { least = off; best = sign; }
    }
    return best;
  }

  moved(event) {
    if (!this.signs.length) return;
    const sign = event.buttons ? null : this.under(event);
    if (sign !== this.hover) this.point(sign);
  }

  released(event) {
    const from = this.pressed;
    this.pressed = null;
    if (!from || Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 4) return;
    const sign = this.under(event);
    if (sign) this.press(sign);
  }

  // One is chosen; several are drawn apart, or chosen one after the other where they share a bar.
  press(sign) {
    const { x } = this.rows, first = x[sign.at[0]], last = x[sign.at.at(-1)], { x_range } = this.board;
    const wide = Math.max(12, 3 * (last - first)), middle = (first + last) / 2;
    if (sign.kind !== 3 && sign.count > 1 && wide < 0.9 * (x_range.end - x_range.start) && last > first) {
      x_range.setv({ start: middle - wide / 2, end: middle + wide / 2 });
      return;
    }
    const next = (sign.ids.indexOf(this.picked) + 1) % sign.ids.length;
    this.picked = sign.ids[next];
    this.asked = (this.asked ?? 0) + 1;
    this.board.marker_wish.data = { seq: [this.asked], id: [this.picked] };
    this.board.soon();
  }

  // "m" goes from sign to sign, Enter presses, Escape lets go.
  key(event) {
    const { key, shiftKey } = event, letter = key === "m" || key === "M";
    if (Marked.latest !== this || !this.signs.length || event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || !(letter || (this.kept !== null && (key === "Enter" || key === "Escape")))) return;
    if (event.composedPath().some((node) => node instanceof Element && (node.isContentEditable || node.matches(BUSY)))) return;
    const { signs } = this, at = signs.findIndex((sign) => sign.ids.includes(this.kept));
    if (letter) {
      const seen = at < 0 ? (shiftKey ? signs.length - 1 : 0) : (at + (shiftKey ? signs.length - 1 : 1)) % signs.length;
      this.kept = signs[seen].ids[0];
      this.point(signs[seen], true);
    } else if (key === "Enter" && at >= 0) this.press(signs[at]);
    else this.point(null);
    event.preventDefault();
    event.stopPropagation();
  }
}
