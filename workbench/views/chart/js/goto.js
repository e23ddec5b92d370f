// Go to a date: a button and its popover. Opened and typed into without the server.

const SVG = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 1.8v3M10.5 1.8v3M6 10h4M8.4 8.4L10 10l-1.6 1.6"/></svg>'
const MOVES = [["first", "First bar", "Home"], ["all", "All there is", ""], ["newest", "Newest bar", "End"]]

export function render({model}) {
  const root = document.createElement("div")
  root.className = "goto"
  const button = el(root, "button", "current")
  Object.assign(button, {type: "button", innerHTML: SVG, title: "Go to a date (G)"})
  button.setAttribute("aria-label", "Go to a date")
  button.setAttribute("aria-haspopup", "dialog")
  const panel = el(root, "div", "panel")
  panel.setAttribute("role", "dialog")
  panel.setAttribute("aria-label", "Go to a date")
  const form = el(panel, "form")
  const field = el(form, "input")
  Object.assign(field, {type: "text", maxLength: 40, autocomplete: "off", spellcheck: false})
  const go = el(form, "button", "go", "Go")
  Object.assign(go, {type: "submit", title: "Bring this date to the middle (Enter)"})
  const said = el(panel, "div", "said")
  said.setAttribute("role", "status")
  const moves = el(panel, "div", "moves")
  for (const [what, word, key] of MOVES) {
    const move = el(moves, "button", "move")
    Object.assign(move, {type: "button", title: key ? `${word} (${key})` : "All bars there are, coarser where they are too many"})
    el(move, "span", "", word)
    if (key) el(move, "kbd", "", key)
    move.addEventListener("click", () => model.send_msg({what}))
  }

  const open = (wanted, focus = true) => {
    if (wanted === !panel.hidden) return
    panel.hidden = !wanted
    button.setAttribute("aria-expanded", String(wanted))
    if (!wanted) { if (focus) button.focus({preventScroll: true}); return }
    const place = button.getBoundingClientRect()
    panel.style.top = `${place.bottom + 4}px`
    panel.style.left = `${Math.max(8, Math.min(place.left, innerWidth - panel.offsetWidth - 8))}px`
    say("")
    field.focus({preventScroll: true})
    field.select()
  }
  const say = (text) => {
    said.textContent = text || (model.zone ? `Times are read in ${model.zone}` : "Dates are those of the sessions")
    said.classList.toggle("wrong", Boolean(text))
    field.setAttribute("aria-invalid", String(Boolean(text)))
  }
  const dress = () => {
    field.placeholder = model.zone ? "2013-03-11 09:35" : "2013-03-11"
    field.setAttribute("aria-label", `Date, such as ${field.placeholder}`)
    say(model.said)
  }

  panel.hidden = true
  button.addEventListener("click", () => open(panel.hidden))
  form.addEventListener("submit", (event) => { event.preventDefault(); if (field.value.trim()) model.send_msg({what: "go", text: field.value}) })
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { open(false); event.preventDefault() }
    if (event.key !== "Tab") event.stopPropagation() // letters are for the field
  })
  const outside = (event) => { if (!event.composedPath().includes(root)) open(false, false) }
  const fold = () => open(false, false)
  document.addEventListener("pointerdown", outside, true)
  addEventListener("resize", fold)
  model.on("remove", () => {
    document.removeEventListener("pointerdown", outside, true)
    removeEventListener("resize", fold)
  })
  model.on("zone", dress)
  model.on("said", () => say(model.said))
  model.on("done", () => open(false))
  dress()
  return root
}
