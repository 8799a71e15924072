// The audit's lines, put together: intent and outcome of one session are one action, actions of one order one row.
import type {AuditEntry} from "../api/types";
import {parseTime} from "./time";

export interface Action {
  entry: AuditEntry;
  at: number | null;
  /** "intended": there is an intent and no outcome. */
  outcome: string;
}

export interface Order {
  key: string;
  at: number | null;
  actions: Action[];
  outcomes: [string, number][];
}

// Sessions of one order are ended one after the other; further apart they were different orders.
const TOGETHER_MS = 15_000;

/** Newest first, as the entries are. */
export function actions(entries: AuditEntry[]): Action[] {
  const done = new Set<string>();
  const found: Action[] = [];
  for (const entry of entries) {
    const key = `${entry.session}|${entry.action}|${entry.server}`;
    if (entry.phase === "intent" && done.delete(key)) continue;
    if (entry.phase === "outcome") done.add(key);
    found.push({entry, at: parseTime(entry.at), outcome: entry.unreadable !== undefined ? "unreadable" : entry.outcome ?? (entry.phase === "intent" ? "intended" : "–")});
  }
  return found;
}

export function orders(entries: AuditEntry[]): Order[] {
  const found: Order[] = [];
  for (const action of actions(entries)) {
    const last = found.at(-1);
    const first = last?.actions.at(-1);
    const { entry } = action;
    const same = first && entry.finding && first.entry.finding === entry.finding && first.entry.actor === entry.actor && first.entry.action === entry.action
      && first.entry.server === entry.server && first.at !== null && action.at !== null && Math.abs(first.at - action.at) < TOGETHER_MS;
    if (last && same) last.actions.push(action);
    else found.push({key: `${entry.at}|${entry.session ?? found.length}`, at: action.at, actions: [action], outcomes: []});
  }
  for (const order of found) {
    const counts = new Map<string, number>();
    for (const action of order.actions) counts.set(action.outcome, (counts.get(action.outcome) ?? 0) + 1);
    order.outcomes = [...counts].sort((a, b) => b[1] - a[1]);
  }
  return found;
}
