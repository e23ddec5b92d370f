// Tabs over what lies below them, with a button that folds it away.

export function render({model}) {
  const bar = document.createElement("div")
  bar.className = "tabs"
  const list = document.createElement("div")
  list.className = "list"
  list.setAttribute("role", "tablist")
  list.setAttribute("aria-label", "Tables")
  const fold = document.createElement("button")
  fold.type = "button"
  fold.className = "fold"
  bar.append(list, fold)
  const buttons = new Map()

  const draw = () => {
    for (const [name, title, count, tip] of model.tabs) {
      if (!buttons.has(name)) {
        const made = document.createElement("button")
        made.type = "button"
        made.setAttribute("role", "tab")
        made.addEventListener("click", () => { model.value = name; model.folded = false })
        buttons.set(name, made)
        list.append(made)
      }
      const button = buttons.get(name), on = name === model.value
      button.textContent = title
      button.title = tip
      button.dataset.name = name
      if (count) {
        const small = document.createElement("small")
        small.textContent = count
        button.append(small)
      }
      button.setAttribute("aria-selected", String(on))
      button.tabIndex = on ? 0 : -1
    }
    fold.title = model.folded ? "Show the tables" : "Fold the tables away"
    fold.setAttribute("aria-label", fold.title)
    fold.setAttribute("aria-expanded", String(!model.folded))
    bar.classList.toggle("folded", model.folded)
  }
  list.addEventListener("keydown", (event) => {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key]
    if (!by) return
    const names = model.tabs.map(([name]) => name)
    const next = names[(names.indexOf(model.value) + by + names.length) % names.length]
    model.value = next
    buttons.get(next).focus()
    event.preventDefault()
  })
  fold.addEventListener("click", () => { model.folded = !model.folded })
  for (const name of ["tabs", "value", "folded"]) model.on(name, draw)
  draw()
  return bar
}
