import { openStore } from "#store/open-store.ts";
import { agent } from "./stores.ts";

/** What a scripted agent reports with, from inside of its run: `finish OUTCOME [NOTE]`, `block NOTE`, `release NOTE`, `heartbeat`. */
const [verb = "", ...words] = process.argv.slice(2);
const { SLUICE_WORKSPACE: place = "", SLUICE_LEASE: leaseId = "" } = process.env;
const store = await openStore({ place });
const by = agent("robot", leaseId);
const [first = "", second] = words;
if (verb === "block") await store.claims.block({ by, leaseId, note: first });
else if (verb === "release") await store.claims.release({ by, leaseId, note: first });
else if (verb === "heartbeat") await store.claims.heartbeat({ by, leaseId });
else if (first === "changed" || first === "already_satisfied" || first === "no_change") {
  await store.claims.finish({ by, leaseId, outcome: first, note: second, evidence: [] });
} else throw new Error(`${verb} ${first} is nothing to report`);
await store.close();
