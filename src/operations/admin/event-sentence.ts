import type { RefOf } from "#operations/item/item-ref.ts";
import { candidateRef } from "#domain/ref.ts";

/** What an entry of the history changed, by field: a value, or the old and the new one. */
type Changes = Readonly<Record<string, unknown>>;

/** The value after a change. */
const after = (change: unknown): unknown =>
  Array.isArray(change) && change.length === 2 ? change[1] : change;

const text = (change: unknown): string => {
  const value = after(change);
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
};

/** `words: TEXT`, or the words alone where there is no text. */
const worded = (words: string, said: unknown): string =>
  text(said) === "" ? words : `${words}: ${text(said)}`;

/** What follows from other fields, or says nothing to a person. */
const SILENT: ReadonlySet<string> = new Set([
  "version",
  "grant_by",
  "project_id",
  "fence",
  "tried",
  "ready_at",
]);

/** `priority to P3, labels` */
function fieldsOf(changes: Changes): string {
  return Object.entries(changes)
    .filter(([field]) => !SILENT.has(field))
    .map(([field, change]) => {
      const value = text(change);
      const name = field.replaceAll("_", " ");
      return value === "" ? `${name} to nothing` : value.length > 60 ? name : `${name} to ${value}`;
    })
    .join(", ");
}

const LINKS: Readonly<Record<string, string>> = { blocked_by: "blocked by", relates: "related to" };

function link(changes: Changes, refOf: RefOf): string {
  const named: readonly unknown[] = Array.isArray(changes["link"])
    ? Array.from<unknown>(changes["link"])
    : [];
  const [kind, of, id] = named;
  const to = of === "candidate" ? candidateRef(Number(id)) : refOf(Number(id));
  return `${LINKS[String(kind)] ?? String(kind)} ${to}`;
}

const scopeOf = ({ scope, name }: Changes): string =>
  scope === "workspace" ? "everything" : `${text(scope)} ${text(name)}`;

type Tell = (changes: Changes, refOf: RefOf) => string;

