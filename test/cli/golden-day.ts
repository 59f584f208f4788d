import type { OperationName } from "#operations/registry.ts";

/** One call: by a person, by an agent that holds what it claimed last, or by one that holds nothing. */
export interface Call {
  readonly by: "ada" | "codex" | "robin";
  readonly name: OperationName;
  readonly input: Readonly<Record<string, unknown>>;
}

const ada = (name: OperationName, input: Call["input"] = {}): Call => ({ by: "ada", name, input });
const codex = (name: OperationName, input: Call["input"] = {}): Call => ({ by: "codex", name, input });
const robin = (name: OperationName, input: Call["input"] = {}): Call => ({ by: "robin", name, input });

/** Hours that pass between two calls. */
export interface Pass {
  readonly hours: number;
}

const LANE = { lane: "autonomous_safe", project: "app" };
const LOGIN = "Keep people signed in for thirty days, also after the browser was closed";
const WHY = "Every second mail to support is about a login that was lost over the weekend.";
const TTL = 2 * 3_600_000;

/** A day in a workspace in which every operation is called: what each shows is kept in `golden/`. */
export const GOLDEN_DAY: readonly (Call | Pass)[] = [
  ada("project.add", { name: "Web shop", alias: "web" }),
  ada("project.edit", { project: "app", check: "npm test", landing: "merge" }),
  ada("project.list"),
  ada("repo.add", { paths: ["app"], project: "app" }),
  ada("repo.add", { paths: ["again"], alias: "again", project: "web" }),
  ada("repo.edit", { repo: "app", target: "local" }),
  ada("repo.list"),
  ada("lane.list"),
  ada("lane.edit", { lane: "waits_for_design", role: "decision", order: 3 }),
  ada("config.list"),
  ada("config.get", { key: "prefix" }),
  ada("config.set", { key: "prefix", value: "OB" }),
  ada("token.create", { as: "ai:codex", role: "agent", projects: ["app"], expires: 30 * 86_400_000 }),
  ada("token.list"),
  ada("token.revoke", { token: 1 }),
  ada("status"),
  ada("next"),
  ada("item.list"),
  { hours: 1 },
  ada("item.add", {
    ...LANE,
    title: LOGIN,
    why: WHY,
    problem: "The session cookie has no lifetime, so a browser forgets it when it is closed.",
    steps: [{ text: "Give the cookie a lifetime of thirty days" }, { text: "Say so on the login page" }],
    acceptance: ["A test closes the browser, opens it again a day later, and is still signed in"],
    labels: ["auth"],
    priority: "P1",
  }),
  ada("item.add", { ...LANE, kind: "research", title: "Find out which tax a buyer in Norway pays" }),
  ada("item.add", { ...LANE, title: "Remove the old checkout" }),
  ada("item.add", { ...LANE, title: "Send receipts as PDF" }),
  ada("item.edit", { ref: "OB-4", priority: "P3" }),
  ada("link.add", { ref: "OB-3", kind: "blocked_by", to: "OB-1" }),
  ada("why", { ref: "OB-3" }),
  ada("link.remove", { ref: "OB-3", kind: "blocked_by", to: "OB-1" }),
  ada("item.bump", { ref: "OB-2" }),
  ada("item.snooze", { ref: "OB-4", until: Date.now() + 30 * 3_600_000 }),
  ada("why", { ref: "OB-4" }),
  ada("why", { ref: "OB-1" }),
  ada("item.move", { ref: "OB-4", lane: "requires_triage" }),
  ada("evidence.add", { ref: "OB-1", evidence: { kind: "url", value: "https://shop.example/login" } }),
  ada("wait"),
  ada("next"),
  { hours: 1 },
  codex("claim", { ref: "OB-1", ttl: TTL }),
  codex("plan.set", { ref: "OB-1", body: "# Plan\n\n1. Set Max-Age on the cookie.\n2. Test it.\n" }),
  codex("plan.history", { ref: "OB-1" }),
  codex("note", { ref: "OB-1", text: "The cookie is set in two places; both need the lifetime." }),
  codex("heartbeat", { ttl: TTL }),
  ada("item.show", { ref: "OB-1" }),
  ada("item.list"),
  ada("status"),
  ada("run.list"),
  ada("run.stop", { run: "R-1", note: "Wait until the release is out" }),
  codex("claim", { ref: "OB-1", ttl: TTL }),
  codex("ask", { question: "Should the thirty days start anew at each visit?", options: ["Yes", "No"] }),
  ada("decide", { ref: "OB-1", answer: "Yes", reason: "People expect it" }),
  codex("claim", { ref: "OB-1", ttl: TTL }),
  codex("block", { note: "The cookie library is too old", prerequisite: "Update the cookie library" }),
  ada("status"),
  ada("item.unblock", { ref: "OB-1", reason: "It is new enough" }),
  codex("claim", { ref: "OB-2", ttl: TTL }),
  codex("release", { note: "Somebody else knows taxes better" }),
  codex("claim", { ref: "OB-2", ttl: TTL }),
  codex("finish", { outcome: "no_change", note: "It is 25 percent, except for books" }),
  ada("run.show", { run: "R-5" }),
  ada("run.log", { run: "R-5" }),
  ada("run.diff", { run: "R-5" }),
  ada("return", { ref: "OB-2", changes: "Name the books" }),
  codex("claim", { ref: "OB-2", ttl: TTL }),
  codex("finish", { outcome: "no_change", note: "It is 25 percent, and 0 for printed books" }),
  ada("verify", { ref: "OB-2", note: "Read and tried" }),
  ada("land", { all: true }),
  ada("item.close", { ref: "OB-3", reason: "It was removed last week" }),
  ada("item.reopen", { ref: "OB-2", reason: "What of second-hand books?" }),
  ada("item.drop", { ref: "OB-2", reason: "We do not sell to Norway" }),
  robin("propose", { title: "Delete sessions that have ended", why: "The table grows", project: "app" }),
  robin("propose", { title: "Log failed logins", project: "app" }),
  robin("propose", { title: "Log failed logins", project: "app" }),
  robin("propose", { title: "Log logins that failed", project: "app" }),
  { hours: 3 },
  ada("sweep.next", { of: "gate", session: "s" }),
  ada("sweep.end", { session: "s", seen: 3, results: { rejected: 2, requires_triage: 1 }, minutes: 4 }),
  ada("inbox"),
  ada("gate.list"),
  ada("gate.show", { candidate: "C-1" }),
  ada("gate.approve", { candidates: ["C-2"], lane: "requires_triage" }),
  ada("gate.reject", { candidates: ["C-3"], reason: "The proxy logs them" }),
  ada("gate.merge", { candidate: "C-4", into: "OB-4" }),
  ada("pause", { project: "app", reason: "Release" }),
  ada("next"),
  ada("resume", { project: "app" }),
  ada("todo.check", { files: ["TODO.md"] }),
  ada("todo.import", { files: ["TODO.md"], project: "app" }),
  ada("todo.export", { files: ["TODO.md"] }),
  ada("git.scan"),
  ada("who", { of: "COMMIT" }),
  ada("starvation"),
  ada("project.show", { project: "app" }),
  ada("doctor"),
  ada("doctor.fix"),
  ada("log.denials"),
  ada("log.seal"),
  ada("log.archive"),
  ada("log.redact", { text: "Norway", reason: "Not for others", dryRun: true }),
  ada("log", { limit: 12 }),
  ada("item.bump", { ref: "OB-4" }),
  ada("undo"),
  ada("project.archive", { project: "web" }),
  ada("repo.remove", { repo: "again" }),
];
