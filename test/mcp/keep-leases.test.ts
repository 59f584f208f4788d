import { expect, test } from "bun:test";
import { SluiceError } from "#domain/errors.ts";
import { keepLeases } from "#mcp/keep-leases.ts";
import { type SessionLeases, sessionLeases } from "#mcp/session-leases.ts";
import type { McpInterface } from "#mcp/mcp-interface.ts";
import { REGISTRY } from "#operations/registry.ts";

/** Lasts a few milliseconds, which no real lease does. */
const claimed = (ref: string, id: string, ms = 4) => ({
  item: { ref },
  lease: {
    id,
    acquired_at: "2026-01-01T00:00:00.000Z",
    expires_at: new Date(Date.UTC(2026) + ms).toISOString(),
  },
});

const CLAIM = { operation: "claim", lease: undefined, once: undefined };

/** Renews the leases of a connection that looks after them every millisecond. */
function keep(leases: SessionLeases, invoke: McpInterface["invoke"]) {
  let count = 0;
  let heard = () => {};
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
      invoke: (call) => {
        count += 1;
        heard();
        return invoke(call);
      },
    },
    () => Promise.resolve(["/here"]),
  );
  const renewals = async (wanted: number) => {
    while (count < wanted) await new Promise<void>((resolve) => (heard = resolve));
  };
  return { renewals, stop };
}

test("MC23 each lease of a connection is renewed until it is given back, lost, or the connection ends", async () => {
  const leases = sessionLeases({ own: "of the run", id: "s" });
  leases.learn(CLAIM, claimed("OB-1", "one"));
  leases.learn(CLAIM, claimed("OB-2", "two"));
  leases.learn(CLAIM, claimed("OB-3", "three"));
  leases.learn({ operation: "finish", lease: "three", once: undefined }, {});
  const renewed: string[] = [];
  const { renewals, stop } = keep(leases, ({ operation, lease = "none", folders }) => {
    renewed.push(`${operation.name} ${lease} ${folders.join()}`);
    if (lease === "two") return Promise.reject(new SluiceError("lease_lost", "Somebody else has it"));
    return Promise.reject(new SluiceError("unavailable", "The database is busy"));
  });
  await renewals(6);
  stop();
  expect(leases.held()).toMatchObject([{ id: "one" }]);
  expect(new Set(renewed)).toEqual(new Set(["heartbeat one /here", "heartbeat two /here"]));
  expect(leases.find("OB-1", undefined)).toBe("one");
  expect(leases.find(undefined, undefined)).toBe("of the run");
  leases.learn({ operation: "finish", lease: "one", once: undefined }, {});
  expect(leases.find("OB-1", undefined)).toBeUndefined();
});

test("MC42 the calls of an item whose lease was lost go under that lease, until it is claimed anew", () => {
  const leases = sessionLeases({ id: "s" });
  leases.learn(CLAIM, claimed("OB-1", "one"));
  leases.lose("one");
  expect([leases.find("OB-1", undefined), leases.find(undefined, undefined), leases.held()]).toEqual([
    "one",
    "one",
    [],
  ]);
  leases.learn(CLAIM, claimed("OB-2", "two"));
  expect(leases.find(undefined, undefined)).toBe("two");
  leases.learn(CLAIM, claimed("OB-1", "anew"));
  expect(leases.find("OB-1", undefined)).toBe("anew");
});

test("MC23 a short lease is renewed as often as it needs, and a long one seldom", async () => {
  const leases = sessionLeases({ id: "s" });
  leases.learn(CLAIM, claimed("OB-1", "short"));
  leases.learn(CLAIM, claimed("OB-2", "long", 40));
  const renewed: (string | undefined)[] = [];
  const { renewals, stop } = keep(leases, ({ lease }) => Promise.resolve(renewed.push(lease)));
  await renewals(22);
  leases.learn({ operation: "heartbeat", lease: "long", ttl: 4, once: undefined }, {});
  expect(leases.held()).toEqual([
    { id: "short", ttlMs: 4 },
    { id: "long", ttlMs: 4 },
  ]);
  stop();
  expect(renewed.slice(0, 22).filter((lease) => lease === "long")).toHaveLength(2);
});
