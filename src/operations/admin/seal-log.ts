import { z } from "zod";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";

const SealView = z.object({
  id: z.int(),
  at: IsoTime,
  actor: z.string(),
  /** Histories that have an end in the root: items, candidates, projects, … */
  streams: z.int(),
  root: z.string(),
  /** Entries that this call sealed. */
  added: z.int(),
});

export const sealLog = defineOperation({
  name: "log.seal",
  summary: "Seal new entries of the history, and print the root to keep elsewhere.",
  description:
    "Each entry's hash covers the one before, per item. `sluice doctor --deep` names an entry that was changed since. To detect somebody who can write to the database, keep the root where they cannot write.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({}),
  output: z.object({ seal: SealView }),
  errors: [],
  examples: [{ command: "sluice log seal", does: "Seal what was written since the last time" }],
  run: async ({ store, caller }) => {
    const { at, ...seal } = await store.history.seal({ by: caller });
    return { seal: { ...seal, at: isoTime(at) } };
  },
});
