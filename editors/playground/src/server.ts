/** What the server answers to the page's own requests; see `methods.py`. */

export interface Place {
  line: number;
  character: number;
}

export interface Opened {
  path: string;
  text: string;
  digest: string;
}

export interface Answer {
  opened?: Opened;
  refused?: string;
  paths: string[];
}

export interface Beginning extends Answer {
  root: string;
  name: string;
}

export interface GraphNode {
  name: string;
  kind: "model" | "data" | "stage" | "eval";
  word: string;
  about: string;
  at: Place | null;
  severity: "" | "error" | "warning";
}

export interface Edge {
  start: string;
  end: string;
  label: string;
}

export interface Graph {
  nodes: GraphNode[];
  edges: Edge[];
  left_out: number;
}

export interface Line {
  text: string;
  at: Place | null;
  origin: string;
}

export interface Funnel {
  name: string;
  shape: string;
  parts: string[];
  source: Line & { rows: number | null };
  steps: (Line & { keyword: string })[];
}

export interface Picture {
  version: number;
  guess: boolean;
  errors: boolean;
  graph: Graph;
  funnels: Funnel[];
}

export interface Counted {
  data?: string;
  stage?: string;
  why?: string;
  source?: number;
  rejects?: number;
  steps?: { origin: string; rows: number; problem?: string }[] | number | null;
  parts?: Record<string, number>;
}

export interface Counts {
  version: number;
  lines: Counted[];
  why: string;
}
