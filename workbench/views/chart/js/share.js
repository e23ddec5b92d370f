// The share menu: link and code go to the clipboard, pictures and tables to a file. Python makes the files but one:
// a PNG is painted here from the SVG, so that no server works on pixels.

// What it is, its name, a word on it, and its tooltip.
const ITEMS = [
  ["link", "Copy link", "Address of this page", "Opens the same symbol, bars, zone and studies"],
  ["code", "Copy as code", "Notebook cell that rebuilds it", "The code below: it draws this chart in a notebook"],
  ["png", "PNG", "Picture in pixels", "Bars, volumes and studies in view, in the colours of the page"],
  ["svg", "SVG", "Picture, sharp at any size", "Bars, volumes and studies in view, in the colours of the page"],
  ["html", "HTML", "Page to pan and zoom, offline", "The chart of the bars in view with its crosshair; needs no network"],
  ["csv", "CSV", "Bars and studies as text", "A row for each bar in view, times in UTC"],
  ["parquet", "Parquet", "Bars and studies, typed", "A row for each bar in view, times in UTC"],
]
const SCALE = 2

// Without https a page has no clipboard of its own; a field that is selected does.
async function copy(text, parent) {
  if (navigator.clipboard && isSecureContext) {
    try { return await navigator.clipboard.writeText(text) } catch { /* refused: the old way */ }
  }
  const field = el(parent, "textarea", "off")
  field.value = text
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  if (!done) throw new Error("The browser did not let it be copied: select the code below and copy it")
}

function save(blob, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60000)
}

async function painted(svg) {
  const image = new Image()
  image.src = URL.createObjectURL(new Blob([svg], {type: "image/svg+xml"}))
  try {
    await image.decode()
    const canvas = document.createElement("canvas")
    Object.assign(canvas, {width: image.naturalWidth * SCALE, height: image.naturalHeight * SCALE})
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((done) => canvas.toBlob(done, "image/png"))
  } finally {
    URL.revokeObjectURL(image.src)
  }
}

export function render({model}) {
  const root = document.createElement("div")
  root.className = "share"
  const menu = el(root, "div", "menu")
  menu.setAttribute("role", "menu")
  menu.setAttribute("aria-label", "Share")
  for (const [what, label, about, tip] of ITEMS) {
    if (what === "png") el(menu, "div", "head", "Download what is in view")
    const item = el(menu, "button", "item")
    Object.assign(item, {type: "button", title: tip})
    Object.assign(item.dataset, {what})
    item.setAttribute("role", "menuitem")
    el(item, "span", "label", label)
    el(item, "span", "about", about)
  }
  const code = el(root, "pre", "code")
  code.tabIndex = 0
  code.setAttribute("aria-label", "The chart as code")
  const said = el(root, "div", "said")
  said.setAttribute("role", "status")
  const say = (text, wrong = false) => {
    said.textContent = text
    said.classList.toggle("wrong", wrong)
  }
  const told = () => { code.textContent = model.code }
  told()
  model.on("code", told)

  let asked = 0
  async function press(what) {
    try {
      if (what === "link") await copy(location.href, root)
      else if (what === "code") await copy(model.code, root)
      else {
        say("Working …")
        model.send_msg({what, seq: ++asked})
        return
      }
      say(what === "link" ? "The link was copied" : "The code was copied")
    } catch (error) {
      say(error.message, true)
    }
  }

  menu.addEventListener("click", (event) => {
    const item = event.target.closest(".item")
    if (item) press(item.dataset.what)
  })
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll(".item")], at = items.indexOf(event.target)
    const next = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1}[event.key]
    if (next === undefined) return
    items[(next + items.length) % items.length].focus()
    event.preventDefault()
    event.stopPropagation()
  })

  model.on("msg:custom", async (message) => {
    const {seq, name, mime, body, error} = message
    if (seq !== asked) return
    if (error) return say(error, true)
    try {
      const blob = name.endsWith(".png") ? await painted(body) : new Blob([body], {type: mime})
      save(blob, name)
      say(`${name} · ${Math.max(1, Math.round(blob.size / 1024)).toLocaleString("en-US")} KB`)
    } catch (problem) {
      say(`${name} could not be made: ${problem.message}`, true)
    }
  })
  return root
}
