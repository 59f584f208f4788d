import { realpathSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import type { RepoFacts } from "#operations/ports/git.ts";
import { decode, type GitRunner } from "./run-git.ts";

type Place = Pick<RepoFacts, "commonDir" | "topLevel" | "bare" | "shallow" | "superproject">;

/** Where a path's repository is. Refuses with `invalid` outside one, with `denied` when git does not trust its owner. */
export async function repoPlace(git: GitRunner, path: string): Promise<Place> {
  const flags = ["--is-bare-repository", "--is-shallow-repository", "--is-inside-work-tree"];
  const result = await git.run({
    cwd: path,
    args: ["rev-parse", "--path-format=absolute", ...flags, "--git-common-dir"],
  });
  if (result.exit !== 0) throw await noRepository(git, path);
  const [bare, shallow, inside, ...dir] = decode(result.stdout).replace(/\n$/, "").split("\n");
  const commonDir = realpathSync(dir.join("\n"));
  const facts = {
    commonDir,
    bare: await isBare(git, commonDir, bare === "true"),
    shallow: shallow === "true",
  };
  if (inside !== "true") return facts;
  const topLevel = await line(git, path, "--show-toplevel");
  const superproject = await line(git, path, "--show-superproject-working-tree");
  return { ...facts, topLevel, ...(superproject === "" ? {} : { superproject }) };
}

/** A linked worktree of a bare repository is not bare itself, its repository is. */
async function isBare(git: GitRunner, commonDir: string, here: boolean): Promise<boolean> {
  if (here) return true;
  const result = await git.run({ cwd: commonDir, args: ["config", "--type=bool", "--get", "core.bare"] });
  return decode(result.stdout).trim() === "true";
}

async function line(git: GitRunner, cwd: string, question: string): Promise<string> {
  return (await git.text({ cwd, args: ["rev-parse", "--path-format=absolute", question] })).replace(
    /\n$/,
    "",
  );
}

/** Git exits alike for "no repository" and "not trusted"; a second question with trust for any path tells them apart. */
async function noRepository(git: GitRunner, path: string): Promise<SluiceError> {
  const trusted = await git.run({ cwd: path, args: ["-c", "safe.directory=*", "rev-parse", "--git-dir"] });
  if (trusted.exit === 0)
    return new SluiceError(
      "denied",
      `Another user owns the repository at ${JSON.stringify(path)}, git does not read it`,
      {
        hint: "If you trust it, run: git config --global --add safe.directory PATH",
        details: { path },
      },
    );
  return new SluiceError("invalid", `${JSON.stringify(path)} is in no git repository`, {
    hint: "Give a directory inside a repository, or run git init there first.",
    details: { field: "path", value: path, accepted: "a directory inside a git repository" },
  });
}
