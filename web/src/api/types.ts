// The JSON of docs/http-api.md and docs/api.md, as far as the pages read it. Times are RFC 3339 strings, durations milliseconds.

export type Severity = "critical" | "warning" | "notice";
export type Counts = Record<Severity, number>;

export interface Problem {
  code: string;
  message: string;
  advice: string;
}

export interface Server {
  name: string;
  url: string;
  product: string | null;
  version: string | null;
  complete: boolean;
  error: Problem | null;
  looks: number;
  observed_at: string | null;
  sessions: {clients: number; active: number; idle_in_transaction: number; waiting: number} | null;
  usable_connections: number | null;
  findings: Counts;
  recorder: boolean;
}

export interface Status {
  version: string;
  started_at: string;
  now: string;
  actions: boolean;
  csrf: string;
  history: boolean;
  recorder: boolean;
  servers: Server[];
}

export interface Statement {
  text: string;
  fingerprint: string;
  kind: string;
  truncated: boolean;
  server_id: string | null;
}

export interface Lock {
  kind: string;
  target: string;
  mode: string;
  count: number;
}

export interface Session {
  pid: number | null;
  started_at: string | null;
  application: string;
  user: string;
  database: string;
  client: string;
  superuser: boolean;
  state: string;
  state_changed_at: string | null;
  transaction_started_at: string | null;
  wrote: boolean | null;
  rows_modified: number | null;
  wait_event: string;
  statement: Statement | null;
  locks: Lock[];
}

/** A run of one statement; of evidence the fields from `error` on, of a transaction all. */
export interface StatementLine {
  text: string;
  kind?: string;
  count: number;
  same_parameters: boolean;
  rows: number;
  started_at: string | null;
  busy_ms: number;
  gap_before_ms: number;
  longest_gap_ms: number;
  error: string;
  dropped: number;
  running: boolean;
}

export interface WaitTreeLine {
  depth: number;
  pid: number | null;
  who: string;
  waits_for: string;
  waiting_ms: number | null;
  more: number;
}

export interface Remedy {
  action: string;
  command: string;
  predicted: string;
}

export interface Finding {
  id: string;
  rule: string;
  severity: Severity;
  confidence: string;
  title: string;
  count: number;
  subjects: Session[];
  evidence: Record<string, unknown>;
  explanation: string;
  likely_mistake: string;
  fix: string;
  remedies: Remedy[];
  first_seen: string;
  last_seen: string;
}

export interface Missing {
  what: string;
  why: string;
  cure: string;
  detail: boolean;
}

export interface Diagnosis {
  observed_at: string;
  complete: boolean;
  missing: Missing[];
  looks: number;
  findings: Finding[];
  error: Problem | null;
}

export interface Holder {
  key: string;
  prepared: boolean;
  /** It is not held by that one, only waited for earlier. */
  queued?: boolean;
}

export interface Transaction {
  key: string;
  /** By the clock that its own times are of: the recorder's, or the server's. */
  observed_at?: string;
  /** Ours: what has to be added to its times to compare them with those of others (lib/lanes.ts, aligned). */
  shift_ms?: number;
  pid: number | null;
  client_id: number | null;
  application: string;
  user: string;
  database: string;
  client: string;
  state: string;
  state_since: string | null;
  started_at: string | null;
  statements: number | null;
  dropped: number | null;
  rows_written: number | null;
  busy_ms: number | null;
  idle_ms: number | null;
  lines: StatementLine[];
  waits_for: Holder[];
}

export interface Transactions {
  observed_at: string;
  recorded: boolean;
  transactions: Transaction[];
}

export interface WaitNode {
  key: string;
  pid: number | null;
  title: string;
  application: string | null;
  user: string | null;
  database: string | null;
  state: string | null;
  state_changed_at: string | null;
  transaction_started_at: string | null;
  statement: string | Statement | null;
  root: boolean;
  stuck: boolean;
  behind: number | null;
  freed: number | null;
}

export interface WaitEdge {
  from: string;
  to: string;
  kind: string;
  target: string;
  mode: string;
  since: string | null;
  queued: boolean;
}

export interface WaitRoot {
  key: string;
  behind: string[];
  freed: string[];
  longest_wait_ms: number | null;
}

export interface Waits {
  observed_at: string;
  nodes: WaitNode[];
  edges: WaitEdge[];
  roots: WaitRoot[];
  rings: string[][];
}

export interface Pool {
  kind: string;
  name: string;
  database: string;
  user: string;
  mode: string;
  maximum_size: number | null;
  in_use: number;
  idle: number;
  connecting: number;
  waiting: number;
  oldest_wait_ms: number | null;
  oldest_lease_ms: number | null;
  queue_timeouts: number | null;
  queue_timeout_ms: number | null;
}

export interface Pools {
  observed_at: string;
  pools: Pool[];
}

export interface Shape {
  id?: string;
  application: string;
  user: string;
  database: string;
  statement: string;
  verdict: "learning" | "normal" | "slow" | "leaked";
  completed: number;
  needed: number;
  median_ms: number | null;
  p90_ms: number | null;
  longest_ms: number | null;
  tau_ms: number | null;
  frozen: boolean;
  p_slow: number | null;
  p_immortal: number | null;
  shift: number | null;
  /** From this age on an open gap is named; null where none could be yet. */
  named_from_ms?: number | null;
  open: {key: string; age_ms: number; named?: boolean}[];
  buckets: {up_to_ms: number | null; completed: number}[];
}

export interface Shapes {
  observed_at: string;
  shapes: Shape[];
}

export interface Sample {
  at: string;
  clients: number;
  active: number;
  idle: number;
  idle_in_transaction: number;
  aborted: number;
  waiting: number;
  queued: number | null;
  usable: number | null;
}

export interface PastCounts {
  clients: number;
  active: number;
  idle: number;
  idle_in_transaction: number;
  aborted: number;
  waiting: number;
  queued: number;
  usable: number;
}

/** Of the history, what the graph shows. */
export interface Past {
  to: string;
  step_ms: number;
  connections: {server: string; periods: {at: string; samples: number; mean: PastCounts; maximum: PastCounts}[]}[];
  error: Problem | null;
}

export interface AuditEntry {
  at?: string;
  actor?: string;
  role?: string;
  server?: string;
  action?: string;
  phase?: string;
  session?: string;
  application?: string;
  user?: string;
  database?: string;
  state?: string;
  wrote?: boolean | null;
  statement?: string;
  finding?: string;
  why?: string;
  outcome?: string;
  reason?: string;
  unreadable?: string;
  [other: string]: unknown;
}

export interface KillTarget {
  session: Session;
  outcome: string;
  reason: string;
}

export interface KillResult {
  action: string;
  dry_run: boolean;
  finding: Finding | null;
  targets: KillTarget[];
  released: {pid: number; started_at: string}[];
  went_on: {pid: number; started_at: string}[];
  still_waiting: {pid: number; started_at: string}[];
  audit: string | null;
  error: Problem | null;
}

export interface LookEvent {
  server: string;
  version: number;
  sample: Sample | null;
  findings: Counts;
}

export interface FindingEvent {
  server: string;
  change: "opened" | "changed" | "closed";
  id: string;
  rule: string;
  severity: Severity;
  title: string;
  count: number;
}
