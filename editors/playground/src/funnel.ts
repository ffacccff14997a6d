/** The rows of each dataset, step by step: bars as long as what is left. */

import { h, number, plural } from "./dom";
import type { Counted, Funnel, Line, Place } from "./server";

/** What was counted of a dataset, with the texts that it was counted for. */
export interface Held {
  source: { text: string; rows: number | null };
  steps: { text: string; rows: number | null; problem: string }[];
  parts: Record<string, number>;
  rejects: number;
  why: string;
}

/** What was counted, and whether it is of the text as it stands. */
export interface Known {
  data: Map<string, Held>;
  /** Of an earlier text: what stands there as it did is shown, and said so. */
  old: boolean;
  /** Why there is no more, in words. */
  why: string;
}

/** Counts put to the steps that they are of. */
export function heldOf(funnel: Funnel, counted: Counted): Held {
  const left = Array.isArray(counted.steps) ? [...counted.steps] : [];
  const steps = funnel.steps.map(({ text, origin }) => {
    // The plan may have steps that nobody wrote; those in between are passed by.
    const index = left.findIndex((each) => each.origin === origin);
    const found = index < 0 ? undefined : left.splice(0, index + 1)[index];
    return { text, rows: found?.rows ?? null, problem: found?.problem ?? "" };
  });
  return {
    source: { text: funnel.source.text, rows: counted.source ?? funnel.source.rows },
    steps,
    parts: counted.parts ?? {},
    rejects: counted.rejects ?? 0,
    why: counted.why ?? "",
  };
}

/** Rows at the end; null where they are not known, or no longer. */
export function lastRows(funnel: Funnel, held: Held | undefined): number | null {
  return rowsOf(funnel, held).at(-1)?.rows ?? null;
}

interface Row {
  line: Line;
  rows: number | null;
  problem: string;
  before: number | null;
}

/** Draws all datasets. */
export function drawFunnels(into: HTMLElement, funnels: Funnel[], known: Known, go: (at: Place) => void): void {
  const drawn = funnels.map((each) => drawFunnel(each, known, go));
  into.replaceChildren(...(drawn.length ? drawn : [h("p", { class: "empty" }, "There is no data yet.")]));
  into.classList.toggle("old", known.old);
}

function drawFunnel(funnel: Funnel, known: Known, go: (at: Place) => void): HTMLElement {
  const held = known.data.get(funnel.name);
  const rows = rowsOf(funnel, held);
  const most = Math.max(1, ...rows.map((each) => each.rows ?? 0));
  const why = held ? held.why : known.why || "no stage and no eval reads it";
  const ended = lastRows(funnel, held) !== null;
  return h(
    "article",
    { class: "funnel", "data-name": funnel.name },
    h("h3", {}, funnel.name, h("span", { class: "shape" }, funnel.shape === "rows" ? "" : funnel.shape)),
    h("ol", {}, ...rows.map((each) => drawRow(each, most, go))),
    partsOf(funnel, ended ? held : undefined),
    held?.rejects ? h("p", { class: "note" }, `${plural(held.rejects, "line")} set aside while reading`) : null,
    why ? h("p", { class: "note" }, `not counted: ${why}`) : null,
  );
}

/** Each line with its rows. A count holds as long as everything above stands as it did. */
function rowsOf(funnel: Funnel, held: Held | undefined): Row[] {
  let same = held?.source.text === funnel.source.text;
  let before = (same ? held?.source.rows : null) ?? funnel.source.rows;
  const rows: Row[] = [{ line: funnel.source, rows: before, problem: "", before: null }];
  funnel.steps.forEach((step, index) => {
    const then = held?.steps[index];
    same &&= then?.text === step.text;
    const now = same ? (then?.rows ?? null) : null;
    rows.push({ line: step, rows: now, problem: (same && then?.problem) || "", before });
    before = now;
  });
  return rows;
}

function drawRow(row: Row, most: number, go: (at: Place) => void): HTMLElement {
  const { line, rows, before } = row;
  const change = rows !== null && before !== null ? rows - before : 0;
  const bar = h("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", rows === null ? "0" : String(rows / most));
  const text = line.at
    ? h("button", { type: "button", class: "step", title: line.text, click: () => line.at && go(line.at) }, line.text)
    : h("span", { class: "step", title: line.text }, line.text);
  return h(
    "li",
    { class: rows === null ? "unknown" : row.problem ? "stops" : "" },
    text,
    h("span", { class: "rows" }, rows === null ? "–" : number(rows)),
    h("span", { class: change < 0 ? "fell" : "grew" }, change ? `${change < 0 ? "−" : "+"}${number(Math.abs(change))}` : ""),
    bar,
    row.problem ? h("span", { class: "problem" }, row.problem) : null,
  );
}

function partsOf(funnel: Funnel, held: Held | undefined): HTMLElement | null {
  if (!funnel.parts.length) return null;
  const parts = held?.parts ?? {};
  const told = funnel.parts.map((part) =>
    h("span", { class: "part" }, part, h("b", {}, part in parts ? number(parts[part]) : "–")),
  );
  return h("p", { class: "parts" }, ...told);
}
