import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";

const DAY_MS = 86_400_000;

export const archiveLog = defineOperation({
  name: "log.archive",
  summary: "Compress old entries of the history.",
  description:
    "sluice log, who, undo, doctor and seals read them as before. Only whole blocks of 1,000 entries are archived. You can stop it at any time: the next call continues.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({
    before: z
      .int()
      .default(90 * DAY_MS)
      .describe("Age from which on entries are archived, at least 30d")
      .meta({ cli: "duration" }),
    dryRun: z.boolean().default(false).describe("Only say how many entries that would be"),
  }),
  output: z.object({
    archived: z.int(),
    blocks: z.int(),
    bytes_before: z.int(),
    bytes_after: z.int(),
    dry_run: z.boolean(),
  }),
  errors: [],
  examples: [
    { command: "sluice log archive --dry-run", does: "Say how much is older than 90 days" },
    { command: "sluice log archive --before 365d", does: "Keep a year at hand" },
  ],
  run: async ({ store, caller }, { before, dryRun }) => {
    const done = await store.history.archive({ by: caller, olderThanMs: before, dryRun });
    return {
      archived: done.entries,
      blocks: done.blocks,
      bytes_before: done.bytes,
      bytes_after: done.compressedBytes,
      dry_run: dryRun,
    };
  },
});
