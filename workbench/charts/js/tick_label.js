// Body of CustomJSTickFormatter.code on the time axis. Arguments: tick, source, x_range.
const plot = [...x_range.linked_plots][0];
return wbTime.axis(source, x_range.start, x_range.end, wbTime.room(plot, x_range.start, x_range.end)).get(tick) ?? "";
