import { expect, test } from "bun:test";
import { OUTSIDE } from "#compose/outside.ts";
import { descend } from "#cli/command-line.ts";
import { COMMAND_TABLE } from "#cli/command-table.ts";
import { GLOBAL_FLAGS, YES } from "#cli/globals.ts";
import type { OutsideCommand } from "#cli/outside-command.ts";
import type { AnyOperation } from "#operations/operation.ts";
import { givenOf } from "#operations/plain-input.ts";
import { REGISTRY } from "#operations/registry.ts";

import { run } from "../cli/run-sample.ts";
import { codeSpans, page, PAGES, shellLines, sorted, tableAfter } from "./pages.ts";
import { shellCalls } from "./shell-calls.ts";

const operations: ReadonlyMap<string, AnyOperation> = new Map(
  await Promise.all(
    Object.entries(REGISTRY).map(async ([name, load]): Promise<[string, AnyOperation]> => [
      name,
      await load(),
    ]),
  ),
);

/** Commands outside the registry, read as they are and run by nobody. */
const commands: Readonly<Record<string, OutsideCommand>> = Object.fromEntries(
  Object.entries(OUTSIDE).map(([name, command]) => [
    name,
    {
      ...command,
      load: async () => ({ ...(await command.load()), run: () => Promise.resolve(0) }),
    },
  ]),
);

async function problemOf(argv: readonly string[]): Promise<string> {
  const name = argv.filter((word) => !word.startsWith("-"));
  const destroys = [...operations.values()].some(
    (one) => one.effect === "destroy" && name.join(".").startsWith(one.name),
  );
  const yes = destroys && !argv.includes("--yes") && !argv.includes("--help") ? ["--yes"] : [];
  const ran = await run([...argv, ...yes], {
    operations: REGISTRY,
    commands,
    // The line is read, not run: the answer is none that could be shown.
    presenters: () => Promise.resolve({}),
    readFile: () => Promise.resolve(new TextEncoder().encode("text")),
    invoke: (_, { input }, raw) => {
      input.parse(givenOf(raw));
      return Promise.resolve({});
    },
  });
  return ran.stderr;
}

test("every sluice line in a shell block is a command line that the program reads", async () => {
  const lines = PAGES.flatMap((one) => shellLines(one).map((line) => ({ path: one.path, line })));
  expect(lines.length).toBeGreaterThan(20);
  const calls = shellCalls(lines.map(({ line }) => line));
  const wrong: unknown[] = [];
  for (const [at, { path, line }] of lines.entries()) {
    const found = calls[at] ?? [];
    if (found.length === 0) wrong.push({ path, line, problem: "bash finds no call in it" });
    for (const argv of found) {
      const problem = await problemOf(argv);
      if (problem !== "") wrong.push({ path, line, problem });
    }
  }
  expect(wrong).toEqual([]);
});

/** What is wrong with a command in a code span: `sluice item add --lane L`. */
function spanProblem(span: string, flagsOf: (path: string) => ReadonlySet<string>): string | undefined {
  const words = span.split(/\s+/).slice(1);
  const first = words[0];
  if (first === undefined || !/^[a-z]/.test(first)) return undefined;
  let path = "";
  for (const word of words) {
    const next =
      /^[a-z-]+$/.test(word) && !word.startsWith("-") ? descend(COMMAND_TABLE, path, word) : undefined;
    if (next === undefined) break;
    path = next;
  }
  if (path === "") return first === "help" ? undefined : `${first} is no command`;
  const second = words[1];
  if (COMMAND_TABLE[path] === undefined && second !== undefined && /^[a-z]+$/.test(second))
    return `${path} ${second} is no command`;
  const flags = words.flatMap((word) => /^--([a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  const known = flagsOf(path);
  const unknown = flags.filter((flag) => !known.has(flag) && !known.has(flag.replace(/^no-/, "")));
  return unknown.length === 0 ? undefined : `${path} has no flag ${unknown.join(", ")}`;
}

test("every sluice command in a code span exists, with its flags", () => {
  const global = [...GLOBAL_FLAGS.map(({ flag }) => flag), "yes"];
  const flagsOf = (path: string): ReadonlySet<string> => {
    const own = COMMAND_TABLE[path]?.form().specs ?? [];
    return new Set([...global, ...own.flatMap(({ flag, fileFlag }) => [flag, fileFlag ?? flag])]);
  };
  const wrong = PAGES.flatMap((one) =>
    codeSpans(one)
      .filter((span) => /^sluice\s/.test(span))
      .flatMap((span) => {
        const problem = spanProblem(span, flagsOf);
        return problem === undefined ? [] : [{ path: one.path, span, problem }];
      }),
  );
  expect(wrong).toEqual([]);
});

test("the command line reference names the shared flags and the commands outside of the registry", () => {
  const reference = page("docs/reference/command-line.md");
  const flags = tableAfter(reference, "Flags of every command").map(
    ([flag = ""]) => /--([a-z-]+)/.exec(flag)?.[1] ?? flag,
  );
  expect(sorted(flags)).toEqual(sorted([...GLOBAL_FLAGS, YES].map(({ flag }) => flag)));
  const outside = tableAfter(reference, "Outside of the registry").map(([command]) => command);
  const named = [...Object.keys(OUTSIDE), "completion"].map((name) => `sluice ${name}`);
  expect(sorted(outside)).toEqual(sorted(named));
});
