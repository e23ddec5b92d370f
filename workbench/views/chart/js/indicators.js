// The indicator browser: search and list at the left, what is told of the chosen one at the right.
// Filtering asks nobody; the server is asked for what is told, and to add.

// All words of the query begin a word of name, title or family; the nearer to the name, the higher.
function rank(item, query) {
  if (!query.length) return 1
  const name = item.name.toLowerCase(), all = `${name} ${item.title} ${item.family}`.toLowerCase()
  const tokens = all.split(/[^a-z0-9%]+/)
  if (!query.every((word) => tokens.some((token) => token.startsWith(word)) || name.includes(word))) return 0
  if (name === query.join("_")) return 4
  return name.startsWith(query[0]) ? 3 : item.title.toLowerCase().startsWith(query[0]) ? 2 : 1
}

export function render({model}) {
  const root = document.createElement("div")
  root.className = "browser"
  const side = el(root, "div", "side")
  const search = el(side, "input", "find")
  Object.assign(search, {type: "search", placeholder: "Search by name or family", autocomplete: "off", spellcheck: false})
  search.setAttribute("aria-label", "Search indicators")
  search.setAttribute("role", "combobox")
  search.setAttribute("aria-expanded", "true")
  search.setAttribute("aria-controls", "indicators")
  const list = el(side, "div", "list")
  Object.assign(list, {id: "indicators", tabIndex: -1})
  list.setAttribute("role", "listbox")
  list.setAttribute("aria-label", "Indicators")
  const about = el(root, "div", "about")
  const told = el(about, "div", "told")
  const foot = el(about, "div", "foot")
  const said = el(foot, "span", "said")
  said.setAttribute("role", "status")
  const add = el(foot, "button", "add", "Add to chart")
  add.type = "button"

  let shown = [], chosen = model.chosen, asking = null

  function draw() {
    const query = search.value.toLowerCase().split(/[^a-z0-9%]+/).filter(Boolean)
    const found = model.items.map((item, at) => ({item, at, rank: rank(item, query)})).filter((one) => one.rank)
    if (query.length) found.sort((a, b) => b.rank - a.rank || a.at - b.at)
    list.replaceChildren()
    shown = found.map(({item}) => item.name)
    let family = null
    for (const {item} of found) {
      if (!query.length && item.family !== family) el(list, "div", "family", family = item.family)
      const row = el(list, "div", "item")
      row.setAttribute("role", "option")
      row.id = `indicator-${item.name}`
      row.dataset.name = item.name
      el(row, "span", "title", item.title)
      el(row, "span", "name", query.length ? item.family : item.name)
      row.title = item.name
    }
    if (!found.length) el(list, "div", "none", `No indicator has “${search.value}” in its name or family.`)
    if (query.length && shown.length) choose(shown[0])
    mark()
  }

  function mark(seen = false) {
    for (const row of list.querySelectorAll(".item")) {
      const on = row.dataset.name === chosen
      row.setAttribute("aria-selected", on)
      if (on && seen) row.scrollIntoView({block: "nearest"})
      if (on) search.setAttribute("aria-activedescendant", row.id)
    }
  }

  // The server is asked when a hand rests.
  function choose(name) {
    if (name === chosen) return
    chosen = name
    mark(true)
    clearTimeout(asking)
    asking = setTimeout(() => { model.said = ""; model.chosen = name }, 150)
  }

  const submit = () => { if (shown.includes(chosen)) model.send_msg(chosen) }

  search.addEventListener("input", draw)
  search.addEventListener("keydown", (event) => {
    const by = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10}[event.key]
    if (by && shown.length) {
      const at = shown.indexOf(chosen)
      choose(shown[Math.max(0, Math.min(shown.length - 1, at + by))])
    } else if (event.key === "Enter") submit()
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  list.addEventListener("click", (event) => {
    const row = event.target.closest(".item")
    if (row) choose(row.dataset.name)
  })
  list.addEventListener("dblclick", (event) => { if (event.target.closest(".item")) submit() })
  add.addEventListener("click", submit)

  const tell = () => { told.innerHTML = model.detail; told.scrollTop = 0 }
  const say = () => { said.textContent = model.said }
  model.on("items", draw)
  model.on("chosen", () => { if (model.chosen !== chosen) { chosen = model.chosen; mark(true) } })
  model.on("detail", tell)
  model.on("said", say)
  draw()
  tell()
  say()
  // The dialog shows what is in it some frames after it is made.
  const until = performance.now() + 3000
  const reach = () => {
    if (search.isConnected && search.getBoundingClientRect().width) { search.focus(); mark(true) }
    else if (performance.now() < until) requestAnimationFrame(reach)
  }
  requestAnimationFrame(reach)
  return root
}
