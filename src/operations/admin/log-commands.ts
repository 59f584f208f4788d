import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { streamAround } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";

/** All three change the history's form, and none of them what happened. */
const ON_LOG = {
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
} as const;

/** Fewer characters stand in too many words. */
const LEAST = 4;

export const redactLog = defineOperation({
  ...ON_LOG,
  name: "log.redact",
  summary: "Redact a text in the history and wherever else it was stored.",
  description:
    "Each occurrence becomes [redacted]; the entries stay, seals still hold, and search no longer finds it. Backups, copies, run logs, worktrees and git keep the text: replace a secret that has leaked.",
  effect: "destroy",
  input: z.strictObject({
    ref: z.string().max(40).optional().describe("Only of this item, with its candidate, or this candidate"),
    text: z.string().min(LEAST).max(10_000).describe("Text to redact, matched exactly").meta({ cli: "file" }),
    reason: Body.refine((reason) => reason.trim() !== "", "a reason").describe("Why; kept in the history"),
    dryRun: z.boolean().default(false).describe("Only show where it occurs"),
  }),
  output: z.object({
    /** Entries of the history, archived ones among them. */
    entries: z.int(),
    archived: z.int(),
    /** Items, notes, plans, questions, evidence, runs, candidates and kept answers. */
    texts: z.int(),
    dry_run: z.boolean(),
  }),
  errors: ["not_found"],
  positional: ["ref"],
  examples: [
    {
      command: 'sluice log redact OB-12 --text-file leaked.txt --reason "A key was pasted" --dry-run',
      does: "Show where it occurs, and how often",
    },
    {
      command: 'sluice log redact --text-file leaked.txt --reason "A key was pasted" --yes',
      does: "Redact it everywhere",
    },
  ],
  run: async ({ store, caller }, { ref, text, reason, dryRun }) => {
    const wanted = text.replace(/\r?\n$/, "");
    if (wanted.length < LEAST) throw badText(`at least ${LEAST} characters`);
    if (reason.includes(wanted)) throw badText("a text that the reason does not contain");
    const of = ref === undefined ? undefined : await streamAround(store, ref);
    return {
      ...(await store.history.redact({ by: caller, of, text: wanted, reason, dryRun })),
      dry_run: dryRun,
    };
  },
});

/** A refusal that does not repeat the text. */
const badText = (accepted: string): SluiceError =>
  new SluiceError("invalid", `This text cannot be redacted; expected ${accepted}`, {
    details: { field: "text", accepted },
  });

const DAY_MS = 86_400_000;

export const archiveLog = defineOperation({
  ...ON_LOG,
  name: "log.archive",
  summary: "Compress old entries of the history.",
  description:
    "sluice log, who, undo, doctor and seals read them as before. Only whole blocks of 1,000 entries are archived. You can stop it at any time: the next call continues.",
  effect: "write",
  input: z.strictObject({
    before: z
      .int()
      .default(90 * DAY_MS)
      .describe("Archive entries older than this, at least 30d")
      .meta({ cli: "duration" }),
    dryRun: z.boolean().default(false).describe("Only count the entries that it would archive"),
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
    { command: "sluice log archive --dry-run", does: "Count what is older than 90 days" },
    { command: "sluice log archive --before 365d", does: "Leave the last year uncompressed" },
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
  ...ON_LOG,
  name: "log.seal",
  summary: "Seal new entries of the history, and print the root to keep elsewhere.",
  description:
    "Each entry's hash covers the one before, per item. `sluice doctor --deep` names an entry that was changed since. To detect somebody who can write to the database, keep the root where they cannot write.",
  effect: "write",
  input: z.strictObject({}),
  output: z.object({ seal: SealView }),
  errors: [],
  examples: [{ command: "sluice log seal", does: "Seal what was written since the last time" }],
  run: async ({ store, caller }) => {
    const { at, ...seal } = await store.history.seal({ by: caller });
    return { seal: { ...seal, at: isoTime(at) } };
  },
});
