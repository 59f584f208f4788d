/** The few files that operations read and write for a person (TODO.md, bodies). Paths are absolute or relative to the caller's folder. */
export interface Files {
  /** Refuses with `not_found` when there is no such file, `invalid` when it is not a plain file, or is above 16 MiB. */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Replaces a file in one step (write beside it, then rename). Keeps its mode. */
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Absolute, symlinks resolved where it exists. */
  readonly resolve: (path: string) => string;
}
