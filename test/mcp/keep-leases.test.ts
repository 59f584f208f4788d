import { expect, test } from "bun:test";
import { SluiceError } from "#domain/errors.ts";
import { keepLeases } from "#doors/mcp/keep-leases.ts";
import { sessionLeases } from "#doors/mcp/session-leases.ts";
import { REGISTRY } from "#operations/registry.ts";

const claimed = (ref: string, id: string) => ({ item: { ref }, lease: { id } });

const CLAIM = { operation: "claim", lease: undefined, once: undefined };

test("MC23 each lease of a connection is renewed until it is given back, lost, or the connection ends", async () => {
  const leases = sessionLeases({ own: "of the run", id: "s" });
  leases.learn(CLAIM, claimed("OB-1", "one"));
  leases.learn(CLAIM, claimed("OB-2", "two"));
  leases.learn(CLAIM, claimed("OB-3", "three"));
  leases.learn({ operation: "finish", lease: "three", once: undefined }, {});
  const renewed: string[] = [];
  let heard = () => {};
  const times = async (count: number) => {
    while (renewed.length < count) await new Promise<void>((resolve) => (heard = resolve));
  };
  const stop = keepLeases(
    {
      version: "1",
      toolset: "agent",
      operations: REGISTRY,
      leases,
      keepEveryMs: 1,
      progressEveryMs: 1_000,
      sharesFolders: false,
      refusal: () => Promise.reject(new Error("no call was made")),
      invoke: ({ operation, lease = "none", folders }) => {
        renewed.push(`${operation.name} ${lease} ${folders.join()}`);
        heard();
        if (lease === "two") return Promise.reject(new SluiceError("lease_lost", "Somebody else has it"));
        return Promise.reject(new SluiceError("unavailable", "The database is busy"));
      },
    },
    () => Promise.resolve(["/here"]),
  );
  await times(6);
  stop();
  expect(leases.held()).toEqual(["one"]);
  expect(new Set(renewed)).toEqual(new Set(["heartbeat one /here", "heartbeat two /here"]));
  expect(leases.find("OB-1", undefined)).toBe("one");
  expect(leases.find("OB-2", undefined)).toBeUndefined();
});
