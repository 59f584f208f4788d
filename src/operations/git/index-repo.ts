import { z } from "zod";
import { parseRefs, parseReverts } from "#domain/git-ref/parse-refs.ts";
import { isSha, Sha } from "#domain/git-ref/sha.ts";
import { parseRef } from "#domain/ref.ts";
import type { CommitRecord, GitPort } from "#operations/ports/git.ts";
import { HALF } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { CommitRef } from "#operations/ports/store/commit-store.ts";

const Name = z.string().max(65_536);
const BranchName = z.strictObject({ name: Name, sha: z.string().max(64) });
type BranchName = Readonly<z.output<typeof BranchName>>;

/** What a repository's history has that the index lacks. */
export const Found = z.strictObject({
  repoId: z.int().positive(),
  commits: z.array(
    z.strictObject({
      sha: Sha,
      parents: z.array(Sha),
      subject: Name,
      authorName: Name,
      authorEmail: Name,
      authoredAt: z.int(),
      committedAt: z.int(),
      refs: z.array(z.strictObject({ prefix: Name, number: z.int(), sub: z.string(), closes: z.boolean() })),
      reverts: z.array(Sha),
    }),
  ),
  /** The branches as they are now, with the last commits. */
  heads: z.array(BranchName).optional(),
});

export const recordHistory = defineOperation({
  ...HALF,
  name: "git.record",
  summary: "Add commits of a repository to the index, with the items that they name.",
  effect: "write",
  input: Found,
  output: z.object({}),
  errors: ["not_found"],
  run: async ({ store }, { repoId, commits, heads }) => {
    await store.commits.record({
      repoId,
      commits: commits.map((commit) => ({ ...commit, repoId })),
      heads,
    });
    return {};
  },
});

interface RepoScan {
  readonly commits: number;
  /** Mentions of items that were found in them. */
  readonly refs: number;
  readonly branches: number;
  readonly rewritten: number;
  readonly gone: number;
}

interface IndexRequest {
  readonly git: GitPort;
  readonly repoId: number;
  readonly commonDir: string;
  /** Item prefixes, current and former. */
  readonly prefixes: readonly string[];
  /** Branch heads as last seen. */
  readonly heads: readonly BranchName[];
  readonly record: (found: z.output<typeof Found>) => Promise<unknown>;
  readonly onBatch: (commits: number) => void;
}

/** Adds what is new in a repository to the index. Stopped half-way it goes on there the next time: heads are written last. */
export async function indexRepo(request: IndexRequest): Promise<RepoScan> {
  const { git, repoId, commonDir, prefixes, heads, record, onBatch } = request;
  const known = heads.flatMap(({ name, sha }) => (isSha(sha) ? [{ ref: name, sha }] : []));
  const scan = await git.scan({ repo: commonDir, known });
  let total = 0;
  let refs = 0;
  for await (const batch of scan.commits) {
    const found = batch.map((commit) => indexed(commit, prefixes));
    await record({ repoId, commits: found });
    total += batch.length;
    refs += found.reduce((sum, commit) => sum + commit.refs.length, 0);
    onBatch(total);
  }
  const before = new Map(heads.map(({ name, sha }) => [name, sha]));
  const isSame =
    scan.branches.length === before.size && scan.branches.every(({ ref, sha }) => before.get(ref) === sha);
  if (total > 0 || !isSame)
    await record({
      repoId,
      commits: [],
      heads: scan.branches.map(({ ref, sha }) => ({ name: ref, sha })),
    });
  return {
    commits: total,
    refs,
    branches: scan.branches.length,
    rewritten: scan.rewritten.length,
    gone: scan.gone.length,
  };
}

/** A commit as the index keeps it. */
export function indexed(commit: CommitRecord, prefixes: readonly string[]) {
  const { sha, parents, subject, author, authoredAtMs, committedAtMs } = commit;
  return {
    sha,
    parents: [...parents],
    subject,
    authorName: author.name,
    authorEmail: author.email,
    authoredAt: authoredAtMs,
    committedAt: committedAtMs,
    refs: refsOf(commit, prefixes),
    reverts: [...parseReverts(commit.body)],
  };
}

/** Each item that a message names, once per part of it; naming it again to close it closes it. */
function refsOf({ subject, body }: CommitRecord, prefixes: readonly string[]): CommitRef[] {
  const found = new Map<string, CommitRef>();
  for (const { ref, sub = [], closes } of parseRefs(`${subject}\n\n${body}`, prefixes)) {
    const { prefix, number } = parseRef(ref);
    const key = `${ref} ${sub.join("/")}`;
    found.set(key, { prefix, number, sub: sub.join("/"), closes: closes || found.get(key)?.closes === true });
  }
  return [...found.values()];
}
