import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";

/** What git, forges and time decided meanwhile: the index, what it settles, candidates that nobody looked at. A failure here stops no work. */
export async function keepUpWithGit(context: Context, emit: (event: object) => void): Promise<void> {
  try {
    const expired = await context.store.gate.expire({ by: context.caller });
    const { scanGit } = await import("#operations/git/scan-git.ts");
    const { repos, ...decided } = await scanGit.run(context, {});
    emit({
      type: "scanned",
      commits: repos.reduce((sum, repo) => sum + repo.commits, 0),
      missing: repos.filter((repo) => repo.missing).map((repo) => repo.repo),
      ...decided,
      expired,
    });
  } catch (error) {
    const problem = error instanceof SluiceError ? error : new SluiceError("internal", String(error));
    emit({ type: "problem", code: problem.code, message: problem.message });
  }
}

/** The same again and again until the signal comes: reviewers and checks speak while a worker waits for work. */
export async function keepUpEvery(
  context: Context,
  everyMs: number,
  ended: AbortSignal,
  emit: (event: object) => void,
): Promise<void> {
  for (;;) {
    await context.sleep(everyMs, ended).catch(() => {}); // it ends
    if (ended.aborted) return;
    await keepUpWithGit(context, emit);
  }
}
