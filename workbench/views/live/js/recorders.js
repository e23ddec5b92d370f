// Recorders of all processes: how far behind, how much is stored, what is missing.
const MARKS = {good: "●", warn: "!", "": "○"}

export function render({model}) {
  const host = el(null, "section", "part")
  el(el(host, "header"), "h2", "", "Recorders")
  const list = el(host, "ul"), none = el(host, "p", "none", "Nothing is being recorded. Start one: workbench record")
  const lines = new Map()
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text }
  function line(name) {
    const item = el(list, "li"), main = el(item, "div", "main")
    const one = {item, mark: el(main, "b", "mark"), name: el(main, "span", "name"), state: el(main, "span", "figure"),
      about: el(item, "div", "about"), facts: el(item, "dl", "facts"), message: el(item, "p", "message"), cells: []}
    lines.set(name, one)
    return one
  }
  function draw() {
    const seen = new Set()
    for (const told of model.recorders) {
      seen.add(told.name)
      const one = lines.get(told.name) ?? line(told.name)
      put(one.mark, MARKS[told.tone] ?? "!")
      one.mark.className = `mark ${told.tone}`
      put(one.name, told.name)
      put(one.state, told.state)
      put(one.about, told.about)
      put(one.message, told.message)
      one.message.hidden = !told.message
      told.figures.forEach(([label, value, tip], at) => {
        if (!one.cells[at]) {
          const pair = el(one.facts, "div")
          pair.title = tip
          el(pair, "dt", "", label)
          one.cells[at] = el(pair, "dd")
        }
        put(one.cells[at], value)
      })
    }
    for (const [name, one] of lines) if (!seen.has(name)) { one.item.remove(); lines.delete(name) }
    none.hidden = model.recorders.length > 0
  }
  model.on("recorders", draw)
  draw()
  return host
}
