// Buttons of the drawing tools. The chart's scripts do the work; both speak by events of the document, so that a tool is
// in the hand at once. Folded, one button opens the others.

const TOOLS = [
  ["", "Pointer (Esc; Alt+S chooses the next drawing)", "M4 2.5l8 6-3.6.5 2 4-1.7.800-1.9-4L4 12.5z"],
  null,
  ["trend", "Trend line (Alt+T)", "M3.7 12.3l8.6-8.6M2 13a1 1 0 1 0 2 0a1 1 0 1 0-2 0M12 3a1 1 0 1 0 2 0a1 1 0 1 0-2 0"],
  ["ray", "Ray (Alt+R)", "M2 13a1 1 0 1 0 2 0a1 1 0 1 0-2 0M7 9a1 1 0 1 0 2 0a1 1 0 1 0-2 0M3.8 12.4l3.4-2.8M8.8 8.4L14.5 3.7"],
  ["extended", "Extended line (Alt+E)", "M1.5 14.5l2.8-2.8M5.7 10.3l4.6-4.6M11.7 4.3l2.8-2.8M4 11a1 1 0 1 0 2 0a1 1 0 1 0-2 0M10 5a1 1 0 1 0 2 0a1 1 0 1 0-2 0"],
  ["horizontal", "Horizontal line (Alt+H)", "M1.5 8h5M9.5 8h5M6.7 8a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0"],
  ["vertical", "Vertical line (Alt+V)", "M8 1.5v5M8 9.5v5M8 6.7a1.3 1.3 0 1 0 0 2.6a1.3 1.3 0 1 0 0-2.6"],
  null,
  ["rectangle", "Rectangle (Alt+X)", "M2.5 4h11v8h-11z"],
  ["channel", "Parallel channel (Alt+C)", "M2 9.5L11 2.5M5 13.5L14 6.5M3.7 11.6L12.5 4.7"],
  ["fibonacci", "Fibonacci retracement (Alt+F)", "M2 2.5h12M2 6h12M2 8.5h12M2 13.5h12M4 13.5L12 2.5"],
  null,
  ["brush", "Brush (Alt+B)", "M2 11c1.5-5 3.5-7 5-6s-1.5 5 .5 6 3-4.5 6.5-6.5"],
  ["text", "Note (Alt+N)", "M3.5 4.5V3h9v1.5M8 3v10M6 13h4"],
  ["measure", "Measure price, bars and time (Alt+M)", "M2 11.5L11.5 2l2.5 2.5L4.5 14zM5 8.5l1.3 1.3M7.2 6.3l1.3 1.3M9.4 4.1l1.3 1.3"],
  null,
]
const ACTS = [
  ["magnet", "Magnet: snap to open, high, low and close (Alt+G; Ctrl for one drawing)", "M3 2.5v5.5a5 5 0 0 0 10 0V2.5h-3V8a2 2 0 0 1-4 0V2.5zM3 5.5h3M10 5.5h3"],
  ["undo", "Undo (Ctrl+Z)", "M6 3.5L3 6.5l3 3M3 6.5h6.5a3.2 3.2 0 0 1 0 6.5H7"],
  ["redo", "Redo (Ctrl+Shift+Z)", "M10 3.5l3 3-3 3M13 6.5H6.5a3.2 3.2 0 0 0 0 6.5H9"],
  ["reveal", "", "M1.5 8C4 3.5 12 3.5 14.5 8C12 12.5 4 12.5 1.5 8zM6 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0"],
]
const icon = (path) => `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`
const PEN = "M10.5 3l2.5 2.5L6 12.5l-3.2.7.7-3.2z"

