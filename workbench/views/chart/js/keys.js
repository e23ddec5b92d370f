// Typing on a page with a chart: "/" goes to the symbol search, "i" to the indicators, a letter or a digit to the bar spec.
// Letters that are typed before the field is there are kept and put into it.

const EDITABLE = new Set(["INPUT", "TEXTAREA", "SELECT"])
const ROLES = new Set(["combobox", "listbox", "option", "menu", "menuitem", "dialog", "textbox"])

function busy(event) {
  return event.composedPath().some((node) => node instanceof Element &&
    (EDITABLE.has(node.tagName) || node.isContentEditable || ROLES.has(node.getAttribute("role"))))
}

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

export function render({model}) {
  const el = document.createElement("span")
  let typed = null // what was typed while the field is not there yet

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
    if (!event.composedPath().some((node) => node instanceof Element && node.tagName === "BUTTON" &&
      node.getRootNode().host?.matches(".wb-spec-more"))) return
    model.typed = typed !== null
    reach()
  }

  function key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const field = input("wb-spec-text")
    if (event.key === "Enter" && field && event.composedPath().includes(field)) {
      // The field's own answer to Enter would put this text back over what is typed next.
      model.send_msg(field.value)
    } else if (typed !== null) { // on its way to the field
      if (event.key === "Backspace") typed = typed.slice(0, -1)
      else if (event.key.length === 1) typed += event.key
      else return
    } else if (busy(event)) {
      return
    } else if (event.key === "/") {
      const search = input("wb-symbol")
      if (!search) return
      search.focus()
      search.select()
    } else if (event.key === "i" && find(".wb-indicators")) { // no kind of bar begins with it
      find(".wb-indicators").shadowRoot?.querySelector("button")?.click()
    } else if (/^[0-9a-z]$/i.test(event.key)) {
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
    document.removeEventListener("keydown", key, true)
    document.removeEventListener("click", clicked, true)
  })
  return el
}
