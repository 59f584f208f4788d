import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { until } from "#test/launch.ts";
import { type ModelServer, startModelServer } from "#test/model-server.ts";
import { type ModelTurn, TURN_USAGE } from "#test/model-turn.ts";
import { openWorkBench, type WorkBench, type Working } from "#test/work-bench.ts";
import { CODEX, GEMINI, GROK, OPENCODE } from "./agent-programs.ts";
import { isSkipped } from "./install-agent.ts";

const INSTALL_LIMIT_MS = 600_000;
/** Time for an agent to start and to ask its model, on a machine that does much else. */
const START_LIMIT_MS = 60_000;

const CHANGE = "echo hello > hello.txt && git add hello.txt && git commit -qm 'Add a greeting'";

describe.each([CODEX, OPENCODE, GEMINI, GROK])("sluice work with the real $name", (agent) => {
  describe.skipIf(isSkipped(agent.name))(agent.name, () => {
    let program: string;
    let bench: WorkBench;
    let models: ModelServer[] = [];

    beforeAll(() => {
      program = agent.install();
    }, INSTALL_LIMIT_MS);
    beforeEach(() => {
      models = [];
      bench = openWorkBench();
    });
    afterEach(async () => {
      bench.close();
      await Promise.all(models.map((model) => model.close()));
    });

    function work(turns: readonly ModelTurn[], ...args: readonly string[]): Working {
      const model = startModelServer(turns);
      models.push(model);
      const { spec, env } = agent.setUp(bench, program, model.url);
      const runner = `${agent.name}=${JSON.stringify(spec)}`;
      return bench.work(["--runner", runner, ...args], env);
    }

    async function drain(turns: readonly ModelTurn[]): Promise<void> {
      const working = work(turns, "--until-empty");
      if ((await working.exitCode) !== 0) throw new Error(`sluice work failed:\n${working.text()}`);
    }

    const shell = (command: string): ModelTurn => ({ tools: [agent.shell(command)] });

    test("RN66 an item goes from the brief through the agent's commit and its report to the target branch and done", async () => {
      await drain([shell(`${CHANGE} && sluice finish --note 'Greets now'`), { text: "The greeting is in." }]);
      expect(models[0]?.requests[0]).toContain("Greet the visitor");
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
      expect(bench.git("log", "--format=%B%an%cn", "main")).not.toMatch(
        /co-authored|codex|grok|gemini|opencode/i,
      );
    });

    test("RN67 a refusal blocks the item behind the prerequisite it names, and lands nothing", async () => {
      const refusal = "sluice block --note 'No visitor can come in' --prerequisite 'Open the door'";
      await drain([shell(refusal), { text: "Blocked it." }]);
      expect(bench.runs()).toMatchObject([{ outcome: "blocked" }]);
      expect(bench.item().state).toBe("blocked");
      expect(bench.sluice("item", "show", "OB-1")).toContain("No visitor can come in");
      expect(bench.sluice("gate", "list")).toContain("Open the door");
      expect(bench.git("rev-list", "--count", "main")).toBe("1\n");
    });

    test("RN68 an API that refuses the key is the runner's failure and costs the item nothing", async () => {
      const working = work([{ error: { status: 401, type: "authentication_error" } }]);
      await working.until(agent.isSlow ? '"runner_failed"' : '"breaker_open"');
      working.process.kill("SIGTERM");
      expect(await working.exitCode).toBe(0);
      const runs = bench.runs().toReversed();
      expect(runs.slice(0, agent.isSlow ? 1 : 3)).toMatchObject(
        (agent.isSlow ? [1] : [1, 2, 3]).map(() => ({ outcome: "runner_failed" })),
      );
      expect(bench.item()).toMatchObject({ state: "open", attempts: 0 });
    });

    test("RN69 a run past its time-out is ended with its shell", async () => {
      const nap = `600.${Math.trunc(Math.random() * 1e9)}`;
      const working = work([shell(`sleep ${nap}`)], "--timeout", agent.isSlow ? "30s" : "15s");
      await until("the agent's shell", () => isRunning(nap), START_LIMIT_MS);
      await working.until('"timed_out"');
      working.process.kill("SIGTERM");
      await working.exitCode;
      expect(isRunning(nap)).toBe(false);
      expect(bench.runs()[0]).toMatchObject({ outcome: "timed_out" });
    });
  });
});

/** Whether a process has this word among its arguments; one in a sandbox has another number inside than outside. */
function isRunning(word: string): boolean {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => argumentsOf(pid).includes(word));
}

function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
