// Numbers of studies, and the line of each in its pane's legend: name, values, buttons. Plain DOM, no Bokeh.
const wbStudies = (globalThis.__wbStudies ??= (() => {
  const formats = new Map();
  function fixed(decimals) {
    if (!formats.has(decimals)) {
      formats.set(decimals, new Intl.NumberFormat("en-US", {
        minimumFractionDigits: decimals, maximumFractionDigits: decimals,
      }));
    }
    return formats.get(decimals);
  }
  const UNITS = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e4, "K"]];
  const minus = (text) => text.replace("-", "−");

  // Five digits or so, whatever the size.
  function number(value) {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    for (const [unit, letter] of UNITS) {
      const by = unit === 1e4 ? 1e3 : unit;
      if (size >= unit && size >= 1e5) return minus(`${fixed(size >= 100 * by ? 1 : 2).format(value / by)} ${letter}`);
    }
    const decimals = size === 0 ? 2 : size >= 1 ? 2 : Math.min(8, 3 - Math.floor(Math.log10(size)));
    return minus(fixed(decimals).format(value));
  }

  // Labels of an axis; none where they would touch each other or those of the pane next door.
  function axis(value, ticks, { y_range } = {}) {
    const view = y_range && [...y_range.linked_plots].at(-1);
    const scale = view?.frame ? view.frame.bbox.height / (y_range.end - y_range.start) : NaN;
    if (ticks.length > 1 && Math.abs(ticks[1] - ticks[0]) * scale < 18 && ticks.indexOf(value) % 2) return "";
    if ((value - y_range?.start) * scale < 5 || (y_range?.end - value) * scale < 5) return "";
    const most = Math.max(...ticks.map(Math.abs)), step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : most || 1;
    for (const [unit, letter] of UNITS) {
      const by = unit === 1e4 ? 1e3 : unit;
      if (most >= unit) return minus(`${fixed(places(step / by)).format(value / by)}${value ? ` ${letter}` : ""}`);
    }
    return minus(fixed(places(step)).format(value));
  }
  const places = (step) => (step > 0 ? Math.min(8, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))) : 2);

  const SHAPES = {
    settings: "M2 4.5h7M13 4.5h1M2 11.5h1M7 11.5h7M9 4.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0M3 11.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
    hide: "M1.5 8C4 3.5 12 3.5 14.5 8C12 12.5 4 12.5 1.5 8zM6 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
    show: "M1.5 8C4 3.5 12 3.5 14.5 8C12 12.5 4 12.5 1.5 8zM3 14L13 2",
    remove: "M4 4l8 8M12 4l-8 8", up: "M4 10l4-4l4 4", down: "M4 6l4 4l4-4",
    fold: "M3 8h10", unfold: "M3 3h10v10H3z",
  };
  const icon = (shape) => `<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="${SHAPES[shape]}"/></svg>`;

  // One line of a legend. `ask(what)` is called by its buttons.
  class Line {
    constructor(parent, ask) {
      const make = (name, under) => { const el = document.createElement(name); under.append(el); return el; };
      this.el = make("div", parent);
      this.el.className = "wb-study";
      this.name = make("span", this.el);
      this.values = make("span", this.el);
      this.values.className = "wb-values";
      this.icons = make("span", this.el);
      this.icons.className = "wb-icons";
      this.icons.addEventListener("click", (e) => {
        const button = e.target.closest("button");
        if (button) ask(button.dataset.what);
      });
      for (const kind of ["pointerdown", "dblclick"]) this.el.addEventListener(kind, (e) => e.stopPropagation());
      this.el.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") e.stopPropagation(); });
    }

    // What it is: `set` as Python tells it.
    dress(set, place, safe) {
      this.set = set;
      this.el.classList.toggle("wb-off", Boolean(set.hidden));
      this.el.dataset.id = set.id;
      const name = `<b title="${safe(set.title)}">${safe(set.name)}</b> ${safe(set.words)}`;
      const mark = set.repaints ? ' <i title="Later bars change what is drawn">repaints</i>' : "";
      const note = set.note ? ` <i title="Older bars are not counted in">${safe(set.note)}</i>` : "";
      const html = name + mark + note + (set.error ? ` <span class="wb-wrong">${safe(set.error)}</span>` : "");
      if (this.nameHtml !== html) this.name.innerHTML = this.nameHtml = html;
      const all = [["settings", "settings", "Settings"], ["hide", set.hidden ? "show" : "hide", set.hidden ? "Show" : "Hide"]];
      if (set.own) {
        if (!place.first) all.push(["up", "up", "Move up"]);
        if (!place.last) all.push(["down", "down", "Move down"]);
        all.push(["fold", set.folded ? "unfold" : "fold", set.folded ? "Unfold" : "Fold"]);
      }
      all.push(["remove", "remove", "Remove"]);
      const buttons = all.map(([what, shape, word]) =>
        `<button type="button" data-what="${what}" title="${word}" aria-label="${word} ${safe(set.name)}">${icon(shape)}</button>`).join("");
      if (this.buttonsHtml !== buttons) this.icons.innerHTML = this.buttonsHtml = buttons;
    }

    // Its values at an ordinal; `price` writes prices.
    write(data, ordinal, price) {
      const { set } = this, index = data.x?.length ? ordinal - data.x[0] : -1;
      const html = set.error || set.hidden ? "" : set.outputs.map((output, i) => {
        const value = data[`v${i}`]?.[index];
        const color = set.colors[i] || `var(--c-${value < 0 ? "down" : "up"}-text)`;
        const style = set.drawn[i] ? ` style="color:${color}"` : "";
        const text = set.prices && set.drawn[i] ? price(value) : number(value);
        return `<em${style} title="${output.replaceAll("_", " ")}">${text}</em>`;
      }).join("");
      if (this.valuesHtml !== html) this.values.innerHTML = this.valuesHtml = html;
    }

    remove() { this.el.remove(); }
  }

  return { number, axis, Line };
})());
