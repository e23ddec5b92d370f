// A chart in a file of its own: nobody answers, so what only Python can do is taken away or done here.
// args: root (figures), viewport (says "home" or "end"), source (bars), x_range.
const HIDDEN = ".wb-icons, .wb-last small, .wb-draw-bar { display: none !important; } .wb-study { pointer-events: none !important; }";

export default ({ root, viewport, source, x_range }) => {
  if (root.wbFiled) return; // called whenever the figure gets a size
  root.wbFiled = true;
  viewport.properties.data.change.connect(() => {
    const ask = viewport.data.ask?.[0], { x } = source.data;
    if (!ask || !x.length) return;
    const width = x_range.end - x_range.start;
    const start = ask === "home" ? x[0] - 3 : x[x.length - 1] + 1 + Math.max(2, width * 0.04) - width;
    x_range.setv({ start, end: start + width });
  });
  let turns = 600; // layers come with the first paint; ten seconds are enough
  const dress = () => {
    const layers = root.children.map((figure) =>
      [...figure.y_range.linked_plots].at(-1)?.canvas_view?.shadow_el?.querySelector(".wb-layer"));
    for (const layer of layers.filter((one) => one && !one.wbFiled)) {
      layer.wbFiled = true;
      layer.append(Object.assign(document.createElement("style"), { textContent: HIDDEN }));
    }
    if (!layers.every(Boolean) && turns--) requestAnimationFrame(dress);
  };
  dress();
};
