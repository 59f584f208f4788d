import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkerEvent } from "#worker/worker-event.ts";
import type { WorkerBench } from "#test/worker-bench.ts";

/** How one command of a run's agent ended. */
export interface Tried {
  readonly code: number;
  readonly stderr: string;
  readonly stdout: string;
}

export interface TriedInRun {
  readonly tried: readonly Tried[];
  readonly events: readonly WorkerEvent[];
}

/** A run whose agent runs these command lines in its worktree, one after the other, and then commits a file and reports. */
export async function tryInRun(b: WorkerBench, lines: readonly string[]): Promise<TriedInRun> {
  const out = b.sandbox.path("tried");
  mkdirSync(out, { recursive: true });
  const tries = lines.map((line, n) => {
    writeFileSync(join(out, `${n}.sh`), `${line}\n`);
    return `code=0; sh '${out}/${n}.sh' >'${out}/${n}.out' 2>'${out}/${n}.err' </dev/null || code=$?; echo $code >'${out}/${n}.code'`;
  });
  const finish = `echo done > done.txt; git add -A; git commit --quiet -m "Do it"; report finish changed`;
  const events = await b.work([b.agent("robot", [...tries, finish].join("\n"))]);
  const text = (n: number, kind: string) => readFileSync(join(out, `${n}.${kind}`), "utf8");
  const tried = lines.map((_, n) => ({
    code: Number(text(n, "code")),
    stderr: text(n, "err"),
    stdout: text(n, "out").trim(),
  }));
  return { tried, events };
}

export const types = (events: readonly WorkerEvent[]): readonly string[] => events.map(({ type }) => type);
