import { checkoutAround } from "#compose/machine-parts.ts";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { ghForge } from "#forge/gh-forge.ts";
import { ghRunner } from "#forge/run-gh.ts";
import { todoFormat } from "#formats/todo-md/markdown-format.ts";
import type { Context } from "#operations/context.ts";
import { invoke } from "#operations/invoke.ts";
import type { Store } from "#operations/ports/store.ts";
import { REGISTRY } from "#operations/registry.ts";
import { gitSandbox, type GitSandbox } from "./git-fixture.ts";
import { gitUnderTest } from "./git-under-test.ts";
import { human, openTestStore, type StoreKind, type TestStore } from "./stores.ts";

export type OperationName = keyof typeof REGISTRY;

/** A workspace with everything real but the clock of the caller. */
export interface OperationBench {
  readonly store: Store;
  readonly workspace: TestStore;
  readonly sandbox: GitSandbox;
  /** Runs an operation as an interface would, by default as a person. Answers what `--json` prints. */
  readonly call: (name: OperationName, input?: unknown, options?: CallOptions) => Promise<unknown>;
  /** What an interface gives to an operation. */
  readonly context: (caller: Caller) => Context;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export interface CallOptions {
  readonly as?: Caller;
  readonly context?: Partial<Context>;
}

/** @param projects aliases of the projects to begin with */
export async function operationBench(
  projects: readonly string[] = ["app"],
  kind: StoreKind = "sqlite",
): Promise<OperationBench> {
  const workspace = await openTestStore(kind);
  const { store } = workspace;
  const sandbox = gitSandbox();
  for (const alias of projects) await store.projects.add({ by: human(), alias, name: alias });
  return {
    store,
    workspace,
    sandbox,
    call: async (name, input, { as = human(), context = {} } = {}) => {
      const answer = await invoke(
        { ...contextOf(store, sandbox), ...context, caller: as },
        await REGISTRY[name](),
        input,
      );
      const seen: unknown = JSON.parse(JSON.stringify(answer));
      return seen;
    },
    context: (caller) => ({ ...contextOf(store, sandbox), caller }),
    [Symbol.asyncDispose]: async () => {
      await workspace.close();
      sandbox[Symbol.dispose]();
    },
  };
}

export function contextOf(store: Store, sandbox: GitSandbox): Context {
  let time = 1_750_000_000_000;
  return {
    caller: human(),
    checksAnswer: true,
    store,
    files: {
      read: (path) => Promise.resolve(new Uint8Array(readOrRefuse(resolve(sandbox.root, path)))),
      write: (path, bytes) => {
        writeFileSync(resolve(sandbox.root, path), bytes);
        return Promise.resolve();
      },
      resolve: (path) => resolve(realpathSync(sandbox.root), path),
    },
    forge: () => Promise.resolve(ghForge(ghRunner(sandbox.env, sandbox.root))),
    git: () => Promise.resolve(gitUnderTest(sandbox)),
    checkout: () => checkoutAround(gitUnderTest(sandbox), human().host, sandbox.root),
    todo: () => Promise.resolve(todoFormat),
    now: () => time,
    // Waiting takes no time here, and makes the clock go on.
    sleep: (ms) => {
      time += ms;
      return Promise.resolve();
    },
    random: () => 0.5,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  };
}

function readOrRefuse(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SluiceError("not_found", `There is no file ${path}`, { cause });
  }
}
