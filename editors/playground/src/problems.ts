/** Problems: marks in the text, the list below it, and the fixes that the server knows. */

import type { Action, Diagnostic } from "@codemirror/lint";
import { setDiagnostics } from "@codemirror/lint";
import type { LSPClient, LSPClientExtension } from "@codemirror/lsp-client";
import { LSPPlugin } from "@codemirror/lsp-client";
import type { ChangeSpec } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import type * as lsp from "vscode-languageserver-protocol";
import { h, plural, the } from "./dom";

const SEVERITIES = { 1: "error", 2: "warning", 3: "info", 4: "hint" } as const;
const NAMES = { error: "error", warning: "warning", info: "note", hint: "hint" };

/** Fixes of one problem that the list offers; the mark in the text offers all. */
const MOST = 2;

interface Problem extends Diagnostic {
  code: string;
}

/** The part of the client that takes what the server pushes. */
export function problemsOfServer(): LSPClientExtension {
  return {
    clientCapabilities: { textDocument: { publishDiagnostics: { versionSupport: true } } },
    notificationHandlers: { "textDocument/publishDiagnostics": taken },
  };
}

function taken(client: LSPClient, params: lsp.PublishDiagnosticsParams): boolean {
  const file = client.workspace.getFile(params.uri);
  if (!file || (params.version != null && params.version !== file.version)) return true;
  const view = file.getView();
  const plugin = view && LSPPlugin.get(view);
  if (!view || !plugin) return true;
  const show = (actions: lsp.CodeAction[]) => {
    const found = params.diagnostics.map((each) => problem(plugin, each, actions));
    found.sort((one, other) => one.from - other.from || one.to - other.to);
    view.dispatch(setDiagnostics(view.state, found));
    list(view, found);
  };
  show([]);
  const { version } = file;
  if (params.diagnostics.length) {
    void fixesOf(client, plugin, params.diagnostics).then((found) => {
      if (found.length && file.version === version) show(found);
    });
  }
  return true;
}

function problem(plugin: LSPPlugin, found: lsp.Diagnostic, actions: lsp.CodeAction[]): Problem {
  const offset = (place: lsp.Position) =>
    plugin.unsyncedChanges.mapPos(plugin.fromPosition(place, plugin.syncedDoc));
  const code = String(found.code ?? "");
  const message = typeof found.message === "string" ? found.message : found.message.value;
  return {
    from: offset(found.range.start),
    to: offset(found.range.end),
    severity: SEVERITIES[found.severity ?? 1],
    message,
    source: code,
    code,
    actions: actions.filter((each) => each.diagnostics?.some((other) => isSame(other, found))).map((each) => actionOf(plugin, each)),
    renderMessage: () => h("div", { class: "message" }, ...told(message)),
  };
}

/** The message with its notes and helps, a line each. */
function told(message: string): HTMLElement[] {
  return message.split("\n").map((line, index) => h("div", { class: index ? "note" : "first" }, line));
}

// --- fixes -----------------------------------------------------------------------------------------------

/** What the server would change for these problems, in one request; those that only this recipe needs. */
async function fixesOf(client: LSPClient, plugin: LSPPlugin, problems: lsp.Diagnostic[]): Promise<lsp.CodeAction[]> {
  const end = plugin.toPosition(plugin.syncedDoc.length, plugin.syncedDoc);
  const params: lsp.CodeActionParams = {
    textDocument: { uri: plugin.uri },
    range: { start: { line: 0, character: 0 }, end },
    context: { diagnostics: problems, only: ["quickfix"] },
  };
  const found = await client
    .request<lsp.CodeActionParams, (lsp.CodeAction | lsp.Command)[] | null>("textDocument/codeAction", params)
    .catch(() => null); // it was asked about a text that is gone; the next one is asked about anew
  return (found ?? []).filter((each): each is lsp.CodeAction => "edit" in each && editsOf(each, plugin.uri).length > 0);
}

function isSame(one: lsp.Diagnostic, other: lsp.Diagnostic): boolean {
  const [first, second] = [one.range.start, other.range.start];
  return one.code === other.code && first.line === second.line && first.character === second.character;
}

function actionOf(plugin: LSPPlugin, action: lsp.CodeAction): Action {
  const doc = plugin.syncedDoc;
  const edits = editsOf(action, plugin.uri);
  return {
    name: action.title,
    markClass: action.isPreferred ? "preferred" : "",
    apply: (view) => {
      if (!view.state.doc.eq(doc)) return; // the list is about to be drawn anew
      view.dispatch({ changes: changesOf(plugin, edits), userEvent: "input.fix" });
      view.focus();
    },
  };
}

/** Edits of the text that the server saw last, as the editor has them. */
export function changesOf(plugin: LSPPlugin, edits: lsp.TextEdit[]): ChangeSpec[] {
  return edits.map(({ range, newText }) => ({
    from: plugin.fromPosition(range.start, plugin.syncedDoc),
    to: plugin.fromPosition(range.end, plugin.syncedDoc),
    insert: newText,
  }));
}

/** The edits of an action; none where it would change another file, too, which the page does not hold. */
export function editsOf({ edit }: Pick<lsp.CodeAction, "edit">, uri: string): lsp.TextEdit[] {
  const changed = edit?.documentChanges ?? [];
  const documents = changed.filter((each): each is lsp.TextDocumentEdit => "textDocument" in each);
  const others = [...documents.map((each) => each.textDocument.uri), ...Object.keys(edit?.changes ?? {})];
  if (documents.length < changed.length || others.some((each) => each !== uri)) return [];
  return [...documents.flatMap((each) => each.edits as lsp.TextEdit[]), ...(edit?.changes?.[uri] ?? [])];
}

// --- the list ----------------------------------------------------------------------------------------------

function list(view: EditorView, found: Problem[]): void {
  the("problems").replaceChildren(...(found.length ? found.map((each) => item(view, each)) : [allWell()]));
  const words = Object.values(SEVERITIES).map((severity) => {
    const count = found.filter((each) => each.severity === severity).length;
    return count ? plural(count, NAMES[severity]) : "";
  });
  the("problems-count").textContent = words.filter(Boolean).join(", ");
  document.body.dataset.problems = String(found.length);
}

function allWell(): HTMLElement {
  return h("li", { class: "well" }, "Nothing is wrong that can be seen before a run.");
}

function item(view: EditorView, each: Problem): HTMLElement {
  const line = view.state.doc.lineAt(Math.min(each.from, view.state.doc.length));
  const jump = h(
    "button",
    { type: "button", class: "jump", click: () => goTo(view, each.from, each.to) },
    h("span", { class: "sign", "aria-hidden": "true" }),
    h("span", { class: "where" }, `${line.number}`),
    h("span", { class: "what" }, ...told(each.message)),
    h("span", { class: "code" }, each.code),
  );
  const fixes = (each.actions ?? []).slice(0, MOST).map((action) => {
    const apply = () => action.apply(view, each.from, each.to);
    const words = action.markClass === "preferred" ? "Fix" : "Change";
    const about = { title: action.name, "aria-label": `${words}: ${action.name}` };
    return h("button", { type: "button", class: "fix", ...about, click: apply }, words);
  });
  return h("li", { class: each.severity }, jump, ...fixes);
}

/** The cursor stands there, and it is seen. */
export function goTo(view: EditorView, from: number, to = from): void {
  const end = view.state.doc.length;
  view.dispatch({ selection: { anchor: Math.min(from, end), head: Math.min(to, end) }, scrollIntoView: true });
  view.focus();
}
