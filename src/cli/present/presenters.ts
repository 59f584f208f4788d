import type { REGISTRY } from "#operations/registry.ts";
import { archivedProject } from "./archived-project.ts";
import { claimCard } from "./claim-card.ts";
import { commitStory } from "./commit-story.ts";
import { findingsList, repairsList } from "./findings-list.ts";
import { itemCard } from "./card.ts";
import * as lists from "./lists.ts";
import { nextCard } from "./next-card.ts";
import { plainText } from "./plain-text.ts";
import { planPages } from "./plan-pages.ts";
import type { Presenter } from "./presenter.ts";
import { proposed } from "./proposed.ts";
import { record } from "./record.ts";
import { redactedText } from "./redacted-text.ts";
import { sentence } from "./sentence.ts";
import { statusBoard } from "./status-board.ts";
import { exportedList, importedList } from "./todo-lists.ts";
import { whyCard } from "./why-card.ts";

/**
 * How a person sees each operation's answer. An operation that is missing here does not compile: somebody decides. `sentence`
 * for one line, `table` (in `lists.ts`) for rows, `record` for settings and whatever is fine as names and values.
 */
export const PRESENTERS = {
  status: statusBoard,
  next: nextCard,
  claim: claimCard,
  wait: sentence("{ready} ready"),
  why: whyCard,
  heartbeat: sentence("Lease ends {lease.expires_at:time}"),
  release: sentence("{item.ref:ref} is free again"),
  note: sentence("Noted by {note.actor}"),
  ask: sentence("{item.ref:ref} waits in {item.lane} for an answer"),
  decide: sentence("{item.ref:ref} is decided and back in {item.lane}[. {hint}]"),
  block: sentence("{item.ref:ref} is blocked[ and waits for {prerequisite.ref:ref} {prerequisite.title}]"),
  finish: sentence("{item.ref:ref} is in {item.state}[, phase {item.phase}][. {hint}]"),
  verify: sentence("{item.ref:ref} is {item.state}[, phase {item.phase}]"),
  propose: proposed,
  pause: lists.pauseList,
  resume: lists.pauseList,
  log: lists.eventList,
  who: commitStory,
  doctor: findingsList,
  "doctor.fix": repairsList,
  undo: sentence("Took back {undone.operation} of {undone.ref:ref}"),
  "log.denials": lists.denialList,
  "log.redact": redactedText,
  "log.archive": sentence(
    "Archived {archived} entries in {blocks} blocks: {bytes_before} bytes became {bytes_after}",
  ),
  "log.seal": sentence("Sealed {seal.added} entries; root {seal.root}"),
  starvation: lists.pressureList,
  ground: lists.proposalList,

  "item.add": sentence("[{item.ref:ref} {item.title}][{candidate.ref:ref} waits at the gate for a person]"),
  "item.list": lists.itemList,
  "item.show": itemCard(),
  "item.edit": sentence("{item.ref:ref} is at version {item.version}"),
  "item.move": sentence("{item.ref:ref} is in {item.lane}"),
  "item.bump": sentence("{item.ref:ref} goes first"),
  "item.snooze": sentence("{item.ref:ref} [wakes {item.not_before:time}]"),
  "item.unblock": sentence("{item.ref:ref} is {item.state} in {item.lane}"),
  "item.drop": sentence("{item.ref:ref} is {item.state}"),
  "item.reopen": sentence("{item.ref:ref} is {item.state} in {item.lane}"),
  "item.close": sentence("{item.ref:ref} is {item.state}"),
  "link.add": sentence("{item.ref:ref} is linked"),
  "link.remove": sentence("{item.ref:ref} is no longer linked"),
  "evidence.add": sentence("{item.ref:ref} has new evidence"),

  "gate.list": lists.candidateList,
  "gate.approve": lists.approvedList,
  "gate.reject": lists.rejectedList,
  "gate.merge": sentence("{candidate.ref:ref} is merged into {item.ref:ref} {item.title}"),

  "plan.set": sentence("Plan version {plan.version}"),
  "plan.history": planPages,

  "run.list": lists.runList,
  "run.show": record,
  "run.log": plainText("log", "The run has written nothing yet."),
  "run.diff": plainText("diff", "The run has changed nothing."),
  "run.stop": sentence("{run.ref:ref} is stopped[, and {item.ref:ref} is free again]"),

  "project.add": sentence("Project {project.alias:ref} is there"),
  "project.list": lists.projectList,
  "project.show": record,
  "project.edit": sentence("Project {project.alias:ref} is changed"),
  "project.archive": archivedProject,
  "repo.add": sentence("Repo {repo.alias:ref} is registered"),
  "repo.list": lists.repoList,
  "repo.edit": sentence("Repo {repo.alias:ref} is changed"),
  "repo.remove": sentence("Repo {repo.alias:ref} is no longer registered"),

  "config.list": lists.settingList,
  "config.get": sentence("{setting.value}"),
  "config.set": lists.settingList,
  "lane.list": lists.laneList,
  "lane.edit": lists.laneList,
  "token.create": sentence(
    "Token {token.id} is {token.actor}'s, role {token.role}[, until {token.expires_at:time}][; its secret, shown only now: {secret}]",
  ),
  "token.list": lists.tokenList,
  "token.revoke": sentence("Revoked token {token.id} of {token.actor}"),
  "git.scan": lists.scanList,
  "todo.import": importedList,
  "todo.export": exportedList,
  "todo.check": findingsList,
} as const satisfies Record<keyof typeof REGISTRY, Presenter> & Readonly<Record<string, Presenter>>;
