import type { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { type ForgeRepo, numberInAddress } from "#domain/forge/pull-request.ts";
import type { ForgePort, OpenedPullRequest, PullRequestWish } from "#operations/ports/forge.ts";
import { asksForChanges, LineComments, Listed, sightOf, Viewed } from "./gh-answers.ts";
import type { GhResult, GhRunner } from "./run-gh.ts";

/** The exit code by which it says that it is not signed in to this host. */
const NOT_SIGNED_IN = 4;
const VIEWED = "state,mergeCommit,mergeable,statusCheckRollup,latestReviews";
/** Line comments of one page, GitHub's most. */
const PER_PAGE = 100;

/** GitHub, and what speaks as it does, through the program `gh`. Every text of an item is one word of the call or goes through stdin. */
export function ghForge(gh: GhRunner): ForgePort {
  return {
    open: (wish) => open(gh, wish),
    look: async ({ repo, number }) => {
      const viewed = await gh.run(["pr", "view", String(number), repoFlag(repo), `--json=${VIEWED}`]);
      if (viewed === undefined || viewed.exit === NOT_SIGNED_IN) return undefined;
      const answer = parsed(Viewed, succeeded(viewed));
      return sightOf(answer, asksForChanges(answer) ? await lineComments(gh, repo, number) : []);
    },
    close: async ({ repo, number, comment }) => {
      const closed = await gh.run(["pr", "close", String(number), repoFlag(repo), `--comment=${comment}`]);
      if (closed !== undefined && closed.exit !== NOT_SIGNED_IN) succeeded(closed);
    },
  };
}

const repoFlag = ({ host, path }: ForgeRepo): string => `--repo=${host}/${path}`;

async function open(gh: GhRunner, wish: PullRequestWish): Promise<OpenedPullRequest> {
  const { repo, branch, target, title, body } = wish;
  const place = [repoFlag(repo), `--head=${branch}`, `--base=${target}`];
  const listed = await gh.run(["pr", "list", ...place, "--state=open", "--limit=1", "--json=number,url"]);
  if (listed === undefined) return { kind: "unserved", why: "the program gh is not installed" };
  if (listed.exit === NOT_SIGNED_IN) return { kind: "unserved", why: `gh is not signed in to ${repo.host}` };
  const [known] = parsed(Listed, succeeded(listed));
  if (known !== undefined) return { kind: "opened", ...known };
  const made = await gh.run(["pr", "create", ...place, `--title=${title}`, "--body-file=-"], body);
  if (made === undefined || made.exit === NOT_SIGNED_IN)
    return { kind: "unserved", why: `gh is not signed in to ${repo.host}` };
  const url = succeeded(made).trim().split("\n").at(-1) ?? "";
  const number = numberInAddress(url);
  if (number === undefined) throw unreadable(url);
  return { kind: "opened", number, url };
}

async function lineComments(gh: GhRunner, { host, path }: ForgeRepo, number: number) {
  const address = `repos/${path}/pulls/${number}/comments?per_page=${PER_PAGE}`;
  const answer = await gh.run(["api", `--hostname=${host}`, address]);
  return answer === undefined ? [] : parsed(LineComments, succeeded(answer));
}

function succeeded({ exit, stdout, stderr }: GhResult): string {
  if (exit === 0) return stdout;
  throw new SluiceError("unavailable", `gh failed: ${stderr === "" ? `it exited with ${exit}` : stderr}`, {
    hint: "Check that the forge answers and that you may write there: gh auth status",
    details: { forge: true },
  });
}

function parsed<S extends z.ZodType>(schema: S, text: string): z.output<S> {
  const answer = schema.safeParse(jsonOf(text));
  if (!answer.success) throw unreadable(text);
  return answer.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unreadable = (text: string): SluiceError =>
  new SluiceError("unavailable", `gh printed an answer that sluice cannot read: ${text.slice(0, 200)}`, {
    hint: "Update gh, then try again",
    details: { forge: true },
  });
