// What ran, its key figures and badges, what can be done with it, and the progress of a run.

const MARKS = {good: "✓", warn: "!", bad: "✕"}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = el(document.body, "textarea")
    field.value = text
    field.style.cssText = "position:fixed;opacity:0"
    field.select()
    const done = document.execCommand("copy")
    field.remove()
    return done
  }
}

function save({name, mime, body}) {
  const bytes = Uint8Array.from(atob(body), (one) => one.charCodeAt(0))
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([bytes], {type: mime}))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60000)
}

export function render({model}) {
  const host = el(null, "section", "head")
  host.setAttribute("aria-label", "Result")
  const bar = el(host, "div", "bar")
  const part = el(bar, "i")
  bar.setAttribute("role", "progressbar")
  const line = el(host, "div", "line")
  const what = el(line, "div", "what")
  const name = el(what, "h1"), place = el(what, "span", "place"), badges = el(what, "span", "badges")
  const symbols = el(line, "select", "symbols")
  symbols.title = "Symbol on the chart"
  symbols.setAttribute("aria-label", symbols.title)
  symbols.addEventListener("change", () => model.send_msg({what: "symbol", symbol: symbols.value}))
  const work = el(line, "div", "work")
  work.setAttribute("role", "status")
  const figures = el(line, "dl", "figures")
  const buttons = el(line, "div", "buttons")
  const made = new Map()

  const draw = () => {
    name.textContent = model.title
    place.textContent = model.place
    badges.replaceChildren(...model.badges.map(({text, tone, tip}) => {
      const badge = el(null, "span", `badge ${tone}`)
      badge.title = tip
      badge.tabIndex = 0
      badge.append(el(null, "b", "", MARKS[tone] ?? ""), text)
      return badge
    }))
    figures.replaceChildren(...model.figures.map(({label, value, tip, tone}) => {
      const item = el(null, "div")
      item.title = tip
      el(item, "dt", "", label)
      el(item, "dd", tone, value)
      return item
    }))
    symbols.hidden = model.symbols.length < 2
    symbols.replaceChildren(...model.symbols.map((one) => { const option = el(null, "option", "", one); option.value = one; return option }))
    symbols.value = model.symbol
    for (const {name, label, tip, on} of model.buttons) {
      if (!made.has(name)) {
        const button = el(buttons, "button", "", label)
        button.type = "button"
        button.addEventListener("click", () => act(name, button))
        made.set(name, button)
      }
      const button = made.get(name)
      buttons.append(button)
      button.title = tip
      button.dataset.name = name
      if (!button.dataset.said) button.textContent = label
      button.setAttribute("aria-pressed", String(Boolean(on)))
      button.hidden = false
    }
    const names = new Set(model.buttons.map((one) => one.name))
    for (const [key, button] of made) if (!names.has(key)) button.hidden = true
    const {phase, share, seconds} = model.progress
    const on = Boolean(phase)
    host.classList.toggle("working", on)
    bar.classList.toggle("unknown", on && share == null)
    part.style.width = on && share != null ? `${100 * share}%` : ""
    if (on && share != null) bar.setAttribute("aria-valuenow", String(Math.round(100 * share)))
    else bar.removeAttribute("aria-valuenow")
    bar.setAttribute("aria-label", phase || "Progress")
    work.textContent = on ? `${phase}${share == null ? "" : ` ${Math.round(100 * share)} %`} · ${seconds.toFixed(0)} s` : ""
  }

  const flash = (button, text) => {
    const plain = model.buttons.find((one) => one.name === button.dataset.name)?.label
    button.dataset.said = "1"
    button.textContent = text
    setTimeout(() => { delete button.dataset.said; button.textContent = plain }, 1500)
  }
  async function act(name, button) {
    if (name === "code" || name === "link") flash(button, await copy(name === "code" ? model.code : location.href) ? "Copied" : "Press Ctrl+C")
    else model.send_msg({what: name})
  }
  model.on("msg:custom", (event) => {
    const data = event.data ?? event
    if (data.body !== undefined) save(data)
    const button = made.get(data.button)
    if (button && data.said) flash(button, data.said)
  })
  for (const one of ["title", "place", "badges", "figures", "buttons", "progress", "symbols", "symbol"]) model.on(one, draw)
  draw()
  return host
}
