import type { OutsideCall } from "#cli/outside-command.ts";
import type { Context } from "#operations/context.ts";

/** The project's checks, run by this process for a person, wherever the workspace is. Loads a worker's parts on first use. */
export const personChecks =
  (call: Pick<OutsideCall, "surroundings" | "globals">, context: Context): NonNullable<Context["checks"]> =>
  async () => {
    const [{ checkForPerson }, { workerDeps }] = await Promise.all([
      import("#worker/review/check-for-person.ts"),
      import("./wire-worker.ts"),
    ]);
    return checkForPerson(await workerDeps(call, context, {}));
  };
