import {useEffect, useRef, useState} from "preact/hooks";
import {locked} from "./api/client";
import {connect, connectNow, disconnect, lostSince, useLost} from "./api/live";
import {useNow, useResource} from "./api/resource";
import type {Server, Status} from "./api/types";
import {useKeys} from "./lib/keys";
import {PAGES, go, usePlace, type Page, type Place} from "./lib/router";
import {useStore} from "./lib/store";
import {Audit} from "./pages/audit";
import {Findings} from "./pages/findings";
import {Login} from "./pages/login";
import {Now} from "./pages/now";
import {Shapes} from "./pages/shapes";
import {Transactions} from "./pages/transactions";
import {Waits} from "./pages/waits";
import {Bar, cycleTheme} from "./parts/bar";
import {Failure, Quiet} from "./parts/bits";
import {Help} from "./parts/dialog";
import {Toasts} from "./parts/toasts";
import {age} from "./lib/time";

export interface PageProps {
  status: Status;
  server: Server;
  place: Place;
  now: number;
}

const VIEWS: Record<Page, (props: PageProps) => preact.JSX.Element> = {now: Now, transactions: Transactions, waits: Waits, findings: Findings, shapes: Shapes, audit: Audit};
const NAMES: Record<Page, string> = {now: "Now", transactions: "Transactions", waits: "Waits", findings: "Findings", shapes: "Shapes", audit: "Audit"};

/** The keys that work on every page. */
function usePageKeys(place: Place, toggleHelp: () => void): void {
  useKeys((key) => {
    const page = PAGES[Number(key) - 1];
    if (key === "?") toggleHelp();
    else if (key === "t") cycleTheme();
    else if (key === "/") document.querySelector<HTMLInputElement>("[data-filter]")?.focus();
    else if (key === "Escape" && place.item !== null) go({page: place.page});
    else if (page) go({page});
    else return false;
    return true;
  });
}

function Strips({server, status, page, now}: {server: Server; status: Status; page: Page; now: number}) {
  const since = useStore(lostSince);
  const lost = useLost(now);
  const others = status.servers.filter((other) => other !== server && other.error);
  return (
    <>
      {lost && since !== null && (
        <div class="strip critical" role="alert">
          <span><strong>Lockkeeper does not answer.</strong> What is shown is {age(now - since)} old or more.</span>
          <button type="button" class="button small" onClick={connectNow}>Try now</button>
        </div>
      )}
      {server.error && page !== "now" && <div class="strip critical" role="alert"><span><strong>{server.name}: {server.error.message}</strong> {server.error.advice}</span></div>}
      {others.length > 0 && <div class="strip"><span>{others.map((other) => other.name).join(", ")} cannot be observed: {others[0]?.error?.message}</span></div>}
    </>
  );
}

function Content({status, place, now}: {status: Status; place: Place; now: number}) {
  const main = useRef<HTMLElement>(null);
  const server = status.servers.find((one) => one.name === place.server) ?? (place.server === null ? status.servers[0] : undefined);
  const worst = status.servers.reduce((sum, one) => sum + one.findings.critical, 0);
  useEffect(() => {
    document.title = `${worst > 0 ? `(${worst}) ` : ""}${NAMES[place.page]} · Lockkeeper`;
  }, [worst, place.page]);
  useEffect(() => { scrollTo(0, 0); }, [place.page]);
  if (status.servers.length === 0) return <main><Quiet title="No server is watched yet">Name one: <code>lockkeeper run URL</code>, or <code>[[server]]</code> in the configuration.</Quiet></main>;
  if (!server) {
    return (
      <main>
        <Quiet title={`There is no server “${place.server}”`}><button type="button" class="button" onClick={() => go({...place, server: null})}>Show {status.servers[0]?.name}</button></Quiet>
      </main>
    );
  }
  const View = VIEWS[place.page];
  return (
    <>
      <div><Strips server={server} status={status} page={place.page} now={now} /></div>
      <main ref={main} id="content" tabIndex={-1} data-page={place.page}>
        <View key={`${place.page} ${server.name}`} status={status} server={server} place={place} now={now} />
      </main>
    </>
  );
}

export function App() {
  const place = usePlace();
  const now = useNow();
  const isLocked = useStore(locked);
  const [help, setHelp] = useState(false);
  const status = useResource<Status>("/api/v1/status", null, 2000);
  usePageKeys(place, () => setHelp((open) => !open));
  useEffect(() => {
    if (isLocked) return undefined;
    connect();
    return disconnect;
  }, [isLocked]);

  if (isLocked) return <Login />;
  const server = status.data?.servers.find((one) => one.name === place.server) ?? status.data?.servers[0] ?? null;
  return (
    <div class="frame">
      <div>
        <a class="skip" href="#content">To the content</a>
        <Bar status={status.data} server={server} place={place} names={NAMES} onHelp={() => setHelp(true)} />
      </div>
      <div>
        {status.data
          ? <Content status={status.data} place={place} now={now} />
          : <main>{status.failure ? <Failure failure={status.failure} retry={status.refetch} /> : <Quiet title="Connecting …" />}</main>}
      </div>
      <Toasts quiet={place.page === "now" || place.page === "findings"} />
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}
