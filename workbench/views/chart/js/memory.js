// What this browser remembers of the chart: the theme of a layout that was opened, and that it left a chart just now.

// Kept where a choice by hand is kept, so that the next page opens with it.
function remember(theme) {
  const [shade, palette] = theme.split(" ")
  for (const [key, value] of [["theme", shade], ["palette", palette]]) {
    try { localStorage.setItem(`wb.${key}`, value) } catch { /* private mode: for this page only */ }
    document.cookie = `wb_${key}=${value}; path=/; max-age=31536000; SameSite=Lax`
  }
}

export function render({model}) {
  // By this cookie a link which says what was open is known to be a reload.
  const leave = () => { document.cookie = "wb_chart_left=1; path=/; max-age=60; SameSite=Lax" }
  addEventListener("beforeunload", leave)
  model.on("theme", () => remember(model.theme))
  model.on("remove", () => removeEventListener("beforeunload", leave))
  return document.createElement("span")
}
