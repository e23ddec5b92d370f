// The runs of this session: shown by a press, renamed, removed and brought back, compared where two or more are ticked.

// A name of this tab that nobody can guess; it lasts over a reload, and no longer than the tab.
function tab() {
  try {
    let name = sessionStorage.getItem("wb-runs")
    if (!name) {
      name = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
      sessionStorage.setItem("wb-runs", name)
    }
    return name
  } catch {
    return ""  // the browser keeps nothing: a reload begins anew
  }
}

export function render({model}) {
  const host = el(null, "section", "runs")
  host.setAttribute("aria-label", model.title)
  const head = el(host, "header")
  el(head, "h2", "", model.title)
  const compare = el(head, "button", "", "Compare")
  compare.type = "button"
  const list = el(host, "ul")
  const none = el(host, "p", "none", model.hint)
  const gone = el(host, "p", "gone")
  let renaming = -1
  // A line that is drawn anew between press and release takes the press with it: the list waits for the release.
  let pressed = false, late = false
  host.addEventListener("pointerdown", () => { pressed = true })
  const released = () => { if (pressed) setTimeout(() => { pressed = false; if (late) draw() }) }
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, released, true)
  const send = (data) => model.send_msg(data)

  function line(run) {
    const item = el(null, "li", run.id === model.shown ? "shown" : "")
    const tick = el(item, "input")
    Object.assign(tick, {type: "checkbox", checked: model.ticked.includes(run.id), title: "Compare this run with others"})
    tick.setAttribute("aria-label", `Compare ${run.name}`)
    tick.addEventListener("change", () => send({what: "tick", id: run.id, on: tick.checked}))
    if (run.id === renaming) {
      const box = el(item, "input", "name")
      Object.assign(box, {type: "text", value: run.name, title: "Enter takes the name, Escape keeps the old one"})
      box.setAttribute("aria-label", "Name of the run")
      const done = (take) => {
        if (renaming !== run.id) return
        renaming = -1
        if (take && box.value.trim() && box.value.trim() !== run.name) send({what: "rename", id: run.id, name: box.value.trim().slice(0, 60)})
        draw()
      }
      box.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); event.stopPropagation(); done(event.key === "Enter") }
      })
      box.addEventListener("blur", () => done(true))
      setTimeout(() => { box.focus(); box.select() })
    } else {
      const show = el(item, "button", "show")
      Object.assign(show, {type: "button", title: `${run.tip}\nPress to show it, ${model.named ? "F2 to rename it, " : ""}Delete to remove it`})
      if (run.id === model.shown) show.setAttribute("aria-current", "true")
      if (run.color) el(show, "i", "swatch").style.background = run.color
      el(show, "span", "what", run.name)
      el(show, "span", `gain ${run.tone}`, run.gain)
      el(show, "small", "", run.about)
      show.addEventListener("click", () => send({what: "show", id: run.id}))
      show.addEventListener("keydown", (event) => {
        if (event.key === "F2" && model.named) { renaming = run.id; draw() }
        else if (event.key === "Delete") send({what: "remove", id: run.id})
      })
      const pen = el(model.named ? item : null, "button", "icon", "✎")
      Object.assign(pen, {type: "button", title: "Rename (F2)"})
      pen.setAttribute("aria-label", `Rename ${run.name}`)
      pen.addEventListener("click", () => { renaming = run.id; draw() })
      const drop = el(item, "button", "icon", "×")
      Object.assign(drop, {type: "button", title: "Remove (Delete)"})
      drop.setAttribute("aria-label", `Remove ${run.name}`)
      drop.addEventListener("click", () => send({what: "remove", id: run.id}))
    }
    return item
  }

  const draw = () => {
    if (pressed) { late = true; return }
    late = false
    list.replaceChildren(...model.runs.map(line))
    none.hidden = model.runs.length > 0
    compare.hidden = model.runs.length < 2
    compare.disabled = model.ticked.length < 2
    compare.title = model.comparing ? "Back to the result" : compare.disabled ? "Tick two runs or more first" : "Show the ticked runs over each other"
    compare.setAttribute("aria-pressed", String(model.comparing))
    compare.textContent = model.comparing ? "Back" : "Compare"
    gone.hidden = !model.removed.length
    gone.replaceChildren()
    if (model.removed.length) {
      const last = model.removed.at(-1)
      el(gone, "span", "", `${last.name} removed.`)
      const back = el(gone, "button", "", "Restore")
      Object.assign(back, {type: "button", title: "Bring the run back that was removed last"})
      back.addEventListener("click", () => send({what: "restore", id: last.id}))
    }
  }
  compare.addEventListener("click", () => send({what: "compare", on: !model.comparing}))
  for (const name of ["runs", "ticked", "shown", "removed", "comparing"]) model.on(name, draw)
  draw()
  if (model.returns) send({what: "hello", tab: tab()})
  return host
}
