// Labelled facts. Values are patched in place; a tone is told by a mark and a word, never by colour alone.
const MARKS = {good: "✓", warn: "!", bad: "✕"}

export function render({model}) {
  const host = document.createElement("section")
  host.className = `fact-box ${model.flow}`
  const list = document.createElement("dl")
  const draw = () => {
    list.replaceChildren(...model.items.map(({label, value, hint, tone, note}) => {
      const item = document.createElement("div")
      if (hint) item.title = hint
      const name = document.createElement("dt")
      name.textContent = label
      const said = document.createElement("dd")
      if (note) {
        const extra = document.createElement("small")
        extra.textContent = note
        said.append(extra)
      }
      if (tone) {
        const mark = document.createElement("span")
        mark.className = `mark ${tone}`
        mark.textContent = MARKS[tone]
        mark.setAttribute("aria-hidden", "true")
        said.append(mark)
      }
      said.append(value)
      item.append(name, said)
      return item
    }))
    host.hidden = model.items.length === 0
  }
  if (model.heading) {
    const heading = document.createElement("h2")
    heading.textContent = model.heading
    host.append(heading)
    host.setAttribute("aria-label", model.heading)
  }
  host.append(list)
  model.on("items", draw)
  draw()
  return host
}
