import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { SluiceError } from "#domain/errors.ts";
import { paint } from "#cli/present/presenter.ts";
import { record } from "#cli/present/show-answer.ts";
import { shown } from "#test/shown.ts";
import { NOW, run } from "./run-sample.ts";
import { listedItem, wholeItem } from "./sample-answers.ts";

const view = { paint: paint(false), width: undefined, now: NOW };
const NOON = new Date(NOW).toISOString();

describe("global flags", () => {
  test("a flag beats the environment and an empty variable is absent", async () => {
    const env = {
      SLUICE_WORKSPACE: "env.db",
      SLUICE_PROFILE: "",
      SLUICE_ACTOR: "ai:codex",
      SLUICE_RUN: "R-1",
    };
    const [plain] = (await run(["item", "list"], { env })).opened;
    expect(plain).toMatchObject({ workspace: "env.db", actor: "ai:codex", run: "R-1" });
    expect(plain).not.toHaveProperty("profile");
    const [given] = (await run(["item", "list", "-w", "flag.db", "--as", "human:eve"], { env })).opened;
    expect(given).toMatchObject({ workspace: "flag.db", as: "human:eve", actor: "ai:codex" });
    expect(given?.given.has("workspace")).toBe(true);
    expect(plain?.given.has("workspace")).toBe(false);
  });

  test("CM31 quiet hides the answer of a write and keeps that of a read", async () => {
    expect((await run(["gate", "approve", "C-1"])).stdout).toBe("Nothing was approved.\n");
    expect((await run(["gate", "approve", "C-1", "--quiet"])).stdout).toBe("");
    expect((await run(["item", "list", "--quiet"])).stdout).toContain("OB-1");
  });
});

