import { z } from "zod";
import { ask } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import { knownFiles } from "./import-todo.ts";
import { todoChanges } from "./todo-changes.ts";
import { requireReadable, TodoFiles } from "./todo-files.ts";

const ExportedFile = z.object({
  path: z.string(),
  changed: z.boolean(),
  /** Entries that were written. */
  entries: z.int(),
  /** Changed here and in the file: the file keeps its own text. */
  conflicts: z.array(z.object({ line: z.int(), item: z.string(), field: z.string() })),
  /** Entries that could not be written and were left as they are. */
  problems: z.array(z.object({ line: z.int(), message: z.string() })),
});

export const exportTodo = defineOperation({
  name: "todo.export",
  summary: "Write refs, states and edits of items back into their TODO.md files.",
  description:
    "Only the lines of items that changed differ afterwards; what changed here and in the file stays as the file has it.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({
    files: TodoFiles,
    refs: z.boolean().default(true).describe("Write each item's ref into the file"),
    dryRun: z.boolean().optional().describe("Only show what would change"),
  }),
  output: z.object({ files: z.array(ExportedFile) }),
  errors: ["not_found"],
  positional: ["files"],
  examples: [
    { command: "sluice todo export TODO.md", does: "Bring the file up to date" },
    { command: "sluice todo export --dry-run TODO.md", does: "See whether it is up to date" },
  ],
  run: async (context, { files: given, refs, dryRun }) => {
    const { files, prefix } = await knownFiles(context, given);
    const format = await context.todo();
    const sources = files.map((file) => ({ ...file, ...format.read(file.bytes, [prefix]) }));
    requireReadable(sources);
    const answer = await ask(context, todoChanges, {
      host: context.caller.host,
      refs,
      files: sources.map(({ path, commonDir, inside, roots, entries: [...entries] }) => {
        return { path, commonDir, inside, roots, entries };
      }),
    });
    const planned = sources.map((source, at) => {
      const { changes = [], conflicts = [] } = answer.files[at] ?? {};
      const wanted = new Map(changes.map(({ key, change }) => [key, change]));
      return { source, conflicts, count: wanted.size, ...format.write(source.bytes, wanted, [prefix]) };
    });
    const exported = [];
    // All texts are made before the first file is written, so that a refusal leaves every file alone.
    for (const { source, conflicts, count, bytes, refused } of planned) {
      const changed = !sameBytes(source.bytes, bytes);
      if (changed && dryRun !== true) await context.files.write(source.path, bytes);
      const problems = Array.from(refused.values(), ({ line, message }) => ({ line, message }));
      exported.push({ path: source.file, changed, entries: count - refused.size, conflicts, problems });
    }
    return { files: exported };
  },
});

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
