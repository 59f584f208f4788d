import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { type ClaimResult, limitText, verdict } from "./claim-result.ts";

const PAGE = join(import.meta.dir, "..", "docs", "reference", "performance.md");
const HEAD = `# Performance

Written by \`npm run bench -- [NAME…]\`, one table per program under \`bench/\`. Both sides of a ratio are measured in the same run, in
turns, and are medians: trust the ratios, not the absolute numbers. The load is the machine's when the program began; above the number of
processors, other work was in the way.
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

/** Replaces a program's table in the page, or adds it at the end. */
export function writeSection(name: string, text: string): void {
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : HEAD;
  const start = page.indexOf(`<!-- begin ${name} -->`);
  const endMark = `<!-- end ${name} -->\n`;
  const end = page.indexOf(endMark);
  const next =
    start < 0 || end < 0
      ? `${page.trimEnd()}\n\n${text}`
      : page.slice(0, start) + text + page.slice(end + endMark.length);
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, next);
  // The page is held to the same format as every other.
  Bun.spawnSync([join(import.meta.dir, "..", "node_modules", ".bin", "oxfmt"), PAGE]);
}

export const loadNow = (): number => loadavg()[0] ?? 0;
