import { z } from "zod";
import { Line } from "#domain/text/bounded-text.ts";

export const RepoAlias = z.string().max(64).describe("Alias of the repository");
const PathList = z.array(z.string().min(1).max(4096)).max(100).optional();

/** Settings of a repository that both `add` and `edit` take. */
export const REPO_FIELDS = {
  target: z.enum(["local", "remote"]).optional().describe("Where results land; default local"),
  defaultBranch: z.string().min(1).max(250).optional().describe("Branch that results land on"),
  setup: Line.optional().describe("Command that makes a fresh worktree usable"),
  copies: PathList.describe("File to copy from the checkout into each worktree, such as .env").meta({
    flag: "copy",
  }),
  caches: PathList.describe("Folder that worktrees share, such as node_modules").meta({ flag: "cache" }),
  testPaths: PathList.describe("Where tests are; a change to them is checked with the old ones too"),
  protectedPaths: PathList.describe("Paths whose change a person must see, such as .github/").meta({
    flag: "protect",
  }),
  fastForward: z.boolean().optional().describe("A clean checkout of the target may be moved along"),
};
