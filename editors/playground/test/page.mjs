// Drives the page in a headless Chromium and prints what was seen as JSON; `tests/playground/test_page.py` judges it.
//
//     node test/page.mjs CHROMIUM ADDRESS FOLDER

import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { readFile } from "node:fs/promises";

const [, , executablePath, address, folder] = process.argv;
/** Milliseconds; a busy machine is slow, and what never comes is told all the same. */
const PATIENCE = 120_000;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// In a container this runs as root, where Chromium's own sandbox refuses to start.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const seen = { errors: [], requests: [] };

async function opened(options) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(PATIENCE);
  page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("request", (request) => seen.requests.push(request.url()));
  await page.goto(address);
  await settled(page);
  return page;
}

const settled = (page) => page.waitForSelector('body[data-counted="true"]');
const problems = (page) => page.locator("#problems li:not(.well) .first").allInnerTexts();
const rows = (page) => page.locator(".funnel li .rows").allInnerTexts();

/** The cursor stands behind these words. */
async function behind(page, words) {
  await page.locator(".cm-line", { hasText: words }).first().click();
  await page.keyboard.press("End");
}

/** What is told of a word; a change of the text while the pointer rests takes the question back, so it is asked again. */
async function told(page, word) {
  const tooltip = page.locator(".cm-lsp-hover-tooltip");
  for (const end = Date.now() + PATIENCE; Date.now() < end; await page.mouse.move(0, 0)) {
    await word.hover();
    if (await tooltip.waitFor({ timeout: 5_000 }).then(() => true, () => false)) return tooltip.innerText();
  }
  throw new Error("nothing is told of the word under the pointer");
}

