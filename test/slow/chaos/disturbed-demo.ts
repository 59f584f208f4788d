import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AGENTS, fillDemoFolder } from "../../../demo/demo-folder.ts";
import { IMPORT, SETUP, workCommand } from "../../../demo/setup-commands.ts";
import { type DemoProcess, processesOf } from "../../e2e/demo-processes.ts";
import { demoEnvironment, type DemoProbe, faultsOf, probeDemo, run, type Ran } from "../../e2e/demo-state.ts";

const SLUICE = join(import.meta.dir, "..", "..", "..", "bin", "sluice");
/** About how long an undisturbed drain takes: the moment of the kill is drawn from it. */
const DRAIN_MS = 9_000;
/** What one plain worker may take after the kill. */
const RECOVERY_MS = 60_000;
/** What the disturbed workers may take: two back-offs of a first attempt, and the work. */
const DISTURBED_MS = 180_000;

export interface Disturbance {
  readonly atMs: number;
  /** Undefined when everything had ended before. */
  readonly killed: string | undefined;
  /** Whether all workers were killed at once after it, instead of being left to go on. */
  readonly allWorkers: boolean;
  readonly recoveryMs: number;
  /** What is different from an undisturbed demo. */
  readonly faults: readonly string[];
  /** Everything the workers said, for whoever looks for the cause. */
  readonly said: string;
}

/** Makes a demo, kills one process of its drain at a moment that `random` chooses, and lets one plain worker finish. */
export async function disturbDemo(home: string, random: () => number): Promise<Disturbance> {
  const dir = join(home, "demo");
  mkdirSync(dir, { recursive: true });
  fillDemoFolder(dir, demoEnvironment(home));
  const probe = probeDemo(dir, home);
  for (const command of [...SETUP, IMPORT]) expectDone(await probe.sluice(...command));
  const workers = AGENTS.map((name) =>
    Bun.spawn([SLUICE, ...workCommand(name)], {
      cwd: dir,
      env: probe.env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    }),
  );
  const output = Promise.all(workers.flatMap(({ stdout, stderr }) => [stdout.text(), stderr.text()]));
  const atMs = Math.floor(random() * DRAIN_MS);
  await Bun.sleep(atMs);
  const killed = killOne(dir, random);
  const allWorkers = random() < 0.5;
  if (allWorkers) for (const worker of workers) worker.kill("SIGKILL");
  const timer = setTimeout(() => workers.forEach((worker) => worker.kill("SIGKILL")), DISTURBED_MS);
  await Promise.all(workers.map(({ exited }) => exited));
  clearTimeout(timer);
  return { atMs, killed: killed?.command, allWorkers, ...(await recoverDemo(probe, output)) };
}

async function recoverDemo(
  probe: DemoProbe,
  output: Promise<readonly string[]>,
): Promise<Pick<Disturbance, "recoveryMs" | "faults" | "said">> {
  const startedAt = performance.now();
  const last = await run(["timeout", "120", SLUICE, ...workCommand(...AGENTS)], {
    cwd: probe.dir,
    env: probe.env,
  });
  const recoveryMs = Math.round(performance.now() - startedAt);
  const faults = [
    ...(last.code === 0 ? [] : [`the plain worker ended with ${last.code}`]),
    ...(recoveryMs <= RECOVERY_MS ? [] : [`the plain worker took ${recoveryMs} ms`]),
    ...(await faultsOf(probe)),
    ...processesOf(probe.dir).map(({ command }) => `still runs: ${command}`),
  ];
  const parts = [...(await output), last.stdout, last.stderr];
  return { recoveryMs, faults, said: parts.join("\n--\n") };
}

/** Any process of the demo: worker, agent, git, check, shell. */
function killOne(dir: string, random: () => number): DemoProcess | undefined {
  const all = processesOf(dir);
  const chosen = all[Math.floor(random() * all.length)];
  if (chosen === undefined) return undefined;
  try {
    process.kill(chosen.pid, "SIGKILL");
    return chosen;
  } catch {
    // It has ended meanwhile; another one will do.
    return killOne(dir, random);
  }
}

function expectDone({ code, stderr }: Ran): void {
  if (code !== 0) throw new Error(`The set-up of the demo ended with ${code}: ${stderr}`);
}
