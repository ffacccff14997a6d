/** The plan as a graph: boxes in layers, laid out by dagre, drawn as SVG. */

import { Graph as Layout, layout } from "@dagrejs/dagre";
import { h, s } from "./dom";
import type { Edge, Graph, GraphNode, Place } from "./server";

const HEIGHT = 54;
const LEAST = 128;
const SMALLEST = 0.8;
const MOST = 216;
/** Room of a letter in the second line: of most fonts a bit less. */
const LETTER = 6.7;
const SIGN = { error: "has an error", warning: "has a warning", "": "" };

/** What is told of a node beside what the recipe says: counted rows, steps. */
export type Notes = Map<string, string>;

/** Draws the graph into an element; boxes can be reached by the keyboard and lead to their declaration. */
export function drawGraph(into: HTMLElement, graph: Graph, notes: Notes, go: (at: Place) => void): void {
  if (!graph.nodes.length) {
    into.replaceChildren(h("p", { class: "empty" }, "Declare a model, data or a stage, and it is drawn here."));
    return;
  }
  const laid = laidOut(graph, notes);
  const { width = 0, height = 0 } = laid.graph();
  const lines = graph.edges.map((each) => drawEdge(laid, each));
  const boxes = graph.nodes.map((each) => drawNode(laid, each, graph.edges, notes, go));
  const label = `${graph.nodes.length} declarations and what goes from one into another`;
  const drawing = s(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label },
    arrow(),
    ...lines,
    ...boxes,
  );
  // Where there is little room the drawing is moved rather than made too small to read.
  drawing.style.minWidth = `${width * SMALLEST}px`;
  const kept = document.activeElement?.closest<SVGElement>("[data-name]")?.dataset.name;
  const more = graph.left_out ? h("p", { class: "empty" }, `and ${graph.left_out} more`) : null;
  into.replaceChildren(drawing, ...(more ? [more] : []));
  if (kept !== undefined) into.querySelector<SVGElement>(`[data-name="${CSS.escape(kept)}"]`)?.focus();
}

function laidOut(graph: Graph, notes: Notes) {
  const laid = new Layout({ multigraph: true });
  laid.setGraph({ rankdir: "TB", nodesep: 16, ranksep: 32, marginx: 8, marginy: 8 });
  laid.setDefaultEdgeLabel(() => ({}));
  for (const each of graph.nodes) {
    const longest = Math.max(each.name.length * 8.2 + 24, below(each, notes).length * LETTER);
    laid.setNode(each.name, { width: Math.max(LEAST, Math.min(MOST, longest + 30)), height: HEIGHT });
  }
  for (const each of graph.edges) {
    const width = each.label ? each.label.length * 6.5 + 8 : 0;
    laid.setEdge(each.start, each.end, { width, height: each.label ? 14 : 0, labelpos: "c" }, nameOf(each));
  }
  layout(laid);
  return laid;
}

/** Two parts of one dataset may go into one node; an empty name would be none. */
function nameOf(each: Edge): string {
  return `to ${each.label}`;
}

function below(each: GraphNode, notes: Notes): string {
  const word = each.word === each.kind || (each.kind === "data" && notes.has(each.name)) ? "" : each.word;
  return [word, notes.get(each.name) ?? each.about].filter(Boolean).join(" · ");
}

function drawNode(
  laid: Layout,
  each: GraphNode,
  edges: Edge[],
  notes: Notes,
  go: (at: Place) => void,
): SVGElement {
  const { x, y, width, height } = laid.node(each.name);
  const from = edges.filter((edge) => edge.end === each.name).map((edge) => edge.start);
  const jump = () => each.at && go(each.at);
  const room = Math.floor((width - 26) / LETTER);
  const text = below(each, notes);
  const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  // What is read aloud begins with what is seen, so that it can be called by it.
  const seen = `${each.name} ${shown}`.trim();
  const told = [seen, each.kind, shown !== text && text, from.length && `from ${from.join(", ")}`, SIGN[each.severity]];
  return s(
    "g",
    {
      class: `node ${each.kind} ${each.severity}`,
      transform: `translate(${x - width / 2} ${y - height / 2})`,
      tabindex: each.at ? 0 : -1,
      role: each.at ? "button" : "img",
      "aria-label": told.filter(Boolean).join(", "),
      "data-name": each.name,
      click: jump,
      keydown: (event) => {
        const { key } = event as KeyboardEvent;
        if (key !== "Enter" && key !== " ") return;
        event.preventDefault();
        jump();
      },
    },
    s("rect", { width, height, rx: 9, class: "box" }),
    s("rect", { x: 0, y: 10, width: 3.5, height: height - 20, rx: 1.75, class: "edge" }),
    s("text", { x: 15, y: 23, class: "name" }, each.name),
    s("text", { x: 15, y: 41, class: "about" }, ` ${shown}`),
    each.severity ? s("circle", { cx: width - 13, cy: 14, r: 4, class: "flaw" }) : null,
  );
}

function drawEdge(laid: Layout, each: Edge): SVGElement {
  const found = laid.edge({ v: each.start, w: each.end, name: nameOf(each) });
  const path = s("path", { d: curve(found.points), "marker-end": "url(#arrow)", class: "line" });
  const label = each.label ? s("text", { x: found.x, y: found.y, class: "label" }, each.label) : null;
  return s("g", { "aria-hidden": "true" }, path, label);
}

/** Through the points, with round corners: each corner bends the line between the middles beside it. */
function curve(points: { x: number; y: number }[]): string {
  const [first, ...others] = points;
  const parts = [`M${first.x} ${first.y}`];
  for (let index = 0; index < others.length - 1; index++) {
    const here = others[index];
    const next = others[index + 1];
    const last = index === others.length - 2;
    const end = last ? next : { x: (here.x + next.x) / 2, y: (here.y + next.y) / 2 };
    parts.push(`Q${here.x} ${here.y} ${end.x} ${end.y}`);
  }
  if (others.length === 1) parts.push(`L${others[0].x} ${others[0].y}`);
  return parts.join("");
}

function arrow(): SVGElement {
  const head = s("path", { d: "M0 0L7 3.5L0 7z", class: "head" });
  const attributes = { id: "arrow", viewBox: "0 0 7 7", refX: 6.5, refY: 3.5, markerWidth: 7, markerHeight: 7 };
  return s("defs", {}, s("marker", { ...attributes, orient: "auto" }, head));
}
