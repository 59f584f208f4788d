import { z } from "zod";
import { Line } from "#domain/text/bounded-text.ts";

const Count = z.lazy(() =>
  z.object({
    /** Fewest matches that satisfy the premise; default 1. */
    min: z.int().min(0).optional(),
    /** Most matches that satisfy it; default unbounded. */
    max: z.int().min(0).optional(),
  }),
);

/** A path inside a repository: relative, no `..`, no control characters. */
export const RepoPath = z.lazy(() =>
  Line.refine(
    (path) =>
      path.length <= 4096 &&
      !path.startsWith("/") &&
      !path.split("/").includes("..") &&
      !/[\0\n\r]/.test(path),
    "a relative path without .. or line breaks",
  ),
);

/**
 * A fact that the plan depends on, checked against the base commit's objects when the item is claimed. `command` runs in the
 * run's worktree and only when a human approved that exact text.
 */
export const Premise = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("file"), path: RepoPath, exists: z.boolean().default(true) }),
    z.object({
      kind: z.literal("match"),
      pattern: Line,
      paths: z.array(RepoPath).default([]),
      count: Count.default({}),
    }),
    z.object({ kind: z.literal("symbol"), name: Line, paths: z.array(RepoPath).default([]) }),
    z.object({ kind: z.literal("command"), run: Line, approvedBy: z.string().optional() }),
    z.object({ kind: z.literal("item"), ref: z.string(), state: z.literal("done").default("done") }),
    z.object({
      kind: z.literal("commit"),
      sha: z.string().regex(/^[0-9a-f]{7,64}$/),
      branch: z.string().optional(),
    }),
  ]),
);
export type Premise = z.infer<typeof Premise>;

/** One line that says what a premise expects. */
export function premiseText(premise: Premise): string {
  switch (premise.kind) {
    case "file":
      return `file ${premise.path} ${premise.exists ? "exists" : "does not exist"}`;
    case "match":
      return `${JSON.stringify(premise.pattern)} is found ${countText(premise.count)} in ${premise.paths.join(", ") || "the repository"}`;
    case "symbol":
      return `symbol ${premise.name} is found in ${premise.paths.join(", ") || "the repository"}`;
    case "command":
      return `command exits 0: ${premise.run}`;
    case "item":
      return `${premise.ref} is ${premise.state}`;
    case "commit":
      return `commit ${premise.sha} is in ${premise.branch ?? "the target branch"}`;
  }
}

function countText({ min = 1, max }: { min?: number | undefined; max?: number | undefined }): string {
  if (max === undefined) return `at least ${min}×`;
  return min === max ? `${min}×` : `${min} to ${max}×`;
}

/** Reads the command line's short form: `file:PATH`, `no-file:PATH`, `match:PATTERN[@PATH]`, `symbol:NAME`, `item:REF`, `commit:SHA`. */
export function parsePremise(text: string): z.input<typeof Premise> {
  const at = text.indexOf(":");
  const kind = text.slice(0, at);
  const rest = text.slice(at + 1);
  switch (kind) {
    case "file":
      return { kind, path: rest };
    case "no-file":
      return { kind: "file", path: rest, exists: false };
    case "match":
      return matchPremise(rest);
    case "symbol":
      return { kind, name: rest };
    case "item":
      return { kind, ref: rest };
    case "commit":
      return { kind, sha: rest };
    case "command":
      return { kind, run: rest };
    default:
      return { kind: "file", path: text };
  }
}

function matchPremise(rest: string): z.input<typeof Premise> {
  const at = rest.lastIndexOf("@");
  return at <= 0
    ? { kind: "match", pattern: rest }
    : { kind: "match", pattern: rest.slice(0, at), paths: [rest.slice(at + 1)] };
}
