import type { Context } from "#operations/context.ts";
import type { CliOptions } from "#cli/cli-options.ts";
import { listIn, textIn } from "#cli/present/read-json.ts";

/** The operation that lists each kind, and where its rows stand. */
const LISTS = {
  item: ["item.list", "items"],
  candidate: ["gate.list", "candidates"],
  run: ["run.list", "runs"],
} as const;

/** Only refs: a title is another's text, and a shell splits what it is given here. */
const REF = /^[A-Z][A-Z0-9]*-[0-9]+$/;

/** The refs of a workspace's newest items, candidates or runs. None where nothing lists them. */
export async function refsOf(
  options: CliOptions,
  open: () => Promise<Context>,
  kind: keyof typeof LISTS,
): Promise<readonly string[]> {
  const [name, rows] = LISTS[kind];
  const operation = await options.operations[name]?.();
  if (operation === undefined) return [];
  const context = await open();
  try {
    const answer = await options.invoke(context, operation, {});
    return listIn(answer, rows)
      .map((row) => textIn(row, "ref"))
      .filter((ref) => REF.test(ref));
  } finally {
    await context.store.close();
  }
}
