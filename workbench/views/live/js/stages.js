// Latency by stage: three figures and a bar each. Nodes stay; texts and widths change.
export function render({model}) {
  const host = el(null, "section", "stages")
  const head = el(host, "header")
  el(head, "h2", "", "Latency by stage, ms")
  const told = el(head, "span", "muted grow")
  const table = el(host, "table")
  const names = el(el(table, "thead"), "tr")
  for (const [title, tip] of [["Stage", "Part of the way"], ["p50", "Half of them took less: trades, and from Document on draws of charts"], ["p95", "95 of 100 took less"],
    ["p99", "99 of 100 took less"], ["0.01 ms to 10 s", "From p50 to p99, on a logarithmic scale"]]) {
    const cell = el(names, "th", "", title)
    cell.scope = "col"
    cell.title = tip
  }
  const body = el(table, "tbody"), lines = []
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text }
  const draw = () => {
    put(told, model.told)
    model.rows.forEach((row, at) => {
      if (!lines[at]) {
        const line = el(body, "tr"), name = el(line, "th")
        name.scope = "row"
        lines[at] = {line, name, cells: ["p50", "p95", "p99"].map(() => el(line, "td", "figure")), bar: el(el(el(line, "td", "bar-cell"), "div", "track"), "i")}
      }
      const one = lines[at]
      put(one.name, row.note ? `${row.name} !` : row.name)
      one.line.title = row.note ? `${row.tip}. ${row.note}` : row.tip
      one.line.classList.toggle("warned", !!row.note)
      ;["p50", "p95", "p99"].forEach((part, i) => put(one.cells[i], row[part]))
      one.bar.style.left = `${100 * row.low}%`
      one.bar.style.width = `${row.high > 0 ? Math.max(100 * (row.high - row.low), 0.6) : 0}%`
    })
  }
  model.on("rows", draw)
  model.on("told", draw)
  draw()
  return host
}
