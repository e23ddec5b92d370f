// In a cell of a notebook Panel tells Python of every change, of those too that came from Python. Back there they undo
// what was changed meanwhile, and the window that was told with them is lost. Bokeh marks them: they are not `sync`.
const wbCell = {
  quiet(document) {
    for (const model of document._all_models.values()) {
      if (!model.type.endsWith("CommManager") || model.wbQuiet) continue;
      const tell = model._document_changed.bind(model);
      model.wbQuiet = true;
      model._document_changed = (event) => { if (event.sync !== false) tell(event); };
    }
  },
};
