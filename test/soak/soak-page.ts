import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { SoakReport } from "./run-soak.ts";

const ROOT = join(import.meta.dir, "../..");
const PAGE = join(ROOT, "docs/reference/soak.md");

const ROWS: readonly (readonly [string, (report: SoakReport) => string | number])[] = [
  ["agents, each a process", ({ processes }) => processes],
  ["claims acknowledged", ({ count }) => count("claim")],
  ["claims per second", ({ count, seconds }) => (count("claim") / seconds).toFixed(1)],
  ["finished", ({ count }) => count("finish")],
  ["given back, blocked", ({ count }) => count("release") + count("block")],
  ["leases that ran out", ({ expiries }) => expiries],
  ["notes, plans, heartbeats", ({ count }) => count("note") + count("plan") + count("heartbeat")],
  ["entries of the history", ({ events }) => events],
  ["kills", ({ kills }) => kills],
  ["stops, up to 6 s", ({ stops }) => stops],
  ["crashes of the server", ({ crashes }) => crashes],
  ["restarts of the server", ({ restarts }) => restarts],
  ["refused: the lease was gone", ({ count }) => count("refused", "lease_lost")],
  ["refused: the server was away", ({ count }) => count("refused", "unavailable")],
  ["refused: the item had moved", ({ count }) => count("refused", "conflict")],
  ["longest claim", ({ longestClaimMs }) => `${Math.round(longestClaimMs)} ms`],
  ["**breaches**", ({ breaches }) => breaches.length],
];

/** The page of the last whole soak. */
export function writeSoakPage(minutes: number, seed: number, reports: readonly SoakReport[]): void {
  const table = [
    ["", ...reports.map(({ kind }) => (kind === "sqlite" ? "SQLite" : "PostgreSQL"))],
    ["---", ...reports.map(() => "---:")],
    ...ROWS.map(([name, value]) => [name, ...reports.map((report) => value(report).toLocaleString("en"))]),
  ].map((cells) => `| ${cells.join(" | ")} |`);
  const text = `# Soak

Written by \`npm run soak -- --minutes ${minutes} --processes ${reports[0]?.processes} --seed ${seed}\`. ${minutes} minutes on each database, ${availableParallelism()} processors, Bun ${Bun.version}.

Agents add, claim, note, plan, finish, give back, block and forget items of one workspace. Each writes down, on the disk, what the
store has told it. Meanwhile they are killed and stopped at random and started again, everybody's clock is put forward so that leases
run out, and the PostgreSQL server crashes and recovers, or is restarted. Four times all are killed and the workspace is audited: no lease begins before
the one before it has ended; everything that was acknowledged is there, once; every item's history is one that the lifecycle allows,
with one entry per change; derived columns are what follows from the rest.

${table.join("\n")}
`;
  writeFileSync(PAGE, text);
  // The page is held to the same format as every other.
  Bun.spawnSync([join(ROOT, "node_modules/.bin/oxfmt"), PAGE]);
}
