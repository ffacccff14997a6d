/** Recipes in Visual Studio Code: what runs when, and the commands. */

import * as vscode from "vscode";
import { GraphPreview, REVEAL, reveal } from "./preview";
import { carryOut } from "./running";
import { Server } from "./server";

export const LANGUAGE = "ftr";

/** Commands of the palette, and those of the language server that tell how each is carried out. */
const IN_TERMINAL: Record<string, string> = {
  "recipedsl.checkRecipe": "recipedsl.check",
  "recipedsl.planRecipe": "recipedsl.plan",
  "recipedsl.runRecipe": "recipedsl.run",
};

/** Starts the language server once the workspace is trusted; until then recipes are coloured, and nothing runs. */
export async function activate(context: vscode.ExtensionContext): Promise<Server> {
  const server = new Server(context);
  const preview = new GraphPreview(server);
  context.subscriptions.push(server, preview);
  for (const [command, asked] of Object.entries(IN_TERMINAL)) {
    register(context, command, () => inTrusted(() => withRecipe((recipe) => carryOut(server, asked, [recipe.uri.toString()]))));
  }
  register(context, "recipedsl.showGraph", () => inTrusted(() => withRecipe((recipe) => preview.show(recipe.uri))));
  register(context, "recipedsl.restartServer", () => inTrusted(() => server.restart()));
  register(context, REVEAL, (...place) => reveal(preview, place));
  context.subscriptions.push(
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.start()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (vscode.workspace.isTrusted && change.affectsConfiguration("recipedsl.path")) return server.restart();
    }),
  );
  if (vscode.workspace.isTrusted) await server.start();
  return server;
}

function register(context: vscode.ExtensionContext, command: string, run: (...given: unknown[]) => unknown): void {
  context.subscriptions.push(vscode.commands.registerCommand(command, run));
}

/** The palette hides these commands in a workspace that is not trusted; other extensions may still call them. */
async function inTrusted(run: () => unknown): Promise<void> {
  if (vscode.workspace.isTrusted) {
    await run();
  } else {
    const words = "This workspace is not trusted, so nothing of it is run.";
    const manage = "Manage Workspace Trust";
    if ((await vscode.window.showWarningMessage(words, manage)) === manage) {
      await vscode.commands.executeCommand("workbench.trust.manage");
    }
  }
}

async function withRecipe(run: (recipe: vscode.TextDocument) => unknown): Promise<void> {
  const recipe = vscode.window.activeTextEditor?.document;
  if (recipe?.languageId === LANGUAGE && recipe.uri.scheme === "file") {
    await run(recipe);
  } else {
    await vscode.window.showInformationMessage("Open a recipe that lies in a file (.ftr) first.");
  }
}
