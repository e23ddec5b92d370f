// Columns that chart types compute from those of the bars: `bars` is the data of the source.
const wbTypes = {
  // 1 where a bar closed at or above the close before it (the first: its open), else 0.
  rising: ({ open, close }) => Float64Array.from(close, (now, i) => Number(now >= (i ? close[i - 1] : open[i]))),

  // 2 where a bar closed above its open, else as `rising`.
  hollow(bars) {
    const { open, close } = bars;
    return wbTypes.rising(bars).map((rising, i) => (close[i] > open[i] ? 2 : rising));
  },

  // Share of a bar's room by its volume. The twentieth that traded most is drawn alike: one bar must not thin all others.
  widths({ volume }) {
    const sorted = Float64Array.from(volume).sort(), most = sorted[Math.floor(0.95 * (sorted.length - 1))] || 1;
    return Float64Array.from(volume, (one) => 0.96 * Math.min(1, Math.max(0.1, one / most)));
  },

  edges(bars, side) {
    const widths = wbTypes.widths(bars);
    return Float64Array.from(bars.x, (x, i) => x + side * widths[i] / 2);
  },

  // A price that no window reaches down to, on a scale of prices and on one of their logarithms.
  floor({ close }, figure) {
    let low = Infinity, high = -Infinity;
    for (const one of close) { low = Math.min(low, one); high = Math.max(high, one); }
    const log = figure.y_scale.type === "LogScale" && low > 0;
    return new Float64Array(close.length).fill(log ? low * (low / high) ** 9 / 1e3 : low - 20 * (high - low || Math.abs(low) || 1));
  },

  // The outline between the closes on one side of the base and the base, as that of the first bar; others have none.
  area({ x, close }, base, side) {
    const path = wbTypes.walk(x, close, base, side), n = x.length;
    const xs = path.x.length ? [x[0], ...path.x, x[n - 1]] : [], ys = path.x.length ? [base, ...path.y, base] : [];
    return wbTypes.first(n, xs, ys);
  },

  // The closes on one side of the base, NaN where they leave it.
  line({ x, close }, base, side) {
    const path = wbTypes.walk(x, close, base, side, NaN);
    return wbTypes.first(x.length, path.x, path.y);
  },

  walk(x, close, base, side, pause) {
    const out = { x: [], y: [] }, put = (at, price) => { out.x.push(at); out.y.push(price); };
    for (let i = 0; i < x.length && base != null; i++) {
      const off = (close[i] - base) * side, before = i ? (close[i - 1] - base) * side : off;
      if (before < 0 && off >= 0 && pause !== undefined) put(pause, pause);
      if (off * before < 0) put(x[i - 1] + before / (before - off) * (x[i] - x[i - 1]), base);
      if (off >= 0) put(x[i], close[i]);
    }
    return out;
  },

  first: (n, xs, ys) => ({ x: Array.from({ length: n }, (_, i) => (i ? [] : xs)), y: Array.from({ length: n }, (_, i) => (i ? [] : ys)) }),
};
