// The debugger: transport bar, breakpoints, values, source and orders. Built once; a step changes texts in place.

const ICONS = {
  start: "M3.5 3v10M12.5 3.5L6 8l6.5 4.5z", far: "M8 3.5L2.5 8 8 12.5zM13.5 3.5L8 8l5.5 4.5z", back: "M11 3.5L4.5 8l6.5 4.5z",
  step: "M5 3.5L11.5 8 5 12.5z", on: "M2.5 3.5L8 8l-5.5 4.5zM8 3.5L13.5 8 8 12.5z", run: "M3.5 3.5L10 8l-6.5 4.5zM12.5 3v10",
  play: "M4.5 2.8L12.5 8l-8 5.2z", pause: "M5 3v10M11 3v10", inside: "M8 2v9M4.5 7.5L8 11l3.5-3.5M3 13.5h10", add: "M8 3v10M3 8h10",
  remove: "M4 4l8 8M12 4l-8 8", previous: "M10 3.5L5.5 8l4.5 4.5", next: "M6 3.5L10.5 8 6 12.5",
}
const HOLD = {paused: 1, breakpoint: 1}
const EDITABLE = new Set(["INPUT", "TEXTAREA", "SELECT"])
const JUMPS = [["signal", "Signal (S)"], ["fill", "Fill (F)"], ["move", "Large move"], ["spike", "Volume spike"]]

function button(parent, name, title, press, word) {
  const node = el(parent, "button", `b-${name}`)
  node.type = "button"
  node.title = title
  node.setAttribute("aria-label", title.replace(/ \(.*\)$/, ""))
  if (ICONS[name]) icon(node, name)
  if (word) el(node, "span", "", word)
  node.addEventListener("click", press)
  return node
}

