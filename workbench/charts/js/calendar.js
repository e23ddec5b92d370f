// A time axis on which nights and weekends take their room. The chart counts bars all the same: this scale knows how much
// time lies between one and the next. A bar has the room of one slot, and what time there is between two slots opens up
// half-way between the bars, so that bodies keep their width and any window can be moved through it.
const wbCalendar = (globalThis.__wbCalendar ??= (() => {
  const GAP = 0.01; // half of the stretch between two bars, in bars, that the time between them takes

  // Slots of the bars that are there, and how they lead to places and back.
  function slots(source) {
    const { x, shown } = source.data, { slot } = source.tags[0], n = x?.length ?? 0;
    const kept = source.wbSlots;
    if (kept && kept.shown === shown && kept.n === n && kept.slot === slot) return kept;
    const at = new Float64Array(n);
    // Bars that a session cut short are nearer to each other than a slot: they get one all the same.
    for (let i = 1; i < n; i++) at[i] = at[i - 1] + Math.max(1, (shown[i] - shown[i - 1]) / slot);
    return (source.wbSlots = { shown, n, slot, at, first: n ? x[0] : 0 });
  }

  function of(source) {
    const { at, n, first } = slots(source);
    // Beyond the bars each slot is taken to have one.
    const slot = (x) => {
      const place = x - first, i = Math.round(place);
      if (n < 2 || place <= 0) return place;
      if (i >= n) return at[n - 1] + place - (n - 1);
      const off = place - i;
      if (Math.abs(off) <= 0.5 - GAP || (i === n - 1 && off > 0)) return at[i] + off;
      const left = off > 0 ? i : i - 1, share = (place - left - (0.5 - GAP)) / (2 * GAP);
      const low = at[left] + 0.5 - GAP, high = at[left + 1] - (0.5 - GAP);
      return low + share * (high - low);
    };
    const place = (s) => {
      if (n < 2 || s <= 0) return first + s;
      if (s >= at[n - 1]) return first + n - 1 + s - at[n - 1];
      let low = 0, high = n - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (at[middle] <= s) low = middle;
        else high = middle - 1;
      }
      const edge = at[low] + 0.5 - GAP, next = at[low + 1] - (0.5 - GAP);
      if (s <= edge) return first + low + s - at[low];
      if (s >= next) return first + low + 1 + s - at[low + 1];
      return first + low + 0.5 - GAP + (2 * GAP * (s - edge)) / (next - edge);
    };
    return { slot, place };
  }

  // A scale like `linear`, on the slots of a source.
  function scale(linear, source) {
    source.wbScaleOfSlots ??= new (class extends linear.constructor {
      get line() {
        const { slot, place } = of(source), { start, end } = this.source_range, { start: left, end: right } = this.target_range;
        const from = slot(start), px = (right - left) / (slot(end) - from);
        return { slot, place, from, px, left };
      }
      get s_compute() {
        const { slot, from, px, left } = this.line;
        return (x) => (slot(x) - from) * px + left;
      }
      get s_invert() {
        const { place, from, px, left } = this.line;
        return (sx) => place((sx - left) / px + from);
      }
    })();
    return source.wbScaleOfSlots;
  }

  // Move a window by a part of its width, or by what lies between two bars, in the time that is seen.
  function moved({ start, end }, source, by) {
    const { slot, place } = of(source), [low, high] = [slot(start), slot(end)], d = by(low, high, slot);
    return { start: place(low + d), end: place(high + d) };
  }

  return { GAP, of, scale, moved };
})());
