// A search field over a table, and what it finds.
export function render({model}) {
  const host = el(null, "div", "search-line")
  el(host, "h2", "", "Symbols")
  const told = el(host, "span", "muted grow")
  told.setAttribute("role", "status")
  const field = el(host, "input")
  field.type = "search"
  field.placeholder = "Find a symbol"
  field.title = "Shows the symbols that contain this; Escape clears"
  field.setAttribute("aria-label", "Find a symbol")
  field.name = "find"
  let turn = null
  const say = () => { clearTimeout(turn); turn = setTimeout(() => { model.query = field.value }, 150) }
  field.addEventListener("input", say)
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !field.value) return
    field.value = ""
    event.stopPropagation()
    say()
  })
  const draw = () => { if (told.textContent !== model.told) told.textContent = model.told }
  model.on("told", draw)
  draw()
  return host
}
