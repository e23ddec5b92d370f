// The scale of prices: linear, of their logarithms, or in percent of the first bar in the window. Ticks are round on each.
const wbScale = (globalThis.__wbScale ??= (() => {
  const GAP = 44; // px from tick to tick at least
  // What the browser chose is known to it before Python says so.
  const named = (source) => source.wbAxis?.drawn ?? source.tags[0]?.scale ?? "linear";

  // The close that percents count from: of the first bar in the window.
  function base(source, x_range) {
    const { x, close } = source.data;
    if (!x?.length) return NaN;
    return close[Math.min(x.length - 1, wbPlaces.from(x, x_range.start))];
  }

  const lowest = ({ low }) => { let least = Infinity; for (const one of low) if (one < least) least = one; return least; };

  // The least of 1, 2 and 5 times a power of ten that is no less.
  function nice(step) {
    const power = 10 ** Math.floor(Math.log10(step)), share = step / power;
    return (share <= 1 + 1e-9 ? 1 : share <= 2 + 1e-9 ? 2 : share <= 5 + 1e-9 ? 5 : 10) * power;
  }

  function even(start, end, most) {
    const step = nice((end - start) / most), out = [];
    if (!(step > 0) || !Number.isFinite(step)) return out;
    const places = Math.max(0, Math.min(20, 1 - Math.floor(Math.log10(step))));
    for (let k = Math.ceil(start / step - 1e-9); k * step <= end * (1 + 1e-12) || k * step <= end; k++) out.push(Number((k * step).toFixed(places)));
    return out;
  }

  // Round prices no nearer to each other than `least`, a distance of natural logarithms. Where they stand depends on the
  // zoom alone, so that none comes or goes while a chart is moved.
  function logarithmic(start, end, least) {
    const out = [];
    if (!(start > 0) || !(end > start)) return out;
    const put = (value) => { if (value >= start && value <= end) out.push(Number(value.toPrecision(12))); };
    const first = Math.floor(Math.log10(start)), last = Math.ceil(Math.log10(end));
    if (least > Math.log(2)) {
      const every = Math.ceil(least / Math.LN10), half = least <= Math.log(3) ? [1, 3] : [1];
      for (let k = Math.ceil(first / every) * every - every; k <= last; k += every) for (const m of half) put(m * 10 ** k);
      return out;
    }
    for (let k = first; k <= last; k++) {
      for (const [low, high] of [[1, 2], [2, 5], [5, 10]]) {
        const room = 10 ** k, step = Math.min(high - low, nice(high * (1 - Math.exp(-least))));
        if (high * room < start || low * room > end) continue;
        const parts = Math.round((high - low) / step), whole = Math.abs(parts * step - (high - low)) < 1e-6 * step;
        // Of many ticks only those that are seen.
        const from = whole ? Math.max(0, Math.floor((start / room - low) / step)) : 0;
        for (let i = from; i < (whole ? parts : 1); i++) {
          if ((low + i * step) * room > end) break;
          put((low + i * step) * room);
        }
      }
    }
    return out;
  }

  function ticks({ start, end, range }, source, x_range) {
    const plot = [...range.linked_plots].at(-1), tall = plot?.frame?.bbox.height || 400;
    const most = Math.max(2, Math.min(10, Math.floor(tall / GAP))), scale = named(source);
    if (scale === "log" && start > 0) return logarithmic(start, end, Math.log(end / start) / most);
    const from = scale === "percent" ? base(source, x_range) : NaN;
    if (!(from > 0)) return even(start, end, most);
    return even(100 * (start / from - 1), 100 * (end / from - 1), most).map((share) => from * (1 + share / 100));
  }

  function percent(share, decimals) {
    const text = Math.abs(100 * share).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return `${Number(text.replaceAll(",", "")) === 0 ? "" : share < 0 ? "−" : "+"}${text} %`;
  }

  function label(tick, ticks, source, x_range) {
    const { decimals } = source.tags[0], from = named(source) === "percent" ? base(source, x_range) : NaN;
    if (from > 0) {
      const step = ticks.length > 1 ? 100 * Math.abs(ticks[1] - ticks[0]) / from : 1;
      return percent(tick / from - 1, Math.max(0, Math.min(4, Math.ceil(-Math.log10(step) - 1e-6))));
    }
    if (named(source) !== "log") return wbNumbers.axis(tick, ticks, decimals);
    // Their distances differ: the smallest says how many decimals are needed.
    let least = Infinity;
    for (let i = 1; i < ticks.length; i++) least = Math.min(least, ticks[i] - ticks[i - 1]);
    return wbNumbers.axis(tick, Number.isFinite(least) ? [0, least] : ticks, decimals);
  }

  // What a price is called at the axis: itself, or its change from the first bar in the window.
  function worth(value, source, x_range) {
    const from = named(source) === "percent" ? base(source, x_range) : NaN;
    return from > 0 ? wbNumbers.percent(value / from - 1) : wbNumbers.price(value, source.tags[0].decimals);
  }

  return { named, base, lowest, nice, even, logarithmic, ticks, label, worth };
})());
