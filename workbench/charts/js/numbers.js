// Prices with the instrument's decimals, volumes short, both with thousands separators.
const wbNumbers = (globalThis.__wbNumbers ??= (() => {
  const cache = new Map();
  function fixed(decimals) {
    if (!cache.has(decimals)) {
      cache.set(decimals, new Intl.NumberFormat("en-US", {
        minimumFractionDigits: decimals, maximumFractionDigits: decimals,
      }));
    }
    return cache.get(decimals);
  }
  const price = (value, decimals) => (Number.isFinite(value) ? fixed(decimals).format(value) : "–");
  function volume(value) {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    for (const [unit, letter] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "K"]]) {
      if (size >= unit) return `${fixed(size >= 100 * unit ? 0 : size >= 10 * unit ? 1 : 2).format(value / unit)} ${letter}`;
    }
    return fixed(size === 0 || Number.isInteger(value) ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4).format(value);
  }
  const percent = (value) => (Number.isFinite(value) ? `${value < 0 ? "−" : "+"}${fixed(2).format(Math.abs(value) * 100)} %` : "");
  // Axis ticks show no more decimals than their step needs, and at most one more than the tick size.
  function axis(value, ticks, decimals) {
    const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : 1;
    const need = step > 0 ? Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)) : decimals;
    return price(value, Math.max(Math.min(decimals, 2), Math.min(need, decimals + 1)));
  }
  return { price, volume, percent, axis };
})());
