import type { z } from "zod";
import type { Context } from "#operations/context.ts";
import { invoke } from "#operations/invoke.ts";
import type { Operation } from "#operations/operation.ts";
import { showRun } from "#operations/run/show-runs.ts";
import { claimWork, renewLease, reportWorker } from "./claim-work.ts";
import { intendLanding, settleLanding } from "./land-result.ts";
import { lookAround } from "./look-around.ts";
import { openWork } from "./open-work.ts";
import { endRun, recordRun } from "./record-run.ts";
import { advanceReview, leaveReview, returnReview } from "./review-result.ts";

/**
 * Everything that a worker asks and writes, each write one transaction. Under a lease a repeated call is refused or answers the same.
 */
const WORKER_OPERATIONS = {
  report: reportWorker,
  look: lookAround,
  claim: claimWork,
  open: openWork,
  run: showRun,
  renew: renewLease,
  record: recordRun,
  end: endRun,
  intend: intendLanding,
  settle: settleLanding,
  advance: advanceReview,
  return: returnReview,
  leave: leaveReview,
} as const;

type Call<O> = O extends Operation<infer I, infer A> ? (input: z.input<I>) => Promise<z.output<A>> : never;

/** The way in which a worker asks and writes, on its own machine's workspace and on a server's. */
export type WorkerPort = {
  readonly [N in keyof typeof WORKER_OPERATIONS]: Call<(typeof WORKER_OPERATIONS)[N]>;
};

/** @param context of the worker itself; where a server keeps the workspace, it does each call there */
export function workerPort(context: Context): WorkerPort {
  const call =
    <I extends z.ZodType, A extends z.ZodType>(operation: Operation<I, A>) =>
    async (input: z.input<I>): Promise<z.output<A>> =>
      operation.output.parse(await invoke(context, operation, input));
  const { report, look, claim, open, run, renew, record, end, intend, settle, advance, leave } =
    WORKER_OPERATIONS;
  return {
    report: call(report),
    look: call(look),
    claim: call(claim),
    open: call(open),
    run: call(run),
    renew: call(renew),
    record: call(record),
    end: call(end),
    intend: call(intend),
    settle: call(settle),
    advance: call(advance),
    return: call(WORKER_OPERATIONS.return),
    leave: call(leave),
  };
}
