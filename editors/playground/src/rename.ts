/** Another name for what the cursor stands in. The client's own command leaves out what other files name, and says nothing. */

import { LSPPlugin } from "@codemirror/lsp-client";
import { type EditorView, type KeyBinding, showDialog } from "@codemirror/view";
import type * as lsp from "vscode-languageserver-protocol";
import { changesOf, editsOf } from "./problems";

/** F2 asks for the name. */
export const renameKeys: KeyBinding[] = [{ key: "F2", run: askForName, preventDefault: true }];

function askForName(view: EditorView): boolean {
  const word = view.state.wordAt(view.state.selection.main.head);
  if (!word) return false;
  const { close, result } = showDialog(view, {
    label: "New name",
    input: { name: "name", value: view.state.sliceDoc(word.from, word.to) },
    focus: true,
    submitLabel: "Rename",
    class: "cm-lsp-rename-panel",
  });
  void result.then((form) => {
    view.dispatch({ effects: close });
    view.focus();
    const field = form?.elements.namedItem("name");
    if (field instanceof HTMLInputElement) void rename(view, word.from, field.value);
  });
  return true;
}

async function rename(view: EditorView, offset: number, newName: string): Promise<void> {
  const plugin = LSPPlugin.get(view);
  if (!plugin) return;
  plugin.client.sync();
  const doc = plugin.syncedDoc;
  const params: lsp.RenameParams = { textDocument: { uri: plugin.uri }, position: plugin.toPosition(offset, doc), newName };
  try {
    const edit = await plugin.client.request<lsp.RenameParams, lsp.WorkspaceEdit | null>("textDocument/rename", params);
    if (!edit || !view.state.doc.eq(doc)) return;
    const edits = editsOf({ edit }, plugin.uri);
    if (!edits.length) throw new Error("other files name it too, and this page holds one file");
    view.dispatch({ changes: changesOf(plugin, edits), userEvent: "rename" });
  } catch (error) {
    plugin.reportError("It keeps its name", error);
  }
}
