/** How each refusal looks in each interface, and whether trying again can help. The closed set of codes of the product. */
export const ERROR_CATALOGUE = {
  internal: { exit: 1, http: 500, retry: "never" },
  invalid: { exit: 2, http: 400, retry: "never" },
  not_found: { exit: 3, http: 404, retry: "never" },
  conflict: { exit: 4, http: 409, retry: "after-reading" },
  lease_lost: { exit: 4, http: 409, retry: "never" },
  nothing_ready: { exit: 5, http: 200, retry: "later" },
  denied: { exit: 6, http: 403, retry: "never" },
  unavailable: { exit: 7, http: 503, retry: "later" },
  limited: { exit: 8, http: 429, retry: "later" },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  /** Exit code of the command line. */
  readonly exit: number;
  /** HTTP status. */
  readonly http: number;
  /** Whether the same call may succeed later: `never`, `later`, or `after-reading` the current state. */
  readonly retry: "never" | "later" | "after-reading";
}

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

interface ErrorOptions {
  /** What to do next, one sentence. */
  readonly hint?: string;
  /** Facts a program can use: the field, the value, what is accepted, who holds it. JSON values only. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error of the product. Anything else that is thrown is a bug, and an interface shows it as `internal`. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "SluiceError";
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  /** The shape every interface prints: `{"error":{"code","message","hint","details"}}`. */
  toJSON(): {
    error: { code: ErrorCode; message: string; hint?: string; details: Readonly<Record<string, unknown>> };
  } {
    const hint = this.hint === undefined ? {} : { hint: this.hint };
    return { error: { code: this.code, message: this.message, ...hint, details: this.details } };
  }
}

/** What to do about a disk without room, wherever it shows. */
export const MAKE_ROOM = "Nothing was written; make room on the disk, then try again";

/** What the operating system refused a call of ours: room on the disk, or a right. Undefined for everything else. */
export function refusedBySystem(error: unknown): SluiceError | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const path = "path" in error && typeof error.path === "string" ? error.path : undefined;
  switch (error.code) {
    case "ENOSPC":
    case "EDQUOT":
      return new SluiceError("unavailable", `The disk is full: ${path ?? "a file"} could not be written`, {
        hint: MAKE_ROOM,
        cause: error,
      });
    case "EROFS":
      return new SluiceError("denied", `${path ?? "A file"} is on a read-only disk`, {
        hint: "Mount the disk for writing, or name another place",
        cause: error,
      });
    case "EACCES":
    case "EPERM":
      return new SluiceError("denied", `${path ?? "A file"} may not be read or written by this account`, {
        hint: "Check the permissions of the file and its folder",
        cause: error,
      });
    default:
      return undefined;
  }
}

/** A refusal of one field: names the field, the value (cut at 80 characters) and what is accepted. */
export function invalidField(field: string, value: unknown, accepted: string): SluiceError {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return new SluiceError("invalid", `${field} is ${JSON.stringify(shown)}, expected ${accepted}`, {
    details: { field, value: shown, accepted },
  });
}
