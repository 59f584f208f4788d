/** What became of an attempt: no (an error), not outside of what ends with the run, or yes. */
export type Outcome = "refused" | "contained" | "possible";

/** From inside of what a worker starts. Words in capitals stand for places and numbers of the test. */
export interface RunAttempt {
  readonly from: "run" | "set-up" | "check";
  readonly what: string;
  readonly script: string;
  /** Succeeds on the host, when the worker has ended, where the attempt did. Absent = where the script succeeded. */
  readonly happened?: string;
  /** Without a sandbox, in a pid namespace. */
  readonly bare: Outcome;
  /** With bubblewrap, and `--network off` for checks. */
  readonly boxed: Outcome;
}

const STEPS = ["set-up", "check"] as const;
const ALL = ["run", ...STEPS] as const;

/** The same script from each of the places. */
const from = (
  places: readonly RunAttempt["from"][],
  what: string,
  script: string,
  outcome: readonly [bare: RunAttempt["bare"], boxed: RunAttempt["boxed"]],
  happened?: string,
): readonly RunAttempt[] =>
  places.map((place) => ({
    from: place,
    what,
    script,
    bare: outcome[0],
    boxed: outcome[1],
    ...(happened === undefined ? {} : { happened }),
  }));

const RUN = ["run"] as const;
const STOLEN = "test -s CODES/stolen-INDEX";

