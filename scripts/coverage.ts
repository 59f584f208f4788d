import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { instrument, type Point } from "./instrument.ts";
import type { Outcome } from "./outcome.ts";
import { copyRepository } from "./repository-copy.ts";

/** The least share of each part that the whole test run must reach, percent. It is raised when the tests have become better. */
const THRESHOLDS = {
  domain: { statement: 96, branch: 90 },
  store: { statement: 95, branch: 84 },
  operations: { statement: 93, branch: 82 },
  worker: { statement: 90, branch: 77 },
} as const satisfies Readonly<Record<string, Readonly<Record<Point["kind"], number>>>>;

type Part = keyof typeof THRESHOLDS;
const PARTS: readonly Part[] = ["domain", "store", "operations", "worker"];
const KINDS = ["statement", "branch"] as const;

/** A copy of the repository that counts what of it runs, in whatever process. */
export interface CountedCopy {
  readonly root: string;
  /** Prints the table, with `list` also what did not run. Judges only what `judged` asks for. */
  readonly report: (options: { readonly judged: boolean; readonly list: boolean }) => Outcome;
  readonly remove: () => void;
}

export async function countedCopy(): Promise<CountedCopy> {
  const root = await copyRepository();
  chmodSync(root, 0o755); // other users run parts of it
  const counters = `${root}.ran`;
  const points: Point[] = [];
  for (const path of PARTS.flatMap((part) => [...new Bun.Glob(`src/${part}/**/*.ts`).scanSync(root)])) {
    const file = join(root, path);
    const counted = instrument(path, readFileSync(file, "utf8"), counters, points.length);
    points.push(...counted.points);
    writeFileSync(file, counted.text);
  }
  writeFileSync(counters, new Uint8Array(points.length));
  chmodSync(counters, 0o666);
  return {
    root,
    report: ({ judged, list }) => {
      const ran = readFileSync(counters);
      if (list)
        for (const [at, { path, line, kind }] of points.entries())
          if (ran[at] === 0) console.log(`${path}:${line} ${kind}`);
      return table(points, ran, judged);
    },
    remove: () => {
      rmSync(root, { recursive: true, force: true });
      rmSync(counters, { force: true });
    },
  };
}

function table(points: readonly Point[], ran: Uint8Array, judged: boolean): Outcome {
  console.log(`${"that ran".padEnd(12)}${"statements".padEnd(30)}branches`);
  let failed = 0;
  for (const part of PARTS) {
    const cells = KINDS.map((kind) => {
      const all = [...points.entries()].filter(
        ([, point]) => point.kind === kind && point.path.startsWith(`src/${part}/`),
      );
      const hit = all.filter(([at]) => ran[at] === 1).length;
      const share = all.length === 0 ? 100 : (100 * hit) / all.length;
      const low = judged && share < THRESHOLDS[part][kind];
      if (low) failed += 1;
      const words = `${share.toFixed(1)} % of ${all.length}${low ? `, below ${THRESHOLDS[part][kind]}` : ""}`;
      return words.padEnd(30);
    });
    console.log(`${part.padEnd(12)}${cells.join("")}`.trimEnd());
  }
  if (!judged) return { passed: 0, failed: 0 };
  return { passed: PARTS.length * KINDS.length - failed, failed };
}
