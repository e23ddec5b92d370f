// How many charts there are and how they stand: a button, its menu of pictures, and the keys that choose a chart.

const EDITABLE = new Set(["INPUT", "TEXTAREA", "SELECT"])
const ROLES = new Set(["combobox", "listbox", "option", "menu", "menuitem", "dialog", "textbox"])
const busy = (event) => event.composedPath().some((node) => node instanceof Element &&
  (EDITABLE.has(node.tagName) || node.isContentEditable || ROLES.has(node.getAttribute("role"))))

// Rows of letters as rectangles of a picture.
function picture(rows) {
  const wide = 20 / rows[0].length, tall = 14 / rows.length
  const boxes = [...new Set(rows.join(""))].map((letter) => {
    const at = rows.flatMap((row, y) => [...row].flatMap((one, x) => one === letter ? [[x, y]] : []))
    const xs = at.map(([x]) => x), ys = at.map(([, y]) => y), x = Math.min(...xs), y = Math.min(...ys)
    const w = (Math.max(...xs) - x + 1) * wide - 1.5, h = (Math.max(...ys) - y + 1) * tall - 1.5
    return `<rect x="${x * wide + 0.75}" y="${y * tall + 0.75}" width="${w}" height="${h}" rx="1"/>`
  })
  return `<svg viewBox="0 0 20 14" aria-hidden="true">${boxes.join("")}</svg>`
}

export function render({model}) {
  const el = document.createElement("div")
  el.className = "grid"
  el.innerHTML = `<button type="button" class="current" aria-haspopup="menu" aria-expanded="false"></button>` +
    `<div class="menu" role="menu" aria-label="Arrangement of charts" hidden></div>`
  const [button, menu] = el.children
  const rows = () => [...menu.children]

  const open = (wanted, focus = true) => {
    if (wanted === !menu.hidden) return
    menu.hidden = !wanted
    button.setAttribute("aria-expanded", String(wanted))
    if (!wanted) { if (focus) button.focus(); return }
    const at = button.getBoundingClientRect()
    menu.style.top = `${at.bottom + 4}px`
    menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`
    ;(rows().find((row) => row.getAttribute("aria-checked") === "true") ?? rows()[0])?.focus()
  }
  const dress = () => {
    const now = model.arrangements.find((one) => one.name === model.value)
    button.innerHTML = picture(now?.rows ?? ["a"])
    button.title = `Charts on the page: ${now?.title.toLowerCase() ?? ""}`
    button.setAttribute("aria-label", button.title)
    for (const row of rows()) row.setAttribute("aria-checked", String(row.dataset.name === model.value))
  }
  menu.append(...model.arrangements.map((one) => {
    const row = document.createElement("button")
    row.type = "button"
    row.dataset.name = one.name
    row.tabIndex = -1
    row.title = one.title
    row.setAttribute("role", "menuitemradio")
    row.innerHTML = `${picture(one.rows)}<span></span>`
    row.querySelector("span").textContent = one.title
    row.addEventListener("click", () => { open(false); model.value = one.name })
    return row
  }))

  button.addEventListener("click", () => open(menu.hidden))
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return
    event.preventDefault()
    open(true)
  })
  menu.addEventListener("keydown", (event) => {
    const all = rows(), at = all.findIndex((row) => row.matches(":focus"))
    const to = {ArrowDown: (at + 1) % all.length, ArrowUp: (at + all.length - 1) % all.length, Home: 0, End: all.length - 1}[event.key]
    event.stopPropagation()
    if (event.key === "Escape" || event.key === "Tab") open(false)
    else if (to !== undefined) all[to].focus()
    else return
    event.preventDefault()
  })

  // Before the keys of bar specs: with several charts "f" shows one of them alone.
  function key(event) {
    if (event.defaultPrevented || model.count < 2 || event.altKey || event.shiftKey || event.isComposing) return
    const digit = (event.ctrlKey || event.metaKey) && /^[1-8]$/.test(event.key) ? Number(event.key) : 0
    if (digit && digit <= model.count) {
      document.dispatchEvent(new CustomEvent("wb-chart", {detail: {place: digit - 1, focus: true}}))
      model.active = digit - 1
    } else if (event.key === "f" && !event.ctrlKey && !event.metaKey && !busy(event)) model.full = !model.full
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const outside = (event) => { if (!event.composedPath().includes(el)) open(false, false) }
  const fold = () => open(false, false)
  addEventListener("keydown", key, true)
  document.addEventListener("pointerdown", outside, true)
  addEventListener("resize", fold)
  model.on("remove", () => {
    removeEventListener("keydown", key, true)
    document.removeEventListener("pointerdown", outside, true)
    removeEventListener("resize", fold)
  })
  model.on("value", dress)
  dress()
  return el
}
