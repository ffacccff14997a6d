/** Commands in a terminal: the server says how each is carried out, a task does it. */

import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient/node";
import type { Server } from "./server";

interface CommandLine {
  argv: string[];
  cwd: string;
  unsaved: boolean;
}

/** Asks the server for the command line of a command, saves the recipe and starts it. */
export async function carryOut(server: Server, command: string, given: unknown[]): Promise<void> {
  if (!vscode.workspace.isTrusted) return;
  const client = await server.running();
  if (client === undefined) return;
  const line: unknown = await client.sendRequest(ExecuteCommandRequest.type, { command, arguments: given });
  if (!isCommandLine(line)) {
    await vscode.window.showErrorMessage(`The language server does not say how ${command} is carried out.`);
    return;
  }
  if (line.unsaved && !(await save(String(given[0])))) return;
  await vscode.tasks.executeTask(taskOf(command, line));
}

function isCommandLine(value: unknown): value is CommandLine {
  const line = value as Partial<CommandLine> | null;
  const isWords = Array.isArray(line?.argv) && line.argv.length > 0 && line.argv.every((each) => typeof each === "string");
  return isWords && typeof line.cwd === "string";
}

async function save(address: string): Promise<boolean> {
  const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === vscode.Uri.parse(address).toString());
  return document === undefined || (await document.save());
}

/** Without a shell: nothing in a file's name means anything. */
function taskOf(command: string, line: CommandLine): vscode.Task {
  const name = command.replace(/^recipedsl\./, "");
  const [program = "", ...words] = line.argv;
  const execution = new vscode.ProcessExecution(program, words, { cwd: line.cwd });
  const task = new vscode.Task({ type: "recipedsl", command: name }, vscode.TaskScope.Workspace, `recipe: ${name}`, "recipedsl", execution);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated, clear: true };
  return task;
}
