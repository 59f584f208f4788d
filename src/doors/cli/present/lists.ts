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
    { title: "WHEN", path: ["at", "time"], as: "time" },
    { title: "WHO", path: "actor" },
    { title: "DOOR", path: "door", as: "dim" },
    { title: "WHAT", path: ["operation", "kind", "type"] },
    { title: "ON", path: ["ref", "stream"], as: "ref" },
    { title: "RUN", path: "run", as: "dim" },
    { title: "CHANGES", path: ["summary", "changes"], as: "flex" },
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
    { title: "OPEN", path: "open" },
  ],
  empty: "No projects yet. Add one with: sluice project add NAME --alias A",
});

export const repoList = table({
  rows: "repos",
  columns: [
    { title: "ALIAS", path: "alias", as: "ref" },
    { title: "PROJECT", path: "project" },
    { title: "PATH", path: ["path", "checkout"], as: "flex" },
    { title: "REMOTE", path: "remote", as: "flex" },
    { title: "BRANCH", path: ["default_branch", "branch"] },
    { title: "TARGET", path: "target" },
  ],
  empty: "No repos yet. Add one with: sluice repo add PATH",
});

export const laneList = table({
  rows: "lanes",
  columns: [
    { title: "LANE", path: "name", as: "ref" },
    { title: "ROLE", path: "role" },
    { title: "OPEN", path: ["count", "open"] },
  ],
  empty: "No lanes.",
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

export const tokenList = table({
  rows: "tokens",
  columns: [
    { title: "NAME", path: "name", as: "ref" },
    { title: "ACTOR", path: "actor" },
    { title: "AUTHORITY", path: "authority" },
    { title: "CREATED", path: "created_at", as: "time" },
    { title: "USED", path: ["used_at", "last_used_at"], as: "time" },
  ],
  empty: "No tokens. Make one with: sluice token add",
});
