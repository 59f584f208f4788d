import { type Owned, STORE_MEMBERS, type StorePart } from "#operations/ports/store-members.ts";
import type { Store } from "#operations/ports/store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import { needsWorkspace, scopeOf, type Scope } from "./scope.ts";
import { specialVerbs } from "./scoped-verbs.ts";

/**
 * The workspace as a caller sees it for whom only some projects exist. Everything else is `not_found`, and what concerns the whole
 * workspace `denied`.
 */
export function scopedStore(store: Store, projectIds: readonly number[]): Store {
  const scope = scopeOf(store, projectIds);
  const within = (own: Store) => scopedStore(own, projectIds);
  const special = specialVerbs(store, scope);
  const part = <P extends StorePart>(name: P): Store[P] => {
    const verbs = Object.entries<Rule>(STORE_MEMBERS[name]).map(([verb, rule]) => [
      verb,
      rule === "special" ? Reflect.get(special[name], verb) : scoped(scope, rule, store[name], verb),
    ]);
    // Each verb is one of the part's, whose type the table and `specialVerbs` are held to, and the compiler cannot follow.
    return Object.fromEntries(verbs) as Store[P];
  };
  return {
    place: store.place,
    state: store.state,
    now: store.now,
    close: store.close,
    once: (call) => store.once({ ...call, work: (own) => call.work(within(own)) }),
    atVersion: async (call) => {
      await scope.require("item", call.id);
      return await store.atVersion({ ...call, work: (own) => call.work(within(own)) });
    },
    transaction: (work) => store.transaction((own) => work(within(own))),
    projects: part("projects"),
    gate: part("gate"),
    items: part("items"),
    claims: part("claims"),
    runs: part("runs"),
    commits: part("commits"),
    history: part("history"),
    denials: part("denials"),
    tokens: part("tokens"),
  };
}

/** A rule of the table, as it is carried out. */
type Rule =
  | "open"
  | "special"
  | { readonly workspace: string }
  | {
      readonly inside?: Readonly<Record<string, string>>;
      readonly narrow?: "request" | "filter";
      readonly keep?: Readonly<Record<string, string>>;
    };

type Verb = (request: unknown) => Promise<unknown>;

/** A verb that first looks whether what it is about is inside, and then shows of its answer what is. */
function scoped(scope: Scope, rule: Exclude<Rule, "special">, part: object, name: string): Verb {
  const verb: Verb = async (request) => {
    const method: unknown = Reflect.get(part, name);
    if (typeof method !== "function") throw new TypeError(`${name} is not a verb of the store`);
    const answer: unknown = await Reflect.apply(method, part, [request]);
    return answer;
  };
  if (rule === "open") return verb;
  if ("workspace" in rule) return () => Promise.reject(needsWorkspace(rule.workspace));
  const { inside = {}, narrow, keep = {} } = rule;
  return async (request) => {
    for (const [of, field] of Object.entries(inside)) await requireInside(scope, of, fieldOf(request, field));
    let answer = await verb(narrow === undefined ? request : narrowed(scope, request, narrow));
    for (const [of, field] of Object.entries(keep))
      if (Array.isArray(answer) && isOwned(of))
        answer = await scope.only(of, answer, (one) => Number(fieldOf(one, field)));
    return await shownIn(scope, answer);
  };
}

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;

const OWNED: readonly string[] = ["project", "item", "candidate", "run", "repo"] satisfies readonly Owned[];
const isOwned = (name: string): name is Owned => OWNED.includes(name);

async function requireInside(scope: Scope, of: string, id: unknown): Promise<void> {
  if (isOwned(of)) await scope.require(of, Number(id));
  else await scope.requireLease(String(id));
}

/** The request for the projects inside among those that it names; for all of them where it names none. */
function narrowed(scope: Scope, request: unknown, narrow: "request" | "filter"): unknown {
  if (narrow === "filter")
    return { ...Object(request), filter: narrowed(scope, fieldOf(request, "filter"), "request") };
  const { projectId, projectIds, ...rest } = Object(request) as ProjectChoice;
  return { ...rest, projectIds: scope.within(projectId === undefined ? projectIds : [projectId]) };
}

interface ProjectChoice {
  readonly projectId?: number;
  readonly projectIds?: readonly number[];
}

const isDetail = (value: unknown): value is ItemDetail =>
  typeof value === "object" && value !== null && "item" in value && "links" in value && "blocks" in value;

/** An answer with the item in it, where there is one, as the scope shows it. */
async function shownIn(scope: Scope, answer: unknown): Promise<unknown> {
  if (isDetail(answer)) return await scope.shown(answer);
  const detail = fieldOf(answer, "detail");
  return isDetail(detail) ? { ...Object(answer), detail: await scope.shown(detail) } : answer;
}