describe("printing", () => {
  test("CM40 JSON is one line, unchanged", async () => {
    const ran = await run(["item", "list", "--json"], { stdoutTTY: true });
    expect(ran.stdout.split("\n")).toHaveLength(2);
    expect(ran.stderr).toBe("");
    expect(JSON.parse(ran.stdout)).toMatchObject({
      items: [{ ref: "OB-1" }, { ref: "OB-22" }],
      page: { next: null },
    });
  });

  test("CM41 an error is a sentence, or one JSON object, with the catalogue's exit code", async () => {
    const plain = await run(["claim", "OB-404"]);
    expect(plain).toMatchObject({ code: 3, stdout: "", stderr: "error: There is no item OB-404\n" });
    const json = await run(["claim", "OB-404", "--json"]);
    expect(json.code).toBe(3);
    expect(json.stderr).toBe(
      '{"error":{"code":"not_found","message":"There is no item OB-404","details":{}}}\n',
    );
    expect((await run(["claim"])).code).toBe(5);
    const open = () =>
      Promise.reject(new SluiceError("unavailable", "The store is busy", { hint: "Try again" }));
    expect(await run(["item", "list"], { open })).toMatchObject({
      code: 7,
      stderr: "error: The store is busy\nhint: Try again\n",
    });
  });

  test("CM42 a bug is logged under an id and not shown", async () => {
    const dir = mkdtempSync(join(tmpdir(), "sluice-cli-"));
    try {
      const logFile = join(dir, "state", "errors.log");
      const ran = await run(["claim", "OB-500", "--json"], { logFile });
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain('"code":"internal"');
      expect(ran.stderr).toContain('"details":{"id":"bug-1"}');
      expect(ran.stderr).not.toContain("select");
      const logged: unknown = JSON.parse(readFileSync(logFile, "utf8"));
      expect(logged).toMatchObject({ id: "bug-1", time: "2026-01-01T12:00:00.000Z" });
      expect(readFileSync(logFile, "utf8")).toContain("select * from item");
      expect(statSync(logFile).mode & 0o777).toBe(0o600);
      const invoke = () =>
        Promise.reject(new SluiceError("internal", "select 1", { cause: new Error("why") }));
      expect((await run(["item", "list"], { logFile, invoke })).stderr).not.toContain("select");
      expect(readFileSync(logFile, "utf8")).toContain("Error: why");
      expect((await run(["claim", "OB-500"], { logFile })).stderr).not.toMatch(/select|secret|\bat /);
      expect((await run(["claim", "OB-500", "--debug"], { logFile })).stderr).toContain("select * from item");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test("CM43 colours are for terminals that take them", async () => {
    const colored = (text: string) => text.includes("\u001b[1m");
    expect(colored((await run(["item", "list"], { stdoutTTY: true })).stdout)).toBe(true);
    expect(colored((await run(["item", "list"])).stdout)).toBe(false);
    expect(colored((await run(["item", "list", "--no-color"], { stdoutTTY: true })).stdout)).toBe(false);
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }])
      expect(colored((await run(["item", "list"], { stdoutTTY: true, env })).stdout)).toBe(false);
  });

  test("CM44 control characters of others are shown as escapes", async () => {
    const { stdout } = await run(["item", "list"]);
    expect(stdout).toContain("Fix \\x1b[31mthe\\nlogin");
    const item = wholeItem({ title: "a\u001b]0;x\u0007\u202eb", spec: { problem: "l1\nl2\u009b2J" } });
    const lease = { id: "L\u001b[2J", fence: 1, holder: "ai:codex", acquired_at: NOON, expires_at: NOON };
    const claimed = await shown("claim", { item, lease, run: { ref: "R-1" } });
    const listed = await shown("item.list", { items: [item], page: { next: "\u009b2J" } });
    // oxlint-disable-next-line no-control-regex
    const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
    expect(claimed).toContain("a\\x1b]0;x\\x07\\u202eb");
    for (const text of [claimed, listed, record({ item }, view)]) expect(text).not.toMatch(unsafe);
    const refused = await run(["claim", "OB-1", "a\u001b[2Jb"]);
    expect(refused.stderr).not.toMatch(unsafe);
  });

  test("CM45 a table fits the terminal by cells and is whole when piped", async () => {
    const list = { items: [listedItem({ title: "漢".repeat(40) })], page: { next: null } };
    const narrow = (await shown("item.list", list, { width: 70, now: NOW })).split("\n");
    expect(narrow.map((line) => Bun.stringWidth(line)).every((width) => width <= 70)).toBe(true);
    expect(narrow[1]).toContain("漢…");
    expect(narrow[1]).toEndWith("3m ago");
    expect(await shown("item.list", list)).toContain("漢".repeat(40));
    const token = {
      id: 1,
      actor: "ai:claude-code",
      role: "agent",
      projects: ["web-shop", "warehouse"],
      created_at: NOON,
      created_by: "human:grace.hopper",
      expires_at: NOON,
      revoked_at: NOON,
      last_used_at: NOON,
    };
    const full = await shown(
      "token.list",
      { tokens: [token], page: { next: null } },
      { width: 70, now: NOW },
    );
    expect(Math.max(...full.split("\n").map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(70);
  });

  test("an answer without a view is names and values", async () => {
    const { stdout } = await run(["item", "add", "-t", "x"], { presenters: () => Promise.resolve({}) });
    expect(stdout).toContain("input:\n  title: x\n  lane: requires_triage\n");
    expect(record({ runs: [{ ref: "R-1", ok: true }], none: [] }, view)).toBe(
      "runs:\n  - ref: R-1\n    ok: true\nnone: none",
    );
  });

  test("CM48 empty lists say what to do next", async () => {
    const page = { next: null };
    expect(await shown("item.list", { items: [], page })).toContain("sluice item add -t");
    expect(await shown("gate.list", { candidates: [], page })).toContain("no candidate waits");
  });

  test("the board shows what needs the person, what runs and what is ready", async () => {
    const board = await shown(
      "status",
      {
        needs_you: {
          requires_decision: { count: 2, oldest_at: "2026-01-01T10:00:00Z" },
          requires_triage: { count: 0 },
          gate: { count: 3 },
          review: { count: 1 },
          decisions: { count: 2 },
        },
        ready: { count: 4, next: listedItem({ ref: "OB-7", title: "Next one" }) },
        over_budget: ["app", "web"],
        at_bound: [],
        running: [
          {
            ref: "R-1",
            item: "OB-3",
            title: "Now",
            holder: "ai:codex",
            started_at: "2026-01-01T11:57:00Z",
            repos: [],
          },
        ],
        stale: { count: 1 },
      },
      { now: NOW },
    );
    expect(board).toBe(
      [
        "Needs you",
        "     2  requires_decision  oldest 2h ago   sluice item list --lane requires_decision",
        "     3  gate               sluice gate list",
        "     1  review             sluice item list --state review",
        "",
        "Running",
        "  R-1  OB-3  Now  ai:codex  3m ago",
        "",
        "Ready",
        "  4 items, next: OB-7  Next one  autonomous_safe",
        "  over budget: app, web; sluice why says which budget, and until when",
        "",
        "1 item was not touched for 30 days and may be outdated",
      ].join("\n"),
    );
  });

  test("an event shows what changed, old and new", async () => {
    const event = {
      id: 1,
      stream: "item",
      n: 1,
      auth: "asserted",
      interface: "cli",
      at: "2026-01-01T11:00:00Z",
      actor: "human:ada",
      operation: "item.move",
      ref: "OB-1",
      changes: { lane: ["requires_triage", "autonomous_safe"], reason: "safe\u001b", note: [null, "x"] },
    };
    expect(await shown("log", { events: [event], page: { next: null } }, { now: NOW })).toBe(
      [
        "WHEN    WHO        WHAT       ON    INTERFACE  CHANGES",
        "1h ago  human:ada  item.move  OB-1  cli        lane: requires_triage → autonomous_safe, reason: safe\\x1b, note: none → x",
      ].join("\n"),
    );
  });

  test("a commit tells its items, who ran and who approved", async () => {
    const item = {
      ref: "OB-1",
      title: "Fix",
      state: "done",
      run: "R-2",
      holder: "ai:codex",
      via: "landing",
      landed: { target: "main" },
      note: "Mended it\nat length",
      sub: [],
      proposed_by: "ai:codex",
      created_by: "human:eve",
      approved_by: "human:ada",
      decisions: [{ question: "Which?", answer: "A", by: "human:ada" }],
    };
    const commit = {
      sha: "1a2b3c4d5e6f7a8b",
      parents: [],
      repo: "app",
      subject: "OB-1 fix",
      author: "Ada",
      authored_at: NOON,
      items: [item],
    };
    expect(await shown("who", { commits: [commit] }, { now: NOW })).toBe(
      [
        "1a2b3c4d5e6f  OB-1 fix",
        "app, Ada, now",
        "",
        "OB-1  Fix  done",
        "  landed by R-2 (ai:codex)",
        "  on main",
        "  said Mended it",
        "  proposed by ai:codex",
        "  approved by human:ada",
        "  decided: Which? A (human:ada)",
      ].join("\n"),
    );
  });

  test("what doctor, an import and an export found is listed with what to do", async () => {
    const findings = [
      { severity: "error", check: "a", message: "A", hint: "Do B" },
      { severity: "warning", check: "c", message: "C\u001b" },
    ];
    expect(await shown("doctor", { findings })).toBe("error: A\n  Do B\nwarning: C\\x1b");
    expect(await shown("doctor", { findings: [] })).toBe("No problems found.");
    const imported = [{ file: "T.md", line: 3, title: "Fix", candidate: "C-1", state: "pending" }];
    const skipped = ["done", "known", "done"].map((reason) => ({
      file: "T.md",
      line: 1,
      title: "x",
      reason,
    }));
    const problems = [{ file: "T.md", line: 9, message: "odd" }];
    const none = { files: 1, unchanged: 0, imported: 1, known: 1, done: 2, duplicate: 0, refused: 1 };
    const counts = { ...none, loose: 1, lines_left: 3 };
    const closing = [
      { file: "T.md", line: 5, item: "OB-1", title: "a", how: "ticked", commit: "1".repeat(40) },
      { file: "T.md", item: "OB-2", title: "b", how: "removed" },
    ];
    expect(await shown("todo.import", { imported, skipped, problems, closing, counts })).toBe(
      [
        "REF  TITLE  STATE    FROM",
        "C-1  Fix    pending  T.md:3",
        "Left out: 2 done, 1 known, 1 refused, 3 lines of no item",
        "1 of 1 say only what: they go to triage",
        "T.md:9: odd",
        'OB-1 is ticked in T.md:5. Close it with: sluice item close OB-1 --reason "Ticked in T.md" --evidence commit=111111111111',
        'OB-2 is gone from T.md. Close it with: sluice item close OB-2 --reason "Removed in T.md"',
      ].join("\n"),
    );
    const outlines = [
      {
        file: "T.md",
        sections: [
          { line: 1, depth: 1, heading: "TODO", shape: "title", entries: 1 },
          { line: 5, depth: 2, heading: "Later", shape: "list", entries: 1 },
        ],
        left: [
          { line: 1, end_line: 1, text: "# TODO" },
          { line: 7, end_line: 8, text: "words" },
        ],
      },
    ];
    const dry = {
      imported: [{ file: "T.md", line: 3, title: "Fix" }],
      skipped: [{ file: "T.md", line: 6, title: "x", reason: "done" }],
    };
    const nothing = { ...none, known: 0, loose: 0, lines_left: 0 };
    expect(await shown("todo.import", { ...dry, problems, closing: [], counts: nothing, outlines })).toBe(
      [
        "T.md",
        "    1   TODO  title",
        "    3     - Fix",
        "    5     Later  list",
        "    6       - x  done",
        "    7       · words",
        "    9       - refused",
        "Left out: 2 done, 1 refused",
        "T.md:9: odd",
      ].join("\n"),
    );
    const conflicts = [{ line: 4, item: "OB-1", field: "why" }];
    const files = [
      { path: "T.md", changed: true, entries: 2, conflicts, problems: [{ line: 7, message: "No." }] },
    ];
    expect(await shown("todo.export", { files })).toBe(
      "T.md  2 entries changed\n  line 4: OB-1 why changed in the file and in the backlog; the file keeps its own\n  line 7: not written. No.",
    );
  });

  test("an item shows its head, facts and sections, a brief as it is", async () => {
    const item = wholeItem({
      state: "review",
      phase: "human",
      lease: { holder: "ai:codex", fence: 1, expires_at: "2026-01-01T12:10:00Z" },
      spec: { problem: "It is\nbroken", steps: [{ text: "look", optional: false }] },
    });
    expect(await shown("item.show", { item }, { now: NOW })).toBe(
      [
        "OB-1  Fix it",
        "review (human) · autonomous_safe · code · app",
        "held by ai:codex, lease ends in 10m",
        "updated 3m ago",
        "",
        "Problem",
        "  It is",
        "  broken",
        "",
        "Steps",
        "  1. look",
      ].join("\n"),
    );
    expect(await shown("item.show", { item, brief: "# OB-1\nread this\n" })).toBe("# OB-1\nread this");
    const reasons = [{ code: "blocked", text: "It is blocked by OB-2" }];
    expect(
      await shown("why", { ref: "OB-1", title: "Fix it", claimable: false, reasons, ahead: 0, needs: [] }),
    ).toBe("OB-1 cannot be claimed now\n  - It is blocked by OB-2");
  });
});
