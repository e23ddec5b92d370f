// Body of CustomJSTickFormatter.code on the time axis. Arguments: tick, source, x_range.
const plot = [...x_range.linked_plots][0], { x_scale, bbox } = plot?.frame ?? {};
const label = wbTime.axis(source, x_range.start, x_range.end, wbTime.room(plot, x_range.start, x_range.end)).get(tick) ?? "";
// "5 Nov" may be the end of "15 Nov": what the left edge would cut is left out. 3.4 px are half a digit of 12 px.
return x_scale && x_scale.compute(tick) - bbox.left < 3.4 * label.length ? "" : label;
