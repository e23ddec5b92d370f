// Comparing: a button, and a list of symbols with a search field. "c" opens it; Enter takes or drops a symbol.

const ICON = "M2 11l3.5-4 3 2.5L14 3M2 13.5l4-1.5 3 1L14 9.5"
const BUSY = "input, textarea, select, " +
  ["combobox", "listbox", "option", "menu", "menuitem", "dialog", "textbox"].map((role) => `[role=${role}]`).join()
const LONGEST = 200 // rows: who has more symbols types a letter

export function render({model}) {
  const el = document.createElement("div")
  el.className = "compare"
  el.innerHTML = `<button type="button" class="current" aria-haspopup="dialog" aria-expanded="false"
      title="Compare with other symbols (C)" aria-label="Compare with other symbols">
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d="${ICON}"/></svg><span>Compare</span><b></b></button>
    <div class="panel" role="dialog" aria-label="Compare with" hidden>
      <input type="text" role="combobox" aria-expanded="true" aria-controls="symbols" aria-label="Symbol to compare with"
        placeholder="Symbol or name" title="Arrows choose, Enter takes or drops, Escape closes" spellcheck="false" autocomplete="off">
      <div class="list" id="symbols" role="listbox" aria-label="Symbols" aria-multiselectable="true"></div>
      <p class="said" role="status"></p></div>`
  const [button, panel] = el.children, [field, list, said] = panel.children
  let at = 0

  const matches = () => {
    const text = field.value.trim().toLowerCase()
    const found = model.symbols.filter(({symbol, title}) => symbol !== model.own &&
      (symbol.toLowerCase().includes(text) || title.toLowerCase().includes(text)))
    const rank = ({symbol}) => (model.value.includes(symbol) ? 0 : symbol.toLowerCase().startsWith(text) ? 1 : 2)
    return found.sort((a, b) => (text ? 0 : rank(a) - rank(b)) || (text ? rank({symbol: a.symbol}) - rank({symbol: b.symbol}) : 0)).slice(0, LONGEST)
  }

  const dress = () => {
    button.querySelector("b").textContent = model.value.length || ""
    if (panel.hidden) return
    const rows = matches()
    at = Math.max(0, Math.min(at, rows.length - 1))
    list.replaceChildren(...rows.map(({symbol, title}, i) => {
      const row = document.createElement("button"), on = model.value.includes(symbol)
      row.type = "button"
      row.tabIndex = -1
      row.id = `symbol-${i}`
      row.dataset.symbol = symbol
      row.className = i === at ? "at" : ""
      row.title = on ? `Stop comparing with ${symbol}` : `Compare with ${symbol}`
      row.setAttribute("role", "option")
      row.setAttribute("aria-selected", String(on))
      row.innerHTML = `<i aria-hidden="true">${on ? "✓" : ""}</i><span></span><small></small>`
      row.querySelector("span").textContent = symbol
      row.querySelector("small").textContent = title
      row.addEventListener("click", () => { at = i; take(symbol) })
      return row
    }))
    field.setAttribute("aria-activedescendant", rows.length ? `symbol-${at}` : "")
    list.children[at]?.scrollIntoView({block: "nearest"})
    said.textContent = rows.length ? "" : field.value ? `No symbol matches ${field.value.trim().slice(0, 40)}` : "There is no other symbol"
  }

  const take = (symbol) => {
    const on = model.value.includes(symbol)
    if (!on && model.value.length >= model.most) {
      said.textContent = `${model.most} symbols at most: drop one first`
      return
    }
    model.value = on ? model.value.filter((one) => one !== symbol) : [...model.value, symbol]
    field.focus()
    field.select()
    dress()
  }

  const open = (wanted, focus = true) => {
    if (wanted === !panel.hidden) return
    panel.hidden = !wanted
    button.setAttribute("aria-expanded", String(wanted))
    if (!wanted) { if (focus) button.focus(); return }
    field.value = ""
    at = 0
    dress()
    const place = button.getBoundingClientRect(), low = place.bottom + 4
    panel.style.top = `${low}px`
    panel.style.left = `${Math.max(8, Math.min(place.left, innerWidth - panel.offsetWidth - 8))}px`
    list.style.maxHeight = `${Math.max(80, Math.min(320, innerHeight - low - 90))}px`
    field.focus()
  }

  button.addEventListener("click", () => open(panel.hidden))
  field.addEventListener("input", () => { at = 0; dress() })
  panel.addEventListener("keydown", (event) => {
    event.stopPropagation() // letters are for this field
    const rows = [...list.children], by = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10}[event.key]
    if (event.key === "Escape") open(false)
    else if (event.key === "Tab") { open(false, false); return }
    else if (by) { at = Math.max(0, Math.min(rows.length - 1, at + by)); dress() }
    else if (event.key === "Enter" && rows[at]) take(rows[at].dataset.symbol)
    else return
    event.preventDefault()
  })

  const key = (event) => {
    if (event.key !== "c" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (event.composedPath().some((node) => node instanceof Element && (node.isContentEditable || node.matches(BUSY)))) return
    if (!button.getClientRects().length) return
    event.preventDefault()
    event.stopPropagation()
    open(true)
  }
  const outside = (event) => { if (!event.composedPath().includes(el)) open(false, false) }
  const fold = () => open(false, false)
  addEventListener("keydown", key, true) // before the page's own keys, for which letters are bar specs
  document.addEventListener("pointerdown", outside, true)
  addEventListener("resize", fold)
  model.on("remove", () => {
    removeEventListener("keydown", key, true)
    document.removeEventListener("pointerdown", outside, true)
    removeEventListener("resize", fold)
  })
  const paint = () => el.setAttribute("style", model.colors)
  for (const name of ["symbols", "value", "own"]) model.on(name, dress)
  model.on("colors", paint)
  paint()
  dress()
  return el
}
