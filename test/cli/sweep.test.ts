import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Keys } from "#cli/sweep/keys.ts";
import { REASONS, type SweepDesk, sweepLoop } from "#cli/sweep/sweep-loop.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { agent, human } from "#test/stores.ts";
import { askedAtTerminal } from "#test/terminal.ts";

const ALL = { of: undefined, project: undefined };

/** A person whose keys are known beforehand; what is shown is kept. */
function person(bench: OperationBench, keys: readonly string[], as = human()) {
  const left = [...keys];
  const shown: string[] = [];
  const script: Keys = { key: async () => left.shift(), line: async () => left.shift(), close: () => {} };
  const desk: SweepDesk = {
    keys: script,
    ask: (operation, input) =>
      bench.call(operation as Parameters<typeof bench.call>[0], input as object, { as }),
    show: async (_, answer) => JSON.stringify(answer),
    print: async (text) => {
      shown.push(text);
    },
    clear: async () => {},
    edit: async (text) => `${text}Changed`,
  };
  return { desk, shown, left };
}

const Item = z.object({ item: z.object({ state: z.string(), lane: z.string(), title: z.string() }) });
const itemOf = async (bench: OperationBench, ref: string) =>
  Item.parse(await bench.call("item.show", { ref })).item;

test("CM80 sixty candidates are decided in ninety keys, rejections with a reason of the list", async () => {
  await using bench = await operationBench();
  for (let n = 1; n <= 60; n++) await bench.call("propose", { title: `Part ${n}` }, { as: agent(`a${n}`) });
  const keys = Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? ["5"] : ["r", "1"])).flat();
  expect(keys).toHaveLength(90);
  const { desk, left } = person(bench, keys);
  expect(await sweepLoop(desk, { ...ALL, session: "s" })).toEqual({
    seen: 60,
    results: { autonomous_safe: 30, rejected: 30 },
  });
  expect(left).toEqual([]);
  expect(await bench.call("gate.show", { candidate: "C-2" })).toMatchObject({
    candidate: { state: "rejected", reason: REASONS[0] },
  });
});

test("CM81 two people never get the same entry, and what one leaves the other gets", async () => {
  await using bench = await operationBench();
  for (const title of ["One", "Two"]) await bench.call("propose", { title }, { as: agent() });
  const next = (session: string) => bench.call("sweep.next", { session });
  expect(await next("ann")).toMatchObject({ entry: { ref: "C-1" }, left: 2 });
  expect(await next("bob")).toMatchObject({ entry: { ref: "C-2" } });
  expect(await next("eve")).toEqual({ left: 0 });
  expect(await bench.call("sweep.next", { session: "ann", except: ["c-1"] })).toEqual({ left: 0 });
  expect(await next("eve")).toMatchObject({ entry: { ref: "C-1" } });
  bench.workspace.advance(11 * 60_000);
  expect(await next("ann")).toMatchObject({ entry: { ref: "C-1" } });
  await bench.call("sweep.end", { session: "ann", seen: 1, minutes: 1, results: { rejected: 1 } });
  expect(await next("bob")).toMatchObject({ entry: { ref: "C-1" } });
});

test("CM82 questions, triage and what was skipped: each has its keys, a refusal keeps the entry", async () => {
  await using bench = await operationBench();
  const add = (title: string, lane: string) => bench.call("item.add", { title, lane });
  await add("Which colour", "agent");
  const claimed = z
    .object({ lease: z.object({ id: z.string() }) })
    .parse(await bench.call("claim", { ref: "1" }, { as: agent() }));
  const ask = { lease: claimed.lease.id, question: "Which?", options: ["Red", "Blue"] };
  await bench.call("ask", ask, { as: agent("robot", claimed.lease.id) });
  await add("Sort me", "triage");
  await add("Skip me", "triage");
  await add("Drop me", "triage");
  const { desk, shown, left } = person(bench, ["?", "2", "e", "5", "s", "x", "o", "Not ours"]);
  const swept = await sweepLoop(desk, { ...ALL, session: "s" });
  expect(swept).toEqual({ seen: 4, results: { decided: 1, autonomous_safe: 1, dropped: 1 } });
  expect(left).toEqual([]);
  expect(await bench.call("item.show", { ref: "1" })).toMatchObject({
    item: { questions: [{ answer: "Blue" }] },
  });
  expect(await itemOf(bench, "2")).toMatchObject({ lane: "autonomous_safe" });
  expect(await itemOf(bench, "3")).toMatchObject({ lane: "requires_triage", state: "open" });
  expect(await itemOf(bench, "4")).toMatchObject({ state: "dropped" });
  expect(shown.join("")).toContain("1 Red   2 Blue");
});

