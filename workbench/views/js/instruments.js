// The instruments table: drawn once, then patched. Sorting and filtering never ask the server.

const COLUMNS = [
  {key: "symbol", title: "Instrument", sort: (r) => r.symbol},
  {key: "last", title: "Last", number: true, sort: (r) => r.last},
  {key: "change", title: "Change", number: true, sort: (r) => r.change, hint: "Against the previous session's close"},
  {key: "spark", title: "Trend"},
  {key: "updated", title: "Updated", number: true, sort: (r) => r.updated_ms},
  {key: "coverage", title: "History", sort: (r) => r.first_ms},
  {key: "source", title: "Source", sort: (r) => r.source},
]
const SPARK_W = 112
const SPARK_H = 22

function el(tag, className, text) {
  const node = document.createElement(tag)
  if (className) node.className = className
  if (text !== undefined) node.textContent = text
  return node
}

const formats = new Map()
function price(value, decimals) {
  if (value === null || value === undefined) return "–"
  if (!formats.has(decimals)) {
    formats.set(decimals, new Intl.NumberFormat("en-US", {minimumFractionDigits: decimals, maximumFractionDigits: decimals}))
  }
  return formats.get(decimals).format(value)
}

function percent(value) {
  if (value === null || value === undefined) return "–"
  const shown = (Math.abs(value) * 100).toFixed(2)
  if (Number(shown) === 0) return `${shown} %`
  return `${value > 0 ? "+" : "−"}${shown} %`
}

function tone(value) {
  return !value || Math.abs(value) < 5e-5 ? "flat" : value > 0 ? "up" : "down"
}

function sparkPath(values) {
  if (values.length < 2) return ""
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const scale = high > low ? (SPARK_H - 4) / (high - low) : 0
  const step = (SPARK_W - 4) / (values.length - 1)
  return values.map((v, k) => `${k ? "L" : "M"}${(2 + k * step).toFixed(1)} ${(high > low ? SPARK_H - 2 - (v - low) * scale : SPARK_H / 2).toFixed(1)}`).join("")
}

function dates(tz) {
  const day = new Intl.DateTimeFormat("sv-SE", {timeZone: "UTC"})
  const local = new Intl.DateTimeFormat("sv-SE", {timeZone: tz})
  const time = new Intl.DateTimeFormat("en-GB", {timeZone: tz, hour: "2-digit", minute: "2-digit", second: "2-digit"})
  return {
    // A daily bar's stamp names a date, the same in every zone; a trade's moment is told in the chosen one.
    updated: (row) => {
      if (!row.updated_ms) return "–"
      if (row.daily) return day.format(row.updated_ms)
      const today = local.format(Date.now())
      const date = local.format(row.updated_ms)
      return date === today ? time.format(row.updated_ms) : `${date} ${time.format(row.updated_ms).slice(0, 5)}`
    },
    coverage: (row) => row.first_ms ? `${day.format(row.first_ms)} – ${row.live ? "now" : day.format(row.until_ms)}` : "–",
  }
}

