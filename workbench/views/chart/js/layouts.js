// The layout menu. Python keeps the layouts; here are the list, the name being typed, and the files.

const LARGEST = 1_000_000  // bytes of a file that are read; Python reads no more either
const svg = (body) => `<svg viewBox="0 0 16 16" aria-hidden="true">${body}</svg>`
const ACTIONS = [
  ["default", "Open first", svg('<path d="M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z"/>')],
  ["saves", "Earlier saves of", svg('<circle cx="8" cy="8" r="5.6"/><path d="M8 4.8V8l2.2 1.6"/>')],
  ["rename", "Rename", svg('<path d="M3 13l.7-2.8 6.9-6.9 2.1 2.1-6.9 6.9z"/>')],
  ["export", "Export", svg('<path d="M8 2.5v7M5.2 7L8 9.8 10.8 7M3 13h10"/>')],
  ["delete", "Delete", svg('<path d="M3.5 4.5h9M6.5 4.5v-1.6h3v1.6M4.8 4.5l.5 8.6h5.4l.5-8.6"/>')],
]

function button(parent, className, label, text) {
  const node = el(parent, "button", className, text)
  node.type = "button"
  node.title = label
  node.setAttribute("aria-label", label)
  return node
}

function field(parent, label, value) {
  const node = el(parent, "input")
  Object.assign(node, {type: "text", value, maxLength: 128, autocomplete: "off", spellcheck: false})
  node.setAttribute("aria-label", label)
  return node
}

function download(name, text) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([text], {type: "application/json"}))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60000)
}

export function render({model}) {
  const root = document.createElement("div")
  root.className = "layouts"
  const form = el(root, "form")
  const name = field(form, "Name of the layout", model.told.current ?? "")
  name.placeholder = "Name of a new layout"
  const save = el(form, "button", "save")
  const said = el(root, "div", "said")
  const text = el(said, "span")
  text.setAttribute("role", "status")
  const undo = button(said, "link", "Take it back", "Undo")
  const list = el(root, "div", "list")
  list.setAttribute("role", "group")
  list.setAttribute("aria-label", "Layouts")
  const foot = el(root, "div", "foot")
  const load = button(foot, "link", "Open a layout from a .json file", "Import from a file…")
  const out = button(foot, "link", "What is open, as a .json file", "Export what is open")
  const file = el(foot, "input")
  Object.assign(file, {type: "file", accept: ".json,application/json", hidden: true})

  let renaming = "", saves = null, wrong = "", current = name.value
  const send = (what, values = {}) => { wrong = ""; model.send_msg({what, ...values}) }
  const word = () => {
    const own = name.value.trim() === model.told.current && model.told.current
    save.textContent = own ? "Save" : "Save as"
    save.title = own ? `Keep what is open as ${own}; earlier saves stay` : "Keep what is open under this name"
  }

  function rename(row, item) {
    const own = el(row, "form")
    const to = field(own, `New name of ${item.name}`, item.name)
    const keep = el(own, "button", "save", "Rename")
    keep.title = "Give it this name (Enter)"
    const bad = model.told.error && model.told.place === "rename"
    to.setAttribute("aria-invalid", bad ? "true" : "false")
    own.addEventListener("submit", (event) => { event.preventDefault(); send("rename", {name: item.name, to: to.value}) })
    own.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return
      event.stopPropagation()
      renaming = ""
      draw()
      list.querySelector(".open")?.focus()
    })
    requestAnimationFrame(() => { to.focus(); to.select() })
  }

  function entry(item) {
    const row = el(list, "div", item.name === model.told.current ? "row current" : "row")
    if (renaming === item.name) { rename(row, item); return }
    const open = button(row, "open", `Open ${item.name}, saved ${item.saved}`)
    el(open, "b", "", item.name)
    const notes = [item.saved, item.default ? "opens first" : "", item.name === model.told.current ? "open" : ""]
    el(open, "small", "", notes.filter(Boolean).join(" · "))
    open.addEventListener("click", () => send("open", {name: item.name}))
    for (const [what, label, icon] of ACTIONS) {
      const one = button(row, "icon", `${label} ${item.name}`.replace("Open first", item.default ? "No longer open first:" : "Open first:"))
      one.innerHTML = icon
      if (what === "default") one.setAttribute("aria-pressed", String(item.default))
      one.addEventListener("click", () => {
        if (what === "rename") { renaming = item.name; draw() }
        else if (what === "saves" && saves?.name === item.name) { saves = null; draw() }
        else send(what, {name: item.name})
      })
    }
    if (saves?.name !== item.name) return
    const box = el(list, "div", "saves")
    for (const {revision, saved} of saves.saves) {
      const one = button(box, "", `Open ${item.name} as of ${saved}`, saved)
      one.addEventListener("click", () => send("open", {name: item.name, revision}))
    }
  }

  function draw() {
    const {items = [], said: done = "", error = "", place = "", undo: can = false} = model.told
    if ((model.told.current ?? "") !== current) { current = model.told.current ?? ""; name.value = current }
    if (renaming && (!error || place !== "rename") && place === "rename") renaming = ""
    const bad = wrong || error
    text.textContent = bad || done || (model.told.current && model.told.changed ? `${model.told.current}: changed since it was saved` : "")
    text.className = bad ? "wrong" : ""
    name.setAttribute("aria-invalid", error && place === "save" ? "true" : "false")
    undo.hidden = !can
    list.replaceChildren()
    items.forEach(entry)
    if (!items.length) el(list, "div", "none", "No layouts yet. Type a name above to keep what is open.")
    word()
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); send("save", {name: name.value}) })
  name.addEventListener("input", word)
  undo.addEventListener("click", () => send("undo"))
  out.addEventListener("click", () => send("export"))
  load.addEventListener("click", () => file.click())
  file.addEventListener("change", async () => {
    const [one] = file.files
    if (!one) return
    if (one.size > LARGEST) {
      wrong = `${one.name} has ${one.size.toLocaleString("en")} bytes; at most ${LARGEST.toLocaleString("en")} are read`
      draw()
    } else send("import", {file: one.name, text: await one.text()})
    file.value = ""
  })
  list.addEventListener("keydown", (event) => {
    const by = {ArrowDown: 1, ArrowUp: -1}[event.key]
    if (!by || event.target.tagName === "INPUT") return
    const all = [...list.querySelectorAll(".open, .saves button")]
    const at = all.indexOf(event.target.closest(".row, .saves")?.querySelector(".open") ?? event.target)
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus()
    event.preventDefault()
  })
  root.addEventListener("keydown", (event) => { if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation() })

  model.on("told", draw)
  model.on("msg:custom", (message) => {
    if (message.what === "file") download(message.file, message.text)
    if (message.what === "saves") { saves = message; draw() }
  })
  draw()
  send("look")
  const until = performance.now() + 3000
  const reach = () => {
    if (name.isConnected && name.getBoundingClientRect().width) name.focus()
    else if (performance.now() < until) requestAnimationFrame(reach)
  }
  requestAnimationFrame(reach)
  return root
}
