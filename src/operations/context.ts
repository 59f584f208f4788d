import type { z } from "zod";
import type { Caller } from "#domain/caller.ts";
import type { CheckPort } from "./ports/checks.ts";
import type { MachineIsolation } from "./ports/launcher.ts";
import type { ForgePort } from "./ports/forge.ts";
import type { Files } from "./ports/files.ts";
import type { ProofPort } from "./ports/proof.ts";
import type { Store } from "./ports/store.ts";
import type { TodoFormat } from "./ports/todo-format.ts";
import type { GitPort } from "./ports/git.ts";

/** A clone of a repository, with all its worktrees. */
export interface Checkout {
  /** Name of the machine it is on. */
  readonly host: string;
  /** Absolute path of git's common directory there. Looked up, never opened: it may be another machine's. */
  readonly commonDir: string;
}

/** What must be known of an operation to ask a server for it. */
interface RemoteOperation {
  readonly name: string;
  readonly input: z.ZodType;
}

/** A workspace that a server keeps. */
export interface RemoteWorkspace {
  /** Runs an operation there, which checks authority, input and answer. */
  readonly call: (context: Context, operation: RemoteOperation, input: unknown) => Promise<unknown>;
  /** Whether this caller may use the workspace's half of what runs at their own place: with an operator's token for all projects. */
  readonly takesHalves: boolean;
  /** Alias of the project whose repository the caller stands in, where there are several. */
  readonly projectHere: (context: Context) => Promise<string | undefined>;
}

/** What an operation works with. Made once per call by the composition root; heavy parts open on first use. */
export interface Context {
  readonly caller: Caller;
  readonly store: Store;
  readonly files: Files;
  readonly git: () => Promise<GitPort>;
  /** Where branches are looked at before they are merged. */
  readonly forge: () => Promise<ForgePort>;
  /** What runs are kept in on this machine where a project does not say otherwise. */
  readonly isolation?: () => Promise<MachineIsolation>;
  /** Absent where the caller is on another machine than its repositories. */
  readonly checks?: () => Promise<CheckPort>;
  /** How the person at this terminal proves to be the one; absent where nobody is. */
  readonly proof?: () => Promise<ProofPort>;
  readonly todo: () => Promise<TodoFormat>;
  /** Wall clock for what a person typed (`--until 2h`); queue and lease times are the database's. Epoch milliseconds. */
  readonly now: () => number;
  /** Resolves after `ms`, or at once when the signal is aborted; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Aborted when the caller gives up (Ctrl-C, a closed connection); absent where that cannot happen. */
  readonly signal?: AbortSignal;
  /** Called with a short line about long work; nothing listens where it is absent. */
  readonly progress?: (line: string) => void;
  /** Asks the person at the terminal; undefined where they give no answer. Absent where nobody sits there. */
  readonly ask?: (question: string) => Promise<string | undefined>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Unpredictable bytes, for secrets. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** The repository around the caller's current folder; undefined outside of any. */
  readonly checkout: () => Promise<Checkout | undefined>;
  /** Project alias given by `--project` or the environment. */
  readonly project?: string;
  readonly idempotencyKey?: string;
  /**
   * Set where an answer is checked against its operation's schema before it leaves: by a server, and in tests. A command of this machine
   * does without: the types and the tests hold the same, and building a schema costs more than making the answer.
   */
  readonly checksAnswer?: true;
  /** Set where the workspace is a server's. */
  readonly remote?: RemoteWorkspace;
}
