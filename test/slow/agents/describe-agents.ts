import { afterEach, beforeAll, beforeEach, describe } from "bun:test";
import { type ModelServer, startModelServer } from "#test/model-server.ts";
import type { ModelTurn, ToolCall } from "#test/model-turn.ts";
import { openWorkBench, type WorkBench, type Working } from "#test/work-bench.ts";
import { AGENT_PROGRAMS, type AgentProgram } from "./agent-programs.ts";
import { isSkipped } from "./install-agent.ts";

const INSTALL_LIMIT_MS = 600_000;

/** One item, and `sluice work` with one agent program that does what a scripted model says. */
export interface AgentBench extends WorkBench {
  readonly agent: AgentProgram;
  /** A turn of the model that runs this in the agent's shell. */
  shell(command: string): ModelTurn;
  /** A turn of the model that calls a tool of the run's own server. */
  tool(name: string, input: ToolCall["input"]): ModelTurn;
  /** Starts a worker whose agent's model says these turns. */
  start(turns: readonly ModelTurn[], options?: StartOptions): Working;
  /** Works until nothing is left; fails where the worker does. */
  drain(turns: readonly ModelTurn[], options?: StartOptions): Promise<void>;
  /** What the agent asked its model, in order, as JSON text. */
  requests(): readonly string[];
}

export interface StartOptions {
  /** Further arguments of `sluice work`. */
  readonly args?: readonly string[];
  /** Further variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The same tests with each agent program that is not left out. Installs it where the machine has not got it. */
export function describeAgents(title: string, tests: (bench: () => AgentBench) => void): void {
  describe.each(AGENT_PROGRAMS)(`${title} $name`, (agent) => {
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

      tests(() => agentBench(agent, program, bench, models));
    });
  });
}

function agentBench(
  agent: AgentProgram,
  program: string,
  bench: WorkBench,
  models: ModelServer[],
): AgentBench {
  const start: AgentBench["start"] = (turns, { args = [], env: more = {} } = {}) => {
    const model = startModelServer(turns);
    models.push(model);
    const { spec, env } = agent.setUp(bench, program, model.url);
    return bench.work(["--runner", `${agent.name}=${JSON.stringify(spec)}`, ...args], { ...env, ...more });
  };
  return {
    ...bench,
    agent,
    shell: (command) => ({ tools: [agent.shell(command)] }),
    tool: (name, input) => ({ tools: [agent.tool(name, input)] }),
    start,
    drain: async (turns, { args = [], env = {} } = {}) => {
      const working = start(turns, { args: ["--until-empty", ...args], env });
      if ((await working.exitCode) !== 0) throw new Error(`sluice work failed:\n${working.text()}`);
    },
    requests: () => models.flatMap(({ requests }) => requests),
  };
}
