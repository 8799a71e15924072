// A transaction as a lane: what ran when, and the silences between.
import type {StatementLine, Transaction, Transactions} from "../api/types";
import {blocking} from "./forest";
import {parseTime} from "./time";

export interface Block {
  kind: "run" | "folded" | "dropped" | "waiting";
  from: number;
  to: number;
  line: StatementLine;
}

export interface Lane {
  transaction: Transaction;
  from: number;
  blocks: Block[];
  /** Whether all of it was recorded: else what lies between two blocks is not a gap, but unknown. */
  known: boolean;
  /** Idle since, or null while something runs. */
  silentSince: number | null;
}

/** Notes of each transaction how far its clock is from that of the answer: recorder and server need not agree. */
export function aligned(answer: Transactions): Transaction[] {
  const common = parseTime(answer.observed_at);
  for (const one of answer.transactions) {
    const own = parseTime(one.observed_at);
    one.shift_ms = own === null || common === null ? 0 : common - own;
  }
  return answer.transactions;
}

function timeOf(transaction: Transaction, text: string | null | undefined): number | null {
  const at = parseTime(text);
  return at === null ? null : at + (transaction.shift_ms ?? 0);
}

function spanOf(transaction: Transaction, line: StatementLine, next: StatementLine | undefined, end: number): number {
  const start = timeOf(transaction, line.started_at) ?? end;
  if (line.running) return end;
  if (line.count <= 1) return start + line.busy_ms;
  const nextStart = timeOf(transaction, next?.started_at);
  return Math.max(start + line.busy_ms, nextStart === null ? end : nextStart - (next?.gap_before_ms ?? 0));
}

export function lane(transaction: Transaction, now: number): Lane {
  const from = timeOf(transaction, transaction.started_at ?? transaction.lines[0]?.started_at ?? transaction.state_since) ?? now;
  const silentSince = transaction.state.startsWith("idle") ? timeOf(transaction, transaction.state_since) : null;
  const end = silentSince ?? now;
  const blocks: Block[] = [];
  transaction.lines.forEach((line, index) => {
    const start = timeOf(transaction, line.started_at);
    if (line.dropped > 0) {
      const before = blocks.at(-1)?.to ?? from;
      const after = timeOf(transaction, transaction.lines[index + 1]?.started_at) ?? end;
      blocks.push({kind: "dropped", from: before, to: after, line});
    } else if (start !== null) {
      const to = Math.min(Math.max(spanOf(transaction, line, transaction.lines[index + 1], end), start), Math.max(now, start));
      const kind = line.running && transaction.waits_for.length > 0 ? "waiting" : line.count > 1 ? "folded" : "run";
      blocks.push({kind, from: start, to, line});
    }
  });
  return {transaction, from: Math.min(from, blocks[0]?.from ?? from), blocks, known: transaction.statements !== null, silentSince};
}

/** How long nothing has run: 0 while something does. */
export function silence(transaction: Transaction, now: number): number {
  const at = transaction.state.startsWith("idle") ? timeOf(transaction, transaction.state_since) : null;
  return at === null ? 0 : Math.max(0, now - at);
}

export type Order = "matters" | "age" | "silence" | "rows";

/** Times are all written alike, so their texts are in their order; reading thousands of them again and again would be felt. */
function older(a: Transaction, b: Transaction): number {
  const [left, right] = [a.started_at ?? "9", b.started_at ?? "9"];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** "matters": who blocks others first, each followed by those who wait for it; then the oldest. */
export function ordered(transactions: Transaction[], order: Order, now: number): Transaction[] {
  const all = [...transactions];
  if (order === "age") return all.sort(older);
  if (order === "silence") {
    const silent = new Map(all.map((one) => [one, silence(one, now)]));
    return all.sort((a, b) => (silent.get(b) ?? 0) - (silent.get(a) ?? 0) || older(a, b));
  }
  if (order === "rows") return all.sort((a, b) => (b.rows_written ?? -1) - (a.rows_written ?? -1) || older(a, b));
  return byBlocking(all);
}

function byBlocking(all: Transaction[]): Transaction[] {
  const behind = new Map<string, Transaction[]>();
  for (const one of all) {
    for (const {key} of blocking(one.waits_for)) {
      const others = behind.get(key);
      if (others) others.push(one);
      else behind.set(key, [one]);
    }
  }
  const tops = all.filter((one) => one.waits_for.length === 0).sort((a, b) => (behind.get(b.key)?.length ?? 0) - (behind.get(a.key)?.length ?? 0) || older(a, b));
  const found = new Set<Transaction>();
  const visit = (one: Transaction): void => {
    if (found.has(one)) return;
    found.add(one);
    (behind.get(one.key) ?? []).sort(older).forEach(visit);
  };
  // Waiters of somebody who is not in the list, and rings, come before those who neither block nor wait.
  const holding = tops.filter((one) => behind.has(one.key));
  holding.forEach(visit);
  all.filter((one) => one.waits_for.length > 0).sort(older).forEach(visit);
  tops.forEach(visit);
  return [...found];
}
