// What Python says to a component stays. Panel's components for React write their state back to the model when they have
// been drawn; on a busy page that comes after the next word from Python, undoes it, and tells Python the old one as new.
// Here a component's own choice goes to the model at once, and nothing is written back.
(function () {
  const component = Bokeh.Models.get("panel.models.esm.ReactComponent")
  const made = component.prototype._render_code
  const back = /React\.useEffect\(\(\) => \{\s*if \(!target\.model\.events\.includes\(resolvedProp\) && initialized\.current\) \{[^]*?\}, \[value\]\)/
  component.prototype._render_code = function () {
    const code = made.call(this)
    if (!back.test(code)) console.warn("workbench: Panel's useState is not the one that js/react_state.js mends")
    return code.replace(back, "").replace("return [value, setValue]", `
          if (target.model.events.includes(resolvedProp)) return [value, setValue]
          return [value, (chosen) => {
            const next = typeof chosen === "function" ? chosen(targetModel.attributes[resolvedProp]) : chosen
            targetModel.setv({[resolvedProp]: next})
            setValue(next)
          }]`)
  }
})()