test("CM82 what somebody else decided meanwhile is passed over, and the end of the input ends it", async () => {
  await using bench = await operationBench();
  for (const title of ["One", "Two"]) await bench.call("propose", { title }, { as: agent() });
  const { desk, shown } = person(bench, []);
  const keys = ["5"];
  const meanwhile: SweepDesk = {
    ...desk,
    keys: {
      ...desk.keys,
      key: async () => {
        const key = keys.shift();
        if (key !== undefined) await bench.call("gate.reject", { candidates: ["C-1"], reason: "No" });
        return key;
      },
    },
  };
  expect(await sweepLoop(meanwhile, { ...ALL, session: "s" })).toEqual({ seen: 2, results: {} });
  expect(shown.join("")).toContain("C-1 is already rejected");
});

test("CM82 what is not one of the keys decides nothing, and the next screen says what came of the last", async () => {
  await using bench = await operationBench();
  for (const title of ["One", "Two"]) await bench.call("propose", { title }, { as: agent() });
  // Who types a reason where a key is expected has not approved, renamed or merged anything.
  const { desk, shown } = person(bench, ["z", "r", "d", "t", "m", "0", "enter", "r", "2", "q"]);
  expect(await sweepLoop(desk, { ...ALL, session: "s" })).toEqual({ seen: 2, results: { rejected: 1 } });
  expect(shown.filter((text) => text.includes("is not one of the keys"))).toHaveLength(5);
  expect(shown.at(-1)).toStartWith("C-1: rejected\n\nC-2 · gate · 1 left");
});

test("CM82 a result in review is returned with the changes that the next run reads", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "One", lane: "agent" });
  const { lease } = z
    .object({ lease: z.object({ id: z.string() }) })
    .parse(await bench.call("claim", {}, { as: agent() }));
  const result = { lease: lease.id, outcome: "no_change", note: "It is so" };
  await bench.call("finish", result, { as: agent("robot", lease.id) });
  const { desk } = person(bench, ["r", "Keep the old flag", "q"]);
  const swept = await sweepLoop(desk, { ...ALL, session: "s" });
  expect(swept).toEqual({ seen: 1, results: { "sent back": 1 } });
  expect((await itemOf(bench, "OB-1")).state).toBe("open");
  expect(await bench.call("log", { limit: 1 })).toMatchObject({
    events: [{ operation: "review.return", text: "sent back: Keep the old flag" }],
  });
});

test("what an editor or a passphrase asks for amid a sweep is typed to it alone, and no key of the sweep's", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-keys-"));
  try {
    const file = join(folder, "keys.ts");
    const keys = join(import.meta.dir, "..", "..", "src", "cli", "sweep", "keys.ts");
    writeFileSync(
      file,
      `import { terminalKeys } from ${JSON.stringify(keys)};
const keys = terminalKeys({ write: async () => {} });
console.log("A key?");
console.log("key", await keys.key(), await keys.key());
const asks = Bun.spawn(["sh", "-c", "echo 'A line?'; read -r line; echo got $line"], { stdio: ["inherit", "inherit", "inherit"] });
await asks.exited;
console.log("Another?");
console.log("key", await keys.key(), await keys.key());
keys.close();`,
    );
    const long = "abcdefghij".repeat(60);
    const env = { PATH: process.env["PATH"] ?? "" };
    const talk = [
      ["A key?", "x"],
      ["A line?", long],
      ["Another?", "y"],
    ] as const;
    const { code, text } = await askedAtTerminal(
      `'${process.execPath}' '${file}'`,
      { cwd: folder, env },
      talk,
    );
    expect(code).toBe(0);
    expect(text).toContain("key x enter");
    expect(text).toContain(`got ${long}`);
    expect(text).toContain("key y enter");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
