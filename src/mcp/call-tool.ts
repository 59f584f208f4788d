import type { CallToolResult } from "@modelcontextprotocol/server";
import type { SluiceError } from "#domain/errors.ts";
import { isSchema } from "./json-schema.ts";
import type { McpCall, McpInterface } from "./mcp-interface.ts";
import type { McpTool, ToolArguments } from "./mcp-tool.ts";

type CallSurroundings = Pick<McpCall, "folders" | "signal" | "progress"> & {
  /** What the agent may call next. */
  readonly tools: ReadonlyMap<string, McpTool>;
};

/** Calls a tool. A refusal is a result that says so, with the catalogue's code and what to do next; nothing is thrown. */
export async function callTool(
  mcp: McpInterface,
  tool: McpTool,
  given: ToolArguments,
  { tools, ...around }: CallSurroundings,
): Promise<CallToolResult> {
  const { operation } = tool;
  const { once, rest } = named(tool, given);
  const lease = leaseFor(mcp, tool, rest, once);
  try {
    const idempotencyKey = once === undefined ? undefined : (mcp.leases?.keyOf(once) ?? once);
    const answer = await mcp.invoke({
      ...around,
      operation,
      input: tool.input(rest),
      lease,
      idempotencyKey,
    });
    mcp.leases?.learn({ operation: operation.name, lease, ttl: rest["ttl"], once }, answer);
    const seen = tool.answer(answer, rest);
    return { content: [{ type: "text", text: compactText(seen) }], structuredContent: { ...seen } };
  } catch (error) {
    return refused(await mcp.refusal(error), tools);
  }
}

/** The name of the call apart from the rest. What is not text is left to the operation, which refuses a field that it has not got. */
function named(tool: McpTool, given: ToolArguments) {
  const { once, ...rest } = given;
  return typeof once === "string" && tool.takesOnce ? { once, rest } : { once: undefined, rest: given };
}

function leaseFor(
  { leases }: McpInterface,
  tool: McpTool,
  given: ToolArguments,
  once: string | undefined,
): string | undefined {
  if (!("lease" in (tool.inputSchema.properties ?? {}))) return undefined;
  const { lease, ref } = given;
  return typeof lease === "string" && lease !== "" ? lease : leases?.find(ref, once);
}

/** A detail longer than this that the sentence holds already is left out. */
const LONG_CHARACTERS = 40;

/** Text alone: a client would check a structured refusal against the schema of the answer. */
function refused(refusal: SluiceError, tools: ReadonlyMap<string, McpTool>): CallToolResult {
  const { error } = refusal.toJSON();
  const isTold = (detail: unknown) =>
    typeof detail === "string" && detail.length > LONG_CHARACTERS && error.message.includes(detail);
  const details = Object.fromEntries(Object.entries(error.details).filter(([, detail]) => !isTold(detail)));
  const hint = error.hint === undefined ? {} : { hint: toolHint(error.hint, tools) };
  return {
    content: [{ type: "text", text: JSON.stringify({ error: { ...error, ...hint, details } }) }],
    isError: true,
  };
}

/**
 * An answer for clients that hand a model the text alone: one `key: value` line per fact, an entry of a list per line, and a text of
 * several lines at the end, as it is. It says what the structured answer says, in fewer tokens than JSON.
 */
function compactText(answer: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(answer).flatMap(([name, value]) => factsOf(name, value));
  const long = parts.filter(({ value }) => value.includes("\n"));
  const short = parts.filter(({ value }) => !value.includes("\n"));
  return [
    ...short.map(({ name, value }) => `${name}: ${value}`),
    ...long.map(({ name, value }) => (long.length === 1 ? `\n${value}` : `\n${name}:\n${value}`)),
  ].join("\n");
}

interface Fact {
  readonly name: string;
  readonly value: string;
}

function factsOf(name: string, value: unknown): readonly Fact[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return listFacts(name, value);
  if (isSchema(value)) return Object.entries(value).flatMap(([key, one]) => factsOf(`${name}.${key}`, one));
  return [{ name, value: inLine(value) }];
}

function listFacts(name: string, values: readonly unknown[]): readonly Fact[] {
  if (values.length === 0) return [{ name, value: "none" }];
  if (!values.some(isSchema)) return [{ name, value: values.map(String).join(", ") }];
  const lines = values.map((value) =>
    isSchema(value) ? Object.values(value).map(inLine).join(" ") : String(value),
  );
  return lines.length === 1
    ? lines.map((value) => ({ name, value }))
    : [{ name, value: lines.map((line) => `- ${line}`).join("\n") }];
}

const inLine = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** A command line in a sentence: until the punctuation, or the word that goes on, behind it. */
const COMMAND = /\bsluice ((?:(?! (?:or|and|to) |\. |\.$)[^,;:()])+)/g;

/**
 * A hint for whoever has tools and no command line: a command that is a tool here is named so, with the fields that it sets. Hints carry
 * their operation as its command line; one that is not a tool here stays a command, which a person may run.
 */
export const toolHint = (hint: string, tools: ReadonlyMap<string, McpTool>): string =>
  hint.replaceAll(COMMAND, (whole: string, line: string) => toolCall(line.split(" "), tools) ?? whole);

function toolCall(words: readonly string[], tools: ReadonlyMap<string, McpTool>): string | undefined {
  const [first = "", second = ""] = words;
  const tool = tools.get(`${first}_${second}`) ?? tools.get(first);
  if (tool === undefined) return undefined;
  const names = words.slice(1).flatMap((word) => fieldOf(word, tool) ?? []);
  const fields = [...new Set(names)].join(", ");
  return `the tool ${tool.name}${fields === "" ? "" : ` (${fields})`}`;
}

/** The field that a flag or a placeholder of a command line stands for. A lease is the connection's own affair. */
function fieldOf(word: string, tool: McpTool): string | undefined {
  const flag = /^--([a-z-]+)$/.exec(word)?.[1]?.replaceAll("-", "_");
  const placeholder = /^[A-Z]+-\d+$/.test(word)
    ? "ref"
    : /^[A-Z]+$/.test(word)
      ? word.toLowerCase()
      : undefined;
  const wanted = flag ?? placeholder;
  if (wanted === undefined || wanted === "lease") return undefined;
  const fields = Object.keys(tool.inputSchema.properties ?? {});
  return fields.find((field) => field === wanted) ?? fields.find((field) => field.startsWith(wanted));
}
