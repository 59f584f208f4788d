import { parseRefs, parseReverts } from "#domain/git-ref/parse-refs.ts";
import { isSha } from "#domain/git-ref/sha.ts";
import { parseRef } from "#domain/ref.ts";
import type { CommitRecord, GitPort } from "#operations/ports/git.ts";
import type { CommitRef, CommitStore, IndexedCommit } from "#operations/ports/store/commit-store.ts";

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
  readonly commits: CommitStore;
  readonly repoId: number;
  readonly commonDir: string;
  /** Item prefixes, current and former. */
  readonly prefixes: readonly string[];
  readonly onBatch: (commits: number) => void;
}

/** Adds what is new in a repository to the index. Stopped half-way it goes on there the next time: heads are written last. */
export async function indexRepo(request: IndexRequest): Promise<RepoScan> {
  const { git, commits, repoId, commonDir, prefixes, onBatch } = request;
  const heads = await commits.heads({ repoId });
  const known = heads.flatMap(({ name, sha }) => (isSha(sha) ? [{ ref: name, sha }] : []));
  const scan = await git.scan({ repo: commonDir, known });
  let total = 0;
  let refs = 0;
  for await (const batch of scan.commits) {
    const indexed = batch.map((commit) => ({
      ...indexedCommit(repoId, commit),
      refs: refsOf(commit, prefixes),
      reverts: parseReverts(commit.body),
    }));
    await commits.record({ repoId, commits: indexed });
    total += batch.length;
    refs += indexed.reduce((sum, commit) => sum + commit.refs.length, 0);
    onBatch(total);
  }
  const before = new Map(heads.map(({ name, sha }) => [name, sha]));
  const isSame =
    scan.branches.length === before.size && scan.branches.every(({ ref, sha }) => before.get(ref) === sha);
  if (total > 0 || !isSame)
    await commits.record({
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

function indexedCommit(repoId: number, commit: CommitRecord): IndexedCommit {
  const { sha, parents, subject, author, authoredAtMs, committedAtMs } = commit;
  return {
    repoId,
    sha,
    parents,
    subject,
    authorName: author.name,
    authorEmail: author.email,
    authoredAt: authoredAtMs,
    committedAt: committedAtMs,
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
