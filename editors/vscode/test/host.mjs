// What a person does in the editor itself: opens a recipe with a mistake, points, mends it, completes, saves, looks
// at the graph. It runs by hand, in code-server, which is Visual Studio Code with its own extension host, in a page:
//
//     npm install code-server                 somewhere else; it is large
//     code-server --install-extension recipedsl.vsix
//     code-server --auth none --disable-workspace-trust --bind-addr 127.0.0.1:8399
//     node test/host.mjs CHROMIUM http://127.0.0.1:8399 RECIPEDSL PICTURES
//
// The browser's driver is the playground's (`npm ci` in ../playground).

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { chromium } = createRequire(new URL("../../playground/package.json", import.meta.url))("playwright-core");
const [, , executablePath, address, program, pictures] = process.argv;

const TEXT = `ftr 1

model base { from = local("model"), template = chatml }

data lessons = read("rows.jsonl")
  | where chars(answr) > 0
  | as chat(user = question, assistant = answer)
  | split train = 60%, held = 40%

## Learns a few answers.
stage tuned: sft { from = base, data = lessons.train, adapter = lora(rank = 8), epochs = 1 }

eval report { data = lessons.held, models = [tuned], metrics = [loss] }

run { seed = 1 }
`;

/** A folder of its own each time: the editor remembers what was not saved. */
function project() {
  const folder = mkdtempSync(join(tmpdir(), "recipes-"));
  const row = (number) => JSON.stringify({ question: `What is ${number}?`, answer: `${number}.` });
  writeFileSync(join(folder, "rows.jsonl"), Array.from({ length: 20 }, (_, number) => `${row(number)}\n`).join(""));
  writeFileSync(join(folder, "recipe.ftr"), TEXT);
  mkdirSync(join(folder, "model"));
  mkdirSync(join(folder, ".vscode"));
  const settings = { "recipedsl.path": program, "files.autoSave": "off", "editor.minimap.enabled": false };
  writeFileSync(join(folder, ".vscode", "settings.json"), JSON.stringify(settings));
  return folder;
}

const folder = project();
mkdirSync(pictures, { recursive: true });
// In a container this runs as root, where Chromium's own sandbox refuses to start.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
page.setDefaultTimeout(120_000);
const picture = (name) => page.screenshot({ path: join(pictures, `${name}.png`) });
const line = (words) => page.locator(".view-line", { hasText: words }).first();
const word = (text) => page.locator(".view-line span span", { hasText: new RegExp(`^${text}$`) }).first();
const colour = (text) => word(text).evaluate((each) => getComputedStyle(each).color);

try {
  await page.goto(`${address}/?folder=${folder}`);
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "recipe.ftr" }).dblclick();

  // The mistake, what stands over declarations, the colours.
  await page.waitForSelector(".squiggly-error");
  await page.locator(".codelens-decoration a", { hasText: "run stage" }).waitFor();
  assert.notEqual(await colour("stage"), await colour("tuned"));
  await picture("problem");

  await word("lora").hover();
  await page.locator(".monaco-hover", { hasText: "Low-rank adapters" }).waitFor();
  await picture("hover");

  // The fix takes the mistake away.
  await word("answr").click();
  await page.keyboard.press("Control+.");
  await page.locator(".action-widget", { hasText: "answer" }).waitFor();
  await page.keyboard.press("Enter");
  await line("chars(answer)").waitFor();
  await page.waitForSelector(".squiggly-error", { state: "detached" });

  // A step, completed at the pace of fingers; saving formats.
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("| ta", { delay: 100 });
  await page.locator(".suggest-widget.visible .monaco-list-row", { hasText: "take" }).waitFor();
  await picture("completion");
  await page.keyboard.type("ke    12", { delay: 100 });
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+s");
  await page.waitForSelector(".tab.dirty", { state: "detached" });
  assert.match(readFileSync(join(folder, "recipe.ftr"), "utf8"), /^  \| where chars\(answer\) > 0\n  \| take 12\n/m);

  // A box of the graph leads to its declaration.
  await page.locator(".editor-actions a[aria-label*='Plan']").click();
  const graph = page.frameLocator("iframe.webview").frameLocator("iframe");
  await graph.locator("svg text", { hasText: "tuned" }).waitFor();
  await picture("graph");
  await graph.locator('a[aria-label^="tuned"]').click();
  await page.locator("#status\\.editor\\.selection", { hasText: "Ln 12" }).waitFor();
  await picture("revealed");
  console.log(`seen in code-server: pictures are in ${pictures}`);
} catch (error) {
  await picture("failed");
  throw error;
} finally {
  await browser.close();
}
