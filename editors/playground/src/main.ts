/** The page: an editor, and beside it what the recipe does, drawn anew while it is typed. */

import { formatDocument, LSPClient } from "@codemirror/lsp-client";
import { EditorView } from "@codemirror/view";
import { plural, the } from "./dom";
import { stateOf } from "./editor";
import { askToOpen, askToSave, offerToClose } from "./files";
import { drawFunnels, type Held, heldOf, type Known, lastRows } from "./funnel";
import { drawGraph, type Notes } from "./graph";
import { goTo, problemsOfServer } from "./problems";
import { cleaned, guardMarkup } from "./safety";
import type { Answer, Beginning, Counts, Opened, Picture, Place } from "./server";
import { offerThemes } from "./theme";
import { connect } from "./transport";

/** Milliseconds of rest before the text is sent, the picture drawn anew, the rows counted. */
const SEND = 120;
const DRAW = 60;
const COUNT = 700;

class Page {
  private view: EditorView;
  private opened: Opened;
  private picture: Picture | null = null;
  private known: Known = { data: new Map(), old: false, why: "counting…" };
  private steps = new Map<string, number>();
  private paths: string[];
  private timers = new Map<string, number>();
  /** Answers to what was asked about an earlier text are of no use. */
  private asked = 0;
  /** What the counts are of that are shown or under way; empty while there are errors. */
  private key = "";

  constructor(
    private readonly client: LSPClient,
    private readonly beginning: Beginning,
  ) {
    this.opened = beginning.opened ?? { path: "untitled.ftr", text: "ftr 1\n", digest: "" };
    this.paths = beginning.paths;
    this.view = this.viewOf(this.opened);
    the("save-root").textContent = beginning.name;
    the("format").addEventListener("click", () => formatDocument(this.view) && this.view.focus());
    the("save").addEventListener("click", () => void this.save());
    the("open").addEventListener("click", () => this.offer(this.paths));
    window.addEventListener("beforeunload", (event) => this.unsaved && event.preventDefault());
    this.client.workspace.displayFile = (uri) => this.display(uri);
    this.titled();
    this.later("draw", DRAW, () => void this.draw());
  }

  private get uri(): string {
    return `${this.beginning.root}/${this.opened.path.split("/").map(encodeURIComponent).join("/")}`;
  }

  private get unsaved(): boolean {
    return this.opened.digest ? this.view.state.doc.toString() !== this.opened.text : this.touched;
  }

  private touched = false;

  private viewOf(opened: Opened): EditorView {
    const wishes = { changed: () => this.changed(), save: () => void this.save() };
    return new EditorView({ parent: the("editor"), state: stateOf(opened.text, this.uri, this.client, wishes) });
  }

  // --- time --------------------------------------------------------------------------------------------

  private later(name: string, rest: number, action: () => void): void {
    window.clearTimeout(this.timers.get(name));
    this.timers.set(name, window.setTimeout(action, rest));
  }

  private changed(): void {
    this.touched = true;
    this.titled();
    this.later("send", SEND, () => {
      this.client.sync();
      this.later("draw", DRAW, () => void this.draw());
    });
  }

  /** The server looks at files behind its answers: what it pushes may mean that there is more to draw. */
  learnt(): void {
    this.later("draw", DRAW, () => void this.draw());
  }

  // --- the picture ---------------------------------------------------------------------------------------

  private async draw(): Promise<void> {
    const asked = ++this.asked;
    const picture = await this.client.request<object, Picture | null>("recipedsl/picture", { uri: this.uri });
    if (!picture || asked !== this.asked) return;
    this.picture = picture;
    const key = picture.errors ? "" : JSON.stringify(meaning(picture));
    if (key !== this.key || picture.errors) {
      const why = picture.errors ? "the recipe has errors" : "counting…";
      this.known = { ...this.known, old: this.known.data.size > 0, why };
    }
    if (key && key !== this.key) this.later("count", COUNT, () => void this.count(key));
    this.key = key;
    this.show();
  }

  private async count(key: string): Promise<void> {
    const found = await this.client.request<object, Counts | null>("recipedsl/counts", { uri: this.uri }).catch(() => null);
    if (!found || key !== this.key) return;
    const funnels = new Map(this.picture?.funnels.map((each) => [each.name, each]));
    const data = new Map<string, Held>();
    for (const each of found.lines) {
      const funnel = funnels.get(each.data ?? "");
      if (funnel) data.set(funnel.name, heldOf(funnel, each));
    }
    const stages = found.lines.filter((each) => typeof each.steps === "number");
    this.known = { data, old: false, why: found.why };
    this.steps = new Map(stages.map((each) => [each.stage ?? "", each.steps as number]));
    this.show();
  }

