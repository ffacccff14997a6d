/** A graph as a page: laid out by dagre, drawn as SVG, without a script. */

import { Graph, layout } from "@dagrejs/dagre";
import type { Made } from "./graph";

const HEIGHT = 46;
const NARROWEST = 110;
const WIDEST = 260;
const LETTER = 7.4; // a letter of the editor's font at 13 px, with room

/** A text inside of markup: none of it is markup. */
export function escaped(text: string): string {
  const signs: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (sign) => signs[sign] ?? "");
}

/** The page; `link` gives the address that a box leads to, empty for none. */
export function page(title: string, body: string, nonce: string): string {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<title>${escaped(title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head><body>${body}</body></html>`;
}

/** What is told in the place of a graph. */
export function message(heading: string, text: string): string {
  return `<h1>${escaped(heading)}</h1><pre>${escaped(text)}</pre>`;
}

/** The drawing of a graph. */
export function drawing(made: Made[], link: (each: Made) => string): string {
  if (made.length === 0) return message("Nothing is made", "The recipe declares no model, data or stage.");
  const laid = laidOut(made);
  const { width = 0, height = 0 } = laid.graph();
  const lines = laid.edges().map((each) => line(laid.edge(each).points ?? []));
  const boxes = made.map((each) => box(each, laid.node(each.name), link(each)));
  const size = `viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="group" aria-label="${made.length} nodes of the plan">
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
${lines.join("\n")}
${boxes.join("\n")}
</svg>`;
}

function laidOut(made: Made[]): Graph {
  const laid = new Graph();
  laid.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 36, marginx: 12, marginy: 12 });
  laid.setDefaultEdgeLabel(() => ({}));
  for (const each of made) {
    const longest = Math.max(each.name.length, below(each).length) * LETTER + 28;
    laid.setNode(each.name, { width: Math.min(WIDEST, Math.max(NARROWEST, longest)), height: HEIGHT });
  }
  const known = new Set(made.map((each) => each.name));
  for (const each of made) for (const from of each.from) if (known.has(from)) laid.setEdge(from, each.name);
  layout(laid);
  return laid;
}

function below(each: Made): string {
  return each.about ? `${each.kind} · ${each.about}` : each.kind;
}

function line(points: { x: number; y: number }[]): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join(" ");
  return `<path class="line" d="${path}" marker-end="url(#arrow)"/>`;
}

function box(each: Made, at: { x: number; y: number; width: number; height: number }, address: string): string {
  const room = Math.floor((at.width - 24) / LETTER);
  const told = [below(each), each.from.length ? `from ${each.from.join(", ")}` : "", each.doc].filter(Boolean).join("\n");
  const inside = `<g class="${each.kind}" transform="translate(${(at.x - at.width / 2).toFixed(1)} ${(at.y - at.height / 2).toFixed(1)})">
<title>${escaped(`${each.name}\n${told}`)}</title>
<rect width="${at.width.toFixed(1)}" height="${HEIGHT}" rx="6"/>
<text x="12" y="19">${escaped(shortened(each.name, room))}</text><text class="below" x="12" y="36">${escaped(shortened(below(each), room))}</text></g>`;
  return address ? `<a href="${escaped(address)}" aria-label="${escaped(`${each.name}, ${below(each)}`)}">${inside}</a>` : inside;
}

function shortened(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

const STYLE = `
body { padding: 12px; color: var(--vscode-foreground); font: 13px var(--vscode-font-family); }
h1 { font-size: 15px; font-weight: 600; }
pre { white-space: pre-wrap; font-family: var(--vscode-editor-font-family); }
.line { fill: none; stroke: var(--vscode-descriptionForeground); stroke-width: 1.2; }
marker path { fill: var(--vscode-descriptionForeground); }
rect { fill: var(--vscode-editorWidget-background); stroke: var(--vscode-charts-lines); stroke-width: 1.2; }
text { fill: var(--vscode-foreground); font-weight: 600; }
.below { fill: var(--vscode-descriptionForeground); font-weight: 400; font-size: 12px; }
.model rect { stroke: var(--vscode-charts-blue); }
.data rect { stroke: var(--vscode-charts-green); }
.stage rect { stroke: var(--vscode-charts-orange); }
.eval rect { stroke: var(--vscode-charts-purple); }
.later rect { stroke-dasharray: 4 3; }
a:focus-visible rect, a:hover rect { stroke-width: 2.4; }
`;
