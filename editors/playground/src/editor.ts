/** The editor: CodeMirror with what the language server knows. */

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import type { LSPClient } from "@codemirror/lsp-client";
import {
  formatKeymap, hoverTooltips, jumpToDefinitionKeymap, serverCompletion, signatureHelp,
} from "@codemirror/lsp-client";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  drawSelection, dropCursor, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars,
  keymap, lineNumbers,
} from "@codemirror/view";
import { coloured } from "./language";
import { renameKeys } from "./rename";

export interface Wishes {
  changed(view: EditorView): void;
  save(): void;
}

/** What an editor of one recipe is made of. */
export function stateOf(text: string, uri: string, client: LSPClient, wishes: Wishes): EditorState {
  return EditorState.create({
    doc: text,
    extensions: [
      EditorView.cspNonce.of(document.body.dataset.nonce ?? ""),
      keymap.of([{ key: "Mod-s", preventDefault: true, run: () => (wishes.save(), true) }]),
      lineNumbers(), highlightActiveLineGutter(), highlightSpecialChars(), history(), drawSelection(), dropCursor(),
      EditorState.allowMultipleSelections.of(true), indentUnit.of("  "), indentOnInput(), bracketMatching(), EditorView.lineWrapping,
      closeBrackets(), autocompletion({ icons: false }), highlightActiveLine(), highlightSelectionMatches(),
      // Tab leaves the editor, so that nobody who has no mouse is caught in it.
      keymap.of([
        ...closeBracketsKeymap, ...formatKeymap, ...renameKeys, ...jumpToDefinitionKeymap, ...lintKeymap,
        ...completionKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap,
      ]),
      coloured, lintGutter(),
      client.plugin(uri, "ftr"), serverCompletion(), hoverTooltips(), signatureHelp(),
      EditorView.updateListener.of((update) => update.docChanged && wishes.changed(update.view)),
      EditorView.contentAttributes.of({ "aria-label": "Text of the recipe", spellcheck: "false", tabindex: "0" }),
    ],
  });
}
