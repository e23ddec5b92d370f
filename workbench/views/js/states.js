// Empty, loading and error, in the panel they concern.

const icon = (body) => '<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" ' +
  `stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${body}</svg>`
const ICONS = {
  error: icon('<path d="M8 2.2L14.4 13.4H1.6z"/><path d="M8 6.6v3M8 11.5v.1"/>'),
  empty: icon('<rect x="2" y="3" width="12" height="10" rx="1"/><path d="M2 9h3.5l1 1.6h3L10.5 9H14"/>'),
}

function el(tag, className, text) {
  const node = document.createElement(tag)
  if (className) node.className = className
  if (text !== undefined) node.textContent = text
  return node
}

// navigator.clipboard exists on https and localhost only; a team's server on plain http needs the old way.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = el("textarea")
    area.value = text
    area.style.cssText = "position:fixed;opacity:0"
    document.body.append(area)
    area.select()
    const done = document.execCommand("copy")
    area.remove()
    return done
  }
}

function copyButton(label, text) {
  const button = el("button", "", label)
  button.type = "button"
  button.addEventListener("click", async () => {
    button.textContent = await copy(text()) ? "Copied" : "Press Ctrl+C"
    setTimeout(() => { button.textContent = label }, 1500)
  })
  return button
}

// Bars of a skeleton chart: a fixed, made-up path, so that two loads look the same.
function chartSkeleton(root) {
  for (let k = 0; k < 60; k++) {
    const middle = 46 + 16 * Math.sin(k / 9) + 7 * Math.sin(k / 3.1)
    const tall = 4 + 5 * Math.abs(Math.sin(k * 1.7))
    const candle = el("span", "bar")
    candle.style.cssText = `left:${1 + k * 1.55}%;width:.9%;top:${middle - tall / 2 - 10}%;height:${tall}%`
    const volume = el("span", "bar")
    volume.style.cssText = `left:${1 + k * 1.55}%;width:.9%;bottom:6%;height:${3 + 7 * Math.abs(Math.sin(k * 2.3))}%`
    root.append(candle, volume)
  }
}

function tableSkeleton(root) {
  for (let k = 0; k < 8; k++) {
    const row = el("div", "row")
    for (const width of [14, 10, 7, 16, 20]) {
      const cell = el("i")
      cell.style.width = `${width - (k * 7 + width) % 4}%`
      row.append(cell)
    }
    root.append(row)
  }
}

export function render({model}) {
  const host = el("div")
  host.style.cssText = "width:100%;height:100%"

  const draw = () => {
    host.replaceChildren()
    if (model.kind === "loading") {
      const skeleton = el("div", "bones")
      skeleton.setAttribute("role", "status")
      skeleton.append(el("span", "told", model.title || "Loading"))
      if (model.shape === "table") tableSkeleton(skeleton)
      else chartSkeleton(skeleton)
      host.append(skeleton)
      return
    }
    const state = el("div", `panel-state is-${model.kind}`)
    state.setAttribute("role", model.kind === "error" ? "alert" : "status")
    const inner = el("div", "inner")
    const heading = el("h2")
    heading.innerHTML = ICONS[model.kind]
    heading.append(el("span", "", model.title))
    inner.append(heading)
    if (model.text) inner.append(el("p", "", model.text))
    for (const command of model.commands) {
      const box = el("div", "to-run")
      box.append(el("code", "", command), copyButton("Copy", () => command))
      inner.append(box)
    }
    const actions = el("div", "actions")
    if (model.action) {
      const button = el("button", "main", model.action)
      button.type = "button"
      button.addEventListener("click", () => { model.clicks += 1 })
      actions.append(button)
    }
    if (model.details) {
      actions.append(copyButton("Copy details", () => `${model.title}\n${model.text}\n\n${model.details}`))
    }
    inner.append(actions)
    if (model.details) {
      const details = el("details")
      details.append(el("summary", "", "Details"), el("pre", "", model.details))
      inner.append(details)
    }
    state.append(inner)
    host.append(state)
  }
  for (const name of ["kind", "shape", "title", "text", "commands", "action", "details"]) model.on(name, draw)
  draw()
  return host
}
