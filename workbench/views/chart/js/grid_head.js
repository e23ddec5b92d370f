// The line over one of several charts: a coloured dot that links it, its name, and a frame around it when it is active.

const COLORS = {red: "#e5534b", orange: "#e8833a", yellow: "#d4a72c", green: "#3fa45b", blue: "#4688f1", violet: "#a371f7"}
const WORDS = {symbol: "Symbol", spec: "Bars", window: "Time window", crosshair: "Crosshair"}
const svg = (path) => `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`
const LARGER = svg("M9.5 3H13v3.500M13 3L9 7M6.500 13H3V9.500M3 13l4-4")
const SMALLER = svg("M12.500 6.500H9.500V3.500M9.500 6.500L13.500 2.500M3.500 9.500h3v3M6.500 9.500L2.500 13.500")

// The first match below a node, through shadow roots.
function find(selector, root) {
  const here = root.querySelector(selector)
  if (here) return here
  for (const node of root.querySelectorAll("*")) {
    const inner = node.shadowRoot && find(selector, node.shadowRoot)
    if (inner) return inner
  }
  return null
}

export function render({model, view}) {
  const el = document.createElement("div")
  el.className = "head"
  el.innerHTML = `<button type="button" class="dot" aria-haspopup="dialog" aria-expanded="false"></button>` +
    `<span class="title"></span><button type="button" class="size"></button>` +
    `<div class="menu" role="dialog" aria-label="Link with other charts" hidden></div><div class="frame"></div>`
  const [dot, title, size, menu] = [".dot", ".title", ".size", ".menu"].map((name) => el.querySelector(name))
  let active = model.active

  const linked = () => {
    const [color, what] = model.link.split(":")
    return {color, what: new Set(!color ? [] : what === undefined ? model.usual : what.split(","))}
  }
  const write = (color, what) => {
    const plain = what.size === model.usual.length && model.usual.every((one) => what.has(one))
    const rest = model.kinds.filter((one) => what.has(one))
    model.link = !color || !what.size ? "" : plain ? color : `${color}:${rest.join(",")}`
  }

  const dress = () => {
    const {color, what} = linked()
    el.classList.toggle("active", active)
    title.textContent = model.title
    title.title = `Chart ${model.place + 1} (Ctrl+${model.place + 1}); double click: ${model.full ? "all charts" : "this one alone"}`
    dot.style.setProperty("--dot", COLORS[color] ?? "transparent")
    dot.classList.toggle("none", !color)
    const told = [...what].map((one) => WORDS[one].toLowerCase()).join(", ")
    dot.title = color ? `Linked in ${color}: ${told}` : "Link with other charts: symbol, bars, time window, crosshair"
    dot.setAttribute("aria-label", dot.title)
    size.innerHTML = model.full ? SMALLER : LARGER
    size.title = model.full ? "Show all charts (f)" : "Show this chart alone (f)"
    size.setAttribute("aria-label", size.title.replace(" (f)", ""))
    if (!menu.hidden) build()
  }

  function build() {
    const {color, what} = linked(), held = menu.getRootNode().activeElement?.dataset?.key
    menu.replaceChildren()
    const row = document.createElement("div")
    row.className = "colors"
    row.setAttribute("role", "radiogroup")
    row.setAttribute("aria-label", "Colour")
    for (const one of ["", ...model.colors]) {
      const swatch = document.createElement("button")
      swatch.type = "button"
      swatch.dataset.key = one || "none"
      swatch.style.setProperty("--dot", COLORS[one] ?? "transparent")
      if (!one) swatch.className = "none"
      swatch.title = one ? `Charts in ${one} move together` : "Not linked"
      swatch.setAttribute("aria-label", one || "Not linked")
      swatch.setAttribute("role", "radio")
      swatch.setAttribute("aria-checked", String(one === color))
      swatch.addEventListener("click", () => write(one, what.size ? what : new Set(model.usual)))
      row.append(swatch)
    }
    menu.append(row)
    for (const one of model.kinds) {
      const label = document.createElement("label"), box = document.createElement("input")
      box.type = "checkbox"
      box.dataset.key = one
      box.checked = what.has(one)
      box.disabled = !color
      box.addEventListener("change", () => {
        if (box.checked) what.add(one)
        else what.delete(one)
        write(color, what)
      })
      label.title = `${WORDS[one]}: the same in all charts of this colour`
      label.append(box, WORDS[one])
      menu.append(label)
    }
    if (held) menu.querySelector(`[data-key="${held}"]`)?.focus()
  }

  const open = (wanted) => {
    if (wanted === !menu.hidden) return
    menu.hidden = !wanted
    dot.setAttribute("aria-expanded", String(wanted))
    if (!wanted) { if (menu.contains(menu.getRootNode().activeElement)) dot.focus(); return }
    build()
    const at = dot.getBoundingClientRect()
    menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`
    menu.style.top = `${Math.min(at.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`
    menu.querySelector('[aria-checked="true"]')?.focus()
  }
  const fold = (event) => { if (!event.composedPath().includes(el)) open(false) }
  dot.addEventListener("click", () => open(menu.hidden))
  menu.addEventListener("keydown", (event) => {
    event.stopPropagation()
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key]
    if (event.key === "Escape") { dot.focus(); open(false) }
    else if (step) {
      const all = [...menu.querySelectorAll("button, input:not(:disabled)")]
      all[(all.indexOf(menu.getRootNode().activeElement) + step + all.length) % all.length]?.focus()
    } else return
    event.preventDefault()
  })
  size.addEventListener("click", () => { model.full = !model.full })
  el.addEventListener("dblclick", (event) => {
    if (event.target === el || event.target === title) model.full = !model.full
  })

  // A chart becomes active with the first touch; the others hear of it before the server does.
  const cell = () => view.el.getRootNode().host
  const touch = () => {
    if (active) return
    document.dispatchEvent(new CustomEvent("wb-chart", {detail: {place: model.place}}))
    model.pressed += 1  // a count, as presses on two charts may be on their way at once
  }
  const told = ({detail}) => {
    active = detail.place === model.place
    dress()
    if (active && detail.focus) find('[aria-label^="Chart:"]', cell()?.shadowRoot ?? el)?.focus()
  }
  let box = null
  const listen = () => {
    if (box) return
    box = cell()
    if (!box) { requestAnimationFrame(listen); return }
    box.addEventListener("pointerdown", touch, true)
  }
  document.addEventListener("wb-chart", told)
  document.addEventListener("pointerdown", fold, true)
  model.on("active", () => { active = model.active; dress() })
  for (const name of ["title", "full", "link", "place"]) model.on(name, dress)
  model.on("remove", () => {
    document.removeEventListener("wb-chart", told)
    document.removeEventListener("pointerdown", fold, true)
    box?.removeEventListener("pointerdown", touch, true)
  })
  dress()
  requestAnimationFrame(listen)
  return el
}
