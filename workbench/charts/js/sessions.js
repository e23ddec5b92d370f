// Places on the time axis where the market is closed, and where a session begins: ticks of two grids.
const wbSessions = (globalThis.__wbSessions ??= (() => {
  const BAND = 10, LINE = 36; // px of a session from which it is told apart

  function seen({ start, end }, { data }, figure, least) {
    const n = data.open.length, wide = wbPlaces.frame(figure)?.width ?? 1000, from = Math.max(0, wbPlaces.from(data.close, start));
    let to = from;
    while (to < n && data.open[to] < end) to += 1;
    // Too narrow ones would only stripe the chart.
    const held = to > from ? (Math.min(data.close[to - 1], end) - Math.max(data.open[from], start)) / (to - from) : Infinity;
    return (held * wide) / (end - start) < least ? null : { from, to, n };
  }

  // From, to, from, to ... of what is closed. A grid fills between its second and third tick, its fourth and fifth, and
  // so on, and adds the window's edges where they are not among them.
  function closed(window, sessions, figure) {
    // On a calendar axis the time between two bars opens up half-way between them: what is closed has all of it.
    const { start, end } = window, { open, close } = sessions.data, gap = sessions.wbGap ?? 0, found = seen(window, sessions, figure, BAND), out = [];
    if (!found || !open.length) return out;
    const put = (from, to) => {
      const low = Math.max(start, from - gap), high = Math.min(end, to + gap);
      if (high > low) out.push(...(low === start ? [start, start] : [low]), high);
    };
    put(found.from ? close[found.from - 1] : -Infinity, found.from < found.n ? open[found.from] : Infinity);
    for (let i = found.from; i < found.to; i++) put(close[i], i + 1 < found.n ? open[i + 1] : Infinity);
    return out;
  }

  function starts(window, sessions, figure) {
    const { open, first } = sessions.data, found = seen(window, sessions, figure, LINE), out = [];
    if (found) for (let i = found.from; i < found.to; i++) if (first[i] && open[i] > window.start) out.push(open[i] + (sessions.wbGap ?? 0));
    return out;
  }

  return { closed, starts };
})());
