// A stand-in for Visual Studio Code, which cannot be fetched everywhere: the few parts of its interface that
// the extension and the real client library of the Language Server Protocol use. What is asked for and is
// not here is an event that never comes, or a function that does nothing.
import { createRequire } from "node:module";
import Module from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
export const EXTENSION = join(dirname(fileURLToPath(import.meta.url)), "..");

export class Emitter {
  constructor() {
    this.listeners = new Set();
    this.event = (listener, self) => {
      const bound = self ? listener.bind(self) : listener;
      this.listeners.add(bound);
      return { dispose: () => this.listeners.delete(bound) };
    };
  }
  async fire(value) {
    await Promise.all([...this.listeners].map((each) => each(value)));
  }
  dispose() {
    this.listeners.clear();
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(start, end, line, character) {
    const isPlaces = typeof start === "object";
    this.start = isPlaces ? start : new Position(start, end);
    this.end = isPlaces ? end : new Position(line, character);
  }
}

class Uri {
  constructor(url) {
    this.url = new URL(url);
    this.scheme = this.url.protocol.slice(0, -1);
    this.path = decodeURIComponent(this.url.pathname);
    this.fsPath = this.scheme === "file" ? fileURLToPath(this.url) : this.path;
  }
  /** As the editor writes it: every sign encoded that has a meaning anywhere in an address. */
  toString() {
    const encoded = (part) => encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
    return `${this.scheme}://${this.url.host}${this.path.split("/").map(encoded).join("/")}`;
  }
  with() {
    return this;
  }
  static parse = (text) => new Uri(text);
  static file = (path) => new Uri(pathToFileURL(path).href);
  static joinPath = (uri, ...parts) => new Uri(new URL(parts.join("/"), `${uri.url.href}/`).href.replace(/\/$/, ""));
}

function plainClass(...names) {
  return class {
    constructor(...given) {
      names.forEach((name, index) => (this[name] = given[index]));
    }
  };
}

const KIND = { append: () => KIND };

const nothing = () => ({ dispose() {} });

/** An object whose missing members are events that never come, or functions that do nothing. */
function lenient(known) {
  return new Proxy(known, {
    get: (all, name) => (name in all ? all[name] : typeof name === "symbol" || name === "then" ? undefined : nothing),
    has: () => true,
  });
}

export class Document {
  constructor(path, text, languageId = "ftr") {
    Object.assign(this, { uri: Uri.file(path), languageId, version: 1, text, isClosed: false, fileName: path, saved: 0 });
  }
  getText() {
    return this.text;
  }
  get lineCount() {
    return this.text.split("\n").length;
  }
  async save() {
    this.saved++;
    return true;
  }
}

/** A fresh stand-in, the extension of `dist/` loaded into it, and what the two did with each other. */
export function host({ trusted = true, folder = EXTENSION, path = "", documents = [] } = {}) {
  const events = Object.fromEntries(
    ["granted", "configured", "opened", "closed", "saved", "changed"].map((name) => [name, new Emitter()]),
  );
  const seen = { messages: [], tasks: [], commands: new Map(), panels: [], diagnostics: new Map(), log: [], shown: [], providers: {} };
  const say = async (words) => void seen.messages.push(words);
  const settings = { path };
  const configuration = { get: (key, other) => settings[key] ?? other, has: (key) => key in settings, inspect: () => undefined };
  const provider = (name) => (selector, given) => {
    (seen.providers[name] ??= []).push(given);
    return { dispose() {} };
  };
  const channel = lenient({ appendLine: (line) => seen.log.push(line), append: (line) => seen.log.push(line), name: "Recipes" });
  const vscode = {
    Position, Range, Uri, EventEmitter: Emitter, version: "1.91.0",
    CancellationTokenSource: class { token = { isCancellationRequested: false, onCancellationRequested: nothing }; cancel() {} dispose() {} },
    Disposable: class { constructor(run) { this.dispose = run ?? (() => {}); } static from = (...all) => ({ dispose: () => all.forEach((each) => each.dispose()) }); },
    Diagnostic: class { constructor(range, message, severity) { Object.assign(this, { range, message, severity }); } },
    Task: plainClass("definition", "scope", "name", "source", "execution"),
    ProcessExecution: plainClass("process", "args", "options"),
    ShellExecution: class { constructor() { throw new Error("nothing is run by a shell"); } },
    CodeLens: plainClass("range", "command"), CompletionItem: plainClass("label", "kind"), MarkdownString: plainClass("value"),
    SnippetString: plainClass("value"), Hover: plainClass("contents", "range"), Location: plainClass("uri", "range"),
    DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 }, DiagnosticTag: { Unnecessary: 1, Deprecated: 2 },
    ViewColumn: { One: 1, Beside: -2 }, TaskScope: { Workspace: 2 }, TaskRevealKind: { Always: 1 }, TaskPanelKind: { Dedicated: 2 },
    CodeActionKind: Object.fromEntries(
      ["Empty", "QuickFix", "Refactor", "RefactorExtract", "RefactorInline", "RefactorRewrite", "Source", "SourceOrganizeImports"].map((each) => [each, KIND]),
    ),
    env: lenient({ language: "en", appName: "a stand-in" }),
    extensions: lenient({}),
    workspace: lenient({
      isTrusted: trusted, textDocuments: documents, notebookDocuments: [],
      workspaceFolders: [{ uri: Uri.file(folder), name: "tests", index: 0 }],
      onDidGrantWorkspaceTrust: events.granted.event, onDidChangeConfiguration: events.configured.event,
      onDidOpenTextDocument: events.opened.event, onDidCloseTextDocument: events.closed.event,
      onDidSaveTextDocument: events.saved.event, onDidChangeTextDocument: events.changed.event,
      getConfiguration: () => configuration, getWorkspaceFolder: () => undefined,
    }),
    window: lenient({
      activeTextEditor: documents[0] && { document: documents[0] }, visibleTextEditors: [], tabGroups: { all: [], onDidChangeTabs: nothing, onDidChangeTabGroups: nothing },
      showErrorMessage: say, showWarningMessage: say, showInformationMessage: say,
      createOutputChannel: () => channel,
      showTextDocument: async (uri, options) => void seen.shown.push([uri.toString(), options]),
      createWebviewPanel: (kind, title, place, options) => {
        const panel = { kind, title, options, webview: { html: "" }, reveal() {}, dispose() {}, onDidDispose: nothing };
        seen.panels.push(panel);
        return panel;
      },
    }),
    commands: lenient({
      registerCommand: (name, run) => {
        if (seen.commands.has(name)) throw new Error(`command '${name}' already exists`);
        seen.commands.set(name, run);
        return { dispose: () => seen.commands.delete(name) };
      },
    }),
    tasks: { executeTask: async (task) => void seen.tasks.push(task) },
    languages: lenient({
      createDiagnosticCollection: () => ({
        set: (uri, found) => seen.diagnostics.set(uri.fsPath, found ?? []),
        delete: (uri) => seen.diagnostics.delete(uri.fsPath), clear() {}, dispose() {}, forEach() {}, has: () => false, get: () => [],
      }),
      match: (selector, document) => (document.languageId === "ftr" ? 10 : 0),
      registerHoverProvider: provider("hover"), registerCompletionItemProvider: provider("completion"), registerCodeLensProvider: provider("lens"),
    }),
  };
  const module = new Proxy(vscode, {
    get: (all, name) => {
      if (!(name in all) && typeof name === "string" && /^[A-Z]/.test(name)) all[name] = class {};
      return all[name];
    },
  });
  return { extension: loaded(module), vscode, seen, events, context: { subscriptions: [], extensionPath: EXTENSION, asAbsolutePath: (each) => join(EXTENSION, each) } };
}

/** The bundle, with the stand-in where it asks for the editor. */
function loaded(vscode) {
  const path = join(EXTENSION, "dist/extension.js");
  delete require.cache[path];
  const load = Module._load;
  Module._load = (request, ...rest) => (request === "vscode" ? vscode : load(request, ...rest));
  try {
    return require(path);
  } finally {
    Module._load = load;
  }
}

/** Waits until something is there. */
export async function until(found, patience = 150_000) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await found();
    if (value) return value;
    if (Date.now() > end) throw new Error(`nothing came in ${patience} ms: ${found}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
