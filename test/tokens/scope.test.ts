import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { SluiceError, type ErrorCode } from "#domain/errors.ts";
import { REGISTRY } from "#operations/registry.ts";
import type { OperationName } from "#test/operation-bench.ts";
import { scopedStore } from "#operations/scope/scoped-store.ts";
import { refusal } from "#test/refusal.ts";
import { STORE_KINDS } from "#test/stores.ts";
import { HIDDEN, openScopeBench, SHA, type ScopeBench } from "./scope-bench.ts";

interface Aim {
  /** `LEASE` and `TODO` stand for those of the other project. */
  readonly input: Readonly<Record<string, unknown>>;
  /** How it is refused; absent where it is answered, without a word of the other project. */
  readonly refused?: ErrorCode;
}

const gone = (input: Aim["input"]): Aim => ({ input, refused: "not_found" });
const denied = (input: Aim["input"] = {}): Aim => ({ input, refused: "denied" });
const lost = (input: Aim["input"] = {}): Aim => ({
  input: { lease: "LEASE", ...input },
  refused: "lease_lost",
});
const open = (input: Aim["input"] = {}): Aim => ({ input });
const other = { project: "other" };
const ref = "OB-2";

/** Every operation, aimed at the other project in each way there is. */
const AIMS = {
  status: [open(), gone(other)],
  starvation: [denied()],
  "project.add": [denied({ name: "More", alias: "more" })],
  "project.list": [open()],
  "project.show": [gone(other)],
  "project.edit": [gone({ ...other, weight: 2 })],
  "project.archive": [gone(other)],
  "repo.add": [denied({ paths: ["code"], ...other, alias: "more" })],
  "repo.list": [open(), gone(other)],
  "repo.edit": [gone({ repo: `code-${HIDDEN}`, alias: "mine" })],
  "repo.remove": [gone({ repo: `code-${HIDDEN}` })],
  "item.add": [
    gone({ title: "In", ...other }),
    gone({ title: "In", project: "app", parent: ref }),
    gone({ title: "In", project: "app", blockedBy: [ref] }),
    gone({ title: "In", project: "app", repos: [`code-${HIDDEN}`] }),
  ],
  "item.list": [
    open(),
    open({ search: HIDDEN }),
    open({ label: HIDDEN }),
    gone(other),
    gone({ parent: ref }),
  ],
  "item.show": [
    gone({ ref }),
    open({ ref: "OB-1" }),
    open({ ref: "OB-1", brief: true }),
    gone({ ref: "OB-99" }),
  ],
  "item.edit": [gone({ ref, title: "Mine now" })],
  "item.move": [gone({ ref, lane: "requires_triage" })],
  "item.drop": [gone({ ref, reason: "Mine" })],
  "item.reopen": [gone({ ref: "OB-4", reason: "Mine" })],
  "item.close": [gone({ ref, reason: "Mine" })],
  "item.unblock": [gone({ ref: "OB-5" })],
  "item.bump": [gone({ ref })],
  "item.snooze": [gone({ ref, until: 1_900_000_000_000 })],
  "link.add": [
    gone({ ref, kind: "relates", to: "OB-3" }),
    gone({ ref: "OB-1", kind: "relates", to: "OB-3" }),
  ],
  "link.remove": [
    gone({ ref, kind: "relates", to: "OB-1" }),
    gone({ ref: "OB-1", kind: "blocked_by", to: ref }),
  ],
  note: [gone({ ref, text: "Seen" })],
  decide: [gone({ ref: "OB-5", answer: "No", reason: "Mine" })],
  "evidence.add": [gone({ ref, evidence: { kind: "pr", value: "1" } })],
  propose: [
    gone({ title: "In", ...other }),
    gone({ title: "In", project: "app", repos: [`code-${HIDDEN}`] }),
    open({ title: `Wish to mend ${HIDDEN.slice(0, -1)}`, project: "app" }),
    open({ title: "Ready leased reviewed asked to mend", project: "app" }),
  ],
  "sweep.next": [open({ session: "s" })],
  "sweep.end": [denied({ session: "s", seen: 1, minutes: 1 })],
  "gate.list": [open(), gone(other)],
  "gate.show": [gone({ candidate: "C-1" })],
  "gate.approve": [gone({ candidates: ["C-1"] })],
  "gate.reject": [gone({ candidates: ["C-1"], reason: "Mine" })],
  "gate.merge": [gone({ candidate: "C-1", into: "OB-2" })],
  next: [open(), gone(other)],
  claim: [{ input: {}, refused: "nothing_ready" }, gone({ ref }), gone(other)],
  wait: [{ input: { timeout: 0 }, refused: "nothing_ready" }, gone({ timeout: 0, ...other })],
  why: [gone({ ref }), open({ ref: "OB-1" })],
  heartbeat: [lost()],
  release: [lost({ note: "Mine" })],
  block: [lost({ note: "Mine" })],
  ask: [lost({ question: "Mine?" })],
  finish: [lost({ note: "Mine", outcome: "no_change" })],
  "plan.set": [gone({ ref, body: "Mine" })],
  "plan.history": [gone({ ref })],
  "run.list": [open(), gone({ item: "OB-3" })],
  "run.show": [gone({ run: "R-3" })],
  "run.log": [gone({ run: "R-3" })],
  "run.diff": [gone({ run: "R-3" })],
  "run.stop": [gone({ run: "R-3" })],
  pause: [denied(), gone(other), denied({ runner: "codex" })],
  resume: [denied(), gone(other)],
  verify: [gone({ ref: "OB-4" })],
  return: [gone({ ref: "OB-4", changes: "Mine" })],
  inbox: [open(), gone(other)],
  land: [gone({ refs: ["OB-4"] }), gone({ all: true, ...other })],
  doctor: [denied()],
  "doctor.fix": [denied({ apply: true })],
  "log.redact": [denied({ text: "secret", reason: "Leaked", dryRun: true })],
  "log.archive": [denied()],
  "log.seal": [denied()],
  undo: [denied(), gone({ ref: "OB-6" })],
  "lane.list": [open()],
  "lane.edit": [denied({ lane: "later", role: "manual" })],
  "config.list": [denied()],
  "config.get": [denied({ key: "prefix" })],
  "config.set": [denied({ key: "prefix", value: "NO" })],
  "token.create": [denied({ as: "ai:codex", role: "agent" })],
  "token.list": [denied()],
  "token.revoke": [denied({ token: 1 })],
  "git.scan": [open()],
  "todo.import": [gone({ files: ["TODO"], ...other })],
  "todo.export": [open({ files: ["TODO"] })],
  "todo.check": [open({ files: ["TODO"] })],
  "log.denials": [denied()],
  log: [
    denied(),
    gone(other),
    open({ project: "app" }),
    gone({ ref }),
    gone({ ref: "C-1" }),
    gone({ ref: "R-3" }),
    open({ ref: "OB-1" }),
  ],
  who: [gone({ of: SHA }), gone({ of: "OB-4" })],
} as const satisfies Record<OperationName, readonly Aim[]>;