export function render({model}) {
  const host = el("section", "instruments")
  host.setAttribute("aria-label", "Instruments")
  const head = el("header")
  const count = el("span", "count")
  const search = el("label", "search")
  const input = el("input")
  input.type = "search"
  input.placeholder = "Filter"
  input.setAttribute("aria-label", "Filter instruments by symbol, name, class or source")
  search.append(input, el("kbd", "", "/"))
  search.title = "Press / to filter, Esc to clear"
  head.append(el("h2", "", "Instruments"), count, search)
  const wrap = el("div", "wrap")
  const table = el("table")
  const headRow = el("tr")
  const body = el("tbody")
  const none = el("p", "none", "No instrument matches the filter.")
  table.append(el("thead"), body)
  table.tHead.append(headRow)
  wrap.append(table, none)
  host.append(head, wrap)

  let rows = []
  let order = {key: "", down: false}  // as the server sent them: live ones first
  let when = dates(model.tz)
  const lines = new Map()

  for (const column of COLUMNS) {
    const cell = el("th", `${column.key}${column.number ? " number" : ""}`)
    cell.scope = "col"
    if (column.hint) cell.title = column.hint
    if (column.sort) {
      const button = el("button", "", column.title)
      button.type = "button"
      button.addEventListener("click", () => {
        order = {key: column.key, down: order.key === column.key ? !order.down : Boolean(column.number)}
        arrange()
      })
      cell.append(button)
    } else cell.textContent = column.title
    headRow.append(cell)
  }

  const put = (node, text) => { if (node.textContent !== text) node.textContent = text }

  function line(row) {
    const tr = el("tr")
    const cells = {}
    for (const column of COLUMNS) {
      cells[column.key] = el("td", `${column.key}${column.number ? " number" : ""}`)
      tr.append(cells[column.key])
    }
    const link = el("a")
    link.append(el("b", "", row.symbol))
    if (row.name) link.append(el("span", "name", row.name))
    const dot = el("i", "dot")
    cells.symbol.append(dot, link)
    cells.last.append(el("span", "value"))
    cells.change.append(el("span", "value"))
    cells.spark.innerHTML = `<svg width="${SPARK_W}" height="${SPARK_H}" viewBox="0 0 ${SPARK_W} ${SPARK_H}" role="img"><path/></svg>`
    tr.addEventListener("click", (event) => { if (!event.target.closest("a")) link.click() })
    lines.set(row.symbol, {tr, cells, link, dot})
    fill(row)
    return tr
  }

  function fill(row) {
    const {tr, cells, link, dot} = lines.get(row.symbol)
    link.href = `chart?symbol=${encodeURIComponent(row.symbol)}&${model.query}`
    tr.classList.toggle("live", row.live)
    dot.title = row.live ? "Live" : "History only, nothing live"
    dot.setAttribute("role", "img")
    dot.setAttribute("aria-label", row.live ? "live" : "history only")
    tr.classList.toggle("bad", Boolean(row.problem))
    if (row.problem) {
      put(cells.last.firstChild, "unreadable")
      tr.title = row.problem
    } else put(cells.last.firstChild, price(row.last, row.decimals))
    put(cells.change.firstChild, percent(row.change))
    cells.change.className = `change number ${tone(row.change)}`
    const path = cells.spark.querySelector("path")
    path.setAttribute("d", sparkPath(row.spark))
    const rise = row.spark.length ? row.spark.at(-1) - row.spark[0] : 0
    cells.spark.className = `spark ${tone(rise / (row.spark[0] || 1))}`
    cells.spark.firstChild.setAttribute("aria-label", row.spark.length
      ? `last ${row.span}: from ${price(row.spark[0], row.decimals)} to ${price(row.spark.at(-1), row.decimals)}` : "no trend")
    cells.spark.title = row.span ? `Last ${row.span}` : ""
    put(cells.updated, when.updated(row))
    put(cells.coverage, when.coverage(row))
    put(cells.source, row.source)
  }

  function flash(cell, direction) {
    cell.classList.remove("flash-up", "flash-down")
    void cell.offsetWidth  // restarts the animation
    cell.classList.add(direction > 0 ? "flash-up" : "flash-down")
  }

  function arrange() {
    const column = COLUMNS.find((c) => c.key === order.key) ?? {sort: (row) => rows.indexOf(row)}
    const sign = order.down ? -1 : 1
    const empty = (value) => value === null || value === undefined || value === ""
    const sorted = [...rows].sort((a, b) => {
      const [x, y] = [column.sort(a), column.sort(b)]
      if (empty(x) || empty(y)) return empty(x) - empty(y)
      return sign * (typeof x === "string" ? x.localeCompare(y) : x - y) || a.symbol.localeCompare(b.symbol)
    })
    for (const row of sorted) body.append(lines.get(row.symbol).tr)
    COLUMNS.forEach((c, k) => {
      const cell = headRow.cells[k]
      if (c.key === order.key) cell.setAttribute("aria-sort", order.down ? "descending" : "ascending")
      else cell.removeAttribute("aria-sort")
    })
  }

  function filter() {
    const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean)
    let shown = 0
    for (const row of rows) {
      const text = `${row.symbol} ${row.name} ${row.asset_class} ${row.source}`.toLowerCase()
      const match = words.every((word) => text.includes(word))
      lines.get(row.symbol).tr.hidden = !match
      shown += match
    }
    none.hidden = shown > 0 || rows.length === 0
    count.textContent = words.length ? `${shown} of ${rows.length}` : String(rows.length)
  }

  function rebuild() {
    rows = model.rows.map((row) => ({...row}))
    lines.clear()
    body.replaceChildren(...rows.map(line))
    arrange()
    filter()
  }

  function patch() {
    for (const [symbol, change] of Object.entries(model.patch)) {
      const row = rows.find((r) => r.symbol === symbol)
      if (!row) continue
      const before = row.last
      Object.assign(row, change)
      fill(row)
      if (before !== null && row.last !== null && price(before, row.decimals) !== price(row.last, row.decimals)) {
        flash(lines.get(symbol).cells.last, row.last - before)
      }
    }
  }

  const onKey = (event) => {
    const typing = event.composedPath()[0]?.closest?.("input, textarea, select, [contenteditable]")
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      input.focus()
    }
  }
  input.addEventListener("input", filter)
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { input.value = ""; filter(); input.blur() }
    if (event.key === "Enter") body.querySelector("tr:not([hidden]) a")?.click()
  })
  document.addEventListener("keydown", onKey)
  model.on("rows", rebuild)
  model.on("patch", patch)
  model.on("query", () => rows.forEach(fill))
  model.on("tz", () => { when = dates(model.tz); rows.forEach(fill) })
  model.on("remove", () => document.removeEventListener("keydown", onKey))
  rebuild()
  return host
}
