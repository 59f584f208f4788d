import { itemCard, itemHead } from "./whole-item.ts";
import type { Answer, Presenter, View } from "./presenter.ts";
import { queueLines } from "./queue-lines.ts";
import { relativeTime } from "#cli/duration.ts";
import { safeLine, safeText } from "./fit.ts";

/** An item, or the brief that was asked for in its place. */
export const shownItem: Presenter<Answer<"item.show">> = ({ item, brief }, view) => {
  if (brief !== undefined) return safeText(brief).trimEnd();
  return item === undefined ? "" : itemCard(item, view);
};

/** The item, and the lease to give back with `finish`, `block` or `release`. */
export const claimCard: Presenter<Answer<"claim">> = ({ item, lease, run, brief }, view) => {
  const id = safeLine(lease.id);
  return [
    shownItem({ item, brief }, view),
    "",
    `Lease ${view.paint.bold(id)}, ends ${relativeTime(lease.expires_at, view.now)}, run ${safeLine(run.ref)}`,
    view.paint.dim(`Then: sluice note, sluice finish ${id}, or sluice block ${id} --note "why"`),
  ].join("\n");
};

const ADD_WORK = 'Add work with: sluice item add -t "…" --lane autonomous_safe';

/** The item that a claim would take, or why there is none. */
export const nextCard: Presenter<Answer<"next">> = ({ item, why }, view) => {
  const { dim } = view.paint;
  if (item !== undefined) return `${itemHead(item, view)}\n\n${dim("Claim it with: sluice claim")}`;
  const lines = why === undefined ? [] : queueLines(why, view.now);
  return [
    "Nothing can be claimed now.",
    ...(lines.length === 0 ? [dim(ADD_WORK)] : lines.map((line) => `  ${line}`)),
  ].join("\n");
};

/** A time as answers write it. */
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** Why an item cannot be claimed now, or how many stand before it. */
export const whyCard: Presenter<Answer<"why">> = (answer, { paint, now }) => {
  const ref = paint.bold(safeLine(answer.ref));
  const { ahead, more_ahead: isMore = false, next_step: next } = answer;
  if (answer.claimable) {
    const place = ahead === 0 ? "it is next" : `${ahead}${isMore ? " or more" : ""} before it`;
    return `${ref} ${paint.green("can be claimed")}: ${place}`;
  }
  const reasons = answer.reasons.map(
    ({ text }) => `  - ${safeLine(text).replace(TIME, (iso) => relativeTime(iso, now))}`,
  );
  const step = next === undefined ? [] : [`  ${paint.bold("next:")} ${safeLine(next)}`];
  return [`${ref} ${paint.yellow("cannot be claimed now")}`, ...reasons, ...step].join("\n");
};

/** A candidate that was filed, or the one that was there already, with what it may be a duplicate of. */
export const proposedCard: Presenter<Pick<Answer<"propose">, "candidate">> = ({ candidate }, { paint }) => {
  const { filed, similar, state, reason } = candidate;
  const ref = paint.bold(safeLine(candidate.ref));
  const why = reason === undefined ? "" : `: ${safeLine(reason)}`;
  return [
    filed ? `${ref} waits at the gate` : `${ref} was proposed before and is ${state}${why}`,
    ...similar.map(
      (one) => `  ${paint.dim("like")} ${[one.ref, one.title, one.state].map(safeLine).join("  ")}`,
    ),
  ].join("\n");
};

/** Every version of a plan in full, in the order of the answer. */
export const planPages: Presenter<Answer<"plan.history">> = ({ plans }, { paint, now }) => {
  if (plans.length === 0) return "No plan yet. Set one with: sluice plan set REF --file F";
  return plans
    .map(({ version, actor, at, body }) => {
      const by = paint.dim(`${safeLine(actor)}, ${relativeTime(at, now)}`);
      return `${paint.bold(`Version ${version}`)}  ${by}\n${safeText(body).trimEnd()}`;
    })
    .join("\n\n");
};

type Commit = Answer<"who">["commits"][number];

/** Who did a commit and why: the commit, then each item it belongs to. */
export const commitStory: Presenter<Answer<"who">> = ({ commits }, view) =>
  commits.map((commit) => commitLines(commit, view).join("\n")).join("\n\n") || "No commit of it is known.";

function commitLines(commit: Commit, view: View): readonly string[] {
  const { bold, dim } = view.paint;
  const { sha, subject, repo, author, authored_at: at, items } = commit;
  return [
    `${bold(safeLine(sha.slice(0, 12)))}  ${safeLine(subject)}`,
    dim(`${safeLine(`${repo}, ${author}`)}, ${relativeTime(at, view.now)}`),
    ...(items.length === 0
      ? ["It names no item, and no run made it."]
      : items.flatMap((item) => ["", ...commitItem(item, view)])),
  ];
}

function commitItem(item: Commit["items"][number], { paint }: View): readonly string[] {
  const runner = [item.holder, item.runner].filter((part) => part !== undefined).join(", ");
  const facts = [
    [item.landed ? "landed by" : "made by", item.run === undefined ? undefined : `${item.run} (${runner})`],
    ["on", item.landed?.target],
    ["plan version", item.plan_version],
    ["said", item.note?.split("\n")[0]],
    ["proposed by", item.proposed_by],
    ["written by", item.proposed_by === undefined ? item.created_by : undefined],
    ["approved by", item.approved_by],
    ["granted by", item.granted_by],
  ] as const;
  return [
    `${paint.bold(safeLine(item.ref))}  ${safeLine(item.title)}  ${paint.dim(safeLine(item.state))}`,
    ...facts.flatMap(([name, value]) =>
      value === undefined ? [] : [`  ${name} ${safeLine(String(value))}`],
    ),
    ...item.decisions.map(({ question, answer, by }) =>
      safeLine(`  decided: ${question} ${answer}${by === undefined ? "" : ` (${by})`}`),
    ),
  ];
}
