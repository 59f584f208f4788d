import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { SluiceError } from "#domain/errors.ts";
import { paint } from "#cli/present/paint.ts";
import { itemCard } from "#cli/present/card.ts";
import { commitStory } from "#cli/present/commit-story.ts";
import { candidateList, eventList, itemList } from "#cli/present/lists.ts";
import { record } from "#cli/present/record.ts";
import { statusBoard } from "#cli/present/status-board.ts";
import { claimCard } from "#cli/present/claim-card.ts";
import { findingsList } from "#cli/present/findings-list.ts";
import { exportedList, importedList } from "#cli/present/todo-lists.ts";
import { whyCard } from "#cli/present/why-card.ts";
import { NOW, run } from "./run-sample.ts";

const view = { paint: paint(false), width: undefined, now: NOW };

describe("global flags", () => {
  test("CM30 a flag beats the environment and an empty variable is absent", async () => {
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
    const hostile = {
      item: { ref: "OB-1", title: "a\u001b]0;x\u0007\u202eb", spec: { problem: "l1\nl2\u009b2J" } },
    };
    // oxlint-disable-next-line no-control-regex
    const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
    expect(itemCard()(hostile, view)).toContain("a\\x1b]0;x\\x07\\u202eb");
    for (const text of [itemCard()(hostile, view), record(hostile, view), claimCard(hostile, view)])
      expect(text).not.toMatch(unsafe);
    const refused = await run(["claim", "OB-1", "a\u001b[2Jb"]);
    expect(refused.stderr).not.toMatch(unsafe);
  });

  test("CM45 a table fits the terminal by cells and is whole when piped", () => {
    const items = [{ ref: "OB-1", title: "漢".repeat(40), state: "open" }];
    const narrow = itemList({ items }, { ...view, width: 40 }).split("\n");
    expect(narrow.map((line) => Bun.stringWidth(line)).every((width) => width <= 40)).toBe(true);
    expect(narrow[1]).toContain("漢…");
    expect(narrow[1]).toEndWith("open");
    expect(itemList({ items }, view)).toContain("漢".repeat(40));
  });

  test("CM47 an answer without a view is names and values", async () => {
    const { stdout } = await run(["item", "add", "-t", "x"], { presenters: () => Promise.resolve({}) });
    expect(stdout).toContain("input:\n  title: x\n  lane: requires_triage\n");
    expect(record({ runs: [{ ref: "R-1", ok: true }], none: [] }, view)).toBe(
      "runs:\n  - ref: R-1\n    ok: true\nnone: none",
    );
  });

  test("CM48 empty lists say what to do next", () => {
    expect(itemList({ items: [] }, view)).toContain("sluice item add -t");
    expect(candidateList({ candidates: [] }, view)).toContain("no candidate waits");
  });

  test("CM49 the board shows what needs the person, what runs and what is ready", () => {
    const board = statusBoard(
      {
        needs_you: {
          requires_decision: { count: 2, oldest_at: "2026-01-01T10:00:00Z" },
          requires_triage: { count: 0 },
          gate: { count: 3 },
          review: { count: 1 },
          decisions: { count: 2 },
        },
        ready: { count: 4, next: { ref: "OB-7", title: "Next one", lane: "autonomous_safe" } },
        over_budget: ["app", "web"],
        running: [
          { ref: "R-1", item: "OB-3", title: "Now", holder: "ai:codex", started_at: "2026-01-01T11:57:00Z" },
        ],
        stale: { count: 1 },
      },
      view,
    );
    expect(board).toBe(
      [
        "Needs you",
        "     2  requires_decision  oldest 2 h ago  sluice item list --lane requires_decision",
        "     3  gate  sluice gate list",
        "     1  review  sluice item list --state review",
        "",
        "Running",
        "  R-1  OB-3  Now  ai:codex  3 m ago",
        "",
        "Ready",
        "  4 items, next: OB-7  Next one  autonomous_safe",
        "  over budget: app, web; sluice why says which budget, and until when",
        "",
        "1 item was not touched for 30 days and may not be true any more",
      ].join("\n"),
    );
  });

  test("CM51 an event shows what changed, old and new", () => {
    const event = {
      at: "2026-01-01T11:00:00Z",
      actor: "human:ada",
      operation: "item.move",
      ref: "OB-1",
      changes: { lane: ["requires_triage", "autonomous_safe"], reason: "safe\u001b", note: [null, "x"] },
    };
    expect(eventList({ events: [event] }, view)).toBe(
      [
        "WHEN     WHO        WHAT       ON    CHANGES",
        "1 h ago  human:ada  item.move  OB-1  lane: requires_triage → autonomous_safe, reason: safe\\x1b, note: none → x",
      ].join("\n"),
    );
  });

  test("CM52 a commit tells its items, who ran and who approved", () => {
    const item = {
      ref: "OB-1",
      title: "Fix",
      state: "done",
      run: "R-2",
      holder: "ai:codex",
      approved_by: "human:ada",
      decisions: [{ question: "Which?", answer: "A", by: "human:ada" }],
    };
    const commit = {
      sha: "1a2b3c4d5e6f7a8b",
      repo: "app",
      subject: "OB-1 fix",
      author: "Ada",
      items: [item],
    };
    expect(commitStory({ commits: [commit] }, view)).toBe(
      [
        "1a2b3c4d5e6f  OB-1 fix",
        "app, Ada, ",
        "",
        "OB-1  Fix  done",
        "  landed by R-2 (ai:codex)",
        "  approved by human:ada",
        "  decided: Which? A (human:ada)",
      ].join("\n"),
    );
  });

  test("CM54 what doctor, an import and an export found is listed with what to do", () => {
    const findings = [
      { severity: "error", message: "A", hint: "Do B" },
      { severity: "warning", message: "C\u001b" },
    ];
    expect(findingsList({ findings }, view)).toBe("error: A\n  Do B\nwarning: C\\x1b");
    expect(findingsList({ findings: [] }, view)).toBe("No problems found.");
    const imported = [{ file: "T.md", line: 3, title: "Fix", candidate: "C-1", state: "pending" }];
    const skipped = [{ reason: "done" }, { reason: "known" }, { reason: "done" }];
    expect(
      importedList({ imported, skipped, problems: [{ file: "T.md", line: 9, message: "odd" }] }, view),
    ).toBe(
      [
        "REF  TITLE  STATE    FROM",
        "C-1  Fix    pending  T.md:3",
        "Left out: 2 done, 1 known",
        "T.md:9: odd",
      ].join("\n"),
    );
    const conflicts = [{ line: 4, item: "OB-1", field: "why" }];
    expect(exportedList({ files: [{ path: "T.md", changed: true, entries: 2, conflicts }] }, view)).toBe(
      "T.md  2 entries changed\n  line 4: OB-1 why changed here and there; the file keeps its own",
    );
  });

  test("CM50 an item shows its head, facts and sections, a brief as it is", () => {
    const item = {
      ref: "OB-1",
      title: "Fix it",
      state: "review",
      phase: "human",
      lane: "autonomous_safe",
      lease: { holder: "ai:codex", expires_at: "2026-01-01T12:10:00Z" },
      spec: { problem: "It is\nbroken", steps: [{ text: "look", optional: false }], risks: [] },
    };
    expect(itemCard()({ item }, view)).toBe(
      [
        "OB-1  Fix it",
        "review (human) · autonomous_safe",
        "held by ai:codex, lease ends in 10 m",
        "",
        "Problem",
        "  It is",
        "  broken",
        "",
        "Steps",
        "  1. look",
      ].join("\n"),
    );
    expect(itemCard()({ item, brief: "# OB-1\nread this\n" }, view)).toBe("# OB-1\nread this");
    expect(
      whyCard(
        { ref: "OB-1", claimable: false, reasons: [{ code: "blocked", text: "It is blocked by OB-2" }] },
        view,
      ),
    ).toBe("OB-1 cannot be claimed now\n  - It is blocked by OB-2");
  });
});
