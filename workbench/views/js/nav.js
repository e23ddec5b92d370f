// Brand and page links. The links keep symbol, bar spec and zone; below 900 px they fold into a menu.

const MARK = '<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" ' +
  'stroke-linecap="round" aria-hidden="true"><path d="M1.5 4l3 8L8 5l3.5 7 3-8"/></svg>'
const MENU = '<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" ' +
  'aria-hidden="true"><path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/></svg>'

export function render({model}) {
  const nav = document.createElement("nav")
  nav.setAttribute("aria-label", "Pages")
  nav.innerHTML = `<a class="brand" title="Workbench: home" aria-label="Workbench: home">${MARK}</a>` +
    `<button class="menu" type="button" aria-label="Pages" title="Pages" aria-expanded="false">${MENU}</button><ul></ul>`
  const [brand, menu, list] = [nav.querySelector(".brand"), nav.querySelector(".menu"), nav.querySelector("ul")]

  const links = model.pages.map(([title, path]) => {
    const link = document.createElement("a")
    link.textContent = title
    if (title.toLowerCase() === model.page) link.setAttribute("aria-current", "page")
    const item = document.createElement("li")
    item.append(link)
    list.append(item)
    return [link, path]
  })
  const draw = () => {
    for (const [link, path] of [...links, [brand, model.pages[0][1]]]) link.href = model.query ? `${path}?${model.query}` : path
  }
  const open = (yes) => {
    nav.classList.toggle("open", yes)
    menu.setAttribute("aria-expanded", String(yes))
  }
  menu.addEventListener("click", () => open(!nav.classList.contains("open")))
  nav.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && nav.classList.contains("open")) { open(false); menu.focus() }
  })
  nav.addEventListener("focusout", (event) => { if (!nav.contains(event.relatedTarget)) open(false) })
  model.on("query", draw)
  draw()
  return nav
}
