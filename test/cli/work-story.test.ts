import { expect, test } from "bun:test";
import { paint } from "#cli/present/presenter.ts";
import { type StoryEvent, storyCount, storyLines } from "#cli/present/work-story.ts";

const told = (event: StoryEvent, teller?: string) =>
  storyLines(event, { paint: paint(false), width: 80, seconds: 1.25, teller });

test("CM78 a worker's steps are told in lines of the terminal's width, and what a person has to do is never cut", () => {
  const name = { ref: "OB-12", run: "R-3" };
  const note = `main is checked out there; take the work with: git -C ${"/a".repeat(50)} merge --ff-only 1234`;
  const lines = [
    told({ type: "claimed", ...name, title: "Say goodbye\u001b[31m" }),
    told({ type: "landed", ...name, repo: "app", target: "main", commit: "0123456789abcdef" }, "claude"),
    told({ type: "left", ...name, note }),
    told({ type: "returned", ...name, outcome: "check_failed", reason: "exit 1:\nexpected 1" }),
    told({ type: "waits", ...name }),
    told({ type: "running", ...name }),
  ];
  expect(lines).toMatchInlineSnapshot(`
    [
      "   1.3s  OB-12  R-3 starts “Say goodbye\\x1b[31m”",
      "   1.3s  claude OB-12  landed on main of app as 0123456",
      
    "   1.3s  OB-12  waits for you
                    main is checked out there; take the work with: git -C
                    /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a
                    merge --ff-only 1234"
    ,
      
    "   1.3s  OB-12  goes back: check_failed
                    exit 1:
                    expected 1"
    ,
      
    "   1.3s  OB-12  waits for you
                    See why: sluice why OB-12"
    ,
      undefined,
    ]
  `);
  for (const line of lines.flatMap((text) => text?.split("\n") ?? []))
    if (!line.includes("/a/a")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
  expect(lines[2]?.replaceAll(/\s+/g, " ")).toContain(note);
});

test("CM78 at its end a worker says what came of it", () => {
  const told = storyCount();
  for (const type of ["claimed", "claimed", "landed", "returned", "left"]) told.take({ type });
  expect(told.end({ type: "finished", why: "empty" })).toBe(
    "Nothing left to do: 2 runs, 1 landed, 1 went back, 1 for you to look at. Next: sluice",
  );
  expect(storyCount().end({ type: "finished", why: "stopped" })).toBe(
    "Stopped: 0 runs, 0 landed. Next: sluice",
  );
});
