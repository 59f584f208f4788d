import { expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { until } from "#test/launch.ts";
import type { ModelTurn } from "#test/model-turn.ts";
import { isRunning } from "./is-running.ts";
import { type AgentBench, describeAgents } from "./describe-agents.ts";

const CHANGE = "echo hello > hello.txt && git add hello.txt && git commit -qm 'Add a greeting'";
/** Time for an agent to start and to ask its model, on a machine that does much else. */
const START_LIMIT_MS = 60_000;
/** Below the home: where the programs that resume keep their sessions. */
const SESSIONS: Readonly<Record<string, string>> = {
  "claude-code": ".claude/projects",
  codex: ".codex/sessions",
};
const GOES_ON = "Continue where you stopped";

describeAgents("a session of", (open) => {
  test("RN74 an agent killed at work goes on with its session in the next run's folder, where its program can", async () => {
    const bench = open();
    // Without Sluice's own box, so that the agent program's is seen to hold in a session that goes on.
    bench.sluice("config", "set", "authority", "open");
    bench.sluice("project", "edit", "app", "--sandbox", "none");
    const nap = `600.${Math.trunc(Math.random() * 1e9)}`;
    const turns = steps(bench, `touch "$HOME/outside-$SLUICE_RUN"; ${firstTime(`sleep ${nap}`)}`);
    const working = bench.start(turns, { args: ["--until-empty"] });
    await until("the agent's shell", () => isRunning(nap), START_LIMIT_MS);
    process.kill(agentPid(working.text()), "SIGKILL");
    expect(await working.exitCode).toBe(0);
    expectRuns(bench, "interrupted");
    expect(bench.git("show", "main:hello.txt")).toBe("hello\n");
    expect(existsSync(join(bench.home, "outside-R-2"))).toBe(bench.agent.name !== "codex");
  });

  test("RN74 an agent whose block is lifted goes on with its session, where its program can", async () => {
    const bench = open();
    await blockOnce(bench);
    bench.sluice("item", "unblock", "OB-1", "--reason", "Say hello");
    await bench.drain(steps(bench, firstTime("false")));
    expectRuns(bench, "blocked");
    expect(bench.requests().at(-1)).toContain("Say hello");
  });

  test("RN76 where the session is gone, a new one begins and costs the item nothing", async () => {
    const bench = open();
    await blockOnce(bench);
    rmSync(join(bench.home, SESSIONS[bench.agent.name] ?? "none"), { recursive: true, force: true });
    bench.sluice("item", "unblock", "OB-1", "--reason", "Say hello");
    await bench.drain(steps(bench, firstTime("false")));
    const [second] = bench.runs();
    expect([second?.["outcome"], second?.["resumes"]]).toEqual(["changed", undefined]);
    expect(bench.requests().join("\n")).not.toContain(GOES_ON);
    expect(bench.item()).toMatchObject({ state: "done", attempts: 0 });
  });
});

/** Its first run waits for an answer. */
async function blockOnce(bench: AgentBench): Promise<void> {
  // Nobody is at a terminal here to lift the block.
  bench.sluice("config", "set", "authority", "open");
  await bench.drain([bench.shell(firstTime("sluice block --note 'Which greeting?'")), { text: "Asked." }]);
  expect(bench.runs()).toMatchObject([{ outcome: "blocked" }]);
}

/** The first run ended so; the second finished the item, in the session of the first where the program can. */
function expectRuns(bench: AgentBench, outcome: string): void {
  const [second, first] = bench.runs();
  const goesOn = SESSIONS[bench.agent.name] !== undefined;
  expect([first?.["outcome"], second?.["outcome"]]).toEqual([outcome, "changed"]);
  expect(second?.["resumes"]).toBe(goesOn ? "R-1" : undefined);
  expect(second?.["session"] === first?.["session"]).toBe(goesOn);
  expect(bench.requests().some((request) => request.includes(GOES_ON))).toBe(goesOn);
  expect(bench.item()).toMatchObject({ state: "done", attempts: 0 });
}

/** In a session that goes on, the turns of the model before count too: what it says must be right at each of them. */
function steps(bench: AgentBench, command: string): readonly ModelTurn[] {
  const step = bench.shell(command);
  return [step, step, step, step, { text: "Done." }];
}

/** Does this in the first run, and the item's work in the next. */
function firstTime(command: string): string {
  return `if [ "$SLUICE_RUN" = R-1 ]; then ${command}; else ${CHANGE} && sluice finish --note ok; fi`;
}

function agentPid(events: string): number {
  const [, pid] = /"type":"running".*"pid":(\d+)/.exec(events) ?? [];
  if (pid === undefined) throw new Error(`no agent was started:\n${events}`);
  return Number(pid);
}
