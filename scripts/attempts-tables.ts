import { RUN_ATTEMPTS, type RunAttempt } from "../test/threats/table/run-attempts.ts";
import { SHELL_ATTEMPTS } from "../test/threats/table/shell-attempts.ts";

const BEGIN = "<!-- attempts: made by npm run docs -->";
const END = "<!-- end of attempts -->";

type Cells = readonly string[];

/** The page with the tables of what was tried, made from the lists that the tests try one by one. */
export function withAttempts(page: string): string {
  const [before = "", rest = ""] = page.split(BEGIN);
  const [, after = ""] = rest.split(END);
  return `${before}${BEGIN}\n\n${attemptsTables()}\n${END}${after}`;
}

function attemptsTables(): string {
  const shells = SHELL_ATTEMPTS.map(({ who, what, open, strict, confirmed }): Cells => [
    who,
    what,
    open,
    strict,
    confirmed,
  ]);
  const places: readonly RunAttempt["from"][] = ["run", "set-up", "check"];
  const runs = places.flatMap((place) =>
    RUN_ATTEMPTS.filter(({ from }) => from === place).map(({ what, bare, boxed }): Cells => [
      place,
      what,
      bare,
      boxed,
    ]),
  );
  return [
    `### From a shell of your account: ${shells.length} attempts`,
    table(["who", "what it does", "`open`", "`strict`", "`confirmed`"], withoutRepeats(shells)),
    `### From what a worker starts: ${runs.length} attempts`,
    table(["from", "what it does", "no sandbox", "bubblewrap"], withoutRepeats(runs)),
  ]
    .map((part) => `${part}\n`)
    .join("\n");
}

/** A first cell that says the same as the one above is left empty. */
const withoutRepeats = (rows: readonly Cells[]): readonly Cells[] =>
  rows.map(([first = "", ...rest], at) => [rows[at - 1]?.[0] === first ? "" : first, ...rest]);

function table(head: Cells, rows: readonly Cells[]): string {
  const widths = head.map((title, at) =>
    Math.max(...[title, ...rows.map((row) => row[at] ?? "")].map((cell) => cell.length)),
  );
  const line = (cells: Cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
