// Feeds with their buttons, and the form of a new synthetic market. Nodes stay while their texts change.
const ACTS = {stop: ["Stop", "Stop this feed; what it has published stays"], again: ["Start", "Start it again as it was"],
  remove: ["Remove", "Take it off the list"]}
const MARKS = {good: "●", warn: "!", bad: "✕", "": "○"}

export function render({model}) {
  const host = el(null, "section", "part")
  const head = el(host, "header")
  el(head, "h2", "", "Feeds")
  const busy = el(head, "span", "muted grow")
  busy.setAttribute("role", "status")
  const list = el(host, "ul"), none = el(host, "p", "none", "No feed runs here. Start a synthetic market below, or: workbench feed synthetic")
  const wrong = el(host, "p", "wrong")
  wrong.setAttribute("role", "alert")
  const lines = new Map()
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text }

  function line(id) {
    const item = el(list, "li"), main = el(item, "div", "main")
    const one = {item, mark: el(main, "b", "mark"), name: el(main, "span", "name"), rate: el(main, "span", "figure"), buttons: el(main, "span", "buttons"),
      about: el(item, "div", "about"), message: el(item, "p", "message"), acts: ""}
    one.mark.setAttribute("aria-hidden", "true")
    lines.set(id, one)
    return one
  }

  function draw() {
    const seen = new Set()
    for (const feed of model.feeds) {
      seen.add(feed.id)
      const one = lines.get(feed.id) ?? line(feed.id)
      put(one.mark, MARKS[feed.tone])
      one.mark.className = `mark ${feed.tone}`
      put(one.name, feed.name)
      put(one.rate, feed.rate || feed.state)
      one.rate.title = feed.rate ? "Trades a second over the last ten, of its symbols" : "What it does"
      put(one.about, feed.about)
      one.about.title = [feed.tip, feed.told, feed.elsewhere].filter(Boolean).join("\n")
      put(one.message, feed.message)
      one.message.hidden = !feed.message
      const acts = feed.acts.join(" ") + feed.elsewhere
      if (one.acts === acts) continue
      one.acts = acts
      const focused = one.buttons.contains(host.getRootNode().activeElement)
      one.buttons.replaceChildren(...feed.acts.map((act) => {
        const button = el(null, "button", "", ACTS[act][0])
        button.type = "button"
        button.title = ACTS[act][1]
        button.setAttribute("aria-label", `${ACTS[act][0]} ${feed.name}`)
        button.addEventListener("click", () => model.send_msg({what: act, id: feed.id}))
        return button
      }))
      if (feed.elsewhere) el(one.buttons, "span", "muted", "elsewhere").title = feed.elsewhere
      if (focused) one.buttons.querySelector("button")?.focus()
    }
    for (const [id, one] of lines) if (!seen.has(id)) { one.item.remove(); lines.delete(id) }
    none.hidden = model.feeds.length > 0
  }

  const more = el(host, "details", "new")
  more.open = true
  el(more, "summary", "", "New synthetic market").title = "A random market of your own, the same for the same seed"
  const form = el(more, "form")
  form.setAttribute("aria-label", "New synthetic market")
  function field(name, title, tip, make) {
    const label = el(form, "label", name)
    el(label, "span", "", title)
    const input = make(label)
    input.name = name
    label.title = input.title = tip
    return input
  }
  const text = (value, mode) => (label) => { const one = el(label, "input"); one.type = "text"; one.value = value; one.inputMode = mode ?? "text"; one.autocomplete = "off"; return one }
  const symbols = field("symbols", "Symbols", "One or several, with commas between", text("DEMO"))
  const scenario = field("scenario", "Scenario", "What kind of market", (label) => {
    const select = el(label, "select")
    model.scenarios.forEach(({name, doc}) => { const one = el(select, "option", "", name); one.value = name; one.title = doc })
    return select
  })
  const about = () => { scenario.title = model.scenarios.find((one) => one.name === scenario.value)?.doc ?? "" }
  scenario.addEventListener("change", about)
  about()
  const seed = field("seed", "Seed", "A whole number; equal seeds give equal markets", text("7", "numeric"))
  const speed = field("speed", "Speed", "How fast its clock runs, 0.01 to 1000", text("1", "decimal"))
  const flag = (name, title, tip) => field(name, title, tip, (label) => { const one = el(label, "input"); one.type = "checkbox"; return one })
  const quotes = flag("quotes", "Quotes", "Best bid and ask beside the trades"), book = flag("book", "Book", "Ten levels a side beside the trades")
  const go = el(form, "button", "primary", "Start market")
  go.type = "submit"
  go.title = "Begin to publish this market (Enter)"
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    model.send_msg({what: "start", symbols: symbols.value, scenario: scenario.value, seed: seed.value, speed: speed.value, quotes: quotes.checked, book: book.checked})
  })

  const state = () => {
    put(busy, model.working ? `${model.working} …` : "")
    put(wrong, model.wrong)
    wrong.hidden = !model.wrong
    go.disabled = !!model.working
  }
  model.on("feeds", draw)
  for (const name of ["working", "wrong"]) model.on(name, state)
  draw()
  state()
  return host
}
