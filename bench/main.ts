// `npm run bench [-- NAME…]`: measures every claim, or those named, and writes docs/reference/performance.md.
import { type ClaimResult, limitText, verdict } from "./claim-result.ts";
import { stopBenchPostgres } from "./fixture/bench-postgres.ts";
import { loadNow, sectionText, writeSection } from "./performance-page.ts";

interface Program {
  readonly title: string;
  readonly run: () => Promise<readonly ClaimResult[]>;
}

const PROGRAMS: Readonly<Record<string, () => Promise<Program>>> = {
  fixture: async () => (await import("./fixture-check.ts")).fixtureCheck,
  "agent-loop": async () => (await import("./agent-loop.ts")).agentLoop,
  "claim-finish": async () => (await import("./claim-finish.ts")).claimFinish,
  start: async () => (await import("./start.ts")).start,
  "claim-size": async () => (await import("./claim-size.ts")).claimSize,
  scans: async () => (await import("./scans.ts")).scans,
  "dead-rows": async () => (await import("./dead-rows.ts")).deadRows,
  latency: async () => (await import("./latency.ts")).latency,
  fairness: async () => (await import("./fairness.ts")).fairness,
  work: async () => (await import("./work.ts")).work,
  retention: async () => (await import("./retention.ts")).retention,
  mcp: async () => (await import("./mcp.ts")).mcp,
  http: async () => (await import("./http.ts")).http,
  search: async () => (await import("./search.ts")).search,
  "todo-import": async () => (await import("./todo-import.ts")).todoImport,
  "git-scan": async () => (await import("./git-scan.ts")).gitScan,
};

const wanted = process.argv.slice(2);
let missed = 0;
try {
  for (const name of wanted.length > 0 ? wanted : Object.keys(PROGRAMS)) {
    const program = await PROGRAMS[name]?.();
    if (program === undefined)
      throw new Error(`There is no benchmark ${name}: try one of ${Object.keys(PROGRAMS).join(", ")}`);
    const load = loadNow();
    console.log(`\n${program.title} (load ${load.toFixed(1)})`);
    const results = await program.run();
    for (const result of results) {
      const text = `${result.measured} against ${result.against}, ratio ${result.ratio.toFixed(2)}, limit ${limitText(result)}`;
      console.log(`${verdict(result).padEnd(6)} ${result.claim}: ${text}`);
    }
    missed += results.filter((result) => verdict(result) === "MISS").length;
    writeSection(name, sectionText(name, program.title, results, load), Object.keys(PROGRAMS));
  }
} finally {
  await stopBenchPostgres();
}
process.exitCode = missed === 0 ? 0 : 1;
