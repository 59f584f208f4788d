import { expect, test } from "bun:test";
import { z } from "zod";
import { anyText, textWith } from "#test/matching.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent } from "#test/stores.ts";
import { shown } from "#test/shown.ts";

const HOUR = 3_600_000;

/** An agent asks, with an hour to answer; answers the deadline. */
async function asked({ call, store }: OperationBench): Promise<number> {
  const deadline = (await store.now()) + HOUR;
  await call("item.add", { title: "One", lane: "autonomous_safe" });
  const { lease } = z
    .object({ lease: z.object({ id: z.string() }) })
    .parse(await call("claim", {}, { as: agent() }));
  const question = { question: "Keep it?", options: ["Yes", "No"], default: 2, deadline };
  await call("ask", { lease: lease.id, ...question }, { as: agent("robot", lease.id) });
  return deadline;
}

test("OP47 a question past its deadline is overdue on the board, in lists and on its item", async () => {
  await using bench = await operationBench();
  const deadline = await asked(bench);
  const at = { answer_by: new Date(deadline).toISOString() };
  expect(await bench.call("item.list")).toMatchObject({ items: [at] });
  expect(await bench.call("status")).toHaveProperty("needs_you.decisions", {
    count: 1,
    oldest_at: anyText,
  });
  bench.workspace.advance(2 * HOUR);
  const status = await bench.call("status");
  const waiting = { count: 1, oldest_at: anyText, overdue: 1 };
  expect(status).toHaveProperty("needs_you.decisions", waiting);
  expect(status).toHaveProperty("needs_you.requires_decision", waiting);
  const now = deadline + HOUR + 60_000;
  expect(await shown("status", status, { now })).toContain("requires_decision  oldest 2h ago   1 overdue");
  expect(await shown("item.list", await bench.call("item.list"), { now })).toMatch(/ANSWER DUE.*\n.*1h ago/);
  expect(await shown("item.show", await bench.call("item.show", { ref: "OB-1" }), { now })).toContain(
    "no answer yet, overdue, wanted 1h ago; suggested: No",
  );
  await bench.call("item.drop", { ref: "OB-1", reason: "Gone" });
  expect(await bench.call("item.list", { states: ["dropped"] })).not.toHaveProperty("items.0.answer_by");
});

test("OP48 only a person allows that defaults are taken; the project and each question say who did", async () => {
  await using bench = await operationBench();
  const edit = (questionDefaults: string, as = {}) =>
    bench.call("project.edit", { project: "app", questionDefaults }, as);
  expect((await refusal(edit("at_deadline", { as: agent() }))).code).toBe("denied");
  const allowed = await edit("at_deadline");
  expect(allowed).toHaveProperty("project.policy.question_defaults_by", "human:ada");
  const deadline = await asked(bench);
  const answer = await bench.call("item.show", { ref: "OB-1" });
  expect(answer).toHaveProperty("item.questions.0.default_allowed_by", "human:ada");
  const now = deadline - HOUR;
  expect(await shown("item.show", answer, { now })).toContain("wanted in 1h; default at the deadline: No");
  bench.workspace.advance(2 * HOUR);
  expect(await bench.call("claim", {}, { as: agent() })).toMatchObject({
    item: { ref: "OB-1", questions: [{ answer: "No", answered_by: "system:deadline" }] },
  });
  expect(await edit("never")).not.toHaveProperty("project.policy.question_defaults_by");
});

test("OP51 a decision in a person's own words says that it is none of the options", async () => {
  await using bench = await operationBench();
  const decide = async (answer: string) => {
    await asked(bench);
    const ref = `OB-${(decisions += 1)}`;
    const decided = await bench.call("decide", { ref, answer, reason: "So" });
    return { decided, shown: await bench.call("item.show", { ref }) };
  };
  let decisions = 0;
  const own = await decide("Maybe");
  expect(own.decided).toHaveProperty("hint", textWith("not one of the options (Yes, No)"));
  expect(own.shown).toHaveProperty("item.questions.0.answer", "Maybe");
  await bench.call("item.drop", { ref: "OB-1", reason: "Gone" });
  const option = await decide(" yes");
  expect(option.decided).not.toHaveProperty("hint");
  expect(option.shown).toHaveProperty("item.questions.0.answer", "Yes");
});