const page = await opened({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
seen.begun = { problems: await problems(page), rows: await rows(page), nodes: await page.locator(".node .name").allTextContents() };
await page.screenshot({ path: `${folder}/light.png` });

// A mistake is typed and shows; the fix takes it away.
await behind(page, "dedup question");
await page.keyboard.press("Backspace");
// Each part of the page follows the text at its own pace.
for (const each of ["#problems .error .fix", ".cm-lintRange-error", ".node.error"]) await page.waitForSelector(each);
seen.mistake = {
  problems: await problems(page),
  marks: await page.locator(".cm-lintRange-error").allInnerTexts(),
  flaws: await page.locator(".node.error .name").allTextContents(),
  note: await page.locator("#rows-note").innerText(),
};
await page.screenshot({ path: `${folder}/mistake.png` });
await page.locator("#problems .fix").first().click();
await page.waitForSelector("#problems .well");
await page.waitForSelector(".cm-lintRange", { state: "detached" });
seen.fixed = { line: await page.locator(".cm-line", { hasText: "dedup" }).innerText(), marks: await page.locator(".cm-lintRange").count() };

// The rows are counted anew when a step is another one.
await settled(page);
await behind(page, "where chars(question)");
await page.keyboard.press("Backspace");
await page.keyboard.type("14");
await page.waitForFunction(() => document.body.dataset.counted === "false");
await settled(page);
seen.narrower = await rows(page);

// Help as one types; a key formats.
await behind(page, "dedup question");
await page.keyboard.press("Enter");
await page.keyboard.type("| ta");
await page.locator(".cm-tooltip-autocomplete li .cm-completionLabel", { hasText: "take" }).first().waitFor();
seen.completions = await page.locator(".cm-tooltip-autocomplete li .cm-completionLabel").allInnerTexts();
await page.keyboard.press("Escape");
await page.keyboard.type("ke    3");
await page.keyboard.press("Shift+Alt+F");
await page.waitForFunction(() => [...document.querySelectorAll(".cm-line")].some((line) => line.textContent === "  | take 3"));
seen.hover = await told(page, page.locator(".cm-line .w-function", { hasText: "lora" }).first());

// A name is given another, wherever it stands.
await page.mouse.move(0, 0);
await page.locator(".cm-line", { hasText: "data questions" }).first().click();
await page.keyboard.press("Home");
for (let letter = 0; letter < "data ".length; letter++) await page.keyboard.press("ArrowRight");
await page.keyboard.press("F2");
await page.locator(".cm-lsp-rename-panel input").fill("asked");
await page.keyboard.press("Enter");
await page.locator(".cm-line", { hasText: "data asked" }).first().waitFor();
const uses = page.locator(".cm-line").filter({ hasText: /\b(asked|questions)\b/ });
seen.renamed = (await uses.allInnerTexts()).map((line) => line.trim());

// A box of the graph is reached by the keyboard and leads to its declaration.
await page.mouse.move(0, 0);
await page.locator('.node[data-name="tuned"]').focus();
await page.keyboard.press("Enter");
await page.locator(".cm-activeLine", { hasText: "stage tuned" }).waitFor();
seen.jumped = await page.locator(".cm-activeLine").innerText();

// What a recipe says is text, whatever it looks like.
await page.keyboard.press("Control+End");
await page.keyboard.type('\nlet x = <img src=x onerror=window.bad=1>');
await page.waitForSelector("#problems .error");
seen.markup = await page.evaluate(() => ({ bad: window.bad ?? 0, images: document.querySelectorAll("main img").length }));
await page.keyboard.press("Shift+Home");
await page.keyboard.press("Delete");
await page.keyboard.press("Backspace");

// Nothing is saved unless somebody says so.
await page.keyboard.press("Control+s");
await page.keyboard.press("Escape");
await page.locator("#save-dialog").waitFor({ state: "hidden" });
seen.afterEscape = await page.locator("#state").innerText();
await page.keyboard.press("Control+s");
await page.locator("#save-path").fill("../out.ftr");
await page.locator("#save-yes").click();
await page.waitForFunction(() => document.getElementById("save-words").textContent);
seen.refused = await page.locator("#save-words").innerText();
await page.locator("#save-path").fill("saved.ftr");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.getElementById("path").textContent === "saved.ftr");
await page.locator("#open").click();
await page.locator("#open-list button").first().waitFor();
seen.recipes = await page.locator("#open-list button").allInnerTexts();
await page.keyboard.press("Escape");

// What another file declares is shown, once somebody says that what is unsaved may go.
await page.locator(".cm-content").click();
await page.keyboard.press("Control+End");
await page.keyboard.type('\nimport other = "recipe.ftr');
await page.keyboard.press("F12");
await page.locator("#open-list button").first().waitFor();
seen.offered = await page.locator("#open-list button").allInnerTexts();
await page.locator("#open-list button").click();
await page.waitForFunction(() => document.getElementById("path").textContent === "recipe.ftr");
await page.close();

// Whoever reads with other means, in both colours and on a narrow window.
seen.barriers = [];
for (const [name, options] of Object.entries({
  light: { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  narrow: { viewport: { width: 390, height: 800 }, colorScheme: "light" },
})) {
  const other = await opened(options);
  await behind(other, "dedup question");
  await other.keyboard.press("Backspace");
  for (const each of ["#problems .error .fix", ".cm-lintRange-error", ".node.error"]) await other.waitForSelector(each);
  // Colours that are on their way from one to another are none to judge.
  await other.evaluate(() => Promise.all(document.getAnimations().filter((each) => each.effect.getTiming().iterations < Infinity).map((each) => each.finished)));
  if (name === "narrow") seen.wider = await other.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await other.screenshot({ path: `${folder}/${name}-mistake.png` });
  await other.evaluate(axe);
  const { violations } = await other.evaluate(() => window.axe.run());
  for (const { id, nodes } of violations) seen.barriers.push(`${name}: ${id}: ${nodes.map((node) => `${node.target}`).slice(0, 4).join(" ")}`);
  await other.close();
}
await browser.close();
console.log(JSON.stringify(seen));
