import type { AnyOperation } from "./operation.ts";

/** Every operation by name, loaded on first use so that one command does not pay for the others. The ONE list of what can be done. */
export const REGISTRY = {} as const satisfies Readonly<Record<string, () => Promise<AnyOperation>>>;
