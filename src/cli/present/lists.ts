import type { Answer, Presenter } from "./presenter.ts";
import { relativeTime } from "#cli/duration.ts";
import { cutCells, safeLine, wrapCells } from "./fit.ts";
import { table, type Column } from "./table.ts";

export const itemList = table({
  rows: ({ items }: Answer<"item.list">) => items,
  columns: [
    { title: "REF", text: ({ ref }) => ref, as: "ref" },
    { title: "TITLE", text: ({ title }) => title, as: "flex" },
    { title: "STATE", text: ({ state }) => state },
    { title: "LANE", text: ({ lane }) => lane },
    { title: "PRI", text: ({ priority }) => priority },
    { title: "PROJECT", text: ({ project }) => project },
    { title: "HOLDER", text: ({ lease }) => lease?.holder },
    { title: "ANSWER DUE", text: ({ answer_by }) => answer_by, as: "time" },
    { title: "UPDATED", text: ({ updated_at }) => updated_at, as: "time" },
  ],
  next: ({ page }) => page.next,
  empty: 'No items match. Add one with: sluice item add -t "…"',
});

export const candidateList = table({
  rows: ({ candidates }: Answer<"gate.list">) => candidates,
  columns: [
    { title: "REF", text: ({ ref }) => ref, as: "ref" },
    { title: "TITLE", text: ({ title }) => title, as: "flex" },
    { title: "STATE", text: ({ state }) => state },
    { title: "BY", text: ({ proposed_by }) => proposed_by },
    { title: "SOURCE", text: ({ source }) => source },
    { title: "PROJECT", text: ({ project }) => project },
    { title: "AGE", text: ({ proposed_at }) => proposed_at, as: "time" },
  ],
  next: ({ page }) => page.next,
  empty: "The gate is empty: no candidate waits for you.",
});

export const rejectedList = table({
  rows: ({ rejected }: Answer<"gate.reject">) => rejected,
  columns: [
    { title: "CANDIDATE", text: ({ ref }) => ref, as: "ref" },
    { title: "TITLE", text: ({ title }) => title, as: "flex" },
    { title: "REASON", text: ({ reason }) => reason, as: "flex" },
  ],
  empty: "Nothing was rejected.",
});

export const approvedList = table({
  rows: ({ approved }: Answer<"gate.approve">) => approved,
  columns: [
    { title: "CANDIDATE", text: ({ candidate }) => candidate.ref, as: "ref" },
    { title: "ITEM", text: ({ item }) => item.ref, as: "ref" },
    { title: "TITLE", text: ({ item }) => item.title, as: "flex" },
    { title: "LANE", text: ({ item }) => item.lane },
  ],
  empty: "Nothing was approved.",
});

export const runList = table({
  rows: ({ runs }: Answer<"run.list">) => runs,
  columns: [
    { title: "RUN", text: ({ ref }) => ref, as: "ref" },
    { title: "ITEM", text: ({ item }) => item, as: "ref" },
    { title: "RUNNER", text: ({ runner }) => runner },
    { title: "RESUMES", text: ({ resumes }) => resumes, as: "ref" },
    { title: "BY", text: ({ holder }) => holder },
    { title: "OUTCOME", text: ({ outcome }) => outcome },
    { title: "REASON", text: ({ reason }) => reason, as: "flex" },
    { title: "STARTED", text: ({ started_at }) => started_at, as: "time" },
    { title: "ENDED", text: ({ ended_at }) => ended_at, as: "time" },
  ],
  next: ({ page }) => page.next,
  empty: "No runs yet. Start agents with: sluice work",
});

const rawEvents = table({
  rows: ({ events }: Answer<"log">) => events,
  columns: [
    { title: "WHEN", text: ({ at }) => at, as: "time" },
    { title: "WHO", text: ({ actor }) => actor },
    { title: "WHAT", text: ({ operation }) => operation },
    { title: "ON", text: ({ ref, stream }) => ref ?? stream, as: "ref" },
    { title: "RUN", text: ({ run }) => run, as: "dim" },
    { title: "INTERFACE", text: (one) => one.interface, as: "dim" },
    { title: "CHANGES", text: ({ changes }) => changesText(changes ?? {}), as: "flex" },
  ],
  next: ({ page }) => page.next,
  empty: "No events yet.",
});

/** Cells of what was said with an entry, at most. */
const SAID_CELLS = 200;

