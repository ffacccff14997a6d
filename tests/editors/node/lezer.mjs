// Reads {path: text} from the standard input and writes {path: {spans: [[start, end, class], …], errors}}:
// what the Lezer parser makes of each text. Argument: the folder of the CodeMirror package, built.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const require = createRequire(join(folder, "package.json"));
const load = (path) => import(pathToFileURL(path));
// Both as CommonJS or both as modules: the tags of two copies of one library are not the same.
const { highlightTree, tagHighlighter } = await load(require.resolve("@lezer/highlight").replace(/\.cjs$/, ".js"));
const { ftrLanguage } = await load(join(folder, "src/index.js"));
const { classes } = await load(join(folder, "src/highlight.js"));

const highlighter = tagHighlighter(classes.map(([tag, name]) => ({ tag, class: name })));

function read(text) {
  const tree = ftrLanguage.parser.parse(text);
  const spans = [];
  const errors = [];
  highlightTree(tree, highlighter, (from, to, names) => spans.push([from, to, names]));
  tree.iterate({ enter: (node) => void (node.type.isError && errors.push(node.from)) });
  return { spans, errors };
}

const texts = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, read(text)]))));
