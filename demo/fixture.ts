/** One commit of a demo repository: the files it writes, whole. */
export interface FixtureCommit {
  readonly message: string;
  /** Days before the demo's first day; only so that the history looks like one. */
  readonly daysAgo: number;
  readonly files: Readonly<Record<string, string>>;
}

/** A small repository with a history, a TODO.md and tests that `node --test` runs. */
export interface Fixture {
  readonly name: string;
  /** What somebody who reads along should know about it. */
  readonly about: string;
  readonly commits: readonly FixtureCommit[];
}

/** What Node needs to take the sources as modules. */
export const packageJson = (name: string): string =>
  `${JSON.stringify({ name, private: true, type: "module", scripts: { test: "node --test" } }, null, 2)}\n`;
