// One sentence above the page, until it is dismissed.
export function render({model}) {
  const bar = document.createElement("div")
  bar.className = "told"
  bar.setAttribute("role", "status")
  const text = document.createElement("span")
  const dismiss = document.createElement("button")
  dismiss.type = "button"
  dismiss.textContent = "Dismiss"
  dismiss.addEventListener("click", () => { model.text = "" })
  bar.append(text, dismiss)
  const draw = () => {
    text.textContent = model.text
    bar.hidden = !model.text
  }
  model.on("text", draw)
  draw()
  return bar
}
