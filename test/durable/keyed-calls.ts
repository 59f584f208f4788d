import { expect } from "bun:test";
import type { Caller } from "#domain/caller.ts";
import type { AnyOperation } from "#operations/operation.ts";
import { REGISTRY } from "#operations/registry.ts";
import type { OperationBench, OperationName } from "#test/operation-bench.ts";
import { human } from "#test/stores.ts";

export interface KeyedCalls {
  /** Calls twice under a new key, sees the same answer and no second event, and gives the answer. */
  readonly twice: (name: OperationName, input?: object, as?: Caller) => Promise<unknown>;
  /** What was called so. */
  readonly called: () => readonly string[];
}

export async function eventCount({ store }: OperationBench): Promise<number> {
  const page = await store.history.events({ newestFirst: true, page: { limit: 1 } });
  return page.items[0]?.id ?? 0;
}

/** What of an answer is shown again. */
const omit = (answer: unknown, fields: readonly string[]): unknown =>
  Object.fromEntries(Object.entries(answer ?? {}).filter(([field]) => !fields.includes(field)));

export function keyedCalls(bench: OperationBench): KeyedCalls {
  const called: string[] = [];
  return {
    called: () => called,
    twice: async (name, input = {}, as = human()) => {
      const options = { as, context: { idempotencyKey: `key-${called.length}` } };
      const first = await bench.call(name, input, options);
      const events = await eventCount(bench);
      const second = await bench.call(name, input, options);
      const { shownOnce = [] }: AnyOperation = await REGISTRY[name]();
      expect(second).toEqual(omit(first, shownOnce));
      expect(`${name} ${await eventCount(bench)}`).toBe(`${name} ${events}`);
      called.push(name);
      return first;
    },
  };
}
