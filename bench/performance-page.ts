import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { type ClaimResult, limitText, verdict } from "./claim-result.ts";

const PAGE = join(import.meta.dir, "..", "docs", "reference", "performance.md");
const HEAD = `# Performance

Written by \`npm run bench -- [NAME…]\`, one table per program under \`bench/\`, in the order of the programs; a program that has not run since its
yardstick changed has no table. Both sides of a ratio are measured in the same run, in turns, and are medians: trust the ratios, not the
absolute numbers. The load is the machine's when the program began; above the number of processors, other work was in the way.

The smallest program is one that an expert would write over the same tables: prepared statements on SQLite, a function per step on
PostgreSQL, the same rows in as many commits, no rule and no check. It stands in \`bench/baseline/\` and imports nothing of the product. A
limit that is missed stays in its table as MISS.
`;

/** One program's table. */
export function sectionText(
  name: string,
  title: string,
  results: readonly ClaimResult[],
  load: number,
): string {
  const rows = results.map(
    (result) =>
      `| ${result.claim} | ${result.measured} | ${result.against} | ${result.ratio.toFixed(2)} | ${limitText(result)} | ${verdict(result)} |`,
  );
  const machine = `${availableParallelism()} processors, load ${load.toFixed(1)}, ${process.platform} ${process.arch}, Bun ${Bun.version}`;
  return [
    `<!-- begin ${name} -->`,
    "",
    `## ${title}`,
    "",
    `${machine}.`,
    "",
    "| claim | measured | against | ratio | limit | |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    `<!-- end ${name} -->`,
    "",
  ].join("\n");
}

/** Replaces a program's table in the page; the tables stand in the order of `names`, others are dropped. */
export function writeSection(name: string, text: string, names: readonly string[]): void {
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "";
  const sections = new Map(names.map((each) => [each, sectionOf(page, each)])).set(name, text);
  const kept = names.flatMap((each) => sections.get(each) ?? []);
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, [HEAD, ...kept].join("\n"));
  // The page is held to the same format as every other.
  Bun.spawnSync([join(import.meta.dir, "..", "node_modules", ".bin", "oxfmt"), PAGE]);
}

function sectionOf(page: string, name: string): string | undefined {
  const endMark = `<!-- end ${name} -->\n`;
  const [start, end] = [page.indexOf(`<!-- begin ${name} -->`), page.indexOf(endMark)];
  return start < 0 || end < 0 ? undefined : page.slice(start, end + endMark.length);
}

export const loadNow = (): number => loadavg()[0] ?? 0;
