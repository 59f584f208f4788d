import { z } from "zod";
import { REGISTRY } from "#operations/registry.ts";
import type { McpBench } from "./mcp-bench.ts";

export interface ToolAnswer {
  readonly tool: string;
  readonly isRefused: boolean;
  /** The answer, or the refusal. */
  readonly structured: unknown;
  readonly text: string;
}

/** A text of more than 40 characters that stands nowhere else. */
const long = (about: string): string => `A text of more than forty characters, about ${about}`;

/** A day in a workspace, in which every tool is called at least once, with texts that are long and told apart. */
const DAY: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["project_edit", { project: "app", check: long("check").replaceAll(" ", "-") }],
  ["project_add", { name: long("project"), alias: "second" }],
  ["project_list", {}],
  ["project_show", { project: "app" }],
  ["repo_edit", { repo: "app", target: "local" }],
  ["repo_list", {}],
  ["repo_add", { path: "../again", alias: "again", project: "second" }],
  ["lane_list", {}],
  ["lane_edit", { lane: "waits_for_design", role: "decision", order: 3 }],
  ["config_list", {}],
  ["config_get", { key: "prefix" }],
  ["config_set", { key: "prefix", value: "OB" }],
  ["item_add", { title: long("one"), problem: long("problem"), lane: "autonomous_safe", project: "app" }],
  ["item_add", { title: long("two"), why: long("why"), lane: "autonomous_safe", project: "app" }],
  ["item_add", { title: long("three"), lane: "autonomous_safe", project: "app" }],
  ["item_add", { title: long("four"), lane: "autonomous_safe", project: "app" }],
  ["item_edit", { ref: "OB-1", acceptance: [long("acceptance")] }],
  ["item_list", {}],
  ["link_add", { ref: "OB-2", kind: "blocked_by", to: "OB-1" }],
  ["link_remove", { ref: "OB-2", kind: "blocked_by", to: "OB-1" }],
  ["item_bump", { ref: "OB-1" }],
  ["item_snooze", { ref: "OB-4", until: Date.now() + 86_400_000 }],
  ["why", { ref: "OB-4" }],
  ["item_move", { ref: "OB-4", lane: "requires_triage" }],
  ["evidence_add", { ref: "OB-1", evidence: { kind: "check", value: long("evidence") } }],
  ["token_create", { as: "ai:codex", role: "agent", projects: ["app"] }],
  ["token_list", {}],
  ["token_revoke", { token: 1 }],
  ["status", {}],
  ["wait", {}],
  ["next", {}],
  ["claim", { ref: "OB-1" }],
  ["plan_set", { ref: "OB-1", body: long("plan") }],
  ["plan_history", { ref: "OB-1" }],
  ["note", { ref: "OB-1", text: long("note") }],
  ["heartbeat", {}],
  ["run_list", {}],
  ["block", { note: long("block"), prerequisite: long("prerequisite") }],
  ["item_show", { ref: "OB-1" }],
  ["item_unblock", { ref: "OB-1", reason: long("unblock") }],
  ["claim", { ref: "OB-2" }],
  ["ask", { question: long("question"), options: [long("option a"), long("option b")] }],
  ["decide", { ref: "OB-2", answer: long("answer"), reason: long("decided") }],
  ["item_show", { ref: "OB-2" }],
  ["claim", { ref: "OB-2" }],
  ["release", { note: long("release") }],
  ["claim", { ref: "OB-2" }],
  ["finish", { note: long("finish") }],
  ["run_show", { run: "R-4" }],
  ["run_log", { run: "R-4" }],
  ["run_diff", { run: "R-4" }],
  ["claim", { ref: "OB-3" }],
  ["run_stop", { run: "R-5", note: long("stop") }],
  ["verify", { ref: "OB-2", note: long("verify") }],
  ["item_close", { ref: "OB-2", reason: long("close") }],
  ["item_show", { ref: "OB-2" }],
  ["item_reopen", { ref: "OB-2", reason: long("reopen") }],
  ["item_drop", { ref: "OB-2", reason: long("drop") }],
  ["propose", { title: long("proposed"), why: long("wish"), project: "app" }],
  ["propose", { title: long("another proposal"), project: "app" }],
  ["gate_list", {}],
  ["gate_approve", { candidates: ["C-1"], lane: "requires_triage" }],
  ["gate_reject", { candidates: ["C-2"], reason: long("reject") }],
  ["propose", { title: long("a duplicate"), project: "app" }],
  ["gate_merge", { candidate: "C-4", into: "OB-4" }],
  ["pause", { project: "app", reason: long("pause") }],
  ["why", { ref: "OB-3" }],
  ["next", {}],
  ["status", {}],
  ["resume", { project: "app" }],
  ["todo_check", { files: ["TODO.md"] }],
  ["todo_import", { files: ["TODO.md"], project: "app" }],
  ["todo_export", { files: ["TODO.md"] }],
  ["git_scan", {}],
  ["who", { sha: "0123456789" }],
  ["starvation", {}],
  ["doctor", {}],
  ["doctor_fix", {}],
  ["log_archive", {}],
  ["log_seal", {}],
  ["log_denials", {}],
  ["log", {}],
  ["item_bump", { ref: "OB-4" }],
  ["undo", {}],
  ["project_archive", { project: "second" }],
  ["repo_remove", { repo: "again" }],
  ["next", {}],
];

/** Calls every tool as a person would let their assistant do it. */
export async function everyTool(bench: McpBench): Promise<readonly ToolAnswer[]> {
  await bench.cli.git("clone", "--quiet", ".", "../again");
  bench.cli.write(
    "TODO.md",
    `# To do\n\n## ${long("todo")}\n\n- Status: open\n- Problem: ${long("field")}\n`,
  );
  const agent = await bench.connect({ args: ["--toolset", "all", "--as", "human:ada"] });
  // From then on the client holds every answer against its schema.
  await agent.client.listTools();
  const seen: ToolAnswer[] = [];
  for (const [tool, input] of DAY) {
    const { isError = false, content, structuredContent } = await agent.call(tool, input);
    const { text } = content[0];
    const refusal: unknown = isError ? JSON.parse(text) : undefined;
    seen.push({
      tool,
      isRefused: isError,
      structured: structuredContent ?? refusal,
      text: isError ? "" : text,
    });
  }
  const called = new Set(DAY.map(([tool]) => tool));
  const missing = Object.keys(REGISTRY).filter((name) => !called.has(name.replaceAll(".", "_")));
  z.array(z.never()).parse(missing);
  return seen;
}
