import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Loop } from "./count-loop.ts";

/** The same task for everybody. */
const TASK = {
  title: "Validate webhook signatures",
  text: "Anyone can post to /webhook: the signature header is read and never compared. Compare it with a digest of the body, before the body is parsed.",
  acceptance: "A forged signature is answered with 401 and logged",
  plan: "1. Read the raw body. 2. Compare the digests in constant time. 3. Answer 401 on a mismatch.",
  note: "The raw body is gone after the JSON middleware; the check must stand before it.",
  done: "Signatures are compared before parsing; a test posts a forged one.",
} as const;

export interface Bench {
  /** An empty folder, which is the agent's home too. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: (command: readonly string[]) => void;
}

const SLUICE = join(import.meta.dir, "..", "..", "bin", "sluice");

/** Claim leases, shows, and says what was tried before, in one call. */
export function sluiceLoop({ home, env, run }: Bench): Loop {
  run([SLUICE, "init"]);
  run([SLUICE, "project", "add", "App", "--alias", "app"]);
  const spec = ["--problem", TASK.text, "--accept", TASK.acceptance];
  run([SLUICE, "item", "add", "-t", TASK.title, ...spec, "--lane", "autonomous_safe"]);
  return {
    name: "Sluice",
    command: [SLUICE, "mcp"],
    cwd: home,
    env,
    steps: [
      ["claim", "claim", {}],
      ["plan", "plan_set", { ref: "OB-1", body: TASK.plan }],
      ["note", "note", { ref: "OB-1", text: TASK.note }],
      ["finish", "finish", { note: TASK.done }],
    ],
    remark: "the claim is leased; finished is in review",
  };
}

/** Without leases: who takes a task writes their name on it. */
export function backlogLoop({ home, env, run }: Bench, peers: string): Loop {
  const program = join(peers, "node_modules", ".bin", "backlog");
  run([program, "init", "app", "--defaults", "--integration-mode", "mcp"]);
  run([program, "task", "create", TASK.title, "-d", TASK.text, "--ac", TASK.acceptance]);
  const id = "TASK-1";
  return {
    name: "Backlog.md 1.52.0",
    command: [program, "mcp", "start"],
    cwd: home,
    env,
    steps: [
      ["read how to work, as its instructions ask", "get_backlog_instructions", {}],
      ["pick", "task_list", { status: "To Do" }],
      ["read", "task_view", { id }],
      ["take", "task_edit", { id, status: "In Progress", assignee: ["@agent"] }],
      ["plan", "task_edit", { id, planSet: TASK.plan }],
      ["note", "task_edit", { id, notesAppend: [TASK.note] }],
      ["finish", "task_edit", { id, status: "Done", finalSummary: TASK.done }],
    ],
    remark: "no lease: two agents can take one task",
  };
}

/** Its tools that write text ask a model of their own, which needs a key: plan and note are left out. */
export function taskMasterLoop({ home, env }: Bench, peers: string): Loop {
  const folder = join(home, ".taskmaster", "tasks");
  mkdirSync(folder, { recursive: true });
  const { title, text: description, acceptance: testStrategy } = TASK;
  const task = { id: "1", title, description, details: description, testStrategy, subtasks: [] };
  const tasks = [{ ...task, status: "pending", priority: "medium", dependencies: [] }];
  writeFileSync(join(folder, "tasks.json"), JSON.stringify({ master: { tasks, metadata: {} } }));
  const projectRoot = home;
  return {
    name: "Task Master 0.43.1",
    command: ["node", join(peers, "node_modules", "task-master-ai", "dist", "mcp-server.js")],
    cwd: home,
    env,
    steps: [
      ["pick", "next_task", { projectRoot }],
      ["take", "set_task_status", { id: "1", status: "in-progress", projectRoot }],
      ["finish", "set_task_status", { id: "1", status: "done", projectRoot }],
    ],
    remark: "no lease; plan and note need a model of its own, and are not counted",
  };
}