/** Who did what: a sentence each, and what was said below it. With `--raw` the fields as they changed. */
export const eventList: Presenter<Answer<"log">> = (answer, view) => {
  const { events, page } = answer;
  if (events.length === 0 || events.some(({ text }) => text === undefined)) return rawEvents(answer, view);
  const { paint, width } = view;
  const whens = events.map(({ at }) => relativeTime(at, view.now).replace(/ ago$/, ""));
  const widest = Math.max(...whens.map((when) => when.length));
  const lines = events.flatMap(({ actor, ref, run, text = "", said }, at) => {
    const head = `${(whens[at] ?? "").padStart(widest)}  `;
    const who = `${safeLine(actor)}${run === undefined ? "" : ` ${run}`}`;
    const told = `${who}  ${ref === undefined ? "" : `${ref} `}${safeLine(text)}`;
    const pad = " ".repeat(widest + 2);
    const body = width === undefined ? told : wrapCells(told, width - widest - 2);
    const shown = body.split("\n").map((line, index) => (index === 0 ? paint.dim(head) + line : pad + line));
    if (said === undefined) return shown;
    const words = `“${cutCells(safeLine(said), SAID_CELLS)}”`;
    const quoted = width === undefined ? words : wrapCells(words, width - widest - 4);
    return [...shown, ...quoted.split("\n").map((line) => `${pad}  ${line}`)];
  });
  return [
    ...lines,
    ...(page.next === null ? [] : [paint.dim(`More: add --cursor ${safeLine(page.next)}`)]),
  ].join("\n");
};

export const projectList = table({
  rows: ({ projects }: Answer<"project.list">) => projects,
  columns: [
    { title: "ALIAS", text: ({ alias }) => alias, as: "ref" },
    { title: "NAME", text: ({ name }) => name, as: "flex" },
    { title: "WEIGHT", text: ({ weight }) => weight },
    { title: "LANDING", text: ({ landing }) => landing },
    { title: "CHECK", text: ({ check }) => check, as: "flex" },
    { title: "ARCHIVED", text: ({ archived_at }) => archived_at, as: "time" },
  ],
  empty: ({ archived }) =>
    archived === undefined
      ? "No projects yet. Add one with: sluice project add NAME --alias A"
      : "Every project is archived. See: sluice project list --archived",
});

const missingMark = ({ missing }: { readonly missing: boolean }): string => (missing ? "missing" : "");

export const repoList = table({
  rows: ({ repos }: Answer<"repo.list">) => repos,
  columns: [
    { title: "ALIAS", text: ({ alias }) => alias, as: "ref" },
    { title: "PROJECT", text: ({ project }) => project },
    { title: "PATH", text: ({ path }) => path, as: "flex" },
    { title: "REMOTE", text: ({ remote }) => remote, as: "flex" },
    { title: "BRANCH", text: ({ default_branch }) => default_branch },
    { title: "TARGET", text: ({ target }) => target },
    { title: "HERE", text: missingMark },
  ],
  empty: "No repos yet. Add one with: sluice repo add PATH",
});

const scannedRepos = table({
  rows: ({ repos }: Answer<"git.scan">) => repos,
  columns: [
    { title: "REPO", text: ({ repo }) => repo, as: "ref" },
    { title: "PROJECT", text: ({ project }) => project },
    { title: "COMMITS", text: ({ commits }) => commits },
    { title: "REFS", text: ({ refs }) => refs },
    { title: "BRANCHES", text: ({ branches }) => branches },
    { title: "HERE", text: missingMark },
  ],
  empty: "No repos yet. Add one with: sluice repo add PATH",
});

/** What a scan read, and what it decided about items. */
export const scanList: Presenter<Answer<"git.scan">> = (answer, view) => {
  const decided = [
    [answer.settled, "Settled"],
    [answer.closed, "Closed"],
    [answer.unlanded, "Back in review, its commit is gone from the target"],
    [answer.reopened, "Open again in triage"],
    [answer.returned, "Back with agents, its pull request was sent back"],
  ] as const;
  const lines = decided.flatMap(([refs, what]) =>
    refs.length === 0 ? [] : [`${what}: ${refs.map((ref) => safeLine(ref)).join(", ")}`],
  );
  return [scannedRepos(answer, view), ...lines].join("\n");
};

export const laneList = table({
  rows: ({ lanes }: Answer<"lane.list">) => lanes,
  columns: [
    { title: "ORDER", text: ({ order }) => order },
    { title: "LANE", text: ({ name }) => name, as: "ref" },
    { title: "ROLE", text: ({ role }) => role },
  ],
  empty: "No lanes.",
});

