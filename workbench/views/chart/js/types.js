// The chart type: a button that names it, and a menu of all there are. Opening and walking it asks nobody.

const icon = (path) => `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`

export function render({model}) {
  const el = document.createElement("div")
  el.className = "types"
  const button = document.createElement("button")
  button.type = "button"
  button.className = "current"
  button.setAttribute("aria-haspopup", "menu")
  const menu = document.createElement("div")
  menu.className = "menu"
  menu.setAttribute("role", "menu")
  menu.setAttribute("aria-label", "Chart type")
  menu.hidden = true
  el.append(button, menu)

  const rows = () => [...menu.children]
  const open = (wanted, focus = true) => {
    if (wanted === !menu.hidden || (wanted && model.why)) return
    menu.hidden = !wanted
    button.setAttribute("aria-expanded", String(wanted))
    if (!wanted) { if (focus) button.focus(); return }
    const place = button.getBoundingClientRect(), low = place.bottom + 4
    menu.style.top = `${low}px`
    menu.style.left = `${Math.max(8, Math.min(place.left, innerWidth - menu.offsetWidth - 8))}px`
    menu.style.maxHeight = `${innerHeight - low - 8}px`
    ;(rows().find((row) => row.getAttribute("aria-checked") === "true") ?? rows()[0])?.focus()
  }

  const dress = () => {
    const now = model.types.find((one) => one.name === model.value) ?? {title: model.value, icon: ""}
    button.innerHTML = `${icon(now.icon)}<span></span><i aria-hidden="true">▾</i>`
    button.querySelector("span").textContent = now.title
    button.setAttribute("aria-disabled", String(Boolean(model.why)))
    button.setAttribute("aria-label", `Chart type: ${now.title}`)
    button.setAttribute("aria-description", model.why)
    button.title = model.why || `Chart type: ${now.title} (Enter, then arrows or a letter)`
    for (const row of rows()) row.setAttribute("aria-checked", String(row.dataset.type === model.value))
    if (model.why) open(false, false)
  }
  const build = () => {
    menu.replaceChildren(...model.types.map((one) => {
      const row = document.createElement("button")
      row.type = "button"
      row.dataset.type = one.name
      row.title = one.about
      row.tabIndex = -1
      row.setAttribute("role", "menuitemradio")
      row.innerHTML = `${icon(one.icon)}<span></span>`
      row.querySelector("span").textContent = one.title
      row.addEventListener("click", () => { open(false); model.value = one.name })
      return row
    }))
    dress()
  }

  button.addEventListener("click", () => open(menu.hidden))
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return
    event.preventDefault()
    open(true)
  })
  menu.addEventListener("keydown", (event) => {
    const all = rows(), at = all.findIndex((row) => row.matches(":focus"))
    const to = {ArrowDown: (at + 1) % all.length, ArrowUp: (at + all.length - 1) % all.length, Home: 0, End: all.length - 1}[event.key]
    event.stopPropagation() // letters are for this menu, not for the bar spec
    if (event.key === "Escape" || event.key === "Tab") open(false)
    else if (to !== undefined) all[to].focus()
    else if (/^[a-z]$/i.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const turned = [...all.slice(at + 1), ...all.slice(0, at + 1)]
      turned.find((row) => row.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus()
    } else return
    event.preventDefault()
  })
  const outside = (event) => { if (!event.composedPath().includes(el)) open(false, false) }
  const fold = () => open(false, false)
  document.addEventListener("pointerdown", outside, true)
  addEventListener("resize", fold)
  model.on("remove", () => {
    document.removeEventListener("pointerdown", outside, true)
    removeEventListener("resize", fold)
  })
  model.on("types", build)
  model.on("value", dress)
  model.on("why", dress)
  build()
  return el
}
