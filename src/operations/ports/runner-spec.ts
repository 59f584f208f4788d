import { z } from "zod";

/** One argument of a program: no NUL, which no argument can hold. */
const Argument = z
  .string()
  .max(131_072)
  .regex(/^[^\0]*$/);
const Word = Argument.min(1);

/** Names of the worker's variables that the run gets too, `AWS_REGION` or `AWS_*`; default none. */
const passEnv = z
  .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*\*?$/))
  .readonly()
  .optional();

/** Whether a run goes on with the session of a run before it that was cut off or has its answer now. Default true. */
const resume = z.boolean().optional();

/** A program of the operator's own: gets the brief on stdin and as a file, the context as environment. */
export const CommandRunnerSpec = z.strictObject({
  kind: z.literal("command"),
  /** Program and arguments, passed on as they are; never a shell line. At least one. */
  argv: z.array(Argument).min(1).readonly(),
  passEnv,
});
export type CommandRunnerSpec = Readonly<z.infer<typeof CommandRunnerSpec>>;

/** Claude Code, run headless. */
export const ClaudeCodeRunnerSpec = z.strictObject({
  kind: z.literal("claude-code"),
  /** Name on PATH or path of the program. Default `claude`. */
  program: Word.optional(),
  /** Model name passed on. Default: the program's own. */
  model: Word.optional(),
  /** Tools the agent may use without asking. Default: see the adapter. */
  allowedTools: z.array(Word).readonly().optional(),
  /** MCP configuration file; its servers must all connect, or the run is `runner_failed`. Default: none. */
  mcpConfigFile: Word.optional(),
  /** Model turns after which the program gives up. Default: no limit of its own. */
  maxTurns: z.int().positive().optional(),
  resume,
  passEnv,
});
export type ClaudeCodeRunnerSpec = Readonly<z.infer<typeof ClaudeCodeRunnerSpec>>;

/** Codex, run headless in its own sandbox. */
export const CodexRunnerSpec = z.strictObject({
  kind: z.literal("codex"),
  /** Name on PATH or path of the program. Default `codex`. */
  program: Word.optional(),
  /** Model name passed on. Default: the program's own. */
  model: Word.optional(),
  /** Further settings in the program's own form, `key=value` with a TOML value: a provider, for one. Default: none. */
  config: z
    .array(Word.regex(/^[^=]+=/))
    .readonly()
    .optional(),
  resume,
  passEnv,
});
export type CodexRunnerSpec = Readonly<z.infer<typeof CodexRunnerSpec>>;

/** An agent program without settings of its own here. */
const AgentRunnerSpec = z.strictObject({
  /** Name on PATH or path of the program. Default: its own name. */
  program: Word.optional(),
  /** Model name passed on. Default: the program's own. */
  model: Word.optional(),
  passEnv,
});

export const OpenCodeRunnerSpec = AgentRunnerSpec.extend({ kind: z.literal("opencode") });
export type OpenCodeRunnerSpec = Readonly<z.infer<typeof OpenCodeRunnerSpec>>;

export const GeminiRunnerSpec = AgentRunnerSpec.extend({ kind: z.literal("gemini") });
export type GeminiRunnerSpec = Readonly<z.infer<typeof GeminiRunnerSpec>>;

export const GrokRunnerSpec = AgentRunnerSpec.extend({ kind: z.literal("grok") });
export type GrokRunnerSpec = Readonly<z.infer<typeof GrokRunnerSpec>>;

/** Which program a run starts, and how it is set up. */
export const RunnerSpec = z.discriminatedUnion("kind", [
  CommandRunnerSpec,
  ClaudeCodeRunnerSpec,
  CodexRunnerSpec,
  OpenCodeRunnerSpec,
  GeminiRunnerSpec,
  GrokRunnerSpec,
]);
export type RunnerSpec = Readonly<z.infer<typeof RunnerSpec>>;

export type RunnerName = RunnerSpec["kind"];

/**
 * Whether this runner's program goes on with a session in another folder than the one where it began. OpenCode, Gemini CLI and Grok
 * tie a session to its folder, and each run has one of its own.
 */
export function resumesSessions(spec: RunnerSpec): boolean {
  return (spec.kind === "claude-code" || spec.kind === "codex") && (spec.resume ?? true);
}
