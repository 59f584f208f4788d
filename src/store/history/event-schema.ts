import type { Generated } from "kysely";
import type { ActorName } from "#domain/actor.ts";

/** The history: what happened, what that changed, the archive of old changes, and the seals. */
export interface EventTable {
  id: Generated<number>;
  stream: string;
  stream_id: number;
  n: number;
  at: number;
  actor: string;
  auth: string;
  /** The interface that the call came through; the column keeps its first name. */
  door: string;
  operation: string;
  run_id: number | null;
  lease_id: string | null;
  idempotency_key: string | null;
}

export interface EventPayloadTable {
  event_id: number;
  changes: string;
  redacted_at: number | null;
}

/** What the entries of a range changed, compressed. */
export interface EventBlockTable {
  first_id: number;
  last_id: number;
  entries: number;
  /** Zstandard in base64: both databases keep text the same way. */
  body: string;
  /** Of the body, in hex. */
  sha256: string;
  actor: ActorName;
  at: number;
  /** How often something was taken out of it: it changes in no other way. */
  redactions: Generated<number>;
}

export interface SealTable {
  id: number;
  at: number;
  actor: ActorName;
  streams: number;
  root: string;
}

export interface EventSealTable {
  event_id: number;
  seal_id: number;
  payload_sha256: string;
  sha256: string;
}
