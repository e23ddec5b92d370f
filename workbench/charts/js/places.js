// Bars by their place on the time axis: `xs` ascends, but what lies between two of them need not be one.
const wbPlaces = (globalThis.__wbPlaces ??= (() => {
  // The first bar at or after a place; as many as there are when none is.
  function from(xs, x) {
    let low = 0, high = xs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (xs[middle] < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  // The bar nearest to a place, of those there are.
  function nearest(xs, x) {
    const i = from(xs, x), n = xs.length;
    if (i >= n) return n - 1;
    return i > 0 && x - xs[i - 1] < xs[i] - x ? i - 1 : i;
  }
  // The bar that stands at a place; -1 where none does.
  function exact(xs, x) {
    const i = nearest(xs, x);
    return i >= 0 && Math.abs(xs[i] - x) < 0.5 ? i : -1;
  }
  const frame = (figure) => [...figure.y_range.linked_plots].at(-1)?.frame?.bbox;
  return { from, nearest, exact, frame };
})());
