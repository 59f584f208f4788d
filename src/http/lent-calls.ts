/** Of the calls between a machine and a server; other programs speak another. It grows when a call changes its meaning or form. */
export const WORKER_PROTOCOL = 1;

/**
 * Calls of the store that what runs at the caller's own place makes one by one: what it reads, and what it writes beside a worker's
 * operations. A worker writes through those alone.
 */
export const LENT_CALLS: ReadonlySet<string> = new Set([
  "now",
  "projects.get",
  "projects.byId",
  "projects.list",
  "projects.repo",
  "projects.repoById",
  "projects.repos",
  "projects.repoAt",
  "projects.prefixes",
  "projects.settings",
  "projects.setSetting",
  "projects.addRepo",
  "projects.editRepo",
  "gate.get",
  "gate.expire",
  "items.get",
  "items.list",
  "items.resolve",
  "items.addEvidence",
  "items.close",
  "items.reopen",
  "items.unland",
  "claims.summary",
  "claims.pauses",
  "claims.advance",
  "claims.return",
  "runs.get",
  "runs.list",
  "runs.landings",
  "runs.breaker",
  "runs.pullRequests",
  "runs.lookedAtPullRequest",
  "commits.heads",
  "commits.find",
  "commits.ofItem",
  "commits.closing",
  "commits.record",
]);
