// Recipes in CodeMirror 6: `extensions: [ftr()]`.
import {
  LRLanguage, LanguageSupport, continuedIndent, delimitedIndent, foldInside, foldNodeProp, indentNodeProp,
} from "@codemirror/language";
import { highlighting } from "./highlight.js";
import { parser } from "./parser.js";

const braces = delimitedIndent({ closing: "}" });

export const ftrLanguage = LRLanguage.define({
  name: "ftr",
  parser: parser.configure({
    props: [
      highlighting,
      indentNodeProp.add({
        "Block Map RecordType Rounds": braces,
        "Parenthesis Call": delimitedIndent({ closing: ")" }),
        "List ChoiceType": delimitedIndent({ closing: "]" }),
        Pipeline: continuedIndent(),
      }),
      foldNodeProp.add({ "Block Map RecordType Rounds Parenthesis Call List": foldInside }),
    ],
  }),
  languageData: {
    commentTokens: { line: "#" },
    closeBrackets: { brackets: ["(", "[", "{", '"', '"""', "`"] },
    indentOnInput: /^\s*[\])}|]$/,
  },
});

/** The language, for the list of extensions of an editor. */
export function ftr() {
  return new LanguageSupport(ftrLanguage);
}
