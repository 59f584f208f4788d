// A process of its own on a workspace: `bun store-process.ts PLACE CLOCK-FILE`. Reads one JSON command per line, answers one JSON line each.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import { RUN_WRITES } from "./run-writes.ts";
import { agent } from "./stores.ts";

const Command = z.discriminatedUnion("do", [
  z.object({ do: z.literal("claim") }),
  z.object({ do: z.literal("drain") }),
  z.object({ do: z.literal("write"), name: z.string(), lease: z.string(), id: z.number() }),
]);
type Command = z.infer<typeof Command>;

const [, , place = "", clockFile = ""] = process.argv;
const store = await openStore({
  place,
  poolSize: 1,
  synchronous: "normal",
  clockOffsetMs: () => Number(readFileSync(clockFile, "utf8")),
});
say({ ready: true });
for await (const line of createInterface({ input: process.stdin }))
  say(await act(store, Command.parse(JSON.parse(line))));
await store.close();

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function act(at: Store, command: Command): Promise<unknown> {
  switch (command.do) {
    case "claim": {
      const claim = await claimOne(at);
      return { id: claim?.item.id, lease: claim?.lease.id };
    }
    case "drain": {
      const ids: number[] = [];
      for (let claim = await claimOne(at); claim !== undefined; claim = await claimOne(at))
        ids.push(claim.item.id);
      return { ids };
    }
    case "write":
      return attempt(() => RUN_WRITES[command.name]?.(at, command.lease, command.id));
  }
}

function claimOne(at: Store) {
  return at.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: { host: "here" } });
}

async function attempt(write: () => Promise<unknown> | undefined): Promise<unknown> {
  try {
    await write();
    return { code: "written" };
  } catch (error) {
    return { code: error instanceof SluiceError ? error.code : String(error) };
  }
}
