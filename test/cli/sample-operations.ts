import { z } from "zod";
import { defineOperation, type AnyOperation } from "#operations/operation.ts";
import type { Operations } from "#cli/cli-options.ts";
import { SluiceError } from "#domain/errors.ts";
import { listedItem, wholeItem } from "./sample-answers.ts";
import { Label, Title } from "#domain/text/bounded-text.ts";

const Answer = z.looseObject({});

const AT = "2026-01-01T12:00:00Z";
const LEASE = { id: "L1", fence: 1, holder: "human:ada", acquired_at: AT, expires_at: AT };

/** Answers with its input too, so that a test sees what the command line made of the words. */
const echo = (_: unknown, input: unknown) =>
  Promise.resolve({ input, item: wholeItem({}), lease: LEASE, run: { ref: "R-1" } });

const itemAdd = defineOperation({
  name: "item.add",
  summary: "Add an item.",
  description: "An agent's item becomes a candidate.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  input: z.object({
    title: Title.meta({ short: "t", description: "What to do" }),
    body: z.string().optional().meta({ cli: "file", description: "Free text" }),
    lane: z.string().default("requires_triage").describe("Lane it starts in"),
    kind: z.enum(["code", "research"]).default("code").describe("What it asks for"),
    labels: z.array(Label).default([]).describe("Label to carry"),
    steps: z.array(z.object({ text: z.string(), optional: z.boolean().default(false) })).optional(),
    ifVersion: z.int().min(1).optional().describe("Only when it is at this version"),
    hold: z.boolean().default(false).describe("Hold it back until its trigger fires"),
    notify: z.boolean().default(true).describe("Tell who follows it"),
    project: z.string().optional().describe("Alias of its project"),
  }),
  output: Answer,
  errors: [],
  examples: [{ command: 'sluice item add -t "Fix the login"', does: "Adds an item to triage" }],
  run: echo,
});

const itemList = defineOperation({
  name: "item.list",
  summary: "List items.",
  effect: "read",
  authority: "view",
  toolset: "agent",
  input: z.object({ limit: z.int().min(1).max(1000).default(50).describe("Most rows") }),
  output: Answer,
  errors: [],
  examples: [{ command: "sluice item list", does: "Lists open items" }],
  run: () =>
    Promise.resolve({
      items: [
        listedItem({ ref: "OB-1", title: "Fix \u001b[31mthe\nlogin" }),
        listedItem({ ref: "OB-22", title: "直す", state: "done" }),
      ],
      page: { next: null },
    }),
});

const itemDrop = defineOperation({
  name: "item.drop",
  summary: "Drop an item.",
  effect: "destroy",
  authority: "decide",
  toolset: "operator",
  input: z.object({ ref: z.string(), reason: z.string(), dryRun: z.boolean().default(false) }),
  output: Answer,
  errors: ["not_found"],
  positional: ["ref"],
  examples: [{ command: "sluice item drop OB-1 --reason dup", does: "Drops it" }],
  run: echo,
});

const claim = defineOperation({
  name: "claim",
  summary: "Lease the next ready item.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.object({
    ref: z.string().optional(),
    ttl: z.int().min(30_000).default(900_000).meta({ cli: "duration", description: "Length of the lease" }),
  }),
  output: Answer,
  errors: ["nothing_ready"],
  positional: ["ref"],
  examples: [{ command: "sluice claim", does: "Leases the next item" }],
  run: (context, input) => {
    if (input.ref === "OB-404") throw new SluiceError("not_found", "There is no item OB-404");
    if (input.ref === "OB-500") throw new Error("select * from item at /var/secret.db");
    if (input.ref === undefined) throw new SluiceError("nothing_ready", "Nothing is ready");
    return echo(context, input);
  },
});

const finish = defineOperation({
  name: "finish",
  summary: "Hand the work in.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.object({
    lease: z.string(),
    evidence: z
      .array(z.object({ kind: z.string(), value: z.string() }))
      .default([])
      .meta({ cli: "pair" }),
    fields: z.record(z.string(), z.string()).optional(),
    until: z.int().optional().meta({ cli: "time" }),
  }),
  output: Answer,
  errors: ["lease_lost"],
  positional: ["lease"],
  examples: [{ command: "sluice finish LEASE --evidence commit=abc", does: "Hands it in" }],
  run: echo,
});

const status = defineOperation({
  name: "status",
  summary: "Show what is next and what needs you.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.object({}),
  output: Answer,
  errors: [],
  examples: [{ command: "sluice", does: "Shows the board" }],
  run: () =>
    Promise.resolve({
      needs_you: {},
      ready: { count: 0 },
      over_budget: [],
      at_bound: [],
      running: [],
      stale: { count: 0 },
    }),
});

const gateApprove = defineOperation({
  name: "gate.approve",
  summary: "Approve candidates.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.object({ candidates: z.array(z.string()).min(1) }),
  output: Answer,
  errors: [],
  positional: ["candidates"],
  examples: [{ command: "sluice gate approve C-1", does: "Approves it" }],
  run: (_, input) => Promise.resolve({ input, approved: [] }),
});

const all: readonly AnyOperation[] = [itemAdd, itemList, itemDrop, claim, finish, status, gateApprove];

export const SAMPLE_OPERATIONS: Operations = Object.fromEntries(
  all.map((operation) => [operation.name, () => Promise.resolve(operation)]),
);
