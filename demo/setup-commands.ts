import { FIXTURES } from "./demo-folder.ts";

const CHECK = "node --test";

/** What the operator lets pass without looking: a heading of the TODO.md decides. All else waits. */
const POLICY = [
  { name: "ready", source: "todo-md", label: "Ready", lane: "autonomous_safe" },
  { name: "questions", source: "todo-md", label: "To decide", lane: "requires_decision" },
];

/** The commands that make the workspace, one project, and register the repositories. */
export const SETUP: readonly (readonly string[])[] = [
  ["init"],
  [
    "project",
    "add",
    "Reading club",
    "--alias",
    "club",
    "--check",
    CHECK,
    "--prerequisites",
    "inherit",
    ...POLICY.flatMap((rule) => ["--approve", JSON.stringify(rule)]),
  ],
  ...FIXTURES.map(({ name }) => ["repo", "add", name, "-p", "club", "--test-path", "none"]),
];

/** The command that proposes what the TODO.md files say. */
export const IMPORT: readonly string[] = ["todo", "import", ...FIXTURES.map(({ name }) => `${name}/TODO.md`)];

/** The command that starts a worker with one or more of the demo's agents. */
export const workCommand = (...agents: readonly string[]): readonly string[] => [
  "work",
  ...agents.flatMap((name) => ["--runner", `${name}=agents/${name}`]),
  "--until-empty",
];
