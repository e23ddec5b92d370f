// Body of CustomJSTicker.major_code: ordinals that get a label. Arguments: cb_data, source.
const { start, end, range } = cb_data;
const plot = [...range.linked_plots][0];
const at = wbTime.axis(source, start, end, wbTime.room(plot, start, end));
const out = [];
for (const ordinal of at.keys()) if (ordinal >= start && ordinal <= end) out.push(ordinal);
return out.sort((a, b) => a - b);
