import type { Baseline, Claimed } from "./baseline/baseline.ts";
import { FINISHED, type Held, type Loop, NOTE, PLAN, ran } from "./loop-interfaces.ts";
import { lineReader } from "./line-reader.ts";

const EVIDENCE = [[FINISHED.kind, FINISHED.value]] as const;
const held = ({ item, lease }: Claimed): Held => ({ ref: String(item), lease });

export function baselineInProcess({ claim, note, plan, finish, close }: Baseline): Loop {
  return {
    claim: async () => held(await claim({ brief: true })),
    work: async ({ lease }) => {
      await note({ lease, text: NOTE });
      await plan({ lease, body: PLAN });
      await finish({ lease, note: FINISHED.note, evidence: EVIDENCE });
    },
    close,
  };
}

/** Sends a step and answers what came back. */
type Take = (step: string, input: object) => Promise<string>;

function loopOf(take: Take, close: () => Promise<void>): Loop {
  return {
    claim: async () => held(JSON.parse(await take("claim", { brief: true })) as Claimed),
    work: async ({ lease }) => {
      await take("note", { lease, text: NOTE });
      await take("plan", { lease, body: PLAN });
      await take("finish", { lease, note: FINISHED.note, evidence: EVIDENCE });
    },
    close,
  };
}

export function baselineProcesses(program: string, place: string): Loop {
  const take: Take = async (step, input) => ran([program, place, step, JSON.stringify(input)], {});
  return loopOf(take, async () => {});
}

export function baselineSession(program: string, place: string): Loop {
  const child = Bun.spawn([program, place, "session"], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const line = lineReader(child.stdout);
  const take: Take = async (step, input) => {
    void child.stdin.write(`${JSON.stringify([step, input])}\n`);
    void child.stdin.flush();
    return await line();
  };
  return loopOf(take, async () => {
    await child.stdin.end();
    await child.exited;
  });
}
