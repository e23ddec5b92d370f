// Theme, up/down colours and drawer: the reader's own choices. They live in this browser (localStorage; a cookie
// tells the server which theme to draw first), and they apply here at once, before the server hears of them.

const icon = (body) => '<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" ' +
  `stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${body}</svg>`
const SUN = icon('<circle cx="8" cy="8" r="2.8"/><path d="M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1"/>')
const MOON = icon('<path d="M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z"/>')
const PAIR = icon('<path d="M4.5 2v2.5M4.5 11v3M11.5 2v3M11.5 11.5V14"/><rect x="2.8" y="4.5" width="3.4" height="6.5" fill="currentColor"/><rect x="9.8" y="5" width="3.4" height="6.5"/>')
const DRAWER = icon('<rect x="2" y="2.5" width="12" height="11" rx="1"/><path d="M10 2.5v11"/>')

const store = {
  get(key) { try { return localStorage.getItem(`wb.${key}`) } catch { return null } },
  set(key, value) {
    try { localStorage.setItem(`wb.${key}`, value) } catch { /* private mode: the choice lasts for this page */ }
    document.cookie = `wb_${key}=${value}; path=/; max-age=31536000; SameSite=Lax`
  },
}

function button(html, label) {
  const node = document.createElement("button")
  node.type = "button"
  node.innerHTML = html
  node.title = label
  node.setAttribute("aria-label", label)
  return node
}

export function render({model, view}) {
  const root = document.documentElement
  const tools = document.createElement("div")
  tools.className = "buttons"
  const pair = button(PAIR, "")
  const theme = button("", "")
  const drawer = button(DRAWER, "")
  tools.append(pair, theme, drawer)

  let recalled = false
  const draw = () => {
    if (recalled) {  // until then the page's own first script has set them from the same memory
      root.dataset.wbTheme = model.dark ? "dark" : "light"
      root.dataset.wbPalette = model.palette
    }
    theme.innerHTML = model.dark ? SUN : MOON
    const label = (node, text) => { node.title = text; node.setAttribute("aria-label", text) }
    label(theme, model.dark ? "Light theme" : "Dark theme")
    const blue = model.palette === "colorblind"
    label(pair, blue ? "Up and down in green and red" : "Up and down in blue and orange")
    pair.setAttribute("aria-pressed", String(blue))
    drawer.hidden = !model.has_drawer
    drawer.style.display = model.has_drawer ? "" : "none"
    label(drawer, model.drawer_open ? "Fold the side panel" : "Open the side panel")
    drawer.setAttribute("aria-expanded", String(model.drawer_open))
  }
  theme.addEventListener("click", () => { model.dark = !model.dark; store.set("theme", model.dark ? "dark" : "light"); draw() })
  pair.addEventListener("click", () => {
    model.palette = model.palette === "colorblind" ? "classic" : "colorblind"
    store.set("palette", model.palette)
    draw()
  })
  drawer.addEventListener("click", () => {
    model.drawer_open = !model.drawer_open
    if (!narrow.matches) store.set("drawer", model.drawer_open ? "open" : "folded")
    draw()
  })
  const onKey = (event) => { if (event.key === "Escape" && narrow.matches && model.drawer_open) { model.drawer_open = false; draw() } }
  document.addEventListener("keydown", onKey)

  const narrow = matchMedia("(max-width: 900px)")
  const bokeh = view.model.document
  const recall = () => {
    recalled = true
    const remembered = store.get("theme")
    const dark = remembered ? remembered === "dark" : !matchMedia("(prefers-color-scheme: light)").matches
    const palette = store.get("palette") === "colorblind" ? "colorblind" : "classic"
    const open = model.has_drawer && !narrow.matches && store.get("drawer") !== "folded"
    document.cookie = `wb_theme=${dark ? "dark" : "light"}; path=/; max-age=31536000; SameSite=Lax`
    if (dark !== model.dark) model.dark = dark
    if (palette !== model.palette) model.palette = palette
    if (open !== model.drawer_open) model.drawer_open = open
    draw()
  }

  for (const name of ["dark", "palette", "drawer_open", "has_drawer"]) model.on(name, draw)
  model.on("remove", () => document.removeEventListener("keydown", onKey))
  draw()
  // The server drops answers to changes that reach it before it has seen the page loaded.
  if (bokeh.is_idle) setTimeout(recall, 50)
  else bokeh.idle.connect(() => setTimeout(recall, 50))
  return tools
}
