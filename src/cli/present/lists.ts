import { changesText } from "./changes-text.ts";
import type { Presenter } from "./presenter.ts";
import { listIn, valueIn } from "./read-json.ts";
import { safeLine } from "./safe-text.ts";
import { table } from "./table.ts";

export const itemList = table({
  rows: "items",
  columns: [
    { title: "REF", path: "ref", as: "ref" },
    { title: "TITLE", path: "title", as: "flex" },
    { title: "STATE", path: "state" },
    { title: "LANE", path: "lane" },
    { title: "PRI", path: "priority" },
    { title: "PROJECT", path: "project" },
    { title: "HOLDER", path: "lease.holder" },
    { title: "ANSWER DUE", path: "answer_by", as: "time" },
    { title: "UPDATED", path: "updated_at", as: "time" },
  ],
  empty: 'No items match. Add one with: sluice item add -t "…"',
});

export const candidateList = table({
  rows: "candidates",
  columns: [
    { title: "REF", path: "ref", as: "ref" },
    { title: "TITLE", path: "title", as: "flex" },
    { title: "STATE", path: "state" },
    { title: "BY", path: "proposed_by" },
    { title: "SOURCE", path: "source" },
    { title: "PROJECT", path: "project" },
    { title: "AGE", path: "proposed_at", as: "time" },
  ],
  empty: "The gate is empty: no candidate waits for you.",
});

export const rejectedList = table({
  rows: "rejected",
  columns: [
    { title: "CANDIDATE", path: "ref", as: "ref" },
    { title: "TITLE", path: "title", as: "flex" },
    { title: "REASON", path: "reason", as: "flex" },
  ],
  empty: "Nothing was rejected.",
});

export const approvedList = table({
  rows: "approved",
  columns: [
    { title: "CANDIDATE", path: "candidate.ref", as: "ref" },
    { title: "ITEM", path: "item.ref", as: "ref" },
    { title: "TITLE", path: "item.title", as: "flex" },
    { title: "LANE", path: "item.lane" },
  ],
  empty: "Nothing was approved.",
});

export const runList = table({
  rows: "runs",
  columns: [
    { title: "RUN", path: "ref", as: "ref" },
    { title: "ITEM", path: "item", as: "ref" },
    { title: "RUNNER", path: "runner" },
    { title: "RESUMES", path: "resumes", as: "ref" },
    { title: "BY", path: "holder" },
    { title: "OUTCOME", path: "outcome" },
    { title: "REASON", path: "reason", as: "flex" },
    { title: "STARTED", path: "started_at", as: "time" },
    { title: "ENDED", path: "ended_at", as: "time" },
  ],
  empty: "No runs yet. Start agents with: sluice work",
});

export const eventList = table({
  rows: "events",
  columns: [
    { title: "WHEN", path: "at", as: "time" },
    { title: "WHO", path: "actor" },
    { title: "WHAT", path: "operation" },
    { title: "ON", path: ["ref", "stream"], as: "ref" },
    { title: "RUN", path: "run", as: "dim" },
    { title: "DOOR", path: "door", as: "dim" },
    { title: "CHANGES", path: "changes", as: "flex", text: changesText },
  ],
  empty: "No events yet.",
});

export const projectList = table({
  rows: "projects",
  columns: [
    { title: "ALIAS", path: "alias", as: "ref" },
    { title: "NAME", path: "name", as: "flex" },
    { title: "WEIGHT", path: "weight" },
    { title: "LANDING", path: "landing" },
    { title: "CHECK", path: "check", as: "flex" },
    { title: "ARCHIVED", path: "archived_at", as: "time" },
  ],
  empty: (output) =>
    valueIn(output, "archived") === undefined
      ? "No projects yet. Add one with: sluice project add NAME --alias A"
      : "Every project is archived. See: sluice project list --archived",
});

const missingMark = (row: unknown): string => (valueIn(row, "missing") === true ? "missing" : "");

