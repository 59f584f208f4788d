import { counted } from "#domain/text/counted.ts";
import { formatDuration, relativeTime } from "#cli/duration.ts";
import { padCells, safeLine } from "./fit.ts";
import type { Answer, Presenter, View } from "./presenter.ts";
import { queueLines } from "./queue-lines.ts";

/** A name, and what stands there; undefined and "" are left out. */
type Fact = readonly [name: string, value: string | number | undefined];

const onOff = (value: boolean | undefined) => (value === undefined ? undefined : value ? "yes" : "no");

/** One line for each fact, aligned. */
function factLines(facts: readonly Fact[], { paint }: View): readonly string[] {
  const known = facts.filter(([, value]) => value !== undefined && value !== "");
  const widest = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${paint.dim(padCells(name, widest))}  ${safeLine(String(value))}`);
}

type Run = Answer<"run.show">["run"];

/** An attempt at an item: who, when, what came of it, what it cost, and where its work is. */
export const runCard: Presenter<Answer<"run.show">> = ({ run }, view) => {
  const { bold } = view.paint;
  const ago = (iso: string | undefined) => (iso === undefined ? undefined : relativeTime(iso, view.now));
  const second = 1_000;
  return [
    `${bold(safeLine(run.ref))} on ${bold(safeLine(run.item))}`,
    ...factLines(
      [
        ["Outcome", run.outcome],
        ["Reported", run.reported],
        ["Reason", run.reason],
        ["Held by", run.holder],
        ["Runner", run.runner],
        ["Host", run.host],
        ["Kept in", run.isolation],
        ["Session", run.session],
        ["Resumes", run.resumes],
        ["Plan version", run.plan_version],
        ["Started", ago(run.started_at)],
        ["Ended", ago(run.ended_at)],
        ["Check began", ago(run.check_began_at)],
        ["Worked", run.worked_ms && formatDuration(Math.ceil(run.worked_ms / second) * second)],
        ["Tokens", tokensText(run)],
        ["Cost", run.cost_usd === undefined ? undefined : `${run.cost_usd} USD`],
        ["Log", run.log_bytes && `${counted(run.log_bytes, "byte")}: sluice run log ${run.ref}`],
      ],
      view,
    ),
    ...run.repos.flatMap(({ alias, target, branch, worktree, base, head }) => [
      "",
      bold(safeLine(alias)),
      ...factLines(
        [
          ["Target", target],
          ["Branch", branch],
          ["Worktree", worktree],
          ["Base", base],
          ["Head", head],
        ],
        view,
      ),
    ]),
  ].join("\n");
};

function tokensText({ usage }: Run): string | undefined {
  if (usage === undefined) return undefined;
  const { input_tokens: read, output_tokens: written } = usage;
  const { cache_read_tokens: cached, cache_write_tokens: stored } = usage;
  return `${read} in, ${written} out, ${cached} read from the cache, ${stored} written to it`;
}

type Project = Answer<"project.show">["project"];

/** A project's settings, its repositories and its queue. */
export const projectCard: Presenter<Answer<"project.show">> = ({ project, repos, queue }, view) => {
  const { bold } = view.paint;
  const lines = queueLines(queue, view.now);
  return [
    `${bold(safeLine(project.alias))}  ${safeLine(project.name)}`,
    ...factLines(projectFacts(project, view.now), view),
    ...repos.flatMap((repo) => [
      "",
      bold(safeLine(`Repo ${repo.alias}`)),
      ...factLines(repoFacts(repo), view),
    ]),
    "",
    bold("Queue"),
    ...(lines.length === 0 ? ["empty"] : lines),
  ].join("\n");
};

function projectFacts({ policy, ...project }: Project, now: number): readonly Fact[] {
  return [
    ["Weight", project.weight],
    ["Bound", project.max_leases === undefined ? undefined : counted(project.max_leases, "lease")],
    ["Landing", project.landing],
    ["Check", project.check],
    ["Budget", budgetText(project.budget)],
    ["Budget a day", budgetText(project.day_budget)],
    ["Gate", policy.gate],
    ["Prerequisites", policy.prerequisites],
    ["A person reviews", onOff(policy.human_review)],
    ["Commits close items", onOff(policy.commits_close)],
    ["Sandbox", policy.sandbox],
    ["Network of checks", policy.network],
    ["Fast-forward", onOff(policy.fast_forward)],
    ["Question defaults allowed by", policy.question_defaults_by],
    ...policy.approve.map(({ name, version, source, label, lane, by }): Fact => {
      const what = [source, label].filter((part) => part !== undefined).join(", ");
      return [`Approved by rule ${name}`, `${what} into ${lane}, version ${version} by ${by}`];
    }),
    ["Archived", project.archived_at === undefined ? undefined : relativeTime(project.archived_at, now)],
  ];
}

/** Enough of a commit's name to know it by. */
const SHORT_SHA = 7;
const LANDED = {
  landed: "landed",
  waits: "waits",
  returned: "went back",
  refused: "was not landed",
} as const;

/** A line for each result: where it is, or why it is not there. */
export const landedLines: Presenter<Answer<"land">> = ({ results }, { paint }) => {
  if (results.length === 0) return "Nothing waits to land.";
  const lines = results.map(({ ref, result, note, commits }) => {
    const at = commits.map(({ target, commit }) => `${target} is at ${commit.slice(0, SHORT_SHA)}`);
    const more = note ?? at.join(", ");
    const text = `${paint.bold(safeLine(ref))} ${LANDED[result]}`;
    return more === "" ? text : `${text}: ${safeLine(more.split("\n")[0] ?? "")}`;
  });
  return lines.join("\n");
};

function repoFacts(repo: Answer<"project.show">["repos"][number]): readonly Fact[] {
  return [
    ["Path", repo.path === undefined || !repo.missing ? repo.path : `${repo.path} (missing)`],
    ["Remote", repo.remote],
    ["Root commit", repo.root_commit],
    ["Branch", repo.default_branch],
    ["Target", repo.target],
    ["Setup", repo.setup],
    ["Copies", repo.copies.join(", ")],
    ["Caches", repo.caches.join(", ")],
    ["Test paths", repo.test_paths.join(", ")],
    ["Protected", repo.protected.join(", ")],
    ["Fast-forward", onOff(repo.fast_forward)],
  ];
}

function budgetText(budget: Project["budget"]): string | undefined {
  if (budget === undefined) return undefined;
  const { tokens, usd, minutes } = budget;
  return [
    tokens === undefined ? "" : counted(tokens, "token"),
    usd === undefined ? "" : `${usd} USD`,
    minutes === undefined ? "" : counted(minutes, "minute"),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** What came of a sweep: `19 seen: 11 autonomous_safe, 5 rejected; 6 min`. */
export function sweepSentence(
  seen: number,
  results: Readonly<Record<string, number>>,
  minutes: number,
): string {
  const parts = Object.entries(results).map(([result, number]) => `${number} ${result}`);
  return `${seen} seen: ${parts.length === 0 ? "nothing decided" : parts.join(", ")}; ${minutes} min`;
}
