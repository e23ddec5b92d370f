// A line for each cell through its parameters to its measure. Drag on an axis to brush; arrows do so by keys.

const SIDE = 56, ABOVE = 26, BELOW = 14, STEP = 50

export function render({model}) {
  const host = el(null, "div", "coordinates")
  const canvas = el(host, "canvas")
  const axes = el(host, "div", "axes")
  const told = el(host, "p", "told")
  told.setAttribute("role", "status")
  let spans = {}, frame = null, timer = null

  const size = () => [host.clientWidth, host.clientHeight]
  const x = (at) => { const [w] = size(); return SIDE + at * (w - 2 * SIDE) / Math.max(1, model.axes.length - 1) }
  const y = (place) => { const [, h] = size(); return h - BELOW - place / 1000 * (h - ABOVE - BELOW) }
  const place = (py) => { const [, h] = size(); return Math.max(0, Math.min(1000, (h - BELOW - py) / (h - ABOVE - BELOW) * 1000)) }
  const inside = (line) => Object.entries(spans).every(([at, [low, high]]) => line[at] >= low - .5 && line[at] <= high + .5)

  function paint() {
    frame = null
    const [w, h] = size(), ratio = devicePixelRatio || 1
    if (!w || !h) return
    canvas.width = w * ratio
    canvas.height = h * ratio
    const pen = canvas.getContext("2d"), css = getComputedStyle(host)
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, w, h)
    const faint = css.getPropertyValue("--wb-faint"), accent = css.getPropertyValue("--wb-accent"), up = css.getPropertyValue("--wb-up")
    const some = Object.keys(spans).length > 0
    const draw = (lines, color, alpha) => {
      pen.strokeStyle = color
      pen.globalAlpha = alpha
      for (const line of lines) {
        pen.beginPath()
        line.forEach((one, at) => at ? pen.lineTo(x(at), y(one)) : pen.moveTo(x(at), y(one)))
        pen.stroke()
      }
    }
    const on = some ? model.lines.filter(inside) : model.lines
    if (some) draw(model.lines.filter((line) => !inside(line)), faint, .12)
    const best = on.slice(-Math.max(1, Math.round(on.length * .05)))
    draw(on.slice(0, on.length - best.length), accent, on.length > 300 ? .16 : .35)
    draw(best, up, .8)
    pen.globalAlpha = 1
    told.textContent = `${model.told}${some ? ` · ${on.length.toLocaleString("en")} lines brushed, Escape forgets` : ""}`
    for (const axis of axes.children) mark(axis)
  }
  const soon = () => { frame ??= requestAnimationFrame(paint) }

  function mark(axis) {
    const at = Number(axis.dataset.at), box = axis.querySelector(".brush"), span = spans[at]
    axis.style.left = `${x(at)}px`
    box.hidden = !span
    if (span) { box.style.top = `${y(span[1])}px`; box.style.height = `${Math.max(2, y(span[0]) - y(span[1]))}px` }
    axis.setAttribute("aria-valuetext", span ? `${text(at, span[0])} to ${text(at, span[1])}` : "all")
    for (const tick of axis.querySelectorAll(".tick")) tick.style.top = `${y(Number(tick.dataset.place))}px`
  }
  const text = (at, value) => model.axes[at].ticks.reduce((a, b) => Math.abs(b[0] - value) < Math.abs(a[0] - value) ? b : a)[1]

  function tell() {
    soon()
    clearTimeout(timer)
    timer = setTimeout(() => model.send_msg({spans}), 120)
  }
  function set(at, span) {
    if (span && span[1] - span[0] > 1) spans[at] = span
    else delete spans[at]
    tell()
  }

  function build() {
    axes.replaceChildren(...model.axes.map((one, at) => {
      const axis = el(null, "div", "axis")
      axis.dataset.at = at
      axis.tabIndex = 0
      axis.title = `${one.name}: drag to brush, double-click to forget; by keys: Up and Down move, + and - widen and narrow`
      axis.setAttribute("role", "slider")
      axis.setAttribute("aria-orientation", "vertical")
      axis.setAttribute("aria-label", `Brush ${one.name}`)
      el(axis, "span", "name", one.name)
      el(axis, "span", "rule")
      el(axis, "span", "brush").hidden = true
      for (const [where, label] of one.ticks) el(axis, "span", "tick", label).dataset.place = where
      let from = null
      axis.addEventListener("pointerdown", (event) => {
        from = place(event.clientY - host.getBoundingClientRect().top)
        axis.setPointerCapture(event.pointerId)
      })
      axis.addEventListener("pointermove", (event) => {
        if (from === null) return
        const now = place(event.clientY - host.getBoundingClientRect().top)
        if (Math.abs(now - from) > 8) { spans[at] = [Math.min(from, now), Math.max(from, now)]; soon() }
      })
      axis.addEventListener("pointerup", () => { from = null; tell() })
      axis.addEventListener("dblclick", () => set(at, null))
      axis.addEventListener("keydown", (event) => {
        const [low, high] = spans[at] ?? [0, 1000]
        const moved = {
          ArrowUp: [low + STEP, high + STEP], ArrowDown: [low - STEP, high - STEP], "+": [low - STEP / 2, high + STEP / 2],
          "-": [low + STEP, high - STEP], Escape: null,
        }[event.key]
        if (moved === undefined) return
        event.preventDefault()
        event.stopPropagation()
        if (moved === null) { spans = {}; tell() }
        else set(at, [Math.max(0, Math.min(950, moved[0])), Math.min(1000, Math.max(50, moved[1]))])
      })
      return axis
    }))
  }
  let shape = "", turn = -1
  function draw() {
    if (turn !== model.turn) { turn = model.turn; spans = {} }
    const now = JSON.stringify(model.axes)
    if (now !== shape) { shape = now; build() }
    soon()
  }
  for (const name of ["axes", "lines", "told", "turn"]) model.on(name, draw)
  const sized = new ResizeObserver(soon)
  sized.observe(host)
  // Colours are those of the theme, which a canvas does not follow by itself.
  const themed = new MutationObserver(soon)
  themed.observe(document.documentElement, {attributes: true, subtree: false})
  model.on("remove", () => { sized.disconnect(); themed.disconnect() })
  draw()
  return host
}