  private show(): void {
    if (!this.picture) return;
    const go = (at: Place) => this.goTo(at);
    drawGraph(the("graph"), this.picture.graph, this.notes(), go);
    drawFunnels(the("rows"), this.picture.funnels, this.known, go);
    the("graph-note").textContent = this.picture.errors ? "as far as it is understood" : "";
    the("rows-note").textContent = this.known.old
      ? this.picture.errors ? "as they were before the errors" : "counting…"
      : "";
    document.body.dataset.counted = String(!this.known.old && this.known.data.size > 0);
  }

  private notes(): Notes {
    const notes: Notes = new Map();
    if (this.known.old) return notes;
    const funnels = new Map(this.picture?.funnels.map((each) => [each.name, each]));
    for (const { name, about } of this.picture?.graph.nodes ?? []) {
      const funnel = funnels.get(name);
      const rows = funnel ? lastRows(funnel, this.known.data.get(name)) : null;
      const steps = about.includes("steps") ? undefined : this.steps.get(name);
      if (rows !== null) notes.set(name, joined(plural(rows, "row"), about));
      if (steps !== undefined) notes.set(name, joined(about, plural(steps, "step")));
    }
    return notes;
  }

  private goTo(at: Place): void {
    const { doc } = this.view.state;
    const line = doc.line(Math.min(at.line + 1, doc.lines));
    goTo(this.view, Math.min(line.from + at.character, line.to));
  }

  // --- files ---------------------------------------------------------------------------------------------

  private titled(): void {
    the("path").textContent = this.opened.path;
    the("state").textContent = this.unsaved || !this.opened.digest ? "not saved" : "";
    document.title = `${this.opened.path} · recipedsl play`;
  }

  private offer(paths: string[]): void {
    askToOpen(paths, this.unsaved, (path) => this.open(path), () => this.view.focus());
  }

  private async open(path: string): Promise<string> {
    const answer = await this.client.request<object, Answer>("recipedsl/open", { path });
    this.paths = answer.paths;
    if (!answer.opened) return answer.refused ?? "it cannot be opened";
    this.put(answer.opened);
    return "";
  }

  private async save(): Promise<void> {
    const text = this.view.state.doc.toString();
    const write = async (path: string) => {
      const digest = path === this.opened.path ? this.opened.digest : "";
      const answer = await this.client.request<object, Answer>("recipedsl/save", { path, text, digest });
      this.paths = answer.paths;
      return answer;
    };
    const saved = await askToSave(this.opened.path, write);
    if (saved && saved.path !== this.opened.path) this.put(saved);
    else if (saved) this.opened = saved;
    if (saved) this.touched = false;
    this.titled();
    this.view.focus();
  }

  /** Puts the recipe of an address into the editor, for a jump to it; null where it cannot be, or what is unsaved would go. */
  private async display(uri: string): Promise<EditorView | null> {
    if (uri === this.uri) return this.view;
    const path = decodeURIComponent(uri.slice(this.beginning.root.length + 1));
    if (this.unsaved) this.offer([path]);
    return this.unsaved || (await this.open(path)) ? null : this.view;
  }

  /** Another recipe stands in the editor from now on. */
  private put(opened: Opened): void {
    this.opened = opened;
    this.touched = false;
    this.picture = null;
    this.key = "";
    this.known = { data: new Map(), old: false, why: "counting…" };
    this.steps.clear();
    // What the editor is about to measure is of the text that goes: another text is another editor.
    this.view.destroy();
    this.view = this.viewOf(opened);
    this.titled();
    this.learnt();
  }
}

/** What counts depend on: the text, and what is known of the files. */
function meaning(picture: Picture): unknown {
  return [picture.version, picture.funnels.map(({ name, source }) => [name, source.rows])];
}

function joined(...words: string[]): string {
  return words.filter(Boolean).join(" · ");
}

async function begin(): Promise<void> {
  guardMarkup();
  offerThemes();
  offerToClose();
  const transport = await connect(() => (the("gone").hidden = false));
  let page: Page | null = null;
  const client = new LSPClient({
    sanitizeHTML: cleaned,
    timeout: 30_000,
    extensions: [problemsOfServer()],
    notificationHandlers: {
      "textDocument/publishDiagnostics": () => (page?.learnt(), false),
    },
  }).connect(transport);
  await client.initializing;
  page = new Page(client, await client.request<object, Beginning>("recipedsl/begin", {}));
}

void begin();
