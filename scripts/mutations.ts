/** A fault planted in the product, and the tests that must see it. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  /** Text that stands in the file exactly once. */
  readonly find: string;
  readonly put: string;
  /** Test file, and a pattern of its titles. */
  readonly seenBy: readonly [file: string, titles: string];
}

const SQLITE = "src/store/sqlite/sqlite-hot-paths.ts";
const POSTGRES = "src/store/postgres/postgres-hot-paths.ts";
const DRIVER = "src/store/sqlite/immediate-driver.ts";
const RACE = ["test/store/claim-race.test.ts", "postgres CL4[02]"] as const;
const FILE = "test/faults/sqlite-file.test.ts";
const GUARD = "test/guard/guard.test.ts";
const KEPT = "test/guard/kept.test.ts";
const SERVER = "test/faults/postgres.test.ts";

/** What a queue and the guard of a run are made of, each taken away once. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: "the claim takes a row without skipping locked ones",
    file: POSTGRES,
    find: "limit 1 for update skip locked) i",
    put: "limit 1) i",
    seenBy: RACE,
  },
  {
    name: "the general way waits for locked rows",
    file: "src/store/postgres/postgres-dialect.ts",
    find: "skipLocked: sql`for update skip locked`",
    put: "skipLocked: sql`for update`",
    seenBy: [SERVER, "FM2 a claim within"],
  },
  {
    name: "write transactions begin deferred",
    file: DRIVER,
    find: '"begin" : "begin immediate"',
    put: '"begin" : "begin"',
    seenBy: ["test/faults/mutations.test.ts", "FM2 a write transaction"],
  },
  {
    name: "an expired lease still writes",
    file: "src/store/claim/lease.ts",
    find: "item.leaseExpiresAt > unit.now",
    put: "item.leaseExpiresAt > 0",
    seenBy: ["test/store/lease.test.ts", "sqlite CL6"],
  },
  {
    name: "a note needs no live lease",
    file: "src/store/claim/lease.ts",
    find: "if (item.leaseId === lease && isLive(unit, item)) return true;",
    put: "if (item.leaseId !== null) return true;",
    seenBy: ["test/store/lease.test.ts", "sqlite CL[67]"],
  },
  {
    name: "a finish does not mind that its lease was ended since it read",
    file: POSTGRES,
    find: "where id = $1 and event_n = $2 and lease_id = $3 and lease_expires_at > ${now}",
    put: "where id = $1 and $2::bigint > 0 and $3::text is not null",
    seenBy: [SERVER, "FM2 a finish"],
  },
  {
    name: "a claim leaves no event",
    file: SQLITE,
    find: "  if (row === null) return undefined;\n  const told =",
    put: "  if (row !== null) return row;\n  const told =",
    seenBy: ["test/faults/mutations.test.ts", "sqlite FM2 a quick claim"],
  },
  {
    name: "the back-off is not waited for",
    file: "src/domain/schedule/queue-place.ts",
    find: "item.notBefore !== null && item.notBefore > now",
    put: "item.notBefore !== null && item.notBefore > Infinity",
    seenBy: ["test/store/attempts.test.ts", "sqlite CL21"],
  },
  {
    name: "there is no back-off",
    file: "src/domain/run/outcome.ts",
    find: "return Math.round(base * (1 + random / 10));",
    put: "return 0 * base * random;",
    seenBy: ["test/store/attempts.test.ts", "sqlite CL2[01]"],
  },
  {
    name: "any lane is an agents' lane",
    file: "src/domain/schedule/queue-place.ts",
    find: 'item.state !== "open" || item.laneRole !== "agent"',
    put: 'item.state !== "open"',
    seenBy: ["test/store/ready.test.ts", "sqlite RD5"],
  },
  {
    name: "blockers do not block",
    file: "src/domain/schedule/queue-place.ts",
    find: "item.openBlockers > 0 || ",
    put: "",
    seenBy: ["test/store/ready.test.ts", "sqlite RD5"],
  },
  {
    name: "the fence does not grow",
    file: SQLITE,
    find: "fence = fence + 1",
    put: "fence = fence",
    seenBy: ["test/faults/mutations.test.ts", "sqlite FM2 a quick claim"],
  },
  {
    name: "the end of a lease readies nothing that it held",
    file: "src/store/item/save-item.ts",
    find: "if (holdsPaths(before) && !holdsPaths(after)) await readyHeld(unit);",
    put: "",
    seenBy: ["test/store/held.test.ts", "sqlite RD1[58]"],
  },
  {
    name: "the quick claim does not look at paths",
    file: SQLITE,
    find: 'if (pick.has_paths === 1) return "contested";',
    put: "",
    seenBy: ["test/store/held.test.ts", "sqlite RD15"],
  },
  {
    name: "a repeated key is done again",
    file: "src/store/history/idempotency.ts",
    find: "if (first !== undefined) return first.answer;",
    put: "",
    seenBy: ["test/durable/keys.test.ts", "DU[16]"],
  },
  {
    name: "losses are not counted",
    file: "src/domain/item/settle-run.ts",
    find: "const losses = item.losses + 1;",
    put: "const losses = item.losses;",
    seenBy: ["test/faults/leases.test.ts", "sqlite FM5"],
  },
  {
    name: "a circle of blockers is let through",
    file: "src/store/item/links.ts",
    find: "if (path === undefined) return;",
    put: "if (path !== null) return;",
    seenBy: ["test/store/links.test.ts", "sqlite LC24"],
  },
  {
    name: "time on SQLite goes back with the clock",
    file: "src/store/sqlite/sqlite-clock.ts",
    find: "(select at from event order by id desc limit 1)",
    put: "(select at from event order by id desc limit 0)",
    seenBy: ["test/faults/leases.test.ts", "FM8 on SQLite"],
  },
  {
    name: "a replaced file is written to",
    file: DRIVER,
    find: "if (!db.inTransaction) beforeUse();",
    put: "",
    seenBy: [FILE, "FM23 a workspace that was removed"],
  },
  {
    name: "a rollback that SQLite did itself is asked for again",
    file: DRIVER,
    find: "if (this.#db.inTransaction) await super",
    put: "await super",
    seenBy: [FILE, "FM23 a full disk"],
  },
  {
    name: "a connection without its answer is used again",
    file: "src/store/postgres/open-postgres.ts",
    find: "client.readyForQuery === false) void",
    put: "client.readyForQuery === null) void",
    seenBy: [SERVER, "FM28 a connection that went silent"],
  },
  {
    name: "heartbeats wait with all others",
    file: "src/store/postgres/postgres-dialect.ts",
    find: "heartbeats: () => reserved",
    put: "heartbeats: (db) => (reserved === db ? reserved : db)",
    seenBy: [SERVER, "FM31 a pool"],
  },
  {
    name: "two runs that end at once count apart",
    file: "src/store/queue/spending.ts",
    find: 'unit.core.dialect.lock(unit.tx, "budgets");',
    put: "Promise.resolve(unit).then(() => {});",
    seenBy: ["test/store/budgets.test.ts", "postgres RD32 a run"],
  },
  {
    name: "a token for some projects follows all",
    file: "src/compose/http-door.ts",
    find: "projects === undefined ? whole : scopedStore(whole, projects)",
    put: "projects === undefined ? whole : whole",
    seenBy: ["test/http/changes.test.ts", "HT20 on .* a token for some"],
  },
  {
    name: "the git of a run asks no guard",
    file: "src/worker/guard/guard-settings.ts",
    find: "return [dir, `${dir}/worktrees/*`];",
    put: "return dir === repo ? [] : [];",
    seenBy: [GUARD, "RG1"],
  },
  {
    name: "a run drops a stash",
    file: "src/worker/run/agent-environment.ts",
    find: "`${run.folder.programs}:${run.session.deps.path}`",
    put: "run.session.deps.path",
    seenBy: [GUARD, "RG3"],
  },
  {
    name: "the guard swallows the repository's hooks",
    file: "src/worker/guard/guard-hook.ts",
    find: 'exec "$hooks/$name" "$@"',
    put: "exit 0",
    seenBy: ["test/guard/hooks.test.ts", "RG6"],
  },
  {
    name: "what was refused to a run is not kept",
    file: "src/worker/guard/repository-guard.ts",
    find: "await keepRefusals(deps, run.runId, refusals);",
    put: "",
    seenBy: [KEPT, "RG8 each"],
  },
  {
    name: "what was refused and happened is a person's",
    file: "src/worker/guard/repository-guard.ts",
    find: "refused: wasRefused(one, refusals)",
    put: "refused: wasRefused(one, refusals) && false",
    seenBy: [KEPT, "RG9"],
  },
  {
    name: "an agent program's settings for hooks are the last",
    file: "src/worker/guard/guard-program.ts",
    find: "--config-env=${name}=SLUICE_GUARD",
    put: "--config-env=sluice.${name.length}=SLUICE_GUARD",
    seenBy: ["test/guard/hooks.test.ts", "RG13"],
  },
];
