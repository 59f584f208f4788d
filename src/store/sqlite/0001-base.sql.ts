/** Migration 1 on SQLite. Times are epoch milliseconds, JSON is text, booleans are 0 and 1. Equal in meaning to PostgreSQL's 1.
 * A run, an event and its payload name their rows without a foreign key: they are written on every claim, and doctor looks for orphans. */
export const BASE = `
create table setting (key text primary key, value text not null) strict, without rowid;
create table former_prefix (prefix text primary key, since integer not null) strict, without rowid;
create table ref_alias (prefix text not null, number integer not null, item_id integer not null, primary key (prefix, number)) strict, without rowid;
create table lane (name text primary key, rank integer not null, role text not null check (role in ('triage','decision','investigation','manual','agent'))) strict;

create table project (
  id integer primary key autoincrement, uid text not null unique, alias text not null unique, name text not null,
  weight real not null default 1 check (weight > 0), max_leases integer check (max_leases > 0),
  landing text not null check (landing in ('pr','merge','branch','none')), check_command text,
  policy text not null default '{}', archived_at integer, spent_until integer,
  created_by text not null, created_at integer not null, version integer not null default 1, event_n integer not null default 0
) strict;

create table repo (
  id integer primary key autoincrement, uid text not null unique, project_id integer not null references project(id),
  alias text not null unique, remote text, root_commit text, default_branch text,
  target text not null default 'local' check (target in ('local','remote')), setup_command text,
  copies text not null default '[]', caches text not null default '[]', test_paths text not null default '[]', protected_paths text not null default '[]',
  fast_forward integer not null default 0, removed_at integer,
  created_by text not null, created_at integer not null, version integer not null default 1, event_n integer not null default 0
) strict;
create table checkout (repo_id integer not null references repo(id), host text not null, path text not null, common_dir text not null, primary key (repo_id, host)) strict;
create index checkout_place on checkout(host, common_dir);

create table item (
  id integer primary key autoincrement, uid text not null, project_id integer not null references project(id),
  title text not null, state text not null check (state in ('open','blocked','review','done','dropped')),
  phase text check (phase in ('verify','human','land','await_git','evidence')), phases_left text not null default '[]',
  lane text not null references lane(name), resume_lane text, answer_by integer, takes_default integer not null default 0, grant_by text, kind text not null, class text not null check (class in ('core','background')),
  type text not null, priority text check (priority in ('P1','P2','P3','P4','P5')), labels text not null default '[]', needs text not null default '',
  has_paths integer not null default 0, band integer not null default 1 check (band in (0,1)), ready_at integer not null, deadline integer not null,
  tried integer not null default 0, attempts integer not null default 0, losses integer not null default 0,
  not_before integer, waits_for_trigger integer not null default 0, fired_at integer,
  open_blockers integer not null default 0, open_children integer not null default 0, budget text, over_budget integer not null default 0, held_by integer, parent_id integer references item(id),
  lease_id text, holder text, lease_run_id integer, lease_acquired_at integer, lease_expires_at integer, lease_ttl_ms integer,
  fence integer not null default 0, q integer check (q in (1,2,3,4)), wake_at integer,
  version integer not null default 1, event_n integer not null default 0,
  created_by text not null, created_at integer not null, updated_at integer not null, closed_at integer,
  check ((state in ('done','dropped')) = (closed_at is not null)),
  check ((state = 'review') = (phase is not null)),
  check ((lease_id is null) = (lease_expires_at is null)),
  check (lease_id is null or state in ('open','review')),
  check ((q is 3) = (lease_id is not null))
) strict;
create index item_ready on item(class, needs, project_id, band, deadline, tried, id) where q = 1;
create index item_wake on item(wake_at) where wake_at is not null;
create unique index item_lease on item(lease_id) where lease_id is not null;
create index item_held on item(held_by) where q = 4;
create index item_live on item(project_id) where q = 3;
create index item_parent on item(parent_id) where parent_id is not null;
create index item_open on item(lane, created_at) where state in ('open','blocked');
create index item_review on item(phase) where state = 'review';
create table item_spec (item_id integer primary key references item(id), spec text not null) strict;
create table item_label (label text not null, item_id integer not null references item(id), primary key (label, item_id)) strict, without rowid;
create table item_repo (item_id integer not null references item(id), repo_id integer not null references repo(id), role text not null check (role in ('target','context')), primary key (item_id, repo_id)) strict, without rowid;
create table item_path (item_id integer not null references item(id), repo_id integer not null, prefix text not null, pattern text not null, primary key (item_id, repo_id, pattern)) strict, without rowid;
create table queue (class text not null, needs text not null, project_id integer not null, primary key (class, needs, project_id)) strict, without rowid;
create virtual table item_search using fts5(words, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0', prefix='2 3');

create table link (
  from_id integer not null references item(id), kind text not null check (kind in ('blocked_by','discovered_from','duplicates','supersedes','recurs','relates')),
  to_kind text not null check (to_kind in ('item','candidate')), to_id integer not null, amendment text,
  created_by text not null, created_at integer not null, primary key (from_id, kind, to_kind, to_id)
) strict, without rowid;
create index link_to on link(to_kind, to_id, kind);

create table candidate (
  id integer primary key autoincrement, uid text not null unique, project_id integer not null references project(id), title text not null,
  spec text not null, wishes text not null default '{}', state text not null check (state in ('pending','approved','rejected','merged','expired')),
  source text not null, rule text, source_text text, external_system text, external_key text, fingerprint text not null,
  proposed_by text not null, proposed_at integer not null, touched_at integer not null, captured_on text, run_id integer,
  decided_by text, decided_at integer, reason text, item_id integer references item(id), recurs_id integer,
  version integer not null default 1, event_n integer not null default 0,
  check ((state = 'pending') = (decided_at is null))
) strict;
create unique index candidate_external on candidate(project_id, source, external_system, external_key) where state = 'pending' and external_key is not null;
create unique index candidate_same on candidate(project_id, source, fingerprint) where state = 'pending' and external_key is null;
create index candidate_known on candidate(external_system, external_key) where external_key is not null;
create index candidate_item on candidate(item_id) where item_id is not null;
create index candidate_fingerprint on candidate(fingerprint);
create index candidate_pending on candidate(proposed_by, source) where state = 'pending';
create index candidate_title on candidate(title) where state = 'pending';

create table question (
  id integer primary key autoincrement, item_id integer not null references item(id), question text not null, options text not null,
  default_option text, deadline integer, asked_of text, asked_by text not null, asked_at integer not null, run_id integer, default_allowed_by text,
  answer text, reason text, answered_by text, answered_at integer
) strict;
create index question_item on question(item_id, id);
create unique index question_open on question(item_id) where answered_at is null;
create table note (
  id integer primary key autoincrement, item_id integer not null references item(id), actor text not null, at integer not null, run_id integer,
  kind text not null, holder integer not null default 0, body text not null
) strict;
create index note_item on note(item_id, id);
create table plan (item_id integer not null references item(id), version integer not null, body text not null, actor text not null, at integer not null, run_id integer, primary key (item_id, version)) strict, without rowid;
create table evidence (
  id integer primary key autoincrement, item_id integer not null references item(id), run_id integer, kind text not null, value text not null, actor text not null, at integer not null
) strict;
create index evidence_item on evidence(item_id, id);

create table run (
  id integer primary key autoincrement, uid text not null, item_id integer not null, lease_id text not null unique, holder text not null,
  runner text, host text, worker text, worker_id text, agent text, token text, session_id text, resumes integer, plan_version integer,
  started_at integer not null, ended_at integer, outcome text, reason text, reported text, result text,
  usage text, cost_usd real, tokens integer, worked_ms integer, spent_day integer, log_path text, log_bytes integer,
  check ((ended_at is null) = (outcome is null))
) strict;
create index run_item on run(item_id, id);
create index run_live on run(host) where ended_at is null;
create table run_repo (
  run_id integer not null references run(id), repo_id integer not null references repo(id), target text not null, worktree text, branch text, base_sha text, head_sha text,
  primary key (run_id, repo_id)
) strict, without rowid;
create table landing (
  id integer primary key autoincrement, run_id integer not null references run(id), item_id integer not null, repo_id integer not null, target text not null,
  tip text not null, merge_sha text not null, patch_id text, state text not null check (state in ('intended','landed','abandoned')), actor text not null, at integer not null, settled_at integer
) strict;
create index landing_run on landing(run_id);
create index landing_sha on landing(merge_sha);
create table spending (project_id integer not null references project(id), day integer not null, tokens integer not null, usd real not null, ms integer not null, primary key (project_id, day)) strict, without rowid;
create table pull_request (
  id integer primary key autoincrement, run_id integer not null references run(id), item_id integer not null, repo_id integer not null references repo(id), number integer not null check (number > 0),
  url text not null, branch text not null, target text not null, state text not null check (state in ('open','merged','closed')), merge_sha text,
  actor text not null, opened_at integer not null, looked_at integer not null, settled_at integer
) strict;
create unique index pull_request_number on pull_request(repo_id, number);
create index pull_request_item on pull_request(item_id);
create index pull_request_open on pull_request(id) where state = 'open';
create table landing_lock (repo_id integer not null, target text not null, lease_id text not null, holder text not null, fence integer not null, expires_at integer not null, primary key (repo_id, target)) strict, without rowid;

create table git_commit (
  repo_id integer not null references repo(id), sha text not null, parents text not null, subject text not null, author_name text not null, author_email text not null,
  authored_at integer not null, committed_at integer not null, patch_id text, primary key (repo_id, sha)
) strict, without rowid;
create index git_commit_patch on git_commit(repo_id, patch_id) where patch_id is not null;
create table commit_ref (repo_id integer not null, sha text not null, prefix text not null, number integer not null, sub text not null default '', closes integer not null, primary key (prefix, number, repo_id, sha)) strict, without rowid;
create index commit_ref_sha on commit_ref(repo_id, sha);
create table branch_head (repo_id integer not null references repo(id), name text not null, sha text not null, seen_at integer not null, primary key (repo_id, name)) strict, without rowid;

create table worker (id text primary key, host text not null, identity text not null, actor text not null, started_at integer not null, seen_at integer not null, stopped_at integer) strict, without rowid;
create table breaker (runner text primary key, state text not null, updated_at integer not null) strict, without rowid;
create table pause (scope text not null check (scope in ('workspace','project','runner')), name text not null, actor text not null, at integer not null, reason text, primary key (scope, name)) strict, without rowid;
create table idempotency (key text not null, actor text not null, operation text not null, input_hash text not null, output text not null, at integer not null, primary key (actor, key)) strict, without rowid;
create index idempotency_at on idempotency(at);

create table token (
  id integer primary key autoincrement, actor text not null, role text not null check (role in ('viewer','agent','operator','admin')), projects text, hash text not null unique,
  created_at integer not null, created_by text not null, expires_at integer, revoked_at integer, last_used_at integer, event_n integer not null default 0
) strict;

create table denial (
  id integer primary key autoincrement, actor text not null, auth text not null, door text not null, token_id integer, operation text not null, needed text not null, has text not null,
  times integer not null, first_at integer not null, last_at integer not null, unique (actor, operation, needed)
) strict;

create table event (
  id integer primary key autoincrement, stream text not null, stream_id integer not null, n integer not null, at integer not null, actor text not null,
  auth text not null, door text not null, operation text not null, run_id integer, lease_id text, idempotency_key text
) strict;
create unique index event_stream on event(stream, stream_id, n);
create table event_payload (event_id integer primary key, changes text not null, redacted_at integer) strict;
create table seal (id integer primary key, at integer not null, actor text not null, streams integer not null, root text not null) strict;
create table event_seal (event_id integer primary key references event(id), seal_id integer not null, payload_sha256 text not null, sha256 text not null) strict;
create index event_seal_of on event_seal(seal_id);
create trigger event_is_final before update on event begin select raise(abort, 'events are never changed'); end;
create trigger event_stays before delete on event begin select raise(abort, 'events are never deleted'); end;
create table event_block (first_id integer primary key, last_id integer not null unique, entries integer not null, body text not null, sha256 text not null, actor text not null, at integer not null, redactions integer not null default 0) strict;
create trigger event_block_is_final before update on event_block
  when new.redactions <> old.redactions + 1 or (new.first_id, new.last_id, new.entries, new.actor, new.at) <> (old.first_id, old.last_id, old.entries, old.actor, old.at) begin select raise(abort, 'events are never changed'); end;
create trigger event_block_stays before delete on event_block begin select raise(abort, 'events are never deleted'); end;
create trigger event_payload_stays before delete on event_payload when coalesce((select last_id from event_block where first_id <= old.event_id order by first_id desc limit 1), 0) < old.event_id begin select raise(abort, 'events are never deleted'); end;
`;
