import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { parseRef } from "#domain/ref.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { itemIdOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Store } from "#operations/ports/store.ts";

/** Fewer characters stand in too many words. */
const LEAST = 4;

export const redactLog = defineOperation({
  name: "log.redact",
  summary: "Redact a text in the history and wherever else it was stored.",
  description:
    "Each occurrence becomes [redacted]; the entries stay, seals still hold, and search no longer finds it. Backups, copies, run logs, worktrees and git keep the text: replace a secret that has leaked.",
  effect: "destroy",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({
    ref: z.string().max(40).optional().describe("Only of this item, with its candidate, or this candidate"),
    text: z
      .string()
      .min(LEAST)
      .max(10_000)
      .describe("What is taken out, letter by letter")
      .meta({ cli: "file" }),
    reason: Body.refine((reason) => reason.trim() !== "", "a reason").describe("Why; it is kept"),
    dryRun: z.boolean().default(false).describe("Only say where it stands"),
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
      does: "See how often it stands where",
    },
    {
      command: 'sluice log redact --text-file leaked.txt --reason "A key was pasted" --yes',
      does: "Take it out everywhere",
    },
  ],
  run: async ({ store, caller }, { ref, text, reason, dryRun }) => {
    const wanted = text.replace(/\r?\n$/, "");
    if (wanted.length < LEAST) throw badText(`at least ${LEAST} characters`);
    if (reason.includes(wanted)) throw badText("a text that the reason does not tell");
    const of = ref === undefined ? undefined : await streamOf(store, ref);
    return {
      ...(await store.history.redact({ by: caller, of, text: wanted, reason, dryRun })),
      dry_run: dryRun,
    };
  },
});

/** A refusal that does not repeat the text. */
const badText = (accepted: string): SluiceError =>
  new SluiceError("invalid", `This text cannot be redacted; accepted is ${accepted}`, {
    details: { field: "text", accepted },
  });

async function streamOf(store: Store, ref: string) {
  const { kind, number } = parseRef(ref);
  if (kind === "candidate") {
    await store.gate.get({ id: number });
    return { stream: "candidate", id: number } as const;
  }
  const id = kind === "run" ? (await store.runs.get({ id: number })).itemId : await itemIdOf(store, ref);
  return { stream: "item", id } as const;
}
