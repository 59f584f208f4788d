import { expect, test } from "bun:test";
import { join } from "node:path";
import { z } from "zod";
import { SLUICE } from "#test/work-bench.ts";
import { until } from "#test/launch.ts";
import { type ModelTurn, TURN_USAGE } from "#test/model-turn.ts";
import { isRunning } from "./is-running.ts";
import { describeAgents } from "./describe-agents.ts";

const CHANGE = "echo hello > hello.txt && git add hello.txt && git commit -qm 'Add a greeting'";
/** Time for an agent to start and to ask its model, on a machine that does much else. */
const START_LIMIT_MS = 60_000;
const Log = z.object({ events: z.array(z.object({ interface: z.string() })) });
const NAMES = /co-authored|claude|anthropic|codex|openai|grok|gemini|opencode/i;

describeAgents("sluice work with the real", (open) => {
  test("RN66 an item goes from the brief through the agent's commit and its report to the target branch and done", async () => {
    const bench = open();
    const { agent } = bench;
    await bench.drain([
      bench.shell(`${CHANGE} && sluice finish --note 'Greets now'`),
      { text: "The greeting is in." },
    ]);
    expect(bench.requests()[0]).toContain("Greet the visitor");
    expect(bench.runs()).toMatchObject([
      {
        holder: `ai:${agent.name}`,
        outcome: "changed",
        usage: {
          input_tokens: 2 * TURN_USAGE.input,
          output_tokens: 2 * TURN_USAGE.output,
          cache_read_tokens: 2 * TURN_USAGE.cacheRead,
        },
      },
    ]);
    expect(bench.item().state).toBe("done");
    expect(bench.git("show", "main:hello.txt")).toBe("hello\n");
    expect(bench.git("log", "-1", "--format=%an <%ae>%n%B", "main")).toMatch(
      /^Ada <ada@example.test>\n.*OB-1/s,
    );
    expect(bench.git("log", "--format=%B%an%cn", "main")).not.toMatch(NAMES);
  });

  test("RN70 an item goes to done by the run's own tools, under its lease and in its name", async () => {
    const bench = open();
    await bench.drain([
      bench.tool("item_show", { ref: "OB-1" }),
      bench.tool("plan_set", { ref: "OB-1", body: "1. Say hello." }),
      bench.shell(CHANGE),
      bench.tool("note", { ref: "OB-1", text: "It greets in English" }),
      bench.tool("finish", { note: "Greets now" }),
      { text: "The greeting is in." },
    ]);
    expect(bench.runs()).toMatchObject([{ holder: `ai:${bench.agent.name}`, outcome: "changed" }]);
    expect(bench.item().state).toBe("done");
    expect(bench.git("show", "main:hello.txt")).toBe("hello\n");
    const shown = bench.sluice("item", "show", "OB-1", "--json");
    expect(shown).toContain("1. Say hello.");
    expect(shown).toContain("It greets in English");
    expect(interfacesOf(bench.sluice("log", "--actor", `ai:${bench.agent.name}`, "--json"))).toEqual([
      "mcp",
      "worker",
    ]);
  });

  test("RN72 a tool that is refused to the agent ends neither its run nor its work", async () => {
    const bench = open();
    const { refused } = bench.agent;
    await bench.drain([
      { tools: [refused.call] },
      bench.shell(`${CHANGE} && sluice finish --note ok`),
      { text: "Went without." },
    ]);
    expect(bench.requests()[0]).not.toContain(refused.says);
    expect(bench.requests()[1]).toContain(refused.says);
    expect(bench.item().state).toBe("done");
    expect(bench.runs()).toMatchObject([{ outcome: "changed" }]);
  });

  test("RN73 a tool server that does not start costs no item anything, and no agent its report", async () => {
    const bench = open();
    bench.write("dead/sluice", `#!/bin/sh\n[ "$1" = mcp ] && exit 1\nexec '${SLUICE}' "$@"\n`, 0o755);
    // In a box that script would find no program behind it where the checkout is below /tmp.
    bench.sluice("config", "set", "authority", "open");
    bench.sluice("project", "edit", "app", "--sandbox", "none");
    const env = { SLUICE_PROGRAM: join(bench.home, "dead", "sluice") };
    const turns = [bench.shell(`${CHANGE} && sluice finish --note ok`), { text: "Done." }];
    if (!bench.agent.tellsDeadServer) {
      await bench.drain(turns, { env });
      return expect(bench.item().state).toBe("done");
    }
    const working = bench.start(turns, { env });
    await working.until('"breaker_open"');
    working.process.kill("SIGTERM");
    expect(await working.exitCode).toBe(0);
    expect(bench.runs()[0]).toMatchObject({ outcome: "runner_failed" });
    expect(JSON.stringify(bench.runs()[0])).toContain("sluice");
    expect(bench.item()).toMatchObject({ state: "open", attempts: 0 });
  });

  test("RN67 a refusal blocks the item behind the prerequisite it names, and lands nothing", async () => {
    const bench = open();
    const refusal = "sluice block --note 'No visitor can come in' --prerequisite 'Open the door'";
    await bench.drain([bench.shell(refusal), { text: "Blocked it." }]);
    expect(bench.runs()).toMatchObject([{ outcome: "blocked" }]);
    expect(bench.item().state).toBe("blocked");
    expect(bench.sluice("item", "show", "OB-1")).toContain("No visitor can come in");
    expect(bench.sluice("gate", "list")).toContain("Open the door");
    expect(bench.git("rev-list", "--count", "main")).toBe("1\n");
  });

  test("an API that refuses the key is the runner's failure and costs the item nothing", async () => {
    const bench = open();
    const { isSlow } = bench.agent;
    const working = bench.start([{ error: { status: 401, type: "authentication_error" } }]);
    await working.until(isSlow ? '"runner_failed"' : '"breaker_open"');
    working.process.kill("SIGTERM");
    expect(await working.exitCode).toBe(0);
    const runs = bench.runs().toReversed();
    expect(runs.slice(0, isSlow ? 1 : 3)).toMatchObject(
      (isSlow ? [1] : [1, 2, 3]).map(() => ({ outcome: "runner_failed" })),
    );
    expect(bench.item()).toMatchObject({ state: "open", attempts: 0 });
    expect(bench.git("rev-list", "--count", "main")).toBe("1\n");
  });

  test("a run past its time-out is ended with its shell", async () => {
    const bench = open();
    const nap = `600.${Math.trunc(Math.random() * 1e9)}`;
    const limit = bench.agent.isSlow ? "30s" : "15s";
    const working = bench.start([bench.shell(`pwd; sleep ${nap}`)], { args: ["--timeout", limit] });
    await until("the agent's shell", () => isRunning(nap), START_LIMIT_MS);
    await working.until('"timed_out"');
    working.process.kill("SIGTERM");
    await working.exitCode;
    expect(isRunning(nap)).toBe(false);
    expect(bench.runs()[0]).toMatchObject({ outcome: "timed_out" });
  });

  test("a worker killed while the agent works leaves nothing behind that the next one does not end and finish", async () => {
    const bench = open();
    const nap = `600.${Math.trunc(Math.random() * 1e9)}`;
    const turns = again(bench.shell(firstTime(`sleep ${nap}`)));
    const first = bench.start(turns);
    await until("the agent's shell", () => isRunning(nap), START_LIMIT_MS);
    first.process.kill("SIGKILL");
    await bench.drain(turns);
    expect(isRunning(nap)).toBe(false);
    expect(bench.item().state).toBe("done");
    expect(bench.git("show", "main:hello.txt")).toBe("hello\n");
    expect(bench.git("rev-list", "--count", "main")).toBe("2\n");
    expect(bench.runs().toReversed()).toMatchObject([{ outcome: "interrupted" }, { outcome: "changed" }]);
  });

  test("an agent killed from outside is a loss, its shell is ended, and the next run finishes", async () => {
    const bench = open();
    const nap = `600.${Math.trunc(Math.random() * 1e9)}`;
    const turns = again(bench.shell(firstTime(`sleep ${nap}`)));
    const working = bench.start(turns, { args: ["--until-empty"] });
    await until("the agent's shell", () => isRunning(nap), START_LIMIT_MS);
    process.kill(agentPid(working.text()), "SIGKILL");
    expect(await working.exitCode).toBe(0);
    expect(isRunning(nap)).toBe(false);
    expect(bench.runs().toReversed()).toMatchObject([{ outcome: "interrupted" }, { outcome: "changed" }]);
    expect(bench.item()).toMatchObject({ state: "done", attempts: 0 });
    expect(bench.git("show", "main:hello.txt")).toBe("hello\n");
  });
});

/** Does this in the first run, and the item's work in the next. */
function firstTime(command: string): string {
  return `if [ "$SLUICE_RUN" = R-1 ]; then ${command}; else ${CHANGE} && sluice finish --note ok; fi`;
}

/** In a session that goes on, the turns of the model before count too: what it says must be right at each of them. */
function again(turn: ModelTurn): readonly ModelTurn[] {
  return [turn, turn, turn, { text: "Done." }];
}

function agentPid(events: string): number {
  const [, pid] = /"type":"running".*"pid":(\d+)/.exec(events) ?? [];
  if (pid === undefined) throw new Error(`no agent was started:\n${events}`);
  return Number(pid);
}

/** The ways in by which the entries of a log were written. */
function interfacesOf(log: string): readonly string[] {
  const { events } = Log.parse(JSON.parse(log));
  return [...new Set(events.map((event) => event.interface))].toSorted();
}