export const repoList = table({
  rows: "repos",
  columns: [
    { title: "ALIAS", path: "alias", as: "ref" },
    { title: "PROJECT", path: "project" },
    { title: "PATH", path: "path", as: "flex" },
    { title: "REMOTE", path: "remote", as: "flex" },
    { title: "BRANCH", path: "default_branch" },
    { title: "TARGET", path: "target" },
    { title: "HERE", path: "missing", text: missingMark },
  ],
  empty: "No repos yet. Add one with: sluice repo add PATH",
});

const scannedRepos = table({
  rows: "repos",
  columns: [
    { title: "REPO", path: "repo", as: "ref" },
    { title: "PROJECT", path: "project" },
    { title: "COMMITS", path: "commits" },
    { title: "REFS", path: "refs" },
    { title: "BRANCHES", path: "branches" },
    { title: "HERE", path: "missing", text: missingMark },
  ],
  empty: "No repos yet. Add one with: sluice repo add PATH",
});

/** What a scan read, and what it decided about items. */
export const scanList: Presenter = (output, view) => {
  const decided = [
    ["settled", "Settled"],
    ["closed", "Closed"],
    ["unlanded", "Back in review, its commit is gone from the target"],
    ["reopened", "Open again in triage"],
  ] as const;
  const lines = decided.flatMap(([key, what]) => {
    const refs = listIn(output, key).map((ref) => safeLine(String(ref)));
    return refs.length === 0 ? [] : [`${what}: ${refs.join(", ")}`];
  });
  return [scannedRepos(output, view), ...lines].join("\n");
};

export const laneList = table({
  rows: "lanes",
  columns: [
    { title: "ORDER", path: "order" },
    { title: "LANE", path: "name", as: "ref" },
    { title: "ROLE", path: "role" },
  ],
  empty: "No lanes.",
});

export const tokenList = table({
  rows: "tokens",
  columns: [
    { title: "TOKEN", path: "id" },
    { title: "WHO", path: "actor" },
    { title: "ROLE", path: "role" },
    { title: "PROJECTS", path: "projects", as: "flex" },
    { title: "BY", path: "created_by" },
    { title: "USED", path: "last_used_at", as: "time" },
    { title: "EXPIRES", path: "expires_at", as: "time" },
    { title: "REVOKED", path: "revoked_at", as: "time" },
  ],
  empty: "No tokens. Create one with: sluice token create --as ai:NAME --role agent",
});

export const denialList = table({
  rows: "denials",
  columns: [
    { title: "LAST", path: "last_at", as: "time" },
    { title: "WHO", path: "actor" },
    { title: "WHAT", path: "operation" },
    { title: "TIMES", path: "times" },
    { title: "NEEDED", path: "needed", as: "flex" },
    { title: "HAD", path: "has", as: "flex" },
    { title: "DOOR", path: "door", as: "dim" },
    { title: "TOKEN", path: "token", as: "dim" },
  ],
  empty: "Nobody was denied anything.",
});

export const settingList = table({
  rows: "settings",
  columns: [
    { title: "SETTING", path: "key", as: "ref" },
    { title: "VALUE", path: "value", as: "flex" },
  ],
  empty: "No settings.",
});

export const pauseList = table({
  rows: "paused",
  columns: [
    { title: "PAUSED", path: "name", as: "ref" },
    { title: "WHAT", path: "scope" },
    { title: "BY", path: "by" },
    { title: "SINCE", path: "at", as: "time" },
    { title: "REASON", path: "reason", as: "flex" },
  ],
  empty: "Nothing is paused.",
});

export const proposalList = table({
  rows: "proposals",
  columns: [
    { title: "REF", path: ["ref", "item.ref", "item"], as: "ref" },
    { title: "PROPOSAL", path: ["kind", "action"] },
    { title: "BECAUSE", path: ["reason", "text", "evidence"], as: "flex" },
  ],
  empty: "Nothing to change: every item agrees with git.",
});

export const pressureList = table({
  rows: "projects",
  columns: [
    { title: "PROJECT", path: "name", as: "ref" },
    { title: "READY", path: "waiting" },
    { title: "OLDEST", path: "oldest_at", as: "time" },
    { title: "CAME", path: "arrivals" },
    { title: "TAKEN", path: "drains" },
    { title: "STARVED", path: "starved" },
    { title: "FLOODS", path: "floods" },
  ],
  empty: "There are no projects.",
});
