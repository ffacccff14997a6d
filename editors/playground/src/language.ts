/** The colours of the words, by the grammar that is generated from that of the compiler. */

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { tags } from "@lezer/highlight";
import { ftr } from "codemirror-lang-ftr";

const style = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], class: "w-keyword" },
  { tag: [tags.string, tags.escape], class: "w-text" },
  { tag: [tags.number, tags.atom], class: "w-number" },
  { tag: tags.docComment, class: "w-doc" },
  { tag: tags.lineComment, class: "w-comment" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.className], class: "w-function" },
  { tag: tags.typeName, class: "w-type" },
  { tag: [tags.attributeName, tags.propertyName], class: "w-setting" },
  { tag: tags.definition(tags.variableName), class: "w-name" },
  { tag: [tags.operator, tags.punctuation], class: "w-sign" },
]);

/** The language with its colours. */
export const coloured: Extension = [ftr(), syntaxHighlighting(style)];
