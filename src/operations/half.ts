import { z } from "zod";
import type { Context } from "./context.ts";
import type { Operation } from "./operation.ts";

/**
 * What the workspace's half of something that runs at the caller's place has in common: it is neither a command nor a tool, and takes an
 * operator's token for all projects.
 */
export const HALF = {
  authority: "decide",
  reach: "workspace",
  toolset: "operator",
  examples: [],
} as const satisfies Partial<Operation>;

export const Host = z.string().min(1).max(255).describe("Name of the caller's machine");

/** A record as the store has it. Its form is its type's; between two programs the protocol's version stands for it. */
export const record = <T extends object>() =>
  z.custom<T>((value) => typeof value === "object" && value !== null);

/** The workspace's half: on its server where it has one, else here, with nothing in between. */
export async function ask<I extends z.ZodType, O extends z.ZodType>(
  context: Context,
  operation: Operation<I, O>,
  input: z.output<I>,
): Promise<z.input<O> | z.output<O>> {
  const { remote } = context;
  if (remote === undefined) return await operation.run(context, input);
  return operation.output.parse(await remote.call(context, operation, input));
}
