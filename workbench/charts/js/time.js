// One clock for axis, legend and crosshair. Times are ms since 1970 UTC; zones are IANA names.
// Offsets are asked of Intl once a day (four times an hour on days when the clock changes) and remembered.
const wbTime = (globalThis.__wbTime ??= (() => {
  const MIN = 60e3, HOUR = 3600e3, DAY = 86400e3;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const zones = new Map();

  function ask(format, ms) {
    const p = {};
    for (const { type, value } of format.formatToParts(ms)) p[type] = +value;
    return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(ms / 1000) * 1000;
  }

  function zone(name) {
    let known = zones.get(name);
    if (!known) {
      const format = new Intl.DateTimeFormat("en-US", {
        timeZone: name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
        hour: "numeric", minute: "numeric", second: "numeric",
      });
      const edges = new Map(), fine = new Map();
      const edge = (day) => {
        if (!edges.has(day)) edges.set(day, ask(format, day * DAY));
        return edges.get(day);
      };
      known = (ms) => {
        const day = Math.floor(ms / DAY);
        const first = edge(day);
        if (first === edge(day + 1)) return first;
        const quarter = Math.floor(ms / (15 * MIN));
        if (!fine.has(quarter)) fine.set(quarter, ask(format, quarter * 15 * MIN));
        return fine.get(quarter);
      };
      zones.set(name, known);
    }
    return known;
  }

  const two = (n) => String(n).padStart(2, "0");
  const offset = (ms, name) => (name === "UTC" ? 0 : zone(name)(ms));
  const local = (ms, name) => ms + offset(ms, name);

  // How much a bar begins something new, seen from the bar before: the greater, the sooner it gets a label.
  const STEPS = [[12 * HOUR, 65], [6 * HOUR, 62], [3 * HOUR, 58], [HOUR, 54], [30 * MIN, 48], [15 * MIN, 44],
    [5 * MIN, 40], [MIN, 36], [30e3, 30], [15e3, 26], [5e3, 22], [1e3, 10]];
  const YEAR = 100, MONTH = 90, DATE = 80;

  function weight(now, before) {
    if (Math.floor(now / DAY) !== Math.floor(before / DAY)) {
      const a = new Date(now), b = new Date(before);
      if (a.getUTCFullYear() !== b.getUTCFullYear()) return YEAR;
      return a.getUTCMonth() !== b.getUTCMonth() ? MONTH : DATE;
    }
    for (const [step, heavy] of STEPS) if (Math.floor(now / step) !== Math.floor(before / step)) return heavy;
    return 0;
  }

  function clock(l, seconds) {
    const d = new Date(l);
    return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}${seconds ? ":" + two(d.getUTCSeconds()) : ""}`;
  }

  function label(l, heavy) {
    const d = new Date(l);
    if (heavy >= YEAR) return String(d.getUTCFullYear());
    if (heavy >= MONTH) return MONTHS[d.getUTCMonth()];
    if (heavy >= DATE) return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`;
    return clock(l, heavy < 36);
  }

  // Whole date, for legend and crosshair: "Fri 1 Mar 2013" or "Fri 1 Mar 2013 14:30:05".
  function full(at, name, { dateOnly = false, seconds = false, ms = false } = {}) {
    const l = local(at, name), d = new Date(l);
    const date = `${DAYS[d.getUTCDay()]} ${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()}`;
    const rest = ms ? `.${String(d.getUTCMilliseconds()).padStart(3, "0")}` : "";
    return dateOnly ? date : `${date} ${clock(l, seconds || ms)}${rest}`;
  }

  function left(ms) {
    const s = Math.max(0, Math.ceil(ms / 1000)), h = Math.floor(s / 3600);
    const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    if (h >= 24) return `${Math.floor(h / 24)}d ${h % 24}h`;
    return h > 0 ? `${two(h)}:${rest}` : rest;
  }

  // Ticks of a whole source: heaviest first, none nearer than `gap` bars to one that is there already.
  const memo = new WeakMap();
  function ticks(x, shown, name, gap) {
    let kept = memo.get(shown);
    if (!kept || kept.name !== name || kept.n !== x.length || kept.last !== shown[x.length - 1]) {
      const n = x.length, weights = new Uint8Array(n), locals = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        locals[i] = local(shown[i], name);
        weights[i] = i === 0 ? 0 : weight(locals[i], locals[i - 1]);
      }
      kept = { name, n, last: shown[n - 1], weights, locals, gap: -1, at: new Map() };
      memo.set(shown, kept);
    }
    if (kept.gap !== gap) {
      const { n, weights, locals } = kept, taken = new Uint8Array(n), at = new Map();
      const present = [...new Set(weights)].filter((w) => w > 0).sort((a, b) => b - a);
      for (const heavy of present) {
        const free = [];
        let refused = 0;
        for (let i = 1; i < n; i++) {
          if (weights[i] !== heavy) continue;
          if (taken[i]) { refused++; continue; }
          free.push(i);
          for (let k = Math.max(0, i - gap + 1); k < Math.min(n, i + gap); k++) taken[k] = 1;
        }
        // Most of them would stand too near: the others would be at odd places, which only beats an empty axis.
        if (refused > free.length && at.size * gap * 4 >= n) break;
        for (const i of free) at.set(x[i], label(locals[i], heavy));
      }
      kept.gap = gap;
      kept.at = at;
    }
    return kept.at;
  }

  // Width that a window would have if nothing but bars took room.
  function room(plot, start, end) {
    const { bbox, x_scale } = plot?.frame ?? { bbox: { width: 1000 } };
    return x_scale?.line ? x_scale.line.px * (end - start) : bbox.width;
  }

  // Labels of a chart's time axis by ordinal; labels of all sizes fit in 64 px.
  function axis(source, start, end, width) {
    const { x, shown } = source.data;
    if (!x || x.length < 2) return new Map();
    const gap = Math.max(1, Math.ceil((64 * (end - start)) / Math.max(width, 1)));
    return ticks(x, shown, source.tags[0].clock, gap);
  }

  return { offset, local, weight, label, full, left, ticks, room, axis };
})());
