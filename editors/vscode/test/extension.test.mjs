// The bundle in a stand-in for the editor, with the real client library and, where `RECIPEDSL` names the program,
// the real language server. The extension's own test host is a download of the whole editor.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Document, EXTENSION, host, until } from "./standin.mjs";

const program = process.env.RECIPEDSL;
const real = { skip: program ? false : "RECIPEDSL names no program", timeout: 300_000 };
const manifest = JSON.parse(readFileSync(join(EXTENSION, "package.json"), "utf8"));

const TEXT = `ftr 1

model base { from = local("models/tiny") }

data lessons = rows([{ question: "1 + 1?", answer: "2" }]) | as chat(user = question, assistant = answer)

## Learns <b>sums</b> & "more".
stage tuned: sft { from = base, data = lessons, epochs = 1 }

run { seed = 17 }
`;

function folderWith(text) {
  const folder = mkdtempSync(join(tmpdir(), "recipe-"));
  const path = join(folder, "a recipe; $(touch x).ftr");
  writeFileSync(path, text);
  writeFileSync(join(folder, "recipedsl.toml"), "");
  mkdirSync(join(folder, "models", "tiny"), { recursive: true });
  return { folder, document: new Document(path, text) };
}

function fake(script) {
  const folder = mkdtempSync(join(tmpdir(), "program-"));
  const path = join(folder, "recipedsl");
  writeFileSync(path, `#!/bin/sh\necho "$@" >> ${join(folder, "called")}\n${script}\n`);
  chmodSync(path, 0o755);
  return { path, calls: () => { try { return readFileSync(join(folder, "called"), "utf8"); } catch { return ""; } } };
}

const started = [];

async function active(given) {
  const made = host(given);
  const end = async () => { for (const each of made.context.subscriptions.splice(0)) await each.dispose(); };
  started.push(end);
  return { ...made, server: await made.extension.activate(made.context), end };
}

// A server that a failed test leaves behind would keep this process.
after(async () => { for (const end of started) await end(); });

test("every command of the manifest is there, and none that it does not name but the one of the graph", async () => {
  const { seen, end } = await active({ trusted: false });
  const named = manifest.contributes.commands.map((each) => each.command);
  assert.deepEqual([...seen.commands.keys()].sort(), [...named, "recipedsl.reveal"].sort());
  await end();
});

test("nothing is run before the workspace is trusted", async () => {
  const { path, calls } = fake('echo "recipedsl 0.0.1"');
  const { document, folder } = folderWith(TEXT);
  const { seen, vscode, events, end } = await active({ trusted: false, path, folder, documents: [document] });
  for (const command of manifest.contributes.commands) await seen.commands.get(command.command)();
  assert.equal(calls(), "");
  assert.equal(seen.tasks.length + seen.panels.length, 0);
  assert.match(seen.messages[0], /not trusted/);
  await events.configured.fire({ affectsConfiguration: () => true });
  assert.equal(calls(), "");
  vscode.workspace.isTrusted = true;
  await events.granted.fire();
  assert.match(calls(), /--version/);
  await end();
});

test("a program that is missing or too old is told, with what to do", async () => {
  const missing = await active({ path: "/nowhere/recipedsl" });
  assert.match(missing.seen.messages.join(), /no program at \/nowhere\/recipedsl .*pip install recipedsl/);
  await missing.end();
  const old = await active({ path: fake('echo "recipedsl 0.0.9"').path });
  assert.match(old.seen.messages.join(), /is version 0\.0\.9; this extension needs 0\.1\.0 .*pip install --upgrade recipedsl/);
  await old.end();
  const broken = await active({ path: fake('echo "no such library" >&2; exit 1').path });
  assert.match(broken.seen.messages.join(), /does not tell its version: no such library/);
  await broken.end();
});

test("problems of the real server arrive, and go with their cause", real, async () => {
  const { document, folder } = folderWith(TEXT.replace("epochs", "epoch_s"));
  const { seen, events, end, vscode } = await active({ path: program, folder, documents: [document] });
  const address = document.uri.fsPath;
  const found = await until(() => seen.diagnostics.get(address)?.length && seen.diagnostics.get(address));
  assert.match(found[0].message, /epoch_s/);
  document.text = TEXT;
  document.version++;
  const whole = [{ range: new vscode.Range(0, 0, TEXT.split("\n").length - 1, 0), rangeOffset: 0, rangeLength: TEXT.length + 1, text: TEXT }];
  await events.changed.fire({ document, contentChanges: whole });
  await until(() => !seen.diagnostics.get(address)?.some((each) => /epoch_s/.test(each.message)));
  assert.deepEqual(Object.keys(seen.providers).sort(), ["completion", "hover", "lens"]);
  await end();
});

test("commands are carried out as the server says, without a shell", real, async () => {
  const { document, folder } = folderWith(TEXT);
  const { seen, end } = await active({ path: program, folder, documents: [document] });
  await seen.commands.get("recipedsl.runRecipe")();
  const [task] = seen.tasks;
  assert.equal(task.execution.args[0], "run");
  assert.ok(task.execution.args[1].endsWith("a recipe; $(touch x).ftr"));
  assert.equal(task.execution.options.cwd, folder);
  // What stands over a declaration calls the server's own name of the command.
  await seen.commands.get("recipedsl.check")(document.uri.toString());
  assert.equal(seen.tasks[1].execution.args[0], "check");
  assert.equal(document.saved, 0);
  document.text += "# more\n";
  await end();
});

test("the graph of a plan is drawn without a script, all of it escaped", real, async () => {
  const { document, folder } = folderWith(TEXT);
  const { seen, end } = await active({ path: program, folder, documents: [document] });
  await seen.commands.get("recipedsl.showGraph")();
  const [panel] = seen.panels;
  const html = await until(() => panel.webview.html);
  assert.equal(panel.options.enableScripts, false);
  assert.deepEqual(panel.options.enableCommandUris, ["recipedsl.reveal"]);
  assert.match(html, /default-src &#39;none&#39;; style-src &#39;nonce-[\w-]+&#39;"/);
  assert.match(html, />tuned<[\s\S]*stage · sft|stage · sft[\s\S]*>tuned</);
  assert.match(html, /Learns &lt;b&gt;sums&lt;\/b&gt; &amp; &quot;more&quot;\./);
  assert.doesNotMatch(html, /<script|<b>|javascript:/);
  await seen.commands.get("recipedsl.reveal")(8, 7);
  assert.equal(seen.shown[0][0], document.uri.toString());
  await seen.commands.get("recipedsl.reveal")("file:///etc/passwd", 1);
  assert.equal(seen.shown.length, 1);
  await end();
});

test("what stands in the way of a plan is told in its place", real, async () => {
  const { document, folder } = folderWith(TEXT.replace("from = base", "from = <script>"));
  const { seen, end } = await active({ path: program, folder, documents: [document] });
  await seen.commands.get("recipedsl.showGraph")();
  const html = await until(() => seen.panels[0].webview.html);
  assert.match(html, /has no plan yet/);
  assert.doesNotMatch(html, /<script/);
  await end();
});