export const tokenList = table({
  rows: ({ tokens }: Answer<"token.list">) => tokens,
  columns: [
    { title: "TOKEN", text: ({ id }) => id },
    { title: "WHO", text: ({ actor }) => actor },
    { title: "ROLE", text: ({ role }) => role },
    { title: "PROJECTS", text: ({ projects }) => projects?.join(", "), as: "flex" },
    { title: "BY", text: ({ created_by }) => created_by },
    { title: "USED", text: ({ last_used_at }) => last_used_at, as: "time" },
    { title: "EXPIRES", text: ({ expires_at }) => expires_at, as: "time" },
    { title: "REVOKED", text: ({ revoked_at }) => revoked_at, as: "time" },
  ],
  next: ({ page }) => page.next,
  empty: "No tokens. Create one with: sluice token create --as ai:NAME --role agent",
});

export const denialList = table({
  rows: ({ denials }: Answer<"log.denials">) => denials,
  columns: [
    { title: "LAST", text: ({ last_at }) => last_at, as: "time" },
    { title: "WHO", text: ({ actor }) => actor },
    { title: "WHAT", text: ({ operation }) => operation },
    { title: "TIMES", text: ({ times }) => times },
    { title: "NEEDED", text: ({ needed }) => needed, as: "flex" },
    { title: "HAD", text: ({ has }) => has, as: "flex" },
    { title: "INTERFACE", text: (one) => one.interface, as: "dim" },
    { title: "TOKEN", text: ({ token }) => token, as: "dim" },
  ],
  next: ({ page }) => page.next,
  empty: "No call was denied.",
});

export const settingList = table({
  rows: ({ settings }: Answer<"config.list">) => settings,
  columns: [
    { title: "SETTING", text: ({ key }) => key, as: "ref" },
    { title: "VALUE", text: ({ value }) => value, as: "flex" },
  ],
  empty: "No settings.",
});

export const pauseList = table({
  rows: ({ paused }: Answer<"pause">) => paused,
  columns: [
    { title: "PAUSED", text: ({ name }) => name, as: "ref" },
    { title: "WHAT", text: ({ scope }) => scope },
    { title: "BY", text: ({ by }) => by },
    { title: "SINCE", text: ({ at }) => at, as: "time" },
    { title: "REASON", text: ({ reason }) => reason, as: "flex" },
  ],
  empty: "Nothing is paused.",
});

const PRESSURE: readonly Column<Answer<"starvation">["lanes"][number]>[] = [
  { title: "READY", text: ({ waiting }) => waiting },
  { title: "OLDEST", text: ({ oldest_at }) => oldest_at, as: "time" },
  { title: "IN", text: ({ arrivals }) => arrivals },
  { title: "OUT", text: ({ drains }) => drains },
  { title: "STARVED", text: ({ starved }) => (starved ? "starved" : "") },
  { title: "GROWS", text: ({ floods }) => (floods ? "grows" : "") },
];

const projectPressure = table({
  rows: ({ projects }: Answer<"starvation">) => projects,
  columns: [{ title: "PROJECT", text: ({ name }) => name, as: "ref" }, ...PRESSURE],
  empty: "No projects.",
});

const lanePressure = table({
  rows: ({ lanes }: Answer<"starvation">) => lanes,
  columns: [{ title: "LANE", text: ({ name }) => name, as: "ref" }, ...PRESSURE],
  empty: "No lanes.",
});

/** What waits, came and was taken, by project and by lane. */
export const pressureList: Presenter<Answer<"starvation">> = (answer, view) =>
  `${projectPressure(answer, view)}\n\n${lanePressure(answer, view)}`;

/** What an event changed, in one line: `state: open → done, lane: triage`. */
function changesText(changes: Answer<"log">["events"][number]["changes"] & object): string {
  return Object.entries(changes)
    .map(([field, change]) => `${field}: ${changeText(change)}`)
    .join(", ");
}

/** Two values are the old and the new one. */
function changeText(change: unknown): string {
  const isPair = Array.isArray(change) && change.length === 2;
  return isPair ? change.map((value: unknown) => jsonText(value)).join(" → ") : jsonText(change);
}

function jsonText(value: unknown): string {
  if (value === undefined || value === null || value === "") return "none";
  if (Array.isArray(value)) return value.map((one: unknown) => jsonText(one)).join(", ") || "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