function button(parent, title, path) {
  const node = document.createElement("button")
  node.type = "button"
  node.title = title
  node.setAttribute("aria-label", title.replace(/ \(.*/, ""))
  node.innerHTML = icon(path)
  parent.append(node)
  return node
}

// Charts whose tools have a button of their own for narrow pages.
const menus = (globalThis.__wbDrawMenus ??= new Set())
const narrow = matchMedia("(max-width: 900px)")

export function render({model, view}) {
  if (model.folded) menus.add(model.channel)
  const el = document.createElement("div")
  el.className = model.folded ? "tools folded" : "tools"
  const dress = () => { el.style.cssText = model.colors }
  model.on("colors", dress)
  dress()
  const menu = model.folded ? button(el, "Drawing tools", PEN) : null
  const list = document.createElement("div")
  list.className = "list"
  list.setAttribute("role", "toolbar")
  list.setAttribute("aria-label", "Drawing tools")
  list.setAttribute("aria-orientation", "vertical")
  el.append(list)
  const say = (what, more = {}) => document.dispatchEvent(new CustomEvent("wb-tool", {detail: {channel: model.channel, what, ...more}}))

  const fold = (open) => {
    if (!menu) return
    el.classList.toggle("open", open)
    menu.setAttribute("aria-expanded", String(open))
    list.classList.toggle("from-right", menu.getBoundingClientRect().left > innerWidth / 2)
  }
  const tools = new Map()
  for (const tool of TOOLS) {
    if (!tool) { list.append(document.createElement("hr")); continue }
    const [name, title, path] = tool
    const node = button(list, name ? `${title}; double click keeps it` : title, path)
    node.dataset.tool = name
    tools.set(name, node)
    node.addEventListener("click", (event) => {
      // The second click of a double click must not take the tool away again.
      const tool = name && node.getAttribute("aria-pressed") !== "true" ? name : null
      if (event.detail !== 2) say("tool", {tool, focus: event.detail === 0})
      fold(false)
    })
    node.addEventListener("dblclick", () => { if (name) say("tool", {tool: name, kept: true}) })
  }
  const acts = new Map(ACTS.map(([what, title, path]) => {
    const node = button(list, title, path)
    node.dataset.act = what
    node.addEventListener("click", () => say(what))
    return [what, node]
  }))
  const count = document.createElement("b")
  acts.get("reveal").append(count)

  // A rail gives way on narrow pages where there is the button.
  const fit = () => { if (!menu) view.el.classList.toggle("wb-gone", narrow.matches && menus.has(model.channel)) }

  function told({detail}) {
    if (detail.channel !== model.channel) return
    fit()
    for (const [name, node] of tools) {
      node.setAttribute("aria-pressed", String(name === (detail.tool ?? "")))
      node.classList.toggle("kept", detail.kept && name === detail.tool)
    }
    menu?.setAttribute("aria-pressed", String(Boolean(detail.tool)))
    acts.get("magnet").setAttribute("aria-pressed", String(detail.magnet))
    acts.get("undo").disabled = !detail.undo
    acts.get("redo").disabled = !detail.redo
    const eye = acts.get("reveal"), n = detail.hidden
    eye.disabled = !n
    eye.title = n ? `Show ${n} hidden drawing${n === 1 ? "" : "s"}` : "No drawing is hidden"
    eye.setAttribute("aria-label", eye.title)
    count.textContent = n || ""
  }
  // Arrows walk along the buttons, as in any toolbar.
  list.addEventListener("keydown", (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key]
    if (event.key === "Escape") { fold(false); menu?.focus() }
    if (!step) return
    const all = [...list.querySelectorAll("button:not(:disabled)")]
    all[(all.indexOf(el.getRootNode().activeElement) + step + all.length) % all.length]?.focus()
    event.preventDefault()
    event.stopPropagation()
  })
  menu?.addEventListener("click", () => fold(!el.classList.contains("open")))
  const away = (event) => { if (!event.composedPath().includes(el)) fold(false) }
  document.addEventListener("pointerdown", away, true)
  document.addEventListener("wb-tools", told)
  narrow.addEventListener("change", fit)
  model.on("remove", () => {
    document.removeEventListener("wb-tools", told)
    document.removeEventListener("pointerdown", away, true)
    narrow.removeEventListener("change", fit)
  })
  told({detail: {channel: model.channel, tool: null, kept: false, magnet: false, hidden: 0, undo: false, redo: false}})
  say("hello")
  return el
}
