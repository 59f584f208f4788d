import { z } from "zod";
import type { AnyOperation } from "#operations/operation.ts";
import { type ObjectSchema, objectSchema } from "./json-schema.ts";
import { type McpTool, ONCE, hintsOf, toolName } from "./mcp-tool.ts";

/** How an operation of the loop is offered to an agent: fewer words, fewer fields, a shorter answer. */
interface AgentTool {
  readonly description: string;
  /** Fields of the operation's input that are told, each with a description, or "" where its name says it. */
  readonly fields: Readonly<Record<string, string>>;
  /** Input where the client gives none. */
  readonly preset?: Readonly<Record<string, unknown>>;
  /** Whether the call is made under a lease although the operation has no such field. */
  readonly underLease?: true;
  /** Whether the agent may name a call, to repeat it safely. Not where a repetition does no harm. */
  readonly takesOnce?: true;
  /** The fields of the answer that are given; what is not named is left out. */
  readonly output: z.ZodObject;
}

const Item = z.object({ ref: z.string(), state: z.string(), phase: z.string().optional() });

/** Shorter than the minute after which common clients give a call up. */
const WAIT_MS = 50_000;

/** The tools of the set `agent`, by operation, in the order of the loop. */
export const AGENT_TOOLS: Readonly<Record<string, AgentTool>> = {
  next: {
    description: "Peek at the next ready item.",
    fields: { kind: "", project: "" },
    output: z.object({
      item: z.object({ ref: z.string(), lane: z.string(), title: z.string() }).optional(),
      why: z.object({}).loose().optional(),
    }),
  },
  claim: {
    description: "Lease the next ready item, or `ref`; answers its brief.",
    fields: { ref: "", kind: "", project: "", budget: "tokens, default 950" },
    preset: { brief: true, budget: 950 },
    takesOnce: true,
    output: z.object({
      item: z.object({ ref: z.string() }),
      lease: z.object({ id: z.string(), expires_at: z.string() }),
      run: z.object({ ref: z.string() }),
      brief: z.string(),
    }),
  },
  "item.show": {
    description: "Read an item's brief.",
    fields: { ref: "", budget: "" },
    preset: { brief: true, reporting: false },
    output: z.object({ brief: z.string() }),
  },
  "plan.set": {
    description: "Write a new plan (Markdown).",
    fields: { ref: "", body: "" },
    underLease: true,
    output: z.object({ plan: z.object({ version: z.int() }) }),
  },
  note: {
    description: "Note what the next one must know.",
    fields: { ref: "", text: "" },
    underLease: true,
    takesOnce: true,
    output: z.object({ note: z.object({ at: z.string(), by_holder: z.boolean() }) }),
  },
  heartbeat: {
    description: "Renew the lease; any call under it does.",
    fields: { lease: "", ttl: "ms" },
    output: z.object({ lease: z.object({ expires_at: z.string() }) }),
  },
  finish: {
    description: "Report the result; a check and git decide if done.",
    fields: { lease: "", outcome: "", note: "", evidence: "" },
    takesOnce: true,
    output: z.object({ item: Item, hint: z.string().optional() }),
  },
  block: {
    description: "Hand the item back with what stops it.",
    fields: {
      lease: "",
      note: "expected, found, where",
      prerequisite: "title of what must come first",
      body: "its text",
    },
    takesOnce: true,
    output: z.object({
      item: Item,
      prerequisite: z.object({ kind: z.string(), ref: z.string() }).optional(),
    }),
  },
  ask: {
    description: "Ask a person to decide; hands the item back.",
    fields: { lease: "", question: "", options: "", default: "option number, from 1", deadline: "epoch ms" },
    takesOnce: true,
    output: z.object({ item: Item }),
  },
  release: {
    description: "Give the item back without a result.",
    fields: { lease: "", note: "why, and what is known" },
    takesOnce: true,
    output: z.object({ item: Item }),
  },
  propose: {
    description: "File work you found; a person approves it.",
    fields: { title: "", problem: "", why: "", acceptance: "", kind: "", project: "" },
    takesOnce: true,
    output: z.object({
      candidate: z.object({
        ref: z.string(),
        state: z.string(),
        filed: z.boolean(),
        similar: z.array(z.object({ ref: z.string(), title: z.string() })),
      }),
    }),
  },
  wait: {
    description: "Wait until an item is ready.",
    fields: { timeout: "ms, default 50000", kind: "", project: "" },
    preset: { timeout: WAIT_MS },
    output: z.object({ ready: z.int() }),
  },
};

/** An operation of the loop as its entry among the agent's tools says. */
export function agentTool(operation: AnyOperation, entry: AgentTool): McpTool {
  return {
    name: toolName(operation.name),
    description: entry.description,
    operation,
    inputSchema: inputSchema(operation, entry),
    takesOnce: entry.takesOnce === true,
    outputSchema: objectSchema(entry.output, "output"),
    annotations: hintsOf(operation),
    input: (given) => {
      if (entry.underLease !== true) return { ...entry.preset, ...given };
      const { lease: _, ...rest } = given;
      return { ...entry.preset, ...rest };
    },
    answer: (answer) => entry.output.parse(answer),
  };
}

function inputSchema(
  operation: AnyOperation,
  { fields, preset = {}, underLease, takesOnce }: AgentTool,
): ObjectSchema {
  const whole = objectSchema(operation.input, "input");
  const told = Object.entries(fields).map(([name, description]) => {
    const { description: _, ...schema } = whole.properties?.[name] ?? {};
    return [name, description === "" ? schema : { ...schema, description }] as const;
  });
  const required = whole.required?.filter((name) => name in fields && !(name in preset)) ?? [];
  return {
    type: "object",
    properties: {
      ...Object.fromEntries([...told, ...(underLease === true ? [LEASE] : [])]),
      ...(takesOnce === true ? ONCE : {}),
    },
    ...(required.length === 0 ? {} : { required }),
  };
}

const LEASE: readonly [string, { type: string }] = ["lease", { type: "string" }];
