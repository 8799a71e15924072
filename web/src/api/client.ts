import {Store} from "../lib/store";
import type {KillResult, Problem, Status} from "./types";

/** A request that did not succeed: the server's own words where it had any. */
export class Failed extends Error {
  constructor(readonly status: number, readonly problem: Problem) {
    super(problem.message);
  }
}

/** True once a request was refused for want of a token. */
export const locked = new Store(false);

const PATIENCE_MS = 15_000;
// Ending many sessions means waiting until they are gone, and looking who went on.
const ACT_PATIENCE_MS = 90_000;

function unreachable(): Failed {
  return new Failed(0, {code: "unreachable", message: "Lockkeeper does not answer.", advice: "Is the daemon running? The page tries again by itself."});
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const body: unknown = await answer.json();
    if (typeof body === "object" && body !== null && "error" in body && body.error) return body.error as Problem;
  } catch {
    // Not JSON: the status line has to do.
  }
  return {code: "http", message: `HTTP ${answer.status} ${answer.statusText}`.trim(), advice: ""};
}

async function request(path: string, init: RequestInit, patience = PATIENCE_MS): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {...init, credentials: "same-origin", signal: AbortSignal.timeout(patience)});
  } catch {
    throw unreachable();
  }
  if (answer.status === 401 && path !== "/api/v1/login") locked.set(true);
  if (!answer.ok) throw new Failed(answer.status, await problemOf(answer));
  return answer;
}

/** The answer, and how long reading it held up the page. */
export async function getTimed<T>(path: string): Promise<{data: T; readingMs: number}> {
  const answer = await request(path, {headers: {Accept: "application/json"}});
  try {
    const text = await answer.text();
    const began = performance.now();
    const data = JSON.parse(text) as T;
    return {data, readingMs: performance.now() - began};
  } catch {
    throw new Failed(answer.status, {code: "protocol", message: "The answer is not JSON.", advice: "Is something else listening at this address?"});
  }
}

export async function get<T>(path: string): Promise<T> {
  return (await getTimed<T>(path)).data;
}

export async function logIn(token: string): Promise<void> {
  await request("/api/v1/login", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({token})});
  locked.set(false);
}

/** A target as the dry run showed it: what has moved on since is left alone. */
export interface Confirmed {
  session: string;
  transaction_started_at: string | null;
  state_changed_at: string | null;
}

export interface KillRequest {
  finding?: string;
  session?: string;
  action: string;
  dry_run: boolean;
  confirm?: Confirmed[];
}

export async function kill(status: Status, server: string, wanted: KillRequest): Promise<KillResult> {
  const answer = await request(serverPath(server, "kill"), {
    method: "POST",
    headers: {"Content-Type": "application/json", "X-Lockkeeper-CSRF": status.csrf},
    body: JSON.stringify(wanted),
  }, ACT_PATIENCE_MS);
  return (await answer.json()) as KillResult;
}

export function serverPath(server: string, what: string): string {
  return `/api/v1/servers/${encodeURIComponent(server)}/${what}`;
}
