import { z } from "zod";
import type { Context } from "#operations/context.ts";
import { findItem, refWriter, type RefOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Candidate } from "#operations/ports/store/gate-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Store } from "#operations/ports/store.ts";
import type { TodoChange, TodoEntry } from "#operations/ports/todo-format.ts";
import { hasBeen } from "./has-been.ts";
import { statusChange } from "./status-change.ts";
import { entryChange } from "./todo-change.ts";
import { type EntryMatch, matchEntries } from "./match-entries.ts";
import { findTodoFiles, readTodoFiles, TODO_SYSTEM, TodoFiles, type TodoSource } from "./todo-files.ts";

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
    dryRun: z.boolean().optional().describe("Only say what would change"),
  }),
  output: z.object({ files: z.array(ExportedFile) }),
  errors: ["not_found"],
  positional: ["files"],
  examples: [
    { command: "sluice todo export TODO.md", does: "Bring the file up to date" },
    { command: "sluice todo export --dry-run TODO.md", does: "See whether it is up to date" },
  ],
  run: async (context, { files, refs, dryRun }) => {
    const sources = await readTodoFiles(context, await findTodoFiles(context, files));
    const matches = await matchEntries(context.store, sources);
    const { prefix } = await context.store.projects.settings();
    const format = await context.todo();
    const planned = [];
    for (const source of sources) {
      const { changes, conflicts } = await changesOf(context, source, matches, refs);
      const { bytes, refused } = format.write(source.bytes, changes, [prefix]);
      const problems = Array.from(refused.values(), ({ line, message }) => ({ line, message }));
      planned.push({ source, entries: changes.size - refused.size, conflicts, problems, bytes });
    }
    const exported = [];
    // All texts are made before the first file is written, so that a refusal leaves every file alone.
    for (const { source, entries, conflicts, problems, bytes } of planned) {
      const changed = !sameBytes(source.bytes, bytes);
      if (changed && dryRun !== true) await context.files.write(source.path, bytes);
      exported.push({ path: source.file, changed, entries, conflicts, problems });
    }
    return { files: exported };
  },
});

async function changesOf(
  context: Context,
  source: TodoSource,
  matches: ReadonlyMap<TodoEntry, EntryMatch>,
  refs: boolean,
) {
  const { store } = context;
  const refOf = await refWriter(store);
  const changes = new Map<string, TodoChange>();
  const conflicts = [];
  for (const entry of source.entries) {
    const { candidate, unsure = false } = matches.get(entry) ?? {};
    if (unsure) {
      if (candidate !== undefined && candidate.itemId !== null)
        conflicts.push({ line: entry.line, item: refOf(candidate.itemId), field: "ref" });
      continue;
    }
    const found = await entryOf(context, entry, candidate, refs ? refOf : undefined);
    if (found === undefined) continue;
    if (Object.keys(found.change).length > 0) changes.set(entry.key, found.change);
    const item = refOf(found.itemId);
    conflicts.push(...found.conflicts.map((field) => ({ line: entry.line, item, field })));
  }
  return { changes, conflicts };
}

async function entryOf(
  { store }: Context,
  entry: TodoEntry,
  candidate: Candidate | undefined,
  refOf: RefOf | undefined,
) {
  const named = entry.ref === undefined ? undefined : await findItem(store, entry.ref);
  const itemId = named ?? candidate?.itemId ?? undefined;
  if (itemId === undefined) return undefined;
  const detail = await store.items.get({ id: itemId });
  const imported = candidate?.itemId === itemId ? candidate : await importedAs(store, detail);
  const status = await statusChange(entry, detail.item.state, (states) => hasBeen(store, itemId, states));
  return { itemId, ...entryChange(entry, detail, imported, status, refOf?.(itemId)) };
}

/** What an item was imported from; a file that was renamed since knows it by the ref alone. */
async function importedAs(store: Store, { candidateId }: ItemDetail): Promise<Candidate | undefined> {
  if (candidateId === null) return undefined;
  const candidate = await store.gate.get({ id: candidateId });
  return candidate.external?.system === TODO_SYSTEM ? candidate : undefined;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
