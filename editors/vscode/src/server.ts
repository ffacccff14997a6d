/** The language server of the installed package, and what is told where it cannot be started. */

import * as vscode from "vscode";
import { LanguageClient, State, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";
import { type Found, find } from "./program";
import { carryOut } from "./running";

const SETTINGS = "Open Settings";

export class Server implements vscode.Disposable {
  readonly log: vscode.OutputChannel;
  client: LanguageClient | undefined;
  program: Found | undefined;
  private starting: Promise<void> | undefined;

  constructor(context: vscode.ExtensionContext) {
    this.log = vscode.window.createOutputChannel("Recipes");
    context.subscriptions.push(this.log);
  }

  /** Starts it, once; says what to do where the program is missing or too old. */
  async start(): Promise<void> {
    this.starting ??= this.startNow();
    await this.starting;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The running client, started where it was not; undefined where it cannot be. */
  async running(): Promise<LanguageClient | undefined> {
    await this.start();
    return this.client?.state === State.Running ? this.client : undefined;
  }

  async stop(): Promise<void> {
    await this.starting;
    this.starting = undefined;
    const client = this.client;
    this.client = undefined;
    await client?.dispose();
  }

  dispose(): Promise<void> {
    return this.stop();
  }

  private async startNow(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    const folders = (vscode.workspace.workspaceFolders ?? []).map((each) => each.uri.fsPath);
    const setting = vscode.workspace.getConfiguration("recipedsl").get<string>("path") ?? "";
    this.program = await find(setting, folders, process.env);
    if ("problem" in this.program) return this.tell(this.program.problem);
    this.log.appendLine(`recipedsl ${this.program.version} of ${this.program.path}`);
    const client = new LanguageClient("recipedsl", "Recipes", serverOptions(this.program.path), this.clientOptions());
    try {
      await client.start();
      this.client = client;
    } catch (error) {
      this.tell(`${this.program.path} does not start its language server: ${error}`);
    }
  }

  /** Does not wait for an answer: nobody may be there to give it. */
  private tell(problem: string): void {
    this.log.appendLine(problem);
    void vscode.window.showErrorMessage(problem, SETTINGS).then((answer) => {
      if (answer === SETTINGS) void vscode.commands.executeCommand("workbench.action.openSettings", "recipedsl.path");
    });
  }

  private clientOptions(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: "file", language: "ftr" }, { scheme: "untitled", language: "ftr" }],
      outputChannel: this.log,
      // What stands over a declaration calls commands of the server, which answer with a command line.
      middleware: { executeCommand: (command, given) => carryOut(this, command, given) },
    };
  }
}

function serverOptions(path: string): ServerOptions {
  return { command: path, args: ["lsp"], options: { env: { ...process.env, PYTHONUNBUFFERED: "1" } } };
}
