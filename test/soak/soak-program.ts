// One agent of a soak: `bun soak-program.ts PLACE CLOCK-FILE LEDGER PROJECT SEED`. Works until it is ended, however that happens.
import { readFileSync } from "node:fs";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { SluiceError } from "#domain/errors.ts";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import type { Claim } from "#operations/ports/store/claim-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import { seeded } from "#test/seeded.ts";
import { agent, human } from "#test/stores.ts";
import { openLedger } from "./ledger.ts";

const [, , place = "", clock = "", ledgerPath = "", project = "", seed = ""] = process.argv;
const projectId = Number(project);
const random = seeded(Number(seed));
const ledger = openLedger(ledgerPath);
/** Empty queues are filled by whoever finds them so. */
const REFILL = 5;
/** Between tries while the server is away. */
const AWAY_MS = 100;

const store = await opened();
for (;;) {
  try {
    await turn();
  } catch (error) {
    await refused(error);
  }
}

/** A server may be away just now. */
async function opened(): Promise<Store> {
  for (;;) {
    try {
      return await openStore({
        place,
        poolSize: 2,
        clockOffsetMs: () => Number(readFileSync(clock, "utf8")),
      });
    } catch (error) {
      await refused(error);
    }
  }
}

async function turn(): Promise<void> {
  if (random() < 0.3) await add();
  const startedAt = performance.now();
  const claim = await store.claims.next({
    by: agent(),
    filter: {},
    ttlMs: MIN_LEASE_MS,
    runner: { host: "here" },
  });
  const tookMs = performance.now() - startedAt;
  if (claim === undefined) for (let n = 0; n < REFILL; n += 1) await add();
  else {
    const { expiresAt } = claim.lease;
    ledger.write({ did: "claim", id: claim.item.id, run: claim.runId, expiresAt, tookMs });
    while (random() < 0.5) await during(claim);
    await end(claim);
  }
}

async function add(): Promise<void> {
  const title = `Item ${Math.floor(random() * 1e9)}`;
  const { item } = await store.items.add({
    by: human(),
    item: { projectId, title, spec: EMPTY_SPEC, lane: "autonomous_safe" },
  });
  ledger.write({ did: "add", id: item.id, title });
}

async function during({ item: { id }, runId: run, lease }: Claim): Promise<void> {
  const by = agent("robot", lease.id);
  const choice = random();
  if (choice < 0.4) {
    const { expiresAt } = await store.claims.heartbeat({ by, leaseId: lease.id });
    ledger.write({ did: "heartbeat", id, run, expiresAt });
  } else if (choice < 0.8) {
    const { id: note } = await store.items.note({ by, id, body: `Found out ${choice}` });
    ledger.write({ did: "note", id, run, note });
  } else {
    const { version } = await store.items.setPlan({ by, id, body: `1. Look ${choice}` });
    ledger.write({ did: "plan", id, run, version });
  }
}

async function end({ item: { id }, runId: run, lease }: Claim): Promise<void> {
  const by = agent("robot", lease.id);
  const choice = random();
  if (choice < 0.55) {
    await store.claims.finish({ by, leaseId: lease.id, outcome: "changed", evidence: [] });
    ledger.write({ did: "finish", id, run });
  } else if (choice < 0.75) {
    await store.claims.release({ by, leaseId: lease.id, note: "Later" });
    ledger.write({ did: "release", id, run });
  } else if (choice < 0.9) {
    await store.claims.block({ by, leaseId: lease.id, note: "No ladder" });
    ledger.write({ did: "block", id, run });
    await store.items.unblock({ by: human(), id });
  }
  // Else it is forgotten, and its lease runs out.
}

/** A refusal is an answer like any other. Anything else is a defect of the product. */
async function refused(error: unknown): Promise<void> {
  if (!(error instanceof SluiceError) || error.code === "internal")
    return ledger.write({ did: "bug", message: Bun.inspect(error) });
  ledger.write({ did: "refused", code: error.code });
  if (error.code === "unavailable") await Bun.sleep(AWAY_MS);
}
