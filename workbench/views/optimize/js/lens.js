// What the heat map shows: two parameters, a measure, and for each further parameter one value or all, reduced.

export function render({model}) {
  const host = el(null, "div", "lens")
  host.setAttribute("role", "group")
  host.setAttribute("aria-label", "Heat map")
  const send = (data) => model.send_msg(data)
  const made = new Map()
  const slices = el(null, "div", "slices")
  let shape = ""

  function choice(what, label, tip) {
    const row = el(host, "label", "choice")
    el(row, "span", "", label)
    const box = el(row, "select")
    box.name = what
    box.title = tip
    box.setAttribute("aria-label", tip)
    box.addEventListener("change", () => send({what, value: box.value}))
    made.set(what, {row, box})
  }
  choice("measure", "", "What is drawn")
  choice("x", "across", "Parameter across")
  choice("y", "up", "Parameter upwards")
  choice("reducer", "rest", "What makes one number of the cells over the other parameters")
  host.append(slices)

  function fill(what, options, value) {
    const {box} = made.get(what)
    const now = JSON.stringify(options)
    if (box.dataset.options !== now) {
      box.dataset.options = now
      box.replaceChildren(...options.map(([name, text]) => { const one = el(null, "option", "", text); one.value = name; return one }))
    }
    box.value = value
  }

  function sliders() {
    const names = Object.keys(model.slices)
    const now = JSON.stringify([names, model.values])
    if (now !== shape) {
      shape = now
      slices.replaceChildren(...names.map((name) => {
        const row = el(null, "label", "slice")
        el(row, "span", "", name)
        const box = el(row, "input")
        Object.assign(box, {type: "range", min: -1, max: model.values[name].length - 1, step: 1, name: `slice-${name}`})
        box.title = `Value of ${name} that is shown; at the left end all of them, reduced to one`
        const told = el(row, "output")
        let timer = null
        box.addEventListener("input", () => {
          say(row)
          clearTimeout(timer)
          timer = setTimeout(() => send({what: "slice", name, at: Number(box.value)}), 60)
        })
        row.dataset.name = name
        row.append(told)
        return row
      }))
    }
    for (const row of slices.children) {
      const box = row.querySelector("input")
      if (row.getRootNode().activeElement !== box) box.value = model.slices[row.dataset.name]
      say(row)
    }
  }
  function say(row) {
    const box = row.querySelector("input"), at = Number(box.value)
    const text = at < 0 ? "all" : model.values[row.dataset.name][at]
    row.querySelector("output").textContent = text
    box.setAttribute("aria-valuetext", text)
  }

  function draw() {
    const names = model.names.map((one) => [one, one])
    fill("measure", model.measures, model.measure)
    fill("x", names, model.x)
    fill("y", names, model.y)
    fill("reducer", model.reducers.map((one) => [one, one]), model.reducer)
    made.get("y").row.hidden = !model.y
    made.get("x").row.hidden = names.length < 2
    made.get("reducer").row.hidden = !Object.keys(model.slices).length
    sliders()
  }
  for (const name of ["names", "values", "measures", "reducers", "x", "y", "measure", "reducer", "slices"]) model.on(name, draw)
  draw()
  return host
}
