/** A repository as a forge names it: `github.com`, `acme/app`. */
export interface ForgeRepo {
  readonly host: string;
  /** Owner and name. */
  readonly path: string;
}

const HOST = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/i;
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9._-]+$/;
const ADDRESS = /^(?:https?|ssh|git):\/\/(?:[^/@]*@)?([^/]+)\/(.+)$/;
/** `git@github.com:acme/app.git` */
const SHORT = /^(?:[^/@:]+@)?([^/@:]+):(.+)$/;

/** Which repository of which forge a remote's address means; undefined where it is none, such as a path. */
export function parseForgeRepo(address: string): ForgeRepo | undefined {
  const [, host = "", rest = ""] = ADDRESS.exec(address) ?? SHORT.exec(address) ?? [];
  const path = rest.replace(/\/+$/, "").replace(/\.git$/, "");
  return HOST.test(host) && PATH.test(path) ? { host: host.toLowerCase(), path } : undefined;
}

/** What a forge says of a pull request now. */
export type PullRequestSight =
  | { readonly kind: "merged"; readonly commit: string | undefined }
  | { readonly kind: "closed" }
  | {
      readonly kind: "open";
      /** It cannot be merged as it is. */
      readonly conflicts: boolean;
      /** Checks that have not ended yet. */
      readonly pending: number;
      readonly failed: readonly { readonly name: string; readonly url: string | undefined }[];
      /** What reviewers ask for; empty where nobody asks for a change. */
      readonly requested: readonly ReviewWord[];
    };

/** What a reviewer wrote: of the whole, or at a line. */
export interface ReviewWord {
  readonly author: string;
  readonly text: string;
  /** `src/a.ts:12` */
  readonly place?: string | undefined;
}

/** What follows for the item. */
export type PullRequestVerdict =
  | { readonly kind: "wait" }
  | { readonly kind: "merged"; readonly commit: string | undefined }
  | {
      readonly kind: "return";
      readonly outcome: "pr_closed" | "changes_requested" | "check_failed" | "conflict";
      readonly reason: string;
    };

/** Words of reviewers kept in a reason: the next run reads them. */
const MOST_WORDS = 50;
/** Characters of one of them. */
const MOST_CHARACTERS = 2_000;

/** A person's word goes before a check's, and a check that still runs may be the last to speak. */
export function pullRequestVerdict(url: string, sight: PullRequestSight): PullRequestVerdict {
  if (sight.kind === "merged") return sight;
  if (sight.kind === "closed")
    return { kind: "return", outcome: "pr_closed", reason: `${url} was closed without being merged` };
  const { requested, failed, pending, conflicts } = sight;
  if (requested.length > 0) {
    const words = requested.slice(0, MOST_WORDS).map(wordText);
    const reason = [`Reviewers of ${url} ask for changes:`, ...words].join("\n");
    return { kind: "return", outcome: "changes_requested", reason };
  }
  if (failed.length > 0 && pending === 0) {
    const names = failed.map(({ name, url: at }) => `- ${name}${at === undefined ? "" : ` ${at}`}`);
    const reason = [`Checks of ${url} failed:`, ...names].join("\n");
    return { kind: "return", outcome: "check_failed", reason };
  }
  return conflicts
    ? { kind: "return", outcome: "conflict", reason: `${url} conflicts with its target` }
    : { kind: "wait" };
}

const wordText = ({ author, text, place }: ReviewWord): string =>
  `- ${author}${place === undefined ? "" : ` at ${place}`}: ${text.slice(0, MOST_CHARACTERS)}`;

/** `Mend the roof (#12)` → 12: how a forge marks what it squashed. */
export function squashedFrom(subject: string): number | undefined {
  const [, digits] = / \(#(\d{1,9})\)$/.exec(subject) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The number in the address of a pull request: GitHub's, Gitea's and GitLab's way. */
export function numberInAddress(address: string): number | undefined {
  const [, digits] = /\/(?:pull|pulls|merge_requests)\/(\d{1,9})\/?$/.exec(address) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
