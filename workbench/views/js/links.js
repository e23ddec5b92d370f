// Lines that lead somewhere: a text with a note; or a command to copy.

// How long ago, in the largest unit that is full.
const UNITS = [[86400e3, "d"], [3600e3, "h"], [60e3, "min"]]
function ago(ms) {
  const past = Date.now() - ms
  const [length, unit] = UNITS.find(([one]) => past >= one) ?? []
  return length ? `${Math.floor(past / length)} ${unit} ago` : "just now"
}

export function render({model}) {
  const host = el(null, "section", "fact-box list links")
  el(host, "h2", "", model.heading)
  host.setAttribute("aria-label", model.heading)
  const list = el(host, "ul"), none = el(host, "p", "none", model.hint)
  const draw = () => {
    list.replaceChildren(...model.items.map(({text, href, note, command, when}) => {
      const item = el(null, "li")
      const name = el(item, href ? "a" : "span", "", text)
      if (href) name.href = href
      if (command) el(item, "code", "", command)
      if (note) el(item, "small", "", note)
      if (when) {
        const time = el(item, "time", "", ago(Number(when)))
        time.dateTime = time.title = new Date(Number(when)).toISOString()
      }
      return item
    }))
    list.hidden = model.items.length === 0
    none.hidden = model.items.length > 0 || !model.hint
    host.hidden = model.items.length === 0 && !model.hint
  }
  model.on("items", draw)
  draw()
  return host
}
