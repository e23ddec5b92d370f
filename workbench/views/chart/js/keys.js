// Typing on a page with a chart: "/" goes to the symbol search, a digit to the button of a bar spec, a letter or what
// follows a digit to the field for any bar spec; some letters and "?" open what has them as its key. Letters that are typed
// before the field is there are kept and put into it.

const EDITABLE = new Set(["INPUT", "TEXTAREA", "SELECT"])
const ROLES = new Set(["combobox", "listbox", "option", "menu", "menuitem", "dialog", "textbox"])

// Whether an event passes through an element for which the test holds.
const through = (event, test) => event.composedPath().some((node) => node instanceof Element && test(node))

const busy = (event) => through(event, (node) =>
  EDITABLE.has(node.tagName) || node.isContentEditable || ROLES.has(node.getAttribute("role")))

// The first match, through shadow roots.
function find(selector, root = document) {
  const here = root.querySelector(selector)
  if (here) return here
  for (const node of root.querySelectorAll("*")) {
    const inner = node.shadowRoot && find(selector, node.shadowRoot)
    if (inner) return inner
  }
  return null
}

function input(name) {
  const host = find(`.${name}`)
  return host && (host.matches("input") ? host : find("input", host.shadowRoot ?? host))
}

// What has the keyboard, through shadow roots.
function held() {
  let node = document.activeElement
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement
  return node
}

// As if it had been typed: React hears of it.
function put(field, text) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, text)
  field.dispatchEvent(new Event("input", {bubbles: true}))
}

// Keys that press a button; no kind of bar begins with these letters.
const PRESSES = {i: "wb-indicators", g: "wb-goto", "?": "wb-keysheet"}
// A digit alone is a button; it waits for what may follow, such as the rest of 1000tick.
const ALONE_MS = 500

export function render({model}) {
  const el = document.createElement("span")
  let typed = null // what was typed while the field is not there yet
  let digit = null, alone = 0

  // The field appears with the panel that holds it, some frames after it was asked for.
  function reach(until = performance.now() + 5000) {
    const field = input("wb-spec-text")
    if (!field || field.getBoundingClientRect().width === 0) {
      if (performance.now() < until) requestAnimationFrame(() => reach(until))
      else typed = null
      return
    }
    // Opened by its button: whoever is quicker than we are keeps what he chose.
    if (typed === null && held()?.matches("input, textarea, .MuiListItemButton-root, [role=combobox]")) return
    field.focus()
    if (typed === null) field.select()
    else {
      put(field, typed)
      field.setSelectionRange(typed.length, typed.length)
    }
    typed = null
  }

  function open(text) {
    const button = find(".wb-spec-more")?.shadowRoot?.querySelector("button")
    if (!button) return
    typed = text
    button.click()
  }

  function clicked(event) {
    const field = boxed(event)
    if (field && field !== box) field.select()
    enter(field)
    if (box && through(event, (node) => node.getAttribute("role") === "option")) take()
    if (!through(event, (node) => node.tagName === "BUTTON" && node.getRootNode().host?.matches(".wb-spec-more"))) return
    model.typed = typed !== null
    reach()
  }

  // The boxes of symbol and zone: what is typed takes the place of what they say; what is left without a choice comes back.
  let box = null, said = "", took = false
  const boxed = (event) => ["wb-symbol", "wb-zone"].map(input).find((field) => field && event.composedPath()[0] === field)

  function enter(field) {
    if (!field || field === box) return
    box = field
    said = field.value
    took = false
    field.addEventListener("blur", () => {
      if (!took && field.value !== said) put(field, said)
      box = null
    }, {once: true})
  }

  // A choice: what the box says from now on is what comes back.
  function take() {
    took = true
    box = null
  }

  const pressed = (key) => PRESSES[key] && find(`.${PRESSES[key]}`)?.shadowRoot?.querySelector("button")

  // The buttons of bar specs are 1 to 9 and 0, as they stand.
  function choose() {
    const buttons = find(".wb-specs")?.shadowRoot?.querySelectorAll("button") ?? []
    const button = buttons[(Number(digit) + 9) % 10]
    drop()
    if (button && button.getAttribute("aria-pressed") !== "true") button.click()
  }

  // Escape in the panel: it closes by itself, and may be opened again before the server has heard of that.
  function back(event, field) {
    if (!(event.composedPath()[0] instanceof HTMLInputElement) || !through(event, (node) => node.matches(".wb-spec-panel"))) return
    if (field.value !== model.shown) put(field, model.shown)
  }

  function drop() {
    clearTimeout(alone)
    digit = null
  }

  function key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const field = input("wb-spec-text"), boxes = boxed(event)
    enter(boxes)
    if (event.key === "Escape" && field && typed === null) back(event, field)
    if (boxes && event.key === "Enter") take()
    if (event.key === "Enter" && field && event.composedPath().includes(field)) {
      // The field's own answer to Enter would put this text back over what is typed next.
      model.send_msg(field.value)
    } else if (typed !== null) { // on its way to the field
      if (event.key === "Backspace") typed = typed.slice(0, -1)
      else if (event.key.length === 1) typed += event.key
      else return
    } else if (event.key === "Escape" && boxes) {
      boxes.blur()
    } else if (busy(event)) {
      drop()
      return
    } else if (digit !== null && event.key.length === 1 && event.key !== "/") {
      const text = digit + event.key
      drop()
      open(text)
    } else if (digit !== null && event.key === "Enter") {
      choose()
    } else if (digit !== null && event.key === "Escape") {
      drop()
    } else if (event.key === "/") {
      const search = input("wb-symbol")
      if (!search) return
      drop()
      enter(search)
      search.focus()
      search.select() // what is typed takes the place of what is there
    } else if (pressed(event.key)) {
      pressed(event.key).click()
    } else if (/^[0-9]$/.test(event.key)) {
      digit = event.key
      alone = setTimeout(choose, ALONE_MS)
    } else if (/^[a-z]$/i.test(event.key)) {
      open(event.key)
    } else {
      return
    }
    event.preventDefault()
    event.stopPropagation()
  }

  document.addEventListener("keydown", key, true)
  document.addEventListener("click", clicked, true)
  model.on("remove", () => {
    drop()
    document.removeEventListener("keydown", key, true)
    document.removeEventListener("click", clicked, true)
  })
  return el
}
