import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { redactSecrets } from "#domain/text/redaction.ts";
import { runRef } from "#domain/ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { knownRun } from "./run-diff.ts";
import { RunRef } from "./run-view.ts";

const DEFAULT_LOG_BYTES = 64 * 1024;
const MAX_LOG_BYTES = 4 * 1024 * 1024;

export const runLog = defineOperation({
  name: "run.log",
  summary: "Show the end of a run's log.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({
    run: RunRef,
    bytes: z
      .int()
      .min(1)
      .max(MAX_LOG_BYTES)
      .default(DEFAULT_LOG_BYTES)
      .describe("How many bytes to show, from the end"),
  }),
  output: z.object({ run: z.string(), log: z.string(), truncated: z.boolean() }),
  errors: ["not_found"],
  positional: ["run"],
  examples: [{ command: "sluice run log R-31", does: "Read the end of its log" }],
  run: async (context, { run, bytes }) => {
    const { files, caller } = context;
    const { id, host, logPath } = await knownRun(context, run);
    const ref = runRef(id);
    if (logPath === null) return { run: ref, log: "", truncated: false };
    if (host !== null && host !== caller.host)
      throw new SluiceError("not_found", `The log of ${ref} is on ${host}`, {
        hint: "Run the command on that machine",
        details: { ref, host },
      });
    const all = await files.read(logPath);
    const truncated = all.length > bytes;
    const text = new TextDecoder().decode(truncated ? all.subarray(all.length - bytes) : all);
    const log = redactSecrets(text);
    return { run: ref, log: truncated ? log.slice(log.indexOf("\n") + 1) : log, truncated };
  },
});
