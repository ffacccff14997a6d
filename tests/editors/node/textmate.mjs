// Reads {path: text} from the standard input and writes {path: [[start, end, scope], …]}: what the
// TextMate grammar makes of each text, by the libraries of Visual Studio Code.
// Arguments: the folder whose node_modules hold them, and the grammar.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const require = createRequire(join(resolve(process.argv[2]), "package.json"));
const textmate = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");

const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm);
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(readFileSync(process.argv[3], "utf8"), process.argv[3]),
});
const grammar = await registry.loadGrammar("source.ftr");

function tokens(text) {
  const found = [];
  let state = textmate.INITIAL;
  let start = 0;
  for (const line of text.split("\n")) {
    const result = grammar.tokenizeLine(line, state);
    for (const token of result.tokens) {
      found.push([start + token.startIndex, start + Math.min(token.endIndex, line.length), token.scopes.at(-1)]);
    }
    state = result.ruleStack;
    start += line.length + 1;
  }
  return found;
}

const texts = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, tokens(text)]))));
