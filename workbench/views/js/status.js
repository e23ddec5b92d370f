// The status strip. Python patches texts; the clock and the loss of the page's own server are told here, because
// a server that is gone cannot say so.

const FIGURES = ["source", "latency", "gaps", "note"]

function clockOf(tz) {
  const time = new Intl.DateTimeFormat("en-GB", {timeZone: tz, hour: "2-digit", minute: "2-digit", second: "2-digit"})
  const day = new Intl.DateTimeFormat("en-GB", {timeZone: tz, dateStyle: "full"})
  return {time: (now) => time.format(now), day: (now) => day.format(now)}
}

export function render({model, view}) {
  const strip = document.createElement("div")
  strip.className = "strip"
  strip.setAttribute("role", "contentinfo")
  strip.innerHTML =
    '<span class="state" role="status" aria-live="polite"><span class="dot" aria-hidden="true"></span>' +
    '<span class="words"></span></span>' +
    '<span class="source"></span><span class="latency" title="Latest trade: from exchange time to here"></span>' +
    '<span class="gaps"></span><span class="space"></span><span class="note"></span>' +
    '<span class="zone" title="Time zone of charts and clock"></span><time class="clock"></time>'
  const part = (name) => strip.querySelector(`.${name}`)
  let lost = ""
  let clock = clockOf(model.tz)

  const set = (node, text) => { if (node.textContent !== text) node.textContent = text }

  const drawState = () => {
    strip.className = `strip ${lost ? "lost" : model.state}`
    set(part("words"), lost || model.words)
    part("state").title = lost ? "This page has lost its server; what it shows is the last that came." : model.detail
    for (const name of FIGURES) set(part(name), lost && name === "latency" ? "" : model[name])
    part("gaps").classList.toggle("gapped", model.gapped)
  }
  const drawClock = () => {
    const now = new Date()
    set(part("clock"), clock.time(now))
    part("clock").title = clock.day(now)
  }
  const drawZone = () => {
    clock = clockOf(model.tz)
    set(part("zone"), model.tz.replaceAll("_", " "))
    drawClock()
  }

  for (const name of ["state", "words", "detail", "gapped", ...FIGURES]) model.on(name, drawState)
  model.on("tz", drawZone)
  drawState()
  drawZone()

  const ticking = setInterval(drawClock, 250)
  const bokeh = view.model.document
  const onLost = (_, event) => {
    lost = event?.timeout == null ? "server not reachable, reload the page" : "server not reachable, trying again"
    drawState()
  }
  const onBack = () => { lost = ""; drawState() }
  bokeh?.on_event("connection_lost", onLost)
  bokeh?.on_event("client_reconnected", onBack)
  model.on("remove", () => clearInterval(ticking))
  return strip
}
