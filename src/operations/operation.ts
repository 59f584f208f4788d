import type { z } from "zod";
import type { ErrorCode } from "#domain/errors.ts";
import type { Context } from "./context.ts";

/** Least authority that may call: `view` reads, `work` is an agent's, `decide` a human's, `operate` settings and repair. */
export type RequiredAuthority = "view" | "work" | "decide" | "operate";

/** Which agents see it as a tool by default: `agent` the loop, `operator` what people and their tools use. */
type Toolset = "agent" | "operator";

/** One thing that can be done, declared once; every interface is made from it. */
export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** Dotted words, also the command: `item.add` is `sluice item add`, `claim` is `sluice claim`. */
  readonly name: string;
  /** One sentence in the imperative. */
  readonly summary: string;
  /** Further paragraphs of help. */
  readonly description?: string;
  readonly effect: "read" | "write" | "destroy";
  readonly authority: RequiredAuthority;
  readonly toolset: Toolset;
  /**
   * `caller` where it needs the files, repositories or processes of the caller's machine, `either` where it does so at times: then it
   * runs where the workspace is under a key, which many steps cannot keep. Absent, it always runs there.
   */
  readonly place?: "caller" | "either";
  /** Absent, it refuses where there is no workspace; `optional`, it does without. */
  readonly workspace?: "optional";
  /** `workspace` where it concerns more than single projects: a token for single projects is refused. */
  readonly reach?: "workspace";
  /** A Zod object; field descriptions are the help of flags and tool arguments. */
  readonly input: I;
  /** Fields of the answer that are shown once: a repeated call under an idempotency key answers without them. */
  readonly shownOnce?: readonly string[];
  /** A Zod object: the answer, printed unchanged by `--json`. */
  readonly output: O;
  /** Codes it may refuse with, beside those that every operation may (`invalid`, `denied`, `unavailable`). */
  readonly errors: readonly ErrorCode[];
  /** Input fields given as words instead of flags, in order; the last may be a list. */
  readonly positional?: readonly string[];
  /** Full command lines, each with what it does. The first is shown in short help. */
  readonly examples: readonly { readonly command: string; readonly does: string }[];
  readonly run: (context: Context, input: z.output<I>) => Promise<z.input<O>>;
  /** What the command line ends with after an answer; 0 where absent. */
  readonly exitCode?: (answer: unknown) => number;
}

/** Keeps the types of the schemas tied to `run`. */
export function defineOperation<I extends z.ZodType, O extends z.ZodType>(
  operation: Operation<I, O>,
): Operation<I, O> {
  return operation;
}

/** An operation whose schemas are not known to the type system: what interfaces and the registry hold. */
export interface AnyOperation extends Omit<Operation, "run"> {
  readonly run: (context: Context, input: never) => Promise<unknown>;
}
