// Replays: the form of a new one, and the transport of the one that is chosen. The slider is left alone while it is held.
export function render({model}) {
  const host = el(null, "section", "part replay")
  const head = el(host, "header")
  el(head, "h2", "", "Replay")
  const busy = el(head, "span", "muted grow")
  busy.setAttribute("role", "status")
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text }
  const send = (what, more) => model.send_msg({what, ...more})
  function labelled(parent, name, title, tip, tag) {
    const label = el(parent, "label", name)
    el(label, "span", "", title)
    const input = el(label, tag ?? "input")
    if (input.tagName === "INPUT") { input.type = "text"; input.autocomplete = "off" }
    input.name = name
    label.title = input.title = tip
    return input
  }
  function options(select, speeds) {
    speeds.forEach(({value, text}) => { el(select, "option", "", text).value = value })
  }
  function press(parent, text, tip, act) {
    const button = el(parent, "button", "", text)
    button.type = "button"
    button.title = tip
    button.setAttribute("aria-label", tip)
    button.addEventListener("click", act)
    return button
  }

  const deck = el(host, "div", "deck")
  const pick = labelled(deck, "chosen", "Replay", "Which replay is steered", "select")
  pick.addEventListener("change", () => send("choose", {name: pick.value}))
  const what = el(deck, "div", "about"), clock = el(deck, "time", "clock")
  clock.title = "The clock of the replay, UTC"
  const slider = el(deck, "input", "seek")
  slider.type = "range"
  slider.min = 0
  slider.max = 1000
  slider.step = 1
  slider.name = "seek"
  slider.title = "Where it is; drag or use the arrows to go elsewhere"
  slider.setAttribute("aria-label", "Where the replay is")
  const edges = el(deck, "div", "edges"), first = el(edges, "span"), last = el(edges, "span")
  let held = false, told = null
  const utc = (share) => new Date((told.startS + told.spanS * share) * 1000).toISOString().slice(0, 19).replace("T", " ")
  slider.addEventListener("input", () => { held = true; if (told) put(clock, utc(slider.value / 1000)) })
  slider.addEventListener("change", () => { held = false; send("seek", {share: slider.value / 1000}) })
  const keys = el(deck, "div", "transport")
  const play = press(keys, "▶", "Play", () => send(told?.running ? "pause" : "play"))
  press(keys, "■", "Stop this replay for everybody", () => send("stop")).className = "stop"
  press(keys, "+1", "Go on by one trade", () => send("step", {by: "trade"})).className = "step-trade"
  const bar = press(keys, "+bar", "Go on until a bar is closed", () => send("step", {by: spec.value.trim() || "1min"}))
  bar.className = "step-bar"
  const speed = labelled(keys, "speed", "", "How many times as fast as recorded", "select")
  speed.setAttribute("aria-label", "Speed")
  options(speed, model.speeds)
  speed.addEventListener("change", () => send("speed", {speed: speed.value}))
  const chart = el(deck, "a", "chart", "Open chart")
  chart.title = "A chart that follows this replay, in a tab of its own; it knows nothing of what is to come"
  chart.target = "_blank"
  const goal = el(deck, "form", "goal")
  goal.setAttribute("aria-label", "Run to")
  const kind = labelled(goal, "goal-kind", "Run to", "Runs on, as fast as it goes, until this is true of a closed bar", "select")
  model.goals.forEach(({name, title, tip}) => { const one = el(kind, "option", "", title); one.value = name; one.title = tip })
  const size = labelled(goal, "goal-text", "Value", "", "input"), spec = labelled(goal, "goal-spec", "Bars", "Which bars: 1min, 100t, renko:5 ...", "input")
  spec.value = "1min"
  const typed = {}
  const fill = () => { const one = model.goals.find((g) => g.name === kind.value); size.value = typed[one.name] ?? one.first; size.title = one.tip; goal.classList.toggle("wide", one.name === "formula") }
  size.addEventListener("input", () => { typed[kind.value] = size.value })
  kind.addEventListener("change", fill)
  fill()
  const run = el(goal, "button", "", "Run")
  run.type = "submit"
  run.title = "Run to it (Enter)"
  goal.addEventListener("submit", (event) => { event.preventDefault(); send("run_to", {goal: kind.value, text: size.value, spec: spec.value.trim()}) })
  const message = el(deck, "p", "message")
  message.setAttribute("role", "status")
  const wrong = el(host, "p", "wrong")
  wrong.setAttribute("role", "alert")

  const more = el(host, "details", "new")
  el(more, "summary", "", "New replay").title = "Stored trades published again, in a world of their own"
  const form = el(more, "form")
  form.setAttribute("aria-label", "New replay")
  const symbols = labelled(form, "symbols", "Symbols", "Stored ones, with commas between")
  const list = el(form, "datalist")
  list.id = "wb-replay-symbols"
  model.known.forEach((one) => { el(list, "option").value = one })
  symbols.setAttribute("list", list.id)
  symbols.value = model.known[0] ?? ""
  const start = labelled(form, "start", "From (UTC)", "Such as 2024-01-02 15:30; empty: all that is stored")
  const end = labelled(form, "end", "To (UTC)", "Not included; empty: all that is stored")
  start.placeholder = end.placeholder = "all that is stored"
  const pace = labelled(form, "pace", "Speed", "How many times as fast as recorded", "select")
  options(pace, model.speeds)
  pace.value = model.speeds.some((one) => one.value === "10") ? "10" : model.speeds[0]?.value
  const go = el(form, "button", "primary", "Start replay")
  go.type = "submit"
  go.title = "Begin to play (Enter)"
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    send("start", {symbols: symbols.value, start: start.value, end: end.value, speed: pace.value})
  })

  function draw() {
    const names = model.replays.map((one) => one.name).join("\n")
    if (pick.dataset.names !== names) {
      pick.dataset.names = names
      pick.replaceChildren(...model.replays.map((one) => Object.assign(el(null, "option", "", one.name), {value: one.name})))
    }
    if (pick.value !== model.chosen) pick.value = model.chosen
    told = model.replays.find((one) => one.name === model.chosen) ?? null
    deck.hidden = !told
    if (!told && !more.dataset.shown) { more.open = true }
    if (told && !more.dataset.shown) { more.dataset.shown = "yes"; more.open = false }
    put(busy, model.working ? `${model.working} …` : told ? told.state : "")
    put(wrong, model.wrong)
    wrong.hidden = !model.wrong
    go.disabled = !!model.working
    if (!told) return
    put(what, `${told.symbols} · ${Math.round(told.share * 100)} % · ${told.published} published`)
    if (chart.getAttribute("href") !== told.chart) chart.href = told.chart
    put(first, told.start)
    put(last, told.end)
    if (!held) {
      put(clock, told.clock)
      slider.value = Math.round(told.share * 1000)
    }
    slider.setAttribute("aria-valuetext", `${told.clock} UTC`)
    put(play, told.running ? "❚❚" : "▶")
    play.title = told.running ? "Pause" : "Play"
    play.setAttribute("aria-label", play.title)
    const focused = host.getRootNode().activeElement
    if (focused !== speed) {
      if (![...speed.options].some((one) => one.value === told.speed)) el(speed, "option", "", `${told.speed}x`).value = told.speed
      if (speed.value !== told.speed) speed.value = told.speed
    }
    put(message, told.message)
    message.hidden = !told.message
  }
  for (const name of ["replays", "chosen", "working", "wrong"]) model.on(name, draw)
  draw()
  return host
}
