import { isSha } from "#domain/git-ref/sha.ts";
import type { CommitRecord } from "#operations/ports/git.ts";
import { decode } from "./run-git.ts";

/** The `--format` of a commit; with `-z` each field, the last one included, ends with NUL. */
const COMMIT_FORMAT = "--format=tformat:%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B";
/** Options under which `git log` runs no program and shows every commit's message as it is. */
export const LOG_OPTIONS: readonly string[] = [
  "-z",
  COMMIT_FORMAT,
  "--encoding=UTF-8",
  "--no-show-signature",
  "--no-mailmap",
  "--no-color",
  "--no-notes",
  "--no-ext-diff",
  "--no-textconv",
];
const FIELDS = 9;
const MAX_BODY = 64 * 1024;

/** Parses the stream of `git log -z` into batches of at most `batch` commits. */
export async function* readCommits(
  chunks: AsyncIterable<Uint8Array>,
  batch: number,
): AsyncGenerator<readonly CommitRecord[], void, undefined> {
  let found: CommitRecord[] = [];
  let fields: string[] = [];
  for await (const field of nulFields(chunks)) {
    fields.push(field);
    if (fields.length < FIELDS) continue;
    found.push(commitOf(fields));
    fields = [];
    if (found.length < batch) continue;
    yield found;
    found = [];
  }
  if (found.length > 0) yield found;
}

async function* nulFields(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let rest: Uint8Array = new Uint8Array();
  for await (const chunk of chunks) {
    const bytes: Uint8Array = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, from)) {
      yield decode(bytes.subarray(from, end));
      from = end + 1;
    }
    rest = bytes.slice(from);
  }
}

function commitOf(fields: readonly string[]): CommitRecord {
  const [sha = "", parents = "", author = "", authorMail = "", authored, ...others] = fields;
  const [committer = "", committerMail = "", committed, message = ""] = others;
  if (!isSha(sha)) throw new TypeError("git log answered a record that does not begin with a commit id");
  return {
    sha,
    parents: parents.split(" ").filter(isSha),
    author: { name: author, email: authorMail },
    committer: { name: committer, email: committerMail },
    authoredAtMs: Number(authored) * 1000,
    committedAtMs: Number(committed) * 1000,
    ...splitMessage(message),
  };
}

/** As git splits it: the subject is the first paragraph on one line, the body what follows. */
function splitMessage(message: string): { readonly subject: string; readonly body: string } {
  const text = message.replace(/^\s*\n/, "");
  const end = text.search(/\n[ \t]*\n/);
  const first = end < 0 ? text : text.slice(0, end);
  const body =
    end < 0
      ? ""
      : text
          .slice(end)
          .replace(/^\s*\n/, "")
          .trimEnd();
  return { subject: first.trim().replace(/\s*\n\s*/g, " "), body: body.slice(0, MAX_BODY) };
}

/** All of a small stream. */
export async function allCommits(chunks: AsyncIterable<Uint8Array>): Promise<readonly CommitRecord[]> {
  const all: CommitRecord[] = [];
  for await (const batch of readCommits(chunks, 1000)) all.push(...batch);
  return all;
}
