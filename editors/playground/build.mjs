// Builds the page into the package, where `pip install` finds it without Node; the same sources give the same bytes.
//
//     npm ci && npm run build            writes recipedsl/editor/playground/static
//     node build.mjs FOLDER              writes elsewhere, for the test that compares

import { copyFile, mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildParserFile } from "@lezer/generator";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? `${here}../../recipedsl/editor/playground/static`;

// The language lies beside this page. One copy of what both are made of, or the editor would not know its own parts.
const shared = ["@codemirror/language", "@lezer/common", "@lezer/highlight", "@lezer/lr"];
const alias = Object.fromEntries(shared.map((name) => [name, `${here}node_modules/${name}`]));
alias["codemirror-lang-ftr"] = `${here}../codemirror/src/index.js`;

// Its parser is made of its grammar here and now, whether or not it was built there.
const grammar = `${here}../codemirror/src/ftr.grammar`;
const parsers = {
  name: "parsers",
  setup(steps) {
    steps.onResolve({ filter: /^\.\/parser(\.terms)?\.js$/ }, ({ path }) => ({ path, namespace: "grammar" }));
    steps.onLoad({ filter: /.*/, namespace: "grammar" }, async ({ path }) => {
      const { parser, terms } = buildParserFile(await readFile(grammar, "utf8"), { fileName: "ftr.grammar" });
      return { contents: path.includes("terms") ? terms : parser, resolveDir: `${here}../codemirror/src` };
    });
  },
};

await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { play: "src/main.ts" },
  outdir: out,
  bundle: true,
  alias,
  plugins: [parsers],
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "eof",
});
await build({ absWorkingDir: here, entryPoints: { play: "src/play.css" }, outdir: out, minify: true, target: "es2022" });
for (const name of ["index.html", "icon.svg"]) await copyFile(`${here}src/${name}`, `${out}/${name}`);
