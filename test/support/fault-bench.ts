import { afterEach } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { Item } from "#domain/item/item.ts";
import type { NewItem } from "#operations/ports/store/item-store.ts";
import type { Store } from "#operations/ports/store.ts";
import type { OpenStoreOptions } from "#store/open-store.ts";
import { human, openTestStore, type StoreKind, type TestStore } from "./stores.ts";

const PROGRAM = join(import.meta.dir, "fault-program.ts");

/** Another process on the same workspace. Commands are those of `fault-program.ts`. */
export interface Peer {
  readonly pid: number;
  readonly send: (command: object) => void;
  /** The next answer. Throws when the process has ended. */
  readonly read: () => Promise<unknown>;
  /** Every answer until the process ends. */
  readonly rest: () => Promise<readonly unknown[]>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<unknown>;
}

/** A workspace of one project, its clock in a file that all processes read, and as many processes as asked for. */
export interface FaultBench {
  readonly workspace: TestStore;
  readonly store: Store;
  readonly projectId: number;
  readonly add: (wish?: Partial<NewItem>) => Promise<Item>;
  /** Moves everybody's clock, also back. */
  readonly advance: (ms: number) => void;
  /** Processes that have opened the workspace and wait for a command. */
  readonly peers: (count: number, synchronous?: "full" | "normal") => Promise<readonly Peer[]>;
  /** What the store finds wrong with itself. */
  readonly findings: () => Promise<readonly unknown[]>;
  readonly cleanup: (work: () => Promise<void> | void) => void;
}

/** Opens benches that are closed, and their processes ended, after each test of the file. */
export function openFaults(): (kind: StoreKind, options?: Partial<OpenStoreOptions>) => Promise<FaultBench> {
  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });
  return async (kind, options = {}) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-fault-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const clock = join(folder, "clock");
    writeFileSync(clock, "0");
    const read = () => Number(readFileSync(clock, "utf8"));
    const workspace = await openTestStore(kind, { clockOffsetMs: read, ...options });
    cleanups.push(() => workspace.close());
    const { store } = workspace;
    const { id: projectId } = await store.projects.add({ by: human(), alias: "app", name: "App" });
    return {
      workspace,
      store,
      projectId,
      add: async (wish = {}) => {
        const item = {
          projectId,
          title: "Mend the roof",
          spec: EMPTY_SPEC,
          lane: "autonomous_safe",
          ...wish,
        };
        return (await store.items.add({ by: human(), item })).item;
      },
      advance: (ms) => writeFileSync(clock, String(read() + ms)),
      peers: async (count, synchronous = "normal") => {
        const made = Array.from({ length: count }, () => startPeer([workspace.place, clock, synchronous]));
        cleanups.push(
          ...made.map(({ signal, ended }) => async () => {
            signal("SIGKILL");
            await ended;
          }),
        );
        await Promise.all(made.map((peer) => peer.read()));
        return made;
      },
      findings: () => store.history.check({ deep: true }),
      cleanup: (work) => cleanups.push(work),
    };
  };
}

function startPeer(args: readonly string[]): Peer {
  const child = Bun.spawn([process.execPath, PROGRAM, ...args], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = linesOf(child.stdout);
  const read = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the process has ended");
    return JSON.parse(value);
  };
  return {
    pid: child.pid,
    send: (command) => {
      void child.stdin.write(`${JSON.stringify(command)}\n`);
      void child.stdin.flush();
    },
    read,
    rest: async () => {
      const all: unknown[] = [];
      for await (const line of lines) all.push(JSON.parse(line));
      return all;
    },
    signal: (name) => child.kill(name),
    ended: child.exited,
  };
}

/** Whole lines only: what a killed process had half written is no acknowledgement. */
async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
