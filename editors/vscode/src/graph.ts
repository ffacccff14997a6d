/** The graph of a plan: what is made, and from what. From the JSON of `recipedsl plan`, without an editor. */

export interface Place {
  line: number;
  column: number;
}

export interface Made {
  name: string;
  kind: "model" | "data" | "stage" | "eval" | "later";
  /** What stands below the name: a method, a shape. */
  about: string;
  doc: string;
  /** Names of what it is made from. */
  from: string[];
  at: Place | undefined;
}

type Json = Record<string, unknown>;

/** Keys of a plan under which names of nodes stand, however deep. */
const REFERENCES = new Set(["node", "model", "against", "start", "models"]);

const KINDS = new Set(["model", "data", "stage", "eval", "later"]);

/** What a plan makes, without the tokens between rows and stages. Throws where the text is no plan. */
export function graphOf(text: string): Made[] {
  const plan: unknown = JSON.parse(text);
  const nodes = isObject(plan) && Array.isArray(plan["nodes"]) ? plan["nodes"].filter(isObject) : undefined;
  if (nodes === undefined) throw new Error("this is no plan");
  const named = new Map(nodes.map((each) => [String(each["name"]), each]));
  return nodes.filter((each) => KINDS.has(String(each["kind"]))).map((each) => madeOf(each, named));
}

function madeOf(node: Json, named: Map<string, Json>): Made {
  const name = String(node["name"]);
  return {
    name,
    kind: String(node["kind"]) as Made["kind"],
    about: aboutOf(node),
    doc: typeof node["doc"] === "string" ? node["doc"] : "",
    from: [...new Set(inputsOf(node, named))].filter((each) => each !== name),
    at: placeOf(node["origin"]),
  };
}

function aboutOf(node: Json): string {
  const source = isObject(node["source"]) ? node["source"] : {};
  const word = { model: source["keyword"], data: node["shape"], stage: node["method"], later: node["keyword"] }[String(node["kind"])];
  return typeof word === "string" ? word : "";
}

function placeOf(origin: unknown): Place | undefined {
  if (!isObject(origin)) return undefined;
  const { line, column } = origin;
  return typeof line === "number" && typeof column === "number" ? { line, column } : undefined;
}

/** Tokens stand for the rows that they are made of. */
function inputsOf(node: Json, named: Map<string, Json>): string[] {
  const tokens = [node["tokens"], node["prompts"]].map((each) => named.get(String(each)));
  const rows = tokens.flatMap((each) => (each ? references(each["data"], named) : []));
  const roles = isObject(node["roles"]) ? Object.values(node["roles"]).flat() : [];
  const parts = Object.entries(node).filter(([key]) => key !== "template" && key !== "arguments");
  const direct = parts.flatMap(([key, value]) => (REFERENCES.has(key) ? namesIn(value, named) : references(value, named)));
  return [...direct, ...namesIn(roles, named), ...rows];
}

function references(value: unknown, named: Map<string, Json>): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => references(each, named));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => (REFERENCES.has(key) ? namesIn(each, named) : references(each, named)));
}

function namesIn(value: unknown, named: Map<string, Json>): string[] {
  const names = Array.isArray(value) ? value : [value];
  return names.filter((each): each is string => typeof each === "string" && named.has(each));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
