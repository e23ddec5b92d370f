// What a hand has chosen and what is not saved yet, for one chart. It outlives the chart's views. The buttons of the
// tools stand elsewhere on the page; they and the desk speak by events of the document ("wb-tool" and "wb-tools").

const DRAW_KEYS = { KeyT: "trend", KeyR: "ray", KeyE: "extended", KeyH: "horizontal", KeyV: "vertical", KeyX: "rectangle",
  KeyC: "channel", KeyF: "fibonacci", KeyB: "brush", KeyN: "text", KeyM: "measure" };
const BUSY = "input, textarea, select, " +
  ["combobox", "listbox", "option", "menu", "menuitem", "dialog", "textbox"].map((role) => `[role=${role}]`).join();
const desks = (globalThis.__wbDesks ??= { all: new Map(), latest: null });

class Desk {
  constructor(channel, wish) {
    Object.assign(this, { channel, wish, tool: null, kept: false, chosen: null, hand: null });
    Object.assign(this, { seq: 0, unsaved: new Map(), styles: new Map() });
    try { this.magnet = localStorage.getItem("wb.magnet") === "on"; } catch { this.magnet = false; }
    document.addEventListener("wb-tool", ({ detail }) => { if (detail.channel === channel) this.told(detail); });
    document.addEventListener("keydown", (e) => this.key(e), true);
  }

  // Of a chart whose wishes go through `wish`.
  static of(wish) {
    if (!desks.all.has(wish.id)) desks.all.set(wish.id, new Desk(wish.id, wish));
    return desks.all.get(wish.id);
  }

  get hidden() { return this.hand?.rows().filter((row) => row.hidden).length ?? 0; }

  tell() {
    const { channel, tool, kept, magnet, hidden } = this, set = this.hand?.told ?? {};
    const detail = { channel, tool, kept, magnet, hidden, undo: Boolean(set.undo), redo: Boolean(set.redo) };
    document.dispatchEvent(new CustomEvent("wb-tools", { detail }));
  }

  told({ what, tool = null, kept = false, focus = false }) {
    if (what !== "hello") desks.latest = this;
    if (what === "tool") this.take(tool, kept, focus);
    else if (what === "magnet") this.pull(!this.magnet);
    else if (what === "hello") this.tell();
    else this.ask(what);
  }

  // With `focus` the chart gets the keyboard, so that Enter places what was taken.
  take(tool, kept = false, focus = false) {
    if (focus && tool) this.hand?.pane.events.focus({ preventScroll: true });
    Object.assign(this, { tool, kept: Boolean(tool && kept) });
    if (tool) this.chosen = null;
    this.hand?.dropped();
    this.tell();
  }

  // A chart is pressed: a tool that was chosen while another one of the page was the latest is meant for it.
  pressed() {
    const { latest } = desks;
    desks.latest = this;
    if (latest === this || !Desk.waits(latest)) return;
    const { tool, kept } = latest;
    latest.take(null);
    this.take(tool, kept);
  }

  static waits(desk) { return Boolean(desk?.tool && desk.hand?.board.current && !desk.hand.making); }

  pull(on) {
    this.magnet = on;
    try { localStorage.setItem("wb.magnet", on ? "on" : "off"); } catch { /* private mode: as long as this page lasts */ }
    this.tell();
  }

  // Say what was done. With `row`, what the drawing is now: shown until Python has it, and kept where that fails.
  ask(what, value = {}, row = null) {
    this.seq += 1;
    if (row) {
      const kept = this.unsaved.get(row.id) ?? { wishes: [] };
      kept.wishes.push({ seq: this.seq, what, value });
      kept.row = row;
      this.unsaved.set(row.id, kept);
    }
    this.wish.data = { seq: [this.seq], what: [what], value: [JSON.stringify(value)] };
    this.hand?.soon();
  }

  // What Python answered: what is saved is its own from now on.
  heard({ heard = 0, failed = {} }) {
    for (const [id, kept] of this.unsaved) {
      for (const wish of kept.wishes) wish.failed = failed[wish.seq] ?? wish.failed;
      kept.wishes = kept.wishes.filter((wish) => wish.failed || wish.seq > heard);
      if (!kept.wishes.length) this.unsaved.delete(id);
    }
  }

  get failures() { return [...this.unsaved.values()].flatMap(({ wishes }) => wishes.filter((wish) => wish.failed)); }

  again() {
    for (const kept of [...this.unsaved.values()]) {
      for (const wish of kept.wishes.splice(0)) this.ask(wish.what, wish.value, kept.row);
    }
  }

  forget() {
    for (const [id, { wishes }] of this.unsaved) if (wishes.some((wish) => wish.failed)) this.unsaved.delete(id);
    this.hand?.soon();
  }

  key(event) {
    const { hand } = this;
    if (desks.latest !== this || !hand?.board.current || event.defaultPrevented || event.isComposing) return;
    if (event.composedPath().some((node) => node instanceof Element && (node.isContentEditable || node.matches(BUSY)))) return;
    const control = event.ctrlKey || event.metaKey;
    if (control && !event.altKey && event.code === "KeyZ") this.ask(event.shiftKey ? "redo" : "undo");
    else if (control && !event.altKey && event.code === "KeyY") this.ask("redo");
    else if (control) return;
    else if (event.altKey && !event.shiftKey && DRAW_KEYS[event.code]) this.take(DRAW_KEYS[event.code], false, true);
    else if (event.altKey && event.code === "KeyG") this.pull(!this.magnet);
    else if (event.altKey && event.code === "KeyS") hand.next();
    else if (event.altKey || !hand.pressed(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }
}
