// Names for what the library leaves without one in a dialog or in the panel of bar specs: the buttons of number and colour
// fields, and fields that stand once for each output under the same word. Fields are drawn when they like, so they are looked
// for until all are there.

const LATEST = 50, EVERY = 100 // looks, ms from one to the next

function* within(root) {
  for (const el of root.querySelectorAll("*")) {
    yield el
    if (el.shadowRoot) yield* within(el.shadowRoot)
  }
}

// How many fields were found; those that are named already are named again, as another study may be meant.
function dress(root, words) {
  let found = 0
  for (const el of within(root)) {
    if (!el.matches(".MuiTextField-root")) continue
    const input = el.querySelector("input"), label = el.querySelector("label")
    if (!input || !label) continue
    // A label may have a mark beside its word that tells more.
    const word = [...label.childNodes].find((node) => node.nodeType === Node.TEXT_NODE)?.textContent.trim()
      || label.textContent.replace(/[\s*]+$/, "")
    const group = [...el.getRootNode().host?.classList ?? []].find((name) => name.startsWith("wb-of-"))
    const name = group ? `${words[group] ?? ""} ${word.toLowerCase()}`.trim() : word
    const buttons = [...el.querySelectorAll("button")]
    if (group) input.setAttribute("aria-label", name)
    if (buttons.length === 2) {
      buttons[0].setAttribute("aria-label", `${name}: less`)
      buttons[1].setAttribute("aria-label", `${name}: more`)
    } else if (buttons.length === 1) buttons[0].setAttribute("aria-label", `${name}: choose`)
    found += 1
  }
  return found
}

export function render({model, el}) {
  let timer = null
  const look = (left) => {
    clearTimeout(timer)
    const dialog = home(el)
    const found = dialog ? dress(dialog, model.words) : 0
    if (left > 0 && found < model.fields) timer = setTimeout(() => look(left - 1), EVERY)
    else if (left > 0) timer = setTimeout(() => look(0), EVERY) // what was drawn last may have been drawn anew
  }
  const begin = () => look(LATEST)
  for (const name of ["turn", "words", "fields"]) model.on(name, begin)
  model.on("remove", () => clearTimeout(timer))
  begin()
  return document.createElement("span")
}

// The dialog or panel that an element is in, through the shadow roots around it.
function home(el) {
  for (let at = el; at; at = at.getRootNode().host) {
    const dialog = at.closest('[role="dialog"], .wb-spec-panel')
    if (dialog) return dialog.shadowRoot ?? dialog
  }
  return null
}
