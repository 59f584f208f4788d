import { expect, test } from "bun:test";
import { parseActor } from "#domain/actor.ts";
import { tokenCaller, ROLES, mayOperate, roleAuthority } from "#domain/caller.ts";

const ada = parseActor("human:ada");
const codex = parseActor("ai:codex");
const BEARER = { interface: "http", host: "here" } as const;

test("TK6 a person's token has the authority of its role, and only an admin's operates", () => {
  expect(ROLES.map((role) => [role, roleAuthority(role, ada), mayOperate(role)])).toEqual([
    ["viewer", "viewer", false],
    ["agent", "agent", false],
    ["operator", "human", false],
    ["admin", "human", true],
  ]);
});

test("TK7 a program's token is at most an agent's, whatever role it has, and the product's a viewer's", () => {
  expect(ROLES.map((role) => roleAuthority(role, codex))).toEqual(["viewer", "agent", "agent", "agent"]);
  expect(new Set(ROLES.map((role) => roleAuthority(role, parseActor("system:worker"))))).toEqual(
    new Set(["viewer"]),
  );
});

test("TK8 the caller is who the token says, whatever the bearer adds", () => {
  const grant = { id: 7, actor: codex, role: "agent", projects: [2] } as const;
  const claimed = {
    ...BEARER,
    lease: "L1",
    actor: ada,
    authority: "human",
    role: "admin",
    projects: undefined,
  };
  expect(tokenCaller(grant, claimed)).toEqual({
    ...BEARER,
    lease: "L1",
    actor: codex,
    auth: "token",
    authority: "agent",
    token: 7,
    role: "agent",
    projects: [2],
  });
  const unscoped = { id: 8, actor: ada, role: "admin" } as const;
  expect(tokenCaller(unscoped, BEARER)).not.toHaveProperty("projects");
  const scoped = { ...BEARER, projects: [1] };
  expect(tokenCaller(unscoped, scoped).projects).toBeUndefined();
});