/** What an operation did, in the past tense. One that is not here is told by its name and the fields that it changed. */
const SENTENCES: Readonly<Record<string, Tell>> = {
  "project.add": ({ alias }) => `added the project ${text(alias)}`,
  "project.edit": (changes) =>
    "archived_at" in changes
      ? text(changes["archived_at"]) === ""
        ? "brought the project back"
        : "archived the project"
      : `set ${fieldsOf(changes)}`,
  "repo.add": ({ alias, path }) => `registered the repository ${text(alias)} at ${text(path)}`,
  "repo.edit": (changes) =>
    text(changes["removed_at"]) === "" ? `set ${fieldsOf(changes)}` : "removed the repository",
  "lane.edit": ({ lanes }) => `set the lanes to ${Array.isArray(lanes) ? lanes.join(", ") : text(lanes)}`,
  "config.set": (changes) => `set ${fieldsOf(changes)}`,
  "token.create": ({ actor, role }) => `created a token for ${text(actor)} as ${text(role)}`,
  "token.revoke": ({ actor }) => `revoked a token of ${text(actor)}`,
  add: ({ title, lane, candidate }) =>
    `${candidate === undefined ? "added" : `made an item of ${candidateRef(Number(candidate))}`} in ${text(lane)}: ${text(title)}`,
  propose: ({ title, source }) => `proposed, from ${text(source)}: ${text(title)}`,
  "gate.approve": ({ item }, refOf) => `approved it as ${refOf(Number(item))}`,
  "gate.reject": ({ reason }) => worded("rejected", reason),
  "gate.merge": ({ item, merged }, refOf) =>
    merged === undefined
      ? `merged it into ${refOf(Number(item))}`
      : `merged ${candidateRef(Number(merged))} into it`,
  "gate.expire": () => "let it expire: nobody decided for 30 days",
  "item.edit": (changes) => `set ${fieldsOf(changes)}`,
  "item.move": ({ lane, reason }) => worded(`moved to ${text(lane)}`, reason),
  "item.bump": () => "put it before all others",
  "item.snooze": ({ not_before }) => `snoozed it until ${text(not_before)}`,
  "item.close": ({ reason }) => worded("closed", reason),
  "item.drop": ({ reason }) => worded("dropped", reason),
  "item.reopen": ({ lane, reason }) =>
    worded(lane === undefined ? "reopened" : `reopened in ${text(lane)}`, reason),
  "item.unblock": ({ reason }) => worded("unblocked", reason),
  "link.add": (changes, refOf) => `linked it: ${link(changes, refOf)}`,
  "link.remove": (changes, refOf) => `removed a link: ${link(changes, refOf)}`,
  "evidence.add": ({ evidence }) =>
    `added evidence: ${Array.isArray(evidence) ? evidence.join(" ") : text(evidence)}`,
  note: () => "noted",
  "plan.set": ({ plan }) => `wrote version ${text(plan)} of the plan`,
  claim: () => "claimed",
  release: ({ reason }) => worded("gave it back", reason),
  block: ({ reason }) => worded("blocked", reason),
  ask: ({ question }) => worded("asked", question),
  decide: ({ answer, reason }) =>
    `decided: ${text(answer)}${text(reason) === "" ? "" : `, because: ${text(reason)}`}`,
  finish: ({ outcome, phase }) =>
    `finished: ${text(outcome).replaceAll("_", " ")}${text(phase) === "" ? "" : `, waits for ${PHASE_WORDS[text(phase)] ?? text(phase)}`}`,
  "run.end": ({ outcome, reason }) =>
    worded(`its run ended${text(outcome) === "" ? "" : ` (${text(outcome).replaceAll("_", " ")})`}`, reason),
  park: ({ reason }) => worded("parked it for a person", reason),
  "review.take": () => "took it for review",
  "review.leave": () => "left the review to others",
  "review.advance": ({ passed, phase }) =>
    `passed ${PHASE_WORDS[text(passed)] ?? text(passed)}${text(phase) === "" ? "" : `, waits for ${PHASE_WORDS[text(phase)] ?? text(phase)}`}`,
  "review.return": ({ reason }) => worded("sent back", reason),
  settle: ({ passed }) =>
    text(passed) === "" ? "done" : `passed ${PHASE_WORDS[text(passed)] ?? text(passed)}, done`,
  unland: ({ reason }) => worded("took it back", reason),
  unblock: (changes) => `open again, nothing blocks it${amendmentOf(changes)}`,
  "blocker.done": (changes) => `waits for one less${amendmentOf(changes)}`,
  "blocker.reopened": () => "blocked again: what it waited for is open again",
  "child.added": () => "waits for a part that was added",
  pause: (changes) => worded(`paused ${scopeOf(changes)}`, changes["reason"]),
  resume: (changes) => `resumed ${scopeOf(changes)}`,
  "sweep.end": ({ seen, by_result, minutes }) =>
    `swept: ${text(seen)} seen, ${results(by_result)}, ${text(minutes)} min`,
  undo: ({ undoes }) => `undid ${operationIn(undoes)}`,
};

/** What an item in review waits for, as a person says it. */
export const PHASE_WORDS: Readonly<Record<string, string>> = {
  verify: "its check",
  human: "a person's look",
  land: "landing",
  await_git: "git",
  evidence: "evidence",
};

/** `; amended: steps` where a block amended the item for when it goes on. */
const amendmentOf = ({ amended }: Changes): string =>
  typeof amended === "object" && amended !== null ? `; amended: ${Object.keys(amended).join(", ")}` : "";

const results = (found: unknown): string =>
  typeof found === "object" && found !== null && Object.keys(found).length > 0
    ? Object.entries(found)
        .map(([result, number]) => `${String(number)} ${result}`)
        .join(", ")
    : "nothing decided";

const operationIn = (undoes: unknown): string =>
  typeof undoes === "object" && undoes !== null && "operation" in undoes
    ? String(undoes.operation)
    : "a change";

/** What an entry of the history did, in one sentence without who and when: `asked: Which colour?`. */
export function eventSentence(operation: string, changes: Changes, refOf: RefOf): string {
  const tell = Object.hasOwn(SENTENCES, operation) ? SENTENCES[operation] : undefined;
  if (tell !== undefined) return tell(changes, refOf);
  const fields = fieldsOf(changes);
  return `${operation.replaceAll(/[._]/g, " ")}${fields === "" ? "" : `: ${fields}`}`;
}