function aimed(bench: ScopeBench, { input }: Aim): Readonly<Record<string, unknown>> {
  return {
    ...input,
    ...(input.lease === undefined ? {} : { lease: bench.lease }),
    ...(input.files === undefined ? {} : { files: [bench.todo] }),
  };
}

async function answerOf(
  call: Promise<unknown>,
): Promise<{ readonly code?: ErrorCode; readonly shown: string }> {
  try {
    return { shown: JSON.stringify(await call) };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { code: error.code, shown: JSON.stringify(error) };
  }
}

/** What a caller sent themselves is no secret. */
const withoutInput = (shown: string, input: object): string =>
  Object.values(input)
    .flat()
    .filter((value) => typeof value === "string")
    .reduce((text, value) => text.replaceAll(value, ""), shown);

const NAMES = Object.keys(REGISTRY).filter((name): name is OperationName => name in REGISTRY);

test.each(STORE_KINDS)(
  "TK13 on %s a token for one project sees and changes nothing of another",
  async (kind) => {
    await using bench = await openScopeBench(kind);
    const before = await bench.other();
    const file = readFileSync(bench.todo, "utf8");
    for (const name of NAMES)
      for (const aim of AIMS[name] as readonly Aim[]) {
        const input = aimed(bench, aim);
        const { code, shown } = await answerOf(bench.call(name, input, { as: bench.scoped }));
        expect({ name, input, code, hidden: !withoutInput(shown, input).includes(HIDDEN), shown }).toEqual({
          name,
          input,
          code: aim.refused,
          hidden: true,
          shown,
        });
        expect({ name, after: await bench.other() }).toEqual({ name, after: before });
        expect(readFileSync(bench.todo, "utf8")).toBe(file);
      }
  },
  60_000,
);

test.each(NAMES.filter((name) => AIMS[name].some((aim: Aim) => aim.refused !== undefined)))(
  "TK13 what %s is refused for its scope alone is done without it",
  async (name) => {
    for (const aim of AIMS[name] as readonly Aim[]) {
      if (aim.refused === undefined || JSON.stringify(aim.input).includes("OB-99")) continue;
      await using bench = await openScopeBench();
      await bench.store.claims.resume({ by: bench.unscoped, scope: "project", name: "other" });
      const { code, shown } = await answerOf(bench.call(name, aimed(bench, aim), { as: bench.unscoped }));
      const isDone = code === undefined || code === "conflict";
      expect({ aim, isDone, shown }).toEqual({ aim, isDone: true, shown });
    }
  },
  60_000,
);

test("TK14 what was answered under a key is not answered to another scope", async () => {
  await using bench = await openScopeBench();
  const context = { idempotencyKey: "k" };
  const input = { title: "Mine", project: "app" };
  const mine = await bench.call("item.add", input, { as: bench.unscoped, context });
  expect(await bench.call("item.add", input, { as: bench.unscoped, context })).toEqual(mine);
  const again = bench.call("item.add", input, { as: bench.scoped, context });
  expect((await refusal(again)).code).toBe("conflict");
});

test.each(STORE_KINDS)(
  "TK15 on %s who follows the history in a scope learns of its projects alone",
  async (kind) => {
    await using bench = await openScopeBench(kind);
    const { store, scoped } = bench;
    const view = scopedStore(store, scoped.projects ?? []);
    const { next } = await view.history.follow({ limit: 100 });
    await bench.call("note", { ref: "OB-2", text: HIDDEN });
    await bench.call("item.edit", { ref: "OB-1", title: "Mine to see" });
    await bench.call("propose", { title: "Mine too", project: "app" });
    await bench.call("config.set", { key: "authority", value: "open" });
    const { events } = await view.history.follow({ after: next, limit: 100 });
    expect(events.map(({ operation }) => operation)).toEqual(["item.edit", "propose"]);
    expect((await store.history.follow({ after: next, limit: 100 })).events).toHaveLength(4);
  },
);