/** In the order in which they are tried; the last ones change what the run's own git does. */
export const RUN_ATTEMPTS: readonly RunAttempt[] = [
  // Its own repository.
  ...from(
    RUN,
    "moves `main` in its repository",
    "git update-ref refs/heads/main $(git commit-tree HEAD^{tree} -m evil)",
    ["contained", "contained"],
    "git -C REPO log --format=%s main | grep -qx evil",
  ),
  ...from(
    RUN,
    "deletes a branch of yours in its repository",
    "git branch -D yours",
    ["contained", "contained"],
    "! git -C REPO rev-parse -q --verify refs/heads/yours",
  ),
  ...from(
    RUN,
    "tags in its repository",
    "git tag evil",
    ["contained", "contained"],
    "git -C REPO rev-parse -q --verify refs/tags/evil",
  ),
  ...from(
    RUN,
    "drops the stash",
    "git stash drop",
    ["refused", "refused"],
    'test -z "$(git -C REPO stash list)"',
  ),
  ...from(
    RUN,
    "pushes to `origin`",
    "git push origin HEAD:refs/heads/pushed",
    ["refused", "refused"],
    "git -C REPO rev-parse -q --verify refs/heads/pushed",
  ),
  ...from(
    RUN,
    "adds a worktree, and a branch with it",
    'git worktree add -b evil-tree "$TMPDIR/tree"',
    ["contained", "contained"],
    "git -C REPO rev-parse -q --verify refs/heads/evil-tree",
  ),
  // Your repository, by its path.
  ...from(
    RUN,
    "pushes into your repository by its path",
    "git push REPO HEAD:refs/heads/pushed-INDEX",
    ["possible", "refused"],
    "git -C REPO rev-parse -q --verify refs/heads/pushed-INDEX",
  ),
  ...from(
    ALL,
    "makes a branch in your repository by its path",
    "git -C REPO branch evil-INDEX",
    ["possible", "refused"],
    "git -C REPO rev-parse -q --verify refs/heads/evil-INDEX",
  ),
  ...from(
    ALL,
    "removes an uncommitted file from your checkout",
    "rm REPO/notes-INDEX.txt",
    ["possible", "refused"],
    "! test -e REPO/notes-INDEX.txt",
  ),
  // Your account's files.
  ...from(
    ALL,
    "reads an ssh key",
    "cat HOMEDIR/.ssh/id_ed25519 > codes/stolen-INDEX",
    ["possible", "refused"],
    STOLEN,
  ),
  ...from(
    ALL,
    "reads a cloud's credentials",
    "cat HOMEDIR/.aws/credentials > codes/stolen-INDEX",
    ["possible", "refused"],
    STOLEN,
  ),
  ...from(
    ALL,
    "adds a line to a file that your shell reads",
    "echo evil-INDEX >> HOMEDIR/.profile",
    ["possible", "refused"],
    "grep -q evil-INDEX HOMEDIR/.profile",
  ),
  ...from(
    ALL,
    "leaves a file in /tmp",
    "echo x > /tmp/ATTEMPT-INDEX",
    ["possible", "contained"],
    "test -e /tmp/ATTEMPT-INDEX",
  ),
  // The workspace and the worker.
  ...from(
    ALL,
    "reads the workspace's file",
    "cat REPO/.sluice/workspace.db > codes/stolen-INDEX",
    ["possible", "refused"],
    STOLEN,
  ),
  ...from(ALL, "opens the workspace's file for writing", ": >> REPO/.sluice/workspace.db", [
    "possible",
    "refused",
  ]),
  ...from(
    ALL,
    "reads what Sluice keeps about your trust",
    "cat HOMEDIR/.local/state/sluice/trusted.json > codes/stolen-INDEX",
    ["possible", "refused"],
    STOLEN,
  ),
  ...from(ALL, "has a key of the worker's environment", 'test -n "$MY_API_KEY"', ["refused", "refused"]),
  ...from(RUN, "reaches the ssh agent", 'test -n "$SSH_AUTH_SOCK"', ["refused", "refused"]),
  // Other processes.
  ...from(
    ALL,
    "signals a process of yours",
    "kill -9 VICTIM",
    ["refused", "refused"],
    "! test -d /proc/VICTIM",
  ),
  ...from(
    ALL,
    "reads the environment of a process of yours",
    "cat /proc/VICTIM/environ > codes/stolen-INDEX",
    ["refused", "refused"],
    STOLEN,
  ),
  ...from(
    ALL,
    "kills the first process that it sees, to end its worker",
    "kill -9 1",
    ["contained", "contained"],
    "! test -e HOMEDIR/landed",
  ),
  ...from(
    ALL,
    "leaves a process in a session of its own",
    "setsid -f sleep 9VICTIM0INDEX01 >/dev/null 2>&1 </dev/null",
    ["contained", "contained"],
    "ps -eo args= | grep -qx 'sleep 9VICTIM0INDEX01'",
  ),
  ...from(
    ALL,
    "leaves one without an environment, forked twice",
    "env -i setsid -f sh -c 'sleep 9VICTIM0INDEX02 & sleep 9VICTIM0INDEX03' >/dev/null 2>&1 </dev/null",
    ["contained", "contained"],
    "ps -eo args= | grep -qx 'sleep 9VICTIM0INDEX0[23]'",
  ),
  ...from(
    ALL,
    "speaks to a socket of yours below /tmp",
    "curl -sf --unix-socket SOCKET http://x/ > codes/stolen-INDEX",
    ["possible", "refused"],
    STOLEN,
  ),
  ...from(
    ["run", "set-up"],
    "speaks to a server of this machine",
    "curl -sf http://127.0.0.1:PORT/ > codes/stolen-INDEX",
    ["possible", "possible"],
    STOLEN,
  ),
  ...from(
    ["check"],
    "speaks to a server of this machine",
    "curl -sf http://127.0.0.1:PORT/ > codes/stolen-INDEX",
    ["possible", "refused"],
    STOLEN,
  ),
  // Sluice.
  ...from(
    RUN,
    "changes the check: `sluice project edit app --check true`",
    "sluice project edit app --check true",
    ["refused", "refused"],
  ),
  ...from(RUN, "… in a person's name", "sluice project edit app --check true --as human:ada", [
    "refused",
    "refused",
  ]),
  ...from(
    RUN,
    "… without the marks of its run",
    'env -i PATH="$PATH" HOME="$HOME" SLUICE_WORKSPACE="$SLUICE_WORKSPACE" sluice project edit app --check true',
    ["refused", "refused"],
  ),
  ...from(
    RUN,
    "… at a pseudo-terminal",
    "script -qec 'sluice project edit app --check true' /dev/null </dev/null",
    ["refused", "refused"],
  ),
  ...from(RUN, "makes a token", "sluice token create --as human:ada --role admin", ["refused", "refused"]),
  ...from(RUN, "approves what it proposed", "sluice propose -t More && sluice gate approve C-1", [
    "refused",
    "refused",
  ]),
  ...from(RUN, "claims a second item", "sluice claim", ["refused", "refused"]),
  ...from(RUN, "reads an item of another project", "sluice item show OB-2", ["possible", "refused"]),
  ...from(RUN, "starts a worker", "sluice work --until-empty", ["refused", "refused"]),
  // What Sluice's own git would run.
  ...from(
    RUN,
    "plants hooks in its repository",
    'mkdir -p .git/hooks; for h in reference-transaction post-index-change pre-commit post-checkout; do printf "#!/bin/sh\\ntouch $(readlink -f codes)/canary-INDEX\\n" > .git/hooks/$h; chmod +x .git/hooks/$h; done',
    ["contained", "contained"],
    "test -e CODES/canary-INDEX",
  ),
  ...from(
    RUN,
    "has its repository's settings run a program",
    'C=$(readlink -f codes); printf "#!/bin/sh\\ntouch $C/canary-INDEX\\n" > codes/evil; chmod +x codes/evil; for k in core.fsmonitor diff.external core.pager filter.x.clean; do git config --file .git/config $k $C/evil; done',
    ["contained", "contained"],
    "test -e CODES/canary-INDEX",
  ),
  ...from(
    RUN,
    "has your `~/.gitconfig` run a program in Sluice's git",
    'C=$(readlink -f codes); printf "#!/bin/sh\\ntouch $C/canary-INDEX\\n" > codes/post-index-change; chmod +x codes/post-index-change; printf "[core]\\n\\tfsmonitor = $C/post-index-change\\n\\thooksPath = $C\\n" >> HOMEDIR/.gitconfig',
    ["contained", "refused"],
    "test -e CODES/canary-INDEX",
  ),
];

/** A script with its words in capitals replaced, all at once: a folder's random name may itself hold such a word. */
export const fillIn = (script: string, places: Readonly<Record<string, string>>): string =>
  script.replaceAll(new RegExp(Object.keys(places).join("|"), "g"), (word) => places[word] ?? word);