function icon(node, name) {
  node.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`
}

const put = (node, text) => { if (node.textContent !== text) { node.textContent = text; return true } return false }

// A number that changed is told softly.
function flash(node) {
  node.classList.remove("changed")
  void node.offsetWidth
  node.classList.add("changed")
}

// Rows of cells by their name: those that stay keep their nodes.
class Rows {
  constructor(parent, tag, cells, className = "") {
    this.host = el(parent, tag, className)
    this.cells = cells
    this.rows = new Map()
  }

  draw(rows, dress) {
    const left = new Set(this.rows.keys())
    rows.forEach((row, at) => {
      let made = this.rows.get(row[0])
      if (!made) {
        const node = el(null, "tr")
        made = {node, cells: this.cells.map((name) => el(node, name === "name" ? "th" : "td", name))}
        if (made.cells[0].tagName === "TH") made.cells[0].scope = "row"
        this.rows.set(row[0], made)
      }
      left.delete(row[0])
      if (this.host.children[at] !== made.node) this.host.insertBefore(made.node, this.host.children[at] ?? null)
      made.cells.forEach((cell, i) => { if (put(cell, row[i] ?? "") && made.drawn && i) flash(cell) })
      made.drawn = true
      dress?.(made.node, row)
    })
    for (const name of left) {
      this.rows.get(name).node.remove()
      this.rows.delete(name)
    }
  }
}

export function render({model}) {
  const host = el(null, "section", "debugger")
  host.setAttribute("aria-label", "Debugger")
  const send = (data) => model.send_msg(data)
  const press = (what, more = {}) => () => send({what, ...more})

  // --- transport ---------------------------------------------------------------------------------------------------
  const bar = el(host, "div", "bar")
  const line = el(bar, "i")
  const tools = el(host, "div", "tools")
  tools.setAttribute("role", "toolbar")
  tools.setAttribute("aria-label", "Steps")
  const group = (label) => { const one = el(tools, "div", "group"); one.setAttribute("role", "group"); one.setAttribute("aria-label", label); return one }
  const steps = group("Bar by bar")
  const backs = [
    button(steps, "start", "First bar (Home)", press("start")),
    button(steps, "far", "Ten bars back (Shift+Left)", press("back", {n: 10})),
    button(steps, "back", "One bar back (Left)", press("back", {n: 1})),
  ]
  const forwards = [
    button(steps, "step", "One bar forward (Right)", press("step", {n: 1})),
    button(steps, "on", "Ten bars forward (Shift+Right)", press("step", {n: 10})),
  ]
  const inside = button(steps, "inside", "Into the next bar: its next finer bar (Down)", press("inside"))
  forwards.push(inside)
  const going = group("Playing")
  const toggle = () => send(model.mode === "still" ? {what: "play", speed: Number(speed.value)} : {what: "pause"})
  const play = button(going, "play", "Play (Space)", toggle)
  const speed = el(going, "select", "speed")
  speed.title = "Bars a second"
  speed.setAttribute("aria-label", speed.title)
  speed.addEventListener("change", () => { model.speed = Number(speed.value) })
  const run = button(going, "run", "Run to the next breakpoint, or to the end (R)", press("run"), "Run")
  forwards.push(run)
  const jumps = group("Jump")
  const what = el(jumps, "select", "what")
  what.title = "What to jump to"
  what.setAttribute("aria-label", what.title)
  for (const [name, word] of JUMPS) Object.assign(el(what, "option", "", word.replace(/ \(.*/, "")), {value: name})
  const jump = (kind, back) => send({what: "jump", kind, back})
  backs.push(button(jumps, "previous", "The one before (Shift+S, Shift+F)", () => jump(what.value, true)))
  forwards.push(button(jumps, "next", "The next one (S signal, F fill)", () => jump(what.value, false)))
  const form = el(tools, "form", "to")
  const to = el(form, "input")
  Object.assign(to, {type: "text", placeholder: "bar or time", maxLength: 40, autocomplete: "off", spellcheck: false})
  to.title = "Go to a bar by its number, or to a time such as 2026-01-05 14:30 (UTC); Enter goes there"
  to.setAttribute("aria-label", "Go to a bar or a time")
  form.addEventListener("submit", (event) => { event.preventDefault(); if (to.value.trim()) send({what: "to", text: to.value}) })
  const symbols = el(tools, "select", "symbols")
  symbols.title = "Symbol whose rows are shown"
  symbols.setAttribute("aria-label", symbols.title)
  symbols.addEventListener("change", () => send({what: "symbol", symbol: symbols.value}))
  const later = el(tools, "label", "later")
  const eye = el(later, "input")
  eye.type = "checkbox"
  later.append("Later bars")
  later.title = "Show the bars after the cursor on the chart, greyed; the strategy does not know them"
  eye.addEventListener("change", () => { model.later = eye.checked })
  const where = el(tools, "output", "where")
  const said = el(host, "div", "said")
  said.setAttribute("role", "status")

  // --- panels ------------------------------------------------------------------------------------------------------
  const columns = el(host, "div", "columns")
  const panel = (name, title) => {
    const one = el(columns, "section", `panel ${name}`)
    one.setAttribute("aria-label", title)
    one.tabIndex = 0
    return one
  }
  const heading = (parent, text) => el(parent, "h2", "", text)

  const breaks = panel("breaks", "Breakpoints")
  heading(breaks, "Breakpoints")
  const adding = el(breaks, "form", "adding")
  const kind = el(adding, "select")
  kind.title = "What to stop at"
  kind.setAttribute("aria-label", kind.title)
  const text = el(adding, "input")
  Object.assign(text, {type: "text", maxLength: 2000, autocomplete: "off", spellcheck: false})
  const add = el(adding, "button", "add")
  Object.assign(add, {type: "submit", title: "Add the breakpoint (Enter)"})
  add.setAttribute("aria-label", "Add the breakpoint")
  icon(add, "add")
  const wrong = el(breaks, "p", "wrong")
  wrong.setAttribute("role", "alert")
  const list = el(breaks, "ul", "list")
  const hint = el(breaks, "p", "hint")
  const none = el(breaks, "p", "none", "Run stops where a breakpoint holds; without one it goes to the end.")
  const HINTS = {condition: "close > open and position == 0", loss: "0.02 or 2%", drawdown: "0.1 or 10%", at: "120 or 2026-01-05 14:30"}
  const field = () => {
    const takes = kind.value in HINTS
    text.placeholder = HINTS[kind.value] ?? "takes nothing"
    text.disabled = !takes
    const about = model.kinds.find(([name]) => name === kind.value)?.[1] ?? ""
    text.title = takes ? `Stops where it ${about}` : ""
    text.setAttribute("aria-label", `Text of the ${kind.value}`)
    const names = kind.value === "condition" ? `Names: ${model.names.join(", ")}.` : `Stops where ${kind.value === "at" ? "that is" : about}.`
    put(hint, names)
  }
  kind.addEventListener("change", () => { field(); text.value = ""; tell("") })
  adding.addEventListener("submit", (event) => { event.preventDefault(); send({what: "add", kind: kind.value, text: text.disabled ? "" : text.value}) })
  const tell = (sentence) => {
    put(wrong, sentence)
    wrong.hidden = !sentence
    text.setAttribute("aria-invalid", String(Boolean(sentence)))
  }

  const values = panel("values", "Account, bar and studies")
  heading(values, "Account")
  const account = new Rows(el(values, "table"), "tbody", ["name", "value"])
  const head = el(values, "table", "rows")
  const top = el(el(head, "thead"), "tr")
  for (const [word, tip] of [["Values", "The bar's columns and the studies of the strategy"], ["now", "The bar that has closed"], ["was", "The bar before it"]]) {
    const cell = el(top, "th", word === "now" || word === "was" ? "value" : "name", word)
    cell.scope = "col"
    if (tip) cell.title = tip
  }
  const rows = new Rows(head, "tbody", ["name", "value", "value was"])
  const memoryHead = heading(values, "Memory")
  memoryHead.title = "broker.memory, where it is not 0"
  const memory = new Rows(el(values, "table"), "tbody", ["name", "value"])

  const code = panel("code", "Source of decide and its variables")
  const codeHead = heading(code, "decide")
  const source = el(code, "ol", "source")
  const localsHead = heading(code, "Variables at its end")
  const locals = new Rows(el(code, "table"), "tbody", ["name", "value"])

  const orders = panel("orders", "Orders and fills")
  const sections = {}
  for (const [name, title, tip, empty] of [
    ["asked", "Asked at this bar", "What decide asked for, and its line", "nothing"],
    ["fills", "Filled in this bar", "Fills, and the rules of docs/fills.md that applied", "nothing"],
    ["working", "Working orders", "After this bar", "none"],
    ["ended", "Ended without a fill", "In this bar", "none"],
  ]) {
    const title_ = heading(orders, title)
    title_.title = tip
    sections[name] = {list: el(orders, "ul", name), heading: title_, empty}
  }

  // --- drawing -----------------------------------------------------------------------------------------------------
  let lines = []
  const drawSource = () => {
    const {title = "", first = 0, lines: texts = []} = model.source
    put(codeHead, title ? `decide · ${title}` : "decide")
    lines = texts.map((one, at) => {
      const item = el(null, "li", "", one || " ")
      item.value = first + at
      return item
    })
    source.replaceChildren(...lines)
    if (!texts.length) source.replaceChildren(el(null, "li", "none", "its source is in no file"))
  }
  const item = ({text: words, line: number, rules, side}) => {
    const one = el(null, "li", side > 0 ? "bought" : side < 0 ? "sold" : "")
    el(one, "span", "", words)
    if (number != null) {
      const link = el(one, "button", "line", `line ${number}`)
      link.type = "button"
      link.title = "Show the line that asked"
      link.addEventListener("click", () => reveal(number))
    }
    for (const [rule, tip] of rules ?? []) {
      const mark = el(one, "abbr", "rule", `rule ${rule}`)
      mark.title = tip
      mark.tabIndex = 0
    }
    return one
  }
  const reveal = (number) => {
    const row = lines[number - (model.source.first ?? 0)]
    if (!row) return
    const top = row.offsetTop - source.offsetTop
    if (top < source.scrollTop || top + row.offsetHeight > source.scrollTop + source.clientHeight) source.scrollTop = Math.max(0, top - source.clientHeight / 3)
    flash(row)
  }
  const at = () => {
    const seen = model.at
    if (seen.instant === undefined) return
    const count = seen.count.toLocaleString("en-US")
    put(where, `bar ${seen.instant.toLocaleString("en-US")} of ${count} · ${seen.time}`)
    where.title = "The bar that has closed, counted from 0"
    host.dataset.bar = seen.instant
    host.dataset.why = seen.why
    put(said, [seen.inside, model.astray || seen.told].filter(Boolean).join(" · "))
    said.classList.toggle("bad", seen.failed || Boolean(model.astray))
    said.classList.toggle("hold", seen.why in HOLD)
    account.draw(seen.account, (node, row) => { node.title = row[2] })
    rows.draw(seen.rows)
    memory.draw(seen.memory)
    memoryHead.hidden = !seen.memory.length
    locals.draw(seen.locals)
    localsHead.hidden = !seen.locals.length
    const first = model.source.first ?? 0
    const marked = new Set(seen.lines)
    lines.forEach((row, i) => {
      row.classList.toggle("asks", marked.has(first + i) && !seen.failed)
      row.classList.toggle("raises", marked.has(first + i) && seen.failed)
    })
    if (seen.lines.length) {
      const row = lines[seen.lines[0] - first]
      if (row) {
        const top = row.offsetTop - source.offsetTop
        if (top < source.scrollTop || top + row.offsetHeight > source.scrollTop + source.clientHeight) source.scrollTop = Math.max(0, top - source.clientHeight / 3)
      }
    }
    for (const [name, {list: found, empty}] of Object.entries(sections)) {
      const key = JSON.stringify(seen[name])
      if (found.dataset.key === key) continue
      found.dataset.key = key
      found.replaceChildren(...(seen[name].length ? seen[name].map(item) : [el(null, "li", "none", empty)]))
    }
    sections.ended.heading.hidden = sections.ended.list.hidden = !seen.ended.length
    mode()
    // Playing goes on when this was drawn; a page that is not looked at draws nothing.
    if (model.mode === "playing") {
      if (document.hidden) send({what: "seen"})
      else requestAnimationFrame(() => setTimeout(() => send({what: "seen"})))
    }
  }
  const mode = () => {
    const still = model.mode === "still", seen = model.at
    const shown = still ? "play" : "pause"
    if (play.dataset.shown !== shown) {
      play.dataset.shown = shown
      icon(play, shown)
      play.title = still ? "Play (Space)" : "Pause (Space)"
      play.setAttribute("aria-label", still ? "Play" : "Pause")
    }
    host.dataset.mode = model.mode
    const running = model.mode === "running"
    bar.classList.toggle("on", running)
    line.style.width = `${100 * model.done}%`
    play.disabled = still && seen.end
    for (const one of backs) one.disabled = running || (seen.instant <= 0 && !seen.inside)
    for (const one of forwards) one.disabled = running || seen.end
    for (const one of [add, symbols, eye, ...form.elements]) one.disabled = running
  }
  const drawBreaks = () => {
    const have = new Map([...list.children].map((node) => [Number(node.dataset.number), node]))
    list.replaceChildren(...model.breaks.map((one) => {
      let row = have.get(one.number)
      if (!row) {
        row = el(null, "li")
        row.dataset.number = one.number
        const label = el(row, "label")
        const box = el(label, "input")
        box.type = "checkbox"
        box.addEventListener("change", () => send({what: "toggle", number: one.number, on: box.checked}))
        el(label, "span", "", one.text)
        label.title = `${one.kind}: stops while it is ticked`
        button(row, "remove", `Remove the breakpoint ${one.text}`, press("remove", {number: one.number}))
      }
      row.querySelector("input").checked = one.on
      row.classList.toggle("off", !one.on)
      row.classList.toggle("hit", one.hit)
      return row
    }))
    none.hidden = model.breaks.length > 0
  }
  const setup = () => {
    kind.replaceChildren(...model.kinds.map(([name]) => Object.assign(el(null, "option", "", name), {value: name})))
    speed.replaceChildren(...model.speeds.map((one) => Object.assign(el(null, "option", "", `${one} / s`), {value: one})))
    speed.value = model.speed
    inside.hidden = !model.finer
    symbols.hidden = !model.symbols.length
    symbols.replaceChildren(...model.symbols.map((one) => Object.assign(el(null, "option", "", one), {value: one})))
    symbols.value = model.symbol
    eye.checked = model.later
    field()
  }

  // --- keys --------------------------------------------------------------------------------------------------------
  // On the window and before all others: the page's own keys take letters for the search of bar specs.
  const key = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !host.offsetParent) return
    const path = event.composedPath()
    if (path.some((node) => node instanceof Element && (EDITABLE.has(node.tagName) && node.type !== "checkbox" || node.isContentEditable ||
      ["dialog", "menu", "listbox", "slider", "separator"].includes(node.getAttribute("role"))))) return
    const on = path[0] instanceof Element && path[0].tagName === "BUTTON"
    if (event.key === " " && on) return // it presses that button
    const shift = event.shiftKey, name = event.key.length === 1 ? event.key.toLowerCase() : event.key
    const act = {
      " ": () => play.disabled || toggle(),
      ArrowLeft: () => backs[2].disabled || send({what: "back", n: shift ? 10 : 1}),
      ArrowRight: () => run.disabled || send({what: "step", n: shift ? 10 : 1}),
      ArrowDown: model.finer && (() => run.disabled || send({what: "inside"})),
      Home: () => backs[0].disabled || send({what: "start"}),
      f: () => (shift ? backs[0] : run).disabled || jump("fill", shift),
      s: () => (shift ? backs[0] : run).disabled || jump("signal", shift),
      r: () => run.disabled || send({what: "run"}),
    }[name]
    if (!act) return
    act()
    event.preventDefault()
    event.stopImmediatePropagation()
  }
  addEventListener("keydown", key, true)
  model.on("remove", () => removeEventListener("keydown", key, true))

  model.on("at", at)
  model.on("source", () => { drawSource(); at() })
  for (const name of ["mode", "done"]) model.on(name, mode)
  model.on("astray", at)
  model.on("breaks", drawBreaks)
  model.on("wrong", () => tell(model.wrong))
  model.on("added", () => { text.value = ""; tell("") })
  for (const name of ["kinds", "speeds", "speed", "names", "symbols", "symbol", "finer", "later"]) model.on(name, setup)
  setup()
  tell(model.wrong)
  drawSource()
  drawBreaks()
  at()
  return host
}
