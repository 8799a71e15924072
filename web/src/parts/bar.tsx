import {link} from "../api/live";
import type {Server, Status} from "../api/types";
import {PAGES, go, linkTo, type Page, type Place} from "../lib/router";
import {Store, useStore} from "../lib/store";
import {Mark} from "./bits";

type Theme = "system" | "light" | "dark";
const KEY = "lockkeeper.theme";
const theme = new Store<Theme>((document.documentElement.dataset["theme"] as Theme | undefined) ?? "system");
const NEXT: Record<Theme, Theme> = {system: "dark", dark: "light", light: "system"};

export function cycleTheme(): void {
  const next = NEXT[theme.value];
  if (next === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = next;
  theme.set(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage is forbidden: it holds until the page is left.
  }
}

const ICONS: Record<Theme, string> = {
  system: "M9 2.5a6.5 6.5 0 0 0 0 13z M9 2.5a6.5 6.5 0 0 1 0 13",
  dark: "M14.8 10.9A6.3 6.3 0 0 1 7.1 3.2a6.3 6.3 0 1 0 7.7 7.7z",
  light: "M9 5.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4z M9 1.5v1.6M9 14.9v1.6M1.5 9h1.6M14.9 9h1.6M3.7 3.7l1.1 1.1M13.2 13.2l1.1 1.1M3.7 14.3l1.1-1.1M13.2 4.8l1.1-1.1",
};

function ThemeButton() {
  const now = useStore(theme);
  const words = now === "system" ? "Theme: as the system has it" : `Theme: ${now}`;
  return (
    <button type="button" class="icon" onClick={cycleTheme} aria-label={words} title={`${words} (t)`}>
      <svg viewBox="0 0 18 18" aria-hidden="true" fill={now === "light" ? "none" : "currentColor"} stroke="currentColor" stroke-width="1.4" stroke-linecap="round">
        {ICONS[now].split(" M").map((part, index) => <path key={part} d={index === 0 ? part : `M${part}`} fill={now === "system" && index === 1 ? "none" : undefined} />)}
      </svg>
    </button>
  );
}

function Pulse() {
  const state = useStore(link);
  const words = {live: "live", connecting: "connecting", lost: "disconnected"}[state];
  return <span class={`pulse ${state}`} role="status" data-link={state}><i aria-hidden="true" />{words}</span>;
}

function worstOf(server: Server): "critical" | "warning" | "calm" {
  return server.error || server.findings.critical > 0 ? "critical" : server.findings.warning > 0 ? "warning" : "calm";
}

function Picker({status, server, place}: {status: Status; server: Server | null; place: Place}) {
  const [first] = status.servers;
  if (status.servers.length < 2) return <span class="picker dim" title={first?.url}>{first?.name}</span>;
  return (
    <span class="picker">
      {server && <Mark tone={worstOf(server)} />}
      <select aria-label="Server" value={server?.name ?? ""} onChange={(event) => go({page: place.page, server: event.currentTarget.value})}>
        {status.servers.map((one) => (
          <option key={one.name} value={one.name}>{one.name}{one.error ? " (down)" : one.findings.critical > 0 ? ` (${one.findings.critical} critical)` : ""}</option>
        ))}
      </select>
    </span>
  );
}

function FindingCount({server}: {server: Server}) {
  const {critical, warning, notice} = server.findings;
  const all = critical + warning + notice;
  if (all === 0) return null;
  return <span class={`count ${critical > 0 ? "critical" : warning > 0 ? "warning" : ""}`} aria-label={`${all} open, ${critical} critical`}>{all}</span>;
}

interface Props {
  status: Status | null;
  server: Server | null;
  place: Place;
  names: Record<Page, string>;
  onHelp: () => void;
}

export function Bar({status, server, place, names, onHelp}: Props) {
  return (
    <header class="bar">
      <a class="brand" aria-label="Lockkeeper" {...linkTo({page: "now"})}>
        <svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
          <path d="M3.5 3v18M20.5 3v18M3.5 6l8.5 5.5L20.5 6M3.5 13l8.5 5.5 8.5-5.5" />
        </svg>
        <span>Lockkeeper</span>
      </a>
      {status && <Picker status={status} server={server} place={place} />}
      <nav aria-label="Pages">
        {PAGES.map((page, index) => (
          <a key={page} {...linkTo({page})} aria-current={place.page === page ? "page" : undefined} aria-keyshortcuts={String(index + 1)} title={`${names[page]} (${index + 1})`}>
            <span class="long">{names[page]}</span>
            <span class="short">{page === "transactions" ? "Tx" : names[page]}</span>
            {page === "findings" && server && <FindingCount server={server} />}
            {page === "waits" && server && (server.sessions?.waiting ?? 0) > 0 && <span class="count" aria-label={`${server.sessions?.waiting} waiting`}>{server.sessions?.waiting}</span>}
          </a>
        ))}
      </nav>
      <div class="end">
        <Pulse />
        <ThemeButton />
        <button type="button" class="icon help-button" onClick={onHelp} aria-label="Keys" title="Keys (?)">
          <svg viewBox="0 0 18 18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"><path d="M6.4 6.6a2.6 2.6 0 1 1 3.7 2.5c-.8.4-1.1.9-1.1 1.7M9 13.4v.1" /></svg>
        </button>
      </div>
    </header>
  );
}
