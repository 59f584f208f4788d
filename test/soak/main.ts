// `npm run soak -- [--minutes N] [--processes N] [--seed N] [--sqlite | --postgres]`: agents on one workspace, killed and stopped at
// random, audited. Writes docs/reference/soak.md when nothing was found and it ran for ten minutes or more.
import { parseArgs } from "node:util";
import type { StoreKind } from "#test/stores.ts";
import { soak, type SoakReport } from "./run-soak.ts";
import { writeSoakPage } from "./soak-page.ts";

/** From here on a report says something. */
const REPORT_MINUTES = 10;
/** One defect breaks many rows; the first ones show it. */
const SHOWN = 20;

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    minutes: { type: "string", default: "10" },
    processes: { type: "string", default: "6" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    sqlite: { type: "boolean", default: false },
    postgres: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const processes = Number(values.processes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(processes) || processes < 1 || !Number.isInteger(seed)) {
  console.error("Use: npm run soak -- [--minutes N] [--processes N] [--seed N] [--sqlite | --postgres]");
  process.exit(2);
}
const all: readonly StoreKind[] = ["sqlite", "postgres"];
const kinds = values.sqlite === values.postgres ? all : all.filter((kind) => values[kind]);
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

console.error(
  `Seed ${seed}, ${minutes} minutes on each of ${kinds.join(", ")}. Ctrl-C ends it with an audit.`,
);
const reports: SoakReport[] = [];
for (const kind of kinds)
  if (!stop.signal.aborted)
    reports.push(
      await soak({
        kind,
        seconds: minutes * 60,
        processes,
        seed,
        signal: stop.signal,
        say: (line) => console.error(line),
      }),
    );
for (const { kind, breaches } of reports)
  for (const breach of breaches.slice(0, SHOWN)) console.error(`${kind}: ${breach}`);
const isClean = reports.length === kinds.length && reports.every(({ breaches }) => breaches.length === 0);
for (const { kind, count, kills, stops, crashes, restarts, expiries } of reports)
  console.log(
    `${kind}: ${count("claim")} claims, ${count("finish")} finished, ${kills} kills, ${stops} stops, ${crashes} crashes, ${restarts} restarts, ${expiries} expiries`,
  );
if (isClean && kinds.length === all.length && minutes >= REPORT_MINUTES && !stop.signal.aborted)
  writeSoakPage(minutes, seed, reports);
process.exitCode = isClean ? 0 : 1;
