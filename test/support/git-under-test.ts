import { createGit } from "#git/create-git.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { GitSandbox } from "./git-fixture.ts";

/** The real port over a sandbox. The clock stands at a fixed time unless one is given. */
export function gitUnderTest(sandbox: GitSandbox, now: () => number = () => 1_750_000_000_000): GitPort {
  let calls = 0;
  return createGit({
    env: sandbox.env,
    stateDir: sandbox.path("state"),
    now,
    nonce: () => `nonce-${calls++}`,
  });
}
