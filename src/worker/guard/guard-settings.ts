/** A file of git's configuration that names the guard's hooks. */
export const guardConfig = (hooks: string): string =>
  `[core]\n\thooksPath = "${hooks.replaceAll(/["\\]/g, "\\$&")}"\n`;

/**
 * Settings by which git reads such a file in these repositories, in whichever worktree, and in no other.
 * @param file the file's path
 * @param repos common directories; one with a line break in its path cannot be named so, and stays without a guard
 */
export function guardSettings(
  file: string,
  repos: readonly string[],
): readonly (readonly [name: string, value: string])[] {
  return repos
    .filter((repo) => !repo.includes("\n"))
    .flatMap((repo) => {
      const dir = repo.replaceAll(/[\\*?[]/g, "\\$&");
      return [dir, `${dir}/worktrees/*`];
    })
    .map((pattern) => [`includeIf.gitdir:${pattern}.path`, file]);
}
