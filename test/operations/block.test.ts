import { expect, test } from "bun:test";
import { z } from "zod";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";

const Claimed = z.object({ lease: z.object({ id: z.string() }) });
const Blocked = z.object({ prerequisite: z.object({ ref: z.string() }) });
const Shown = z.object({ item: z.object({ state: z.string(), spec: z.looseObject({}) }) });

/** Each alone, and what the item then says. */
const AMENDMENTS: readonly (readonly [input: object, spec: object])[] = [
  [{ amendProblem: "The beam is rotten too" }, { problem: "The beam is rotten too" }],
  [{ amendSteps: ["Look at the beam"] }, { steps: [{ text: "Look at the beam" }] }],
  [{ amendRisks: ["It falls"] }, { risks: ["It falls"] }],
  [{}, {}],
];

test.each(AMENDMENTS)("LC21 each field of an amendment applies alone: %j", async (amendment, changed) => {
  await using bench = await operationBench();
  const spec = { problem: "The roof leaks", steps: [{ text: "Climb up" }], risks: ["It is high"] };
  await bench.call("item.add", { title: "Mend the roof", lane: "autonomous_safe", ...spec });
  const { lease } = Claimed.parse(await bench.call("claim", { ref: "OB-1" }, { as: agent() }));
  const { prerequisite } = Blocked.parse(
    await bench.call(
      "block",
      { lease: lease.id, note: "No ladder", prerequisite: "Buy a ladder", ...amendment },
      { as: agent("robot", lease.id) },
    ),
  );
  const show = async () => Shown.parse(await bench.call("item.show", { ref: "OB-1" })).item;
  expect(await show()).toMatchObject({ state: "blocked", spec });
  await bench.call("gate.approve", { candidates: [prerequisite.ref] }, { as: human() });
  await bench.call("item.close", { ref: "OB-2", reason: "Bought" });
  expect(await show()).toMatchObject({ state: "open", spec: { ...spec, ...changed } });
});

test.each(AMENDMENTS.slice(0, 3))(
  "an amendment without a prerequisite is refused, for nothing would apply it: %j",
  async (amendment) => {
    await using bench = await operationBench();
    await bench.call("item.add", { title: "Mend the roof", lane: "autonomous_safe" });
    const { lease } = Claimed.parse(await bench.call("claim", { ref: "OB-1" }, { as: agent() }));
    const [field = ""] = Object.keys(amendment);
    const by = { as: agent("robot", lease.id) };
    expect(
      await refusal(bench.call("block", { lease: lease.id, note: "No ladder", ...amendment }, by)),
    ).toMatchObject({
      code: "invalid",
      details: { field },
    });
    const more = { item: "OB-1", note: "No ladder", prerequisite: "Buy a ladder", ...amendment };
    expect(await refusal(bench.call("block", more, { as: human() }))).toMatchObject({
      code: "invalid",
      details: { field },
    });
    expect(await bench.call("item.show", { ref: "OB-1" })).toMatchObject({ item: { state: "open" } });
  },
);
