// A table of any length: rows come from Python as they are scrolled to. Arrows move, Enter picks, a heading sorts.

const ROW = 24, PAGE = 100, MOST_PX = 16000000

export function render({model}) {
  const host = el(null, "div", "wb-table")
  const scroll = el(host, "div", "scroll")
  scroll.tabIndex = 0
  scroll.setAttribute("role", "grid")
  const head = el(scroll, "div", "head")
  head.setAttribute("role", "row")
  const space = el(scroll, "div", "space")
  const none = el(host, "p", "none")
  let rows = new Map(), asked = new Set(), active = -1, version = -1, frame = null

  const visible = () => Math.ceil(scroll.clientHeight / ROW) + 1
  const tall = () => Math.min(model.count * ROW, MOST_PX)
  // Beyond what a browser can scroll, a pixel stands for more than one of the table.
  const squeeze = () => { const room = tall() - scroll.clientHeight; return room > 0 ? (model.count * ROW - scroll.clientHeight) / room : 1 }
  const top = () => Math.max(0, Math.min(model.count - 1, Math.floor(scroll.scrollTop * squeeze() / ROW)))

  function heading() {
    head.replaceChildren()
    const wide = model.columns.map((one) => `minmax(${one.width}px, ${one.grow ?? 1}fr)`).join(" ")
    host.style.setProperty("--columns", wide)
    host.style.setProperty("--least", `${model.columns.reduce((sum, one) => sum + one.width, 0)}px`)
    model.columns.forEach((column, at) => {
      const cell = el(head, "div", `cell ${column.kind}`)
      cell.setAttribute("role", "columnheader")
      const [by, way] = [Math.abs(model.sort) - 1, model.sort < 0 ? "descending" : "ascending"]
      if (model.sortable) {
        const button = el(cell, "button", "", column.title)
        button.type = "button"
        button.tabIndex = -1
        button.title = `${column.tip || column.title}: press to sort`
        button.addEventListener("click", () => model.send_msg({what: "sort", column: at}))
      } else {
        cell.textContent = column.title
        cell.title = column.tip || column.title
      }
      if (column.color) cell.prepend(Object.assign(document.createElement("i"), {className: "swatch", style: `background: ${column.color}`}))
      if (by === at) cell.setAttribute("aria-sort", way)
    })
    scroll.setAttribute("aria-label", model.label)
    scroll.title = model.picks ? "Arrows move, Enter shows the row on the chart" : ""
  }

  function ask(first, last) {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      if (page * PAGE >= model.count || asked.has(page) || rows.has(page * PAGE)) continue
      asked.add(page)
      model.send_msg({what: "rows", first: page * PAGE, count: PAGE, version: model.version})
    }
  }

  function paint() {
    frame = null
    const first = Math.max(0, top() - 2), last = Math.min(model.count - 1, first + visible() + 4)
    ask(first, last)
    const base = first * ROW - (scroll.scrollTop * (squeeze() - 1))
    space.style.height = `${tall()}px`
    const made = []
    for (let at = first; at <= last; at += 1) {
      const row = rows.get(at), line = el(null, "div", `row${at === active ? " active" : ""}${at === model.marked ? " marked" : ""}`)
      line.setAttribute("role", "row")
      line.setAttribute("aria-rowindex", String(at + 2))
      line.id = `wb-row-${at}`
      line.dataset.at = at
      line.style.transform = `translateY(${base + (at - first) * ROW}px)`
      if (at === model.marked) line.setAttribute("aria-selected", "true")
      model.columns.forEach((column, i) => {
        const cell = el(line, "div", `cell ${column.kind}`)
        cell.setAttribute("role", "gridcell")
        if (!row) { cell.classList.add("wait"); return }
        cell.textContent = row.cells[i]
        const tone = row.tones?.[i]
        if (tone) cell.classList.add(tone)
        const tip = row.tips?.[i] || row.tip
        if (tip) cell.title = tip
        else if (row.cells[i].length > 12) cell.title = row.cells[i]
      })
      made.push(line)
    }
    space.replaceChildren(...made)
    if (active >= 0) scroll.setAttribute("aria-activedescendant", `wb-row-${active}`)
    else scroll.removeAttribute("aria-activedescendant")
  }
  const soon = () => { frame ??= requestAnimationFrame(paint) }

  function reveal(at) {
    const place = at * ROW / squeeze(), room = scroll.clientHeight - ROW - head.offsetHeight
    if (place < scroll.scrollTop) scroll.scrollTop = place
    else if (place > scroll.scrollTop + room) scroll.scrollTop = place - room
  }

  function fresh() {
    if (version !== model.version) {
      version = model.version
      rows = new Map(model.first.map((row, at) => [at, row]))
      asked = new Set()
      active = -1
      scroll.scrollTop = 0
    }
    heading()
    scroll.setAttribute("aria-rowcount", String(model.count + 1))
    none.textContent = model.none
    none.hidden = model.count > 0
    space.hidden = model.count === 0
    soon()
  }

  const pick = (at) => { active = at; soon(); if (model.picks && at >= 0) model.send_msg({what: "pick", row: at, version: model.version}) }
  scroll.addEventListener("scroll", soon)
  space.addEventListener("click", (event) => {
    // A row that was drawn anew while the button was down is no longer what was pressed, but it is what lies there.
    const row = event.target.closest(".row") ?? space.getRootNode().elementFromPoint(event.clientX, event.clientY)?.closest(".row")
    if (row) pick(Number(row.dataset.at))
  })
  scroll.addEventListener("keydown", (event) => {
    const by = {ArrowDown: 1, ArrowUp: -1, PageDown: visible() - 2, PageUp: 2 - visible(), Home: -Infinity, End: Infinity}[event.key]
    if (by !== undefined && model.count) {
      active = Math.max(0, Math.min(model.count - 1, active + by))
      reveal(active)
      soon()
    } else if (event.key === "Enter" || event.key === " ") pick(active)
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  model.on("msg:custom", (event) => {
    const data = event.data ?? event
    if (data.version !== model.version) return
    data.rows.forEach((row, i) => rows.set(data.first + i, row))
    asked.delete(Math.floor(data.first / PAGE))
    soon()
  })
  new ResizeObserver(soon).observe(scroll)
  model.on("version", fresh)
  model.on("marked", () => { if (model.marked >= 0) { active = model.marked; reveal(active) } soon() })
  fresh()
  return host
}
