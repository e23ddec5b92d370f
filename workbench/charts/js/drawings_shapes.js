// Shapes of drawings in pixels: lines, areas, labels and handles from anchors. Plain arithmetic, no DOM.
const wbShapes = (globalThis.__wbShapes ??= (() => {
  const LEVELS = [0, 0.236, 0.382, 0.5, 0.618, 0.786, 1];
  const LABELS_FIRST = [0, 6, 3, 4, 2, 1, 5]; // where they would touch, these are written sooner
  const REACH = 6, GRAB = 9; // px from a line and from a handle

  // What lies in the box of the line through a and b, from the share t0 of the way to t1.
  function within(a, b, box, t0, t1) {
    const dx = b.x - a.x, dy = b.y - a.y;
    if (!dx && !dy) return null;
    for (const [p, q] of [[-dx, a.x - box.left], [dx, box.right - a.x], [-dy, a.y - box.top], [dy, box.bottom - a.y]]) {
      if (p === 0) {
        if (q < 0) return null;
      } else if (p < 0) t0 = Math.max(t0, q / p);
      else t1 = Math.min(t1, q / p);
    }
    return t0 < t1 ? [a.x + t0 * dx, a.y + t0 * dy, a.x + t1 * dx, a.y + t1 * dy] : null;
  }

  const grown = (box, by) => ({ left: box.left - by, right: box.right + by, top: box.top - by, bottom: box.bottom + by });
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
  const point = (i, p, axes = "xy") => ({ x: p.x, y: p.y, sets: [[i, axes]] });

  function straight(from, to) {
    return ({ pts: [a, b], box }) => {
      const at = within(a, b, grown(box, 20), from, to);
      return { lines: at ? [{ at }] : [], handles: [point(0, a), point(1, b)] };
    };
  }

  const corners = (a, b) => [
    point(0, a), { x: b.x, y: a.y, sets: [[1, "x"], [0, "y"]] }, point(1, b), { x: a.x, y: b.y, sets: [[0, "x"], [1, "y"]] },
  ];
  const framed = (a, b, box) => {
    const edge = grown(box, 20), x = [a.x, b.x].map((v) => clamp(v, edge.left, edge.right));
    const y = [a.y, b.y].map((v) => clamp(v, edge.top, edge.bottom));
    return [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
  };
  const outline = (points) => points.map((p, i) => ({ at: [...p, ...points[(i + 1) % points.length]] }));

  function rectangle({ pts: [a, b], box }) {
    const points = framed(a, b, box);
    return { areas: [{ points }], lines: outline(points), handles: corners(a, b) };
  }

  function channel({ pts, box }) {
    const [a, b, c = b] = pts, edge = grown(box, 4000), far = b.x - a.x;
    const lift = far ? c.y - (a.y + ((b.y - a.y) * (c.x - a.x)) / far) : c.y - a.y;
    const moved = (p, by) => ({ x: p.x, y: p.y + lift * by });
    const lines = [0, 0.5, 1].map((by) => ({ at: within(moved(a, by), moved(b, by), edge, 0, 1), soft: by === 0.5 }));
    const points = [a, b, moved(b, 1), moved(a, 1)].map((p) => [clamp(p.x, edge.left, edge.right), clamp(p.y, edge.top, edge.bottom)]);
    const handles = pts.map((p, i) => point(i, p));
    return { areas: [{ points }], lines: lines.filter((line) => line.at), handles };
  }

  // 0 % at the second anchor, where the move ended; 100 % where it began.
  function fibonacci({ pts: [a, b], box, prices, y, price }) {
    const edge = grown(box, 20), left = Math.max(Math.min(a.x, b.x), edge.left);
    const right = Math.min(Math.max(a.x, b.x, Math.min(a.x, b.x) + 60), edge.right);
    const trend = within(a, b, edge, 0, 1), handles = [point(0, a), point(1, b)];
    const lines = trend ? [{ at: trend, soft: true }] : [], areas = [], texts = [];
    const levels = LEVELS.map((share) => {
      const value = prices[1] + (prices[0] - prices[1]) * share;
      return { y: y(value), text: `${Number((share * 100).toFixed(1))} % (${price(value)})` };
    });
    if (right <= left) return { lines, areas, texts, handles };
    levels.forEach((level, i) => {
      if (level.y > edge.top && level.y < edge.bottom) lines.push({ at: [left, level.y, right, level.y] });
      if (i % 2 || !i) return;
      const [top, bottom] = [levels[i - 1].y, level.y].map((v) => clamp(v, edge.top, edge.bottom));
      areas.push({ points: [[left, top], [right, top], [right, bottom], [left, bottom]] });
    });
    for (const i of LABELS_FIRST) {
      const level = levels[i];
      if (texts.some((one) => Math.abs(one.level - level.y) < 14)) continue;
      const wide = level.text.length * 6.6 + 8, outside = right + wide < box.right;
      texts.push({
        level: level.y, text: level.text, x: outside ? right + 6 : right - 4, y: outside ? level.y + 4 : level.y - 4,
        end: !outside,
      });
    }
    return { lines, areas, texts, handles };
  }

  function horizontal({ pts: [a], box, prices, worth }) {
    const there = a.x >= box.left && a.x <= box.right;
    return {
      lines: [{ at: [box.left, a.y, box.right, a.y] }], tags: [{ side: "right", at: a.y, text: worth(prices[0]) }],
      handles: [{ x: there ? a.x : (box.left + box.right) / 2, y: a.y, sets: [[0, "y"]] }],
    };
  }

  function vertical({ pts: [a], box, when }) {
    return {
      lines: [{ at: [a.x, box.top, a.x, box.bottom] }], tags: [{ side: "bottom", at: a.x, text: when(0) }], tall: a.x,
      handles: [{ x: a.x, y: (box.top + box.bottom) / 2, sets: [[0, "x"]] }],
    };
  }

  function brush({ pts }) {
    return { path: pts, handles: [] };
  }

  function text({ pts: [a] }) {
    return { note: a, handles: [point(0, a)] };
  }

  function measure({ pts: [a, b], box, prices, xs, times }) {
    const points = framed(a, b, box), up = prices[1] >= prices[0];
    const middle = { x: (points[0][0] + points[1][0]) / 2, y: (points[0][1] + points[2][1]) / 2 };
    const tip = (x, y, dx, dy) => [[x, y], [x - 5 * dx - 4 * dy, y - 5 * dy - 4 * dx], [x - 5 * dx + 4 * dy, y - 5 * dy + 4 * dx]];
    const arrows = [];
    if (Math.abs(points[2][1] - points[0][1]) > 14) arrows.push(tip(middle.x, points[2][1], 0, Math.sign(b.y - a.y)));
    if (Math.abs(points[1][0] - points[0][0]) > 14) arrows.push(tip(points[1][0], middle.y, Math.sign(b.x - a.x), 0));
    return {
      areas: [{ points }], solids: arrows, handles: corners(a, b), tone: up ? "up-text" : "down-text", edges: outline(points),
      lines: [{ at: [middle.x, points[0][1], middle.x, points[2][1]] }, { at: [points[0][0], middle.y, points[1][0], middle.y] }],
      measured: {
        x: middle.x, y: points[2][1], above: b.y <= a.y, change: prices[1] - prices[0], share: prices[1] / prices[0] - 1,
        bars: Math.round(xs[1] - xs[0]), ms: times[1] - times[0],
      },
    };
  }

  const KINDS = {
    trend: straight(0, 1), ray: straight(0, Infinity), extended: straight(-Infinity, Infinity), rectangle, channel, fibonacci,
    horizontal, vertical, brush, text, measure,
  };
  const EMPTY = { lines: [], areas: [], texts: [], tags: [], solids: [], edges: [], handles: [] };
  const shape = (kind, given) => ({ ...EMPTY, ...KINDS[kind](given) });

  function distance(x, y, [x1, y1, x2, y2]) {
    const dx = x2 - x1, dy = y2 - y1, long = dx * dx + dy * dy;
    const t = long ? clamp(((x - x1) * dx + (y - y1) * dy) / long, 0, 1) : 0;
    return Math.hypot(x - x1 - t * dx, y - y1 - t * dy);
  }

  function inside(x, y, points) {
    let odd = false;
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const [xi, yi] = points[i], [xj, yj] = points[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
    }
    return odd;
  }

  // Whether a place is on a shape; of one that is `chosen`, its inside counts too.
  function touches(one, x, y, chosen) {
    for (const { at } of [...one.lines, ...one.edges]) if (distance(x, y, at) <= REACH) return true;
    for (let i = 1; i < (one.path?.length ?? 0); i++) {
      const [p, q] = [one.path[i - 1], one.path[i]];
      if (distance(x, y, [p.x, p.y, q.x, q.y]) <= REACH) return true;
    }
    if (one.rect && x >= one.rect.left && x <= one.rect.right && y >= one.rect.top && y <= one.rect.bottom) return true;
    return chosen && one.areas.some(({ points }) => inside(x, y, points));
  }

  const handleAt = (one, x, y) => one.handles.find((handle) => Math.hypot(handle.x - x, handle.y - y) <= GRAB);

  // Points of a stroke without those that lie on the way between their neighbours (Ramer 1972, Douglas and Peucker 1973).
  function thinned(pts, by = 0.7) {
    const keep = new Uint8Array(pts.length), open = [[0, pts.length - 1]];
    keep[0] = keep[pts.length - 1] = 1;
    while (open.length) {
      const [first, last] = open.pop(), a = pts[first], b = pts[last];
      let most = by, at = -1;
      for (let i = first + 1; i < last; i++) {
        const off = distance(pts[i].sx, pts[i].sy, [a.sx, a.sy, b.sx, b.sy]);
        if (off > most) [most, at] = [off, i];
      }
      if (at < 0) continue;
      keep[at] = 1;
      open.push([first, at], [at, last]);
    }
    return pts.filter((_, i) => keep[i]);
  }

  // "2 d 4 h", "35 min", "12 s": the two greatest units.
  function lasting(ms) {
    let rest = Math.round(Math.abs(ms) / 1000);
    const out = [];
    for (const [seconds, unit] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
      const n = Math.floor(rest / seconds);
      rest -= n * seconds;
      if (n) out.push(`${n} ${unit}`);
      else if (out.length) break;
      if (out.length === 2) break;
    }
    return out.join(" ") || "0 s";
  }

  return { shape, touches, handleAt, thinned, lasting, within, clamp };
})());
