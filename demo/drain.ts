import { AGENTS } from "./demo-folder.ts";
import { PREREQUISITE } from "./playbook.ts";
import { workCommand } from "./setup-commands.ts";
import type { SluiceCli } from "./sluice-cli.ts";
import { eventLine, followWorker, type RunningWorker, type WorkEvent } from "./watch-workers.ts";
import type { Terminal } from "./terminal.ts";

/** How long a worker that was asked to stop may take before it is killed: its agents get 10 s to end. */
const STOP_MS = 15_000;

/**
 * Two workers, one per runner, drain the agents' lane together. When somebody takes the prerequisite of the refused item, the
 * runner that refused ends its shift, so that the item is picked up cold by the other.
 */
export async function drain(cli: SluiceCli, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const workers = AGENTS.map((runner): RunningWorker => {
    const command = cli.start(...workCommand(runner));
    return { runner, command };
  });
  const onAbort = () => void stop(workers);
  signal.addEventListener("abort", onAbort, { once: true });
  const startedAt = performance.now();
  let refusing: RunningWorker | undefined;
  let told = false;
  const onEvent = (worker: RunningWorker) => (event: WorkEvent) => {
    const line = eventLine(terminal, (performance.now() - startedAt) / 1000, worker.runner, event);
    if (line !== undefined) terminal.line(line);
    if (event.type === "ended" && event.outcome === "blocked") refusing = worker;
    if (event.type !== "claimed" || event.title !== PREREQUISITE || refusing === undefined || told) return;
    told = true;
    const text = `${refusing.runner} refused the item behind this, so it ends its shift here (SIGTERM)`;
    terminal.line(terminal.dim(`        ${text}`));
    refusing.command.kill("SIGTERM");
  };
  const codes = await Promise.all(workers.map((worker) => followWorker(worker, onEvent(worker))));
  signal.removeEventListener("abort", onAbort);
  signal.throwIfAborted();
  const failed = codes.find((code) => code !== 0);
  if (failed !== undefined) throw new Error(`A worker ended with exit code ${failed}`);
}

/** The second SIGTERM stops what runs and gives the items back. */
async function stop(workers: readonly RunningWorker[]): Promise<void> {
  const kill = (name: NodeJS.Signals) => {
    for (const { command } of workers) command.kill(name);
  };
  kill("SIGTERM");
  await Bun.sleep(100);
  kill("SIGTERM");
  const timer = setTimeout(() => kill("SIGKILL"), STOP_MS);
  await Promise.all(workers.map(({ command }) => command.exited));
  clearTimeout(timer);
}
