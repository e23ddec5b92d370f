// The form of a backtest. Texts are the browser's while they are typed; Python says what is wrong with them.

const decimals = (text) => (text.split(".")[1] ?? "").length

// Arrow keys move a number by its last digit that is written, or by one where it is whole.
function stepped(text, by, field) {
  const value = Number(text)
  if (text.trim() === "" || !Number.isFinite(value)) return null
  const places = field.kind === "integer" ? 0 : decimals(text)
  const size = field.kind === "integer" || places === 0 ? 1 : 10 ** -places
  let next = Number((value + by * size).toFixed(places))
  if (field.low != null) next = Math.max(field.low, next)
  if (field.high != null) next = Math.min(field.high, next)
  return String(next)
}

export function render({model}) {
  const host = el(null, "form", "form")
  host.setAttribute("aria-label", model.purpose)
  host.noValidate = true
  const narrow = el(host, "button", "narrow")
  narrow.type = "button"
  const body = el(host, "div", "body")
  const foot = el(host, "div", "foot")
  const run = el(foot, "button", "main", "Run")
  run.type = "submit"
  const plain = el(foot, "button", "quiet", "Defaults")
  Object.assign(plain, {type: "button", title: "Put the fields of this strategy and all costs back to their defaults"})
  const said = el(foot, "span", "said")
  said.setAttribute("role", "status")
  const plan = el(foot, "p", "plan")
  plan.setAttribute("role", "status")
  const controls = new Map()
  const sections = new Map()
  let shape = ""

  const send = (data) => model.send_msg(data)
  const kindOf = (name) => model.kinds.find((one) => one.name === name) ?? {title: name, doc: ""}

  // A field keeps what is typed in it until it is left; then it says what Python knows.
  function input(field) {
    const row = el(null, "div", `field ${field.kind}${field.place ? ` ${field.place}` : ""}`)
    const id = `wb-f-${field.name.replaceAll(".", "-")}`
    const label = el(row, "label", "", field.label)
    label.htmlFor = id
    label.title = field.tip
    let box
    if (field.kind === "choice") {
      box = el(row, "select")
      for (const one of field.options) el(box, "option", "", one.replaceAll("_", " ")).value = one
    } else if (field.kind === "flag") {
      box = el(row, "input")
      box.type = "checkbox"
    } else if (field.kind === "text" && field.section === "Strategy") {
      box = el(row, "textarea")
      box.rows = 2
      box.spellcheck = false
    } else {
      box = el(row, "input")
      Object.assign(box, {type: "text", autocomplete: "off", spellcheck: false, placeholder: field.hint})
      if (field.kind !== "text") box.inputMode = "decimal"
      if (field.kind === "text" && field.options.length) {
        const list = el(row, "datalist")
        list.id = `${id}-options`
        for (const one of field.options) el(list, "option").value = one
        box.setAttribute("list", list.id)
      }
    }
    box.id = id
    box.name = field.name
    box.title = field.tip
    const error = el(row, "p", "wrong-text")
    error.id = `${id}-error`
    error.hidden = true
    box.setAttribute("aria-describedby", error.id)
    let timer = null
    const control = {row, box, error, field}
    const say = () => {
      clearTimeout(timer)
      timer = null
      const text = field.kind === "flag" ? (box.checked ? "1" : "0") : box.value
      if (text !== control.sent) { control.sent = text; send({what: "edit", name: control.field.name, text}) }
    }
    control.flush = () => { if (timer !== null) say() }
    control.unsaid = () => timer !== null
    box.addEventListener("input", () => {
      if (field.kind === "choice" || field.kind === "flag") return say()
      clearTimeout(timer)
      timer = setTimeout(say, 300)
    })
    box.addEventListener("change", say)
    box.addEventListener("keydown", (event) => {
      if ((event.key === "ArrowUp" || event.key === "ArrowDown") && ["integer", "number"].includes(field.kind)) {
        const next = stepped(box.value, (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1), control.field)
        if (next !== null) { box.value = next; box.dispatchEvent(new Event("input")); event.preventDefault() }
      }
    })
    return control
  }

  function build() {
    const open = new Map([...sections].map(([name, one]) => [name, one.open]))
    controls.clear()
    sections.clear()
    body.replaceChildren()
    for (const [name, folded] of model.sections) {
      const own = model.fields.filter((one) => one.section === name)
      const section = el(body, "details", "section")
      section.open = open.get(name) ?? !folded
      sections.set(name, section)
      el(section, "summary", "", name)
      const grid = el(section, "div", `grid ${name.split(" ")[0].toLowerCase()}`)
      if (name === "Strategy") strategy(grid)
      for (const field of own) {
        const control = input(field)
        controls.set(field.name, control)
        grid.append(control.row)
      }
      if (name === "Market") controls.told = el(grid, "p", "told")
    }
  }

  function strategy(grid) {
    const row = el(grid, "div", "field choice wide")
    const label = el(row, "label", "", "Strategy")
    label.htmlFor = "wb-f-strategy"
    const box = el(row, "select")
    Object.assign(box, {id: "wb-f-strategy", name: "strategy", title: "What decides: one of the strategies that are known, or a formula"})
    for (const one of model.kinds) el(box, "option", "", one.title).value = one.name
    box.addEventListener("change", () => send({what: "strategy", text: box.value}))
    const doc = el(row, "p", "doc")
    const error = el(row, "p", "wrong-text")
    controls.strategy = {box, doc, error}
  }

  function draw() {
    const now = JSON.stringify([model.strategy, model.fields.map((one) => [one.name, one.kind, one.section])])
    const focused = host.getRootNode().activeElement?.name
    if (now !== shape) {
      shape = now
      build()
      if (focused) (controls.get(focused) ?? (focused === "strategy" ? controls.strategy : null))?.box.focus()
    }
    const {box, doc, error} = controls.strategy
    box.value = model.strategy
    doc.textContent = kindOf(model.strategy).doc
    error.textContent = model.wrong
    error.hidden = !model.wrong
    for (const field of model.fields) {
      const control = controls.get(field.name)
      const typing = host.getRootNode().activeElement === control.box
      control.field = field
      if (field.kind === "flag") control.box.checked = field.text === "1"
      // What was typed and not told yet stays, though Python answers what was told of another field.
      else if (control.box.value !== field.text && !control.unsaid() && !(typing && control.sent !== field.text)) control.box.value = field.text
      if (!typing) control.sent = field.text
      control.error.textContent = field.error
      control.error.hidden = !field.error
      control.row.classList.toggle("wrong", Boolean(field.error))
      control.row.classList.toggle("other", field.text !== field.plain)
      control.box.setAttribute("aria-invalid", String(Boolean(field.error)))
      if (field.error && document.activeElement !== control.box) sections.get(field.section).open = true
    }
    controls.told.textContent = model.told
    const wrong = model.fields.filter((one) => one.error).length + (model.wrong ? 1 : 0)
    run.textContent = model.working ? "Cancel" : "Run"
    run.title = model.working ? "Stop the run (Escape)" : `Run the ${model.purpose.toLowerCase()} (Ctrl+Enter)`
    run.classList.toggle("stop", model.working)
    said.textContent = model.working ? "" : wrong ? `${wrong} field${wrong > 1 ? "s" : ""} to mend` : model.changed ? "Changed since this run" : ""
    said.classList.toggle("bad", wrong > 0)
    plan.textContent = model.refused || model.plan
    plan.hidden = !plan.textContent
    plan.classList.toggle("bad", Boolean(model.refused))
    narrow.textContent = `${kindOf(model.strategy).title} · ${model.fields.find((one) => one.name === "symbols")?.text ?? ""}`
  }

  const go = () => {
    for (const control of controls.values()) control.flush?.()
    send({what: model.working ? "cancel" : "run"})
  }
  host.addEventListener("submit", (event) => { event.preventDefault(); go() })
  plain.addEventListener("click", () => send({what: "plain"}))
  narrow.addEventListener("click", () => {
    const folded = host.classList.toggle("folded")
    narrow.setAttribute("aria-expanded", String(!folded))
  })
  narrow.title = "Fold or unfold the form"
  if (matchMedia("(max-width: 900px)").matches) host.classList.add("folded")
  narrow.setAttribute("aria-expanded", String(!host.classList.contains("folded")))
  const key = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !model.working) { event.preventDefault(); go() }
    else if (event.key === "Escape" && model.working && !event.defaultPrevented) send({what: "cancel"})
  }
  document.addEventListener("keydown", key)
  model.on("remove", () => document.removeEventListener("keydown", key))
  model.on("msg:custom", (event) => {
    if ((event.data ?? event).what !== "wrong") return
    host.classList.remove("folded")
    const first = model.fields.find((one) => one.error)
    if (first) { controls.get(first.name).box.focus(); controls.get(first.name).row.scrollIntoView({block: "nearest"}) }
    else controls.strategy.box.focus()
  })
  for (const name of ["fields", "strategy", "wrong", "working", "changed", "told", "plan", "refused"]) model.on(name, draw)
  draw()
  return host
}
