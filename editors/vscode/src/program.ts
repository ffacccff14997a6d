/** The `recipedsl` program: where it is, and whether it is new enough. */

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

/** The oldest version whose language server this extension speaks with. */
export const OLDEST: readonly number[] = [0, 1, 0];

/** Milliseconds in which a program tells its version, even from a cold disk. */
const PATIENCE = 20_000;

export type Found = { path: string; version: string } | { problem: string };

/** Where the program may be, the most likely place first. */
export function candidates(setting: string, folders: string[], searched: string, platform: NodeJS.Platform): string[] {
  const onWindows = platform === "win32";
  const name = onWindows ? "recipedsl.exe" : "recipedsl";
  if (setting) return [setting.replace(/^\$\{workspaceFolder\}/, folders[0] ?? ".")];
  const scripts = onWindows ? "Scripts" : "bin";
  const inside = folders.flatMap((folder) => [".venv", "venv"].map((each) => join(folder, each, scripts, name)));
  // A relative place on the PATH would mean a file of whatever folder is open.
  const onPath = searched.split(onWindows ? ";" : delimiter).filter(isAbsolute).map((folder) => join(folder, name));
  return [...inside, ...onPath];
}

/** The first candidate that can be run; undefined where none can. */
export async function firstThatRuns(paths: string[]): Promise<string | undefined> {
  for (const path of paths) {
    const runs = await access(path, constants.X_OK).then(() => true, () => false);
    if (runs) return path;
  }
  return undefined;
}

/** Finds the program and asks for its version. */
export async function find(setting: string, folders: string[], environment: NodeJS.ProcessEnv): Promise<Found> {
  const path = await firstThatRuns(candidates(setting, folders, environment["PATH"] ?? "", process.platform));
  if (path === undefined) {
    const where = setting ? `There is no program at ${setting} (the setting recipedsl.path).` : "recipedsl is not installed here.";
    return { problem: `${where} Install it with "pip install recipedsl", or set recipedsl.path.` };
  }
  const { output, failed } = await outputOf(path, ["--version"], process.cwd(), PATIENCE);
  const version = /(\d+(?:\.\d+)+)/.exec(output)?.[1];
  if (failed || version === undefined) return { problem: `${path} does not tell its version: ${failed || output || "it says nothing"}` };
  if (isOlder(version, OLDEST)) {
    const words = `${path} is version ${version}; this extension needs ${OLDEST.join(".")} or newer.`;
    return { problem: `${words} Bring it up to date with "pip install --upgrade recipedsl".` };
  }
  return { path, version };
}

/** Whether a version comes before another one. */
export function isOlder(version: string, other: readonly number[]): boolean {
  const numbers = version.split(".").map(Number);
  const first = other.findIndex((each, index) => (numbers[index] ?? 0) !== each);
  return first >= 0 && (numbers[first] ?? 0) < (other[first] ?? 0);
}

export interface Output {
  output: string;
  /** What went wrong, empty where nothing did. */
  failed: string;
}

/** What a program prints; it is started without a shell, so nothing in its arguments means anything. */
export function outputOf(path: string, words: string[], folder: string, patience: number): Promise<Output> {
  const options = { cwd: folder, timeout: patience, maxBuffer: 256 * 2 ** 20, windowsHide: true };
  return new Promise((resolve) => {
    execFile(path, words, options, (error, output, errors) => {
      const failed = error === null ? "" : errors.trim() || (error.killed ? `no answer in ${patience / 1000} s` : error.message);
      resolve({ output, failed });
    });
  });
}
