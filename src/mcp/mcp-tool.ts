import type { AnyOperation } from "#operations/operation.ts";
import type { ObjectSchema } from "./json-schema.ts";

/** Arguments of a call as the client gave them, unchecked. */
export type ToolArguments = Readonly<Record<string, unknown>>;

/** What every client is told of a tool's effect. */
interface ToolHints {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** One operation as an agent sees it. */
export interface McpTool {
  readonly name: string;
  readonly description: string;
  readonly operation: AnyOperation;
  readonly inputSchema: ObjectSchema;
  readonly outputSchema: ObjectSchema;
  readonly annotations: ToolHints;
  /** Whether a call may name itself, so that it happens once however often it comes. */
  readonly takesOnce: boolean;
  /** What the operation is given, from what the client gave. */
  readonly input: (given: ToolArguments) => ToolArguments;
  /** What the client is given, from the operation's answer: some of its fields, none changed. */
  readonly answer: (answer: unknown, given: ToolArguments) => ToolArguments;
}

/** A tool is named like its operation, with `_` where the command has a space. */
export const toolName = (operation: string): string => operation.replaceAll(".", "_");

/** A name that the agent makes up for a call: repeated under it, the call answers what it answered first. */
export const ONCE = { once: { type: "string" } } as const;

/** All four stand on every tool: Codex asks a person, or refuses where there is none, before it calls one that lacks them. */
export function hintsOf({ effect }: AnyOperation): ToolHints {
  return {
    readOnlyHint: effect === "read",
    destructiveHint: effect === "destroy",
    idempotentHint: effect === "read",
    openWorldHint: false,
  };
}
