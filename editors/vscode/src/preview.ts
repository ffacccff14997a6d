/** The graph of a recipe's plan beside the recipe. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { drawing, message, page } from "./drawing";
import { type Made, graphOf } from "./graph";
import { outputOf } from "./program";
import type { Server } from "./server";

export const REVEAL = "recipedsl.reveal";

/** Milliseconds for a plan without rows. */
const PATIENCE = 60_000;

export class GraphPreview implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private readonly watching: vscode.Disposable;
  recipe: vscode.Uri | undefined;

  constructor(private readonly server: Server) {
    this.watching = vscode.workspace.onDidSaveTextDocument((saved) => {
      if (this.panel && saved.uri.toString() === this.recipe?.toString()) return this.draw();
    });
  }

  async show(recipe: vscode.Uri): Promise<void> {
    this.recipe = recipe;
    this.panel ??= this.opened();
    this.panel.reveal(undefined, true);
    await this.draw();
  }

  dispose(): void {
    this.watching.dispose();
    this.panel?.dispose();
  }

  private opened(): vscode.WebviewPanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    // No script, no file, no address: only the one command that goes to a declaration.
    const may = { enableScripts: false, localResourceRoots: [], enableCommandUris: [REVEAL] };
    const panel = vscode.window.createWebviewPanel("recipedsl.graph", "Plan", place, may);
    panel.onDidDispose(() => (this.panel = undefined));
    return panel;
  }

  private async draw(): Promise<void> {
    const recipe = this.recipe;
    if (!recipe || !this.panel) return;
    const name = recipe.path.split("/").at(-1) ?? "";
    const body = await this.body(recipe);
    // Another recipe may be asked for, or the panel closed, in the meantime.
    if (this.recipe !== recipe || !this.panel) return;
    this.panel.title = `Plan of ${name}`;
    this.panel.webview.html = page(`Plan of ${name}`, body, randomBytes(16).toString("base64url"));
  }

  private async body(recipe: vscode.Uri): Promise<string> {
    await this.server.start();
    const program = this.server.program;
    if (program === undefined || "problem" in program) return message("No plan", program?.problem ?? "The workspace is not trusted.");
    const folder = vscode.Uri.joinPath(recipe, "..").fsPath;
    // `--no-data`: reads no rows and fetches no model.
    const { output, failed } = await outputOf(program.path, ["plan", "--no-data", "--json", "-", "--", recipe.fsPath], folder, PATIENCE);
    if (failed) return message("The recipe has no plan yet", failed);
    try {
      return drawing(graphOf(output), linkOf);
    } catch (error) {
      return message("The plan cannot be drawn", String(error));
    }
  }
}

function linkOf(each: Made): string {
  return each.at ? `command:${REVEAL}?${encodeURIComponent(JSON.stringify([each.at.line, each.at.column]))}` : "";
}

/** Goes to a place in the recipe that is shown; the page names no file. */
export async function reveal(preview: GraphPreview, place: unknown[]): Promise<void> {
  const [line, column] = place;
  if (!preview.recipe || typeof line !== "number" || typeof column !== "number") return;
  const at = new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
  await vscode.window.showTextDocument(preview.recipe, { viewColumn: vscode.ViewColumn.One, selection: new vscode.Range(at, at) });
}
