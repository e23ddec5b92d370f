// The sheet of keys. What it says is done elsewhere: by the chart's own scripts, by keys.js, by the drawing tools.

const SHEET = [
  ["Move", [
    ["← →", "Pan; with Shift half a window"], ["+ −", "Zoom at the newest bar"], ["Home End", "First and newest bar"],
    ["G", "Go to a date"], ["M", "Next marker; with Shift the one before, Enter presses it"],
  ]],
  ["Choose", [
    ["/", "Search a symbol"], ["1 … 9 0", "Bars, as the buttons stand"], ["Letters", "Any bar spec, such as ha(1h) or 1000tick"],
    ["I", "Indicators"], ["C", "Compare with other symbols"],
  ]],
  ["Prices", [
    ["Alt+A", "Follow the prices in the window, or hold them"], ["Alt+L", "Logarithmic scale"], ["Alt+P", "Percent from the first bar in the window"],
    ["↑ ↓", "On the price axis: stretch"],
  ]],
  ["Several charts", [["Ctrl+1 … 8", "Make one active"], ["F", "One chart alone"]]],
  ["Draw", [
    ["Alt+T R E", "Trend line, ray, extended line"], ["Alt+H V", "Horizontal, vertical line"], ["Alt+X C F", "Rectangle, channel, Fibonacci"],
    ["Alt+B N M", "Brush, note, measure"], ["Alt+G", "Magnet"], ["Alt+S", "Next drawing in view"], ["← ↑ → ↓", "Move the chosen one"],
    ["Delete", "Remove it"], ["Ctrl+Z", "Undo; with Shift redo"],
  ]],
  ["Anywhere", [["Esc", "Close what is open"], ["?", "This sheet"]]],
]

export function render() {
  const root = document.createElement("div")
  root.className = "keys"
  const button = el(root, "button", "current", "?")
  Object.assign(button, {type: "button", title: "Keys (?)"})
  button.setAttribute("aria-label", "Keys")
  button.setAttribute("aria-haspopup", "dialog")
  const sheet = el(root, "dialog")
  sheet.setAttribute("aria-label", "Keys")
  const head = el(sheet, "header")
  el(head, "h2", "", "Keys")
  const close = el(head, "button", "close", "✕")
  Object.assign(close, {type: "button", title: "Close (Esc)"})
  close.setAttribute("aria-label", "Close")
  const columns = el(sheet, "div", "columns")
  for (const [title, rows] of SHEET) {
    const group = el(columns, "section")
    el(group, "h3", "", title)
    const list = el(group, "dl")
    for (const [keys, what] of rows) {
      el(list, "dt", "", keys)
      el(list, "dd", "", what)
    }
  }
  button.addEventListener("click", () => sheet.showModal())
  close.addEventListener("click", () => sheet.close())
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close() }) // beside it
  sheet.addEventListener("keydown", (event) => {
    if (event.key === "?") sheet.close()
    if (event.key !== "Tab" && event.key !== "Escape") event.stopPropagation()
  })
  return root
}
