import { brief } from "#operations/item/brief.ts";
import type { WorkerDeps } from "#worker/worker-deps.ts";

/** The text a run starts from, with the places where it works. */
export const workerBrief: WorkerDeps["brief"] = (detail, { ref, places, earlier, resumes }) => {
  const prefix = ref.slice(0, ref.lastIndexOf("-"));
  return brief({
    detail,
    refOf: (id) => `${prefix}-${id}`,
    runs: earlier.toReversed(),
    resumes,
    repos: [
      ...places.map(({ alias, dir, branch, base }) => ({
        alias,
        role: "target" as const,
        path: dir,
        branch,
        base,
      })),
      ...detail.repos.filter((repo) => repo.role === "context"),
    ],
  });
};
