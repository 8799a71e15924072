import {Store, useStore} from "./store";

export const PAGES = ["now", "transactions", "waits", "findings", "shapes", "audit"] as const;
export type Page = (typeof PAGES)[number];

/** Where the reader is: /PAGE or /PAGE/ITEM, ?server=NAME where there are several. */
export interface Place {
  page: Page;
  item: string | null;
  server: string | null;
}

export function parsePlace(path: string, query: string): Place {
  const [first = "", ...rest] = path.replace(/^\/+/, "").split("/");
  const page = PAGES.find((name) => name === first) ?? "now";
  const item = rest.join("/");
  return {page, item: item ? decoded(item) : null, server: new URLSearchParams(query).get("server")};
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function formatPlace(place: Place): string {
  const item = place.item === null ? "" : `/${encodeURIComponent(place.item)}`;
  const query = place.server === null ? "" : `?server=${encodeURIComponent(place.server)}`;
  return (place.page === "now" && !item ? "/" : `/${place.page}${item}`) + query;
}

const current = (): Place => parsePlace(location.pathname, location.search);
const place = new Store<Place>(current());
addEventListener("popstate", () => place.set(current()));

export const usePlace = (): Place => useStore(place);

export function go(change: Partial<Place>, replace = false): void {
  const next = {...place.value, item: null, ...change};
  const path = formatPlace(next);
  if (path === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", path);
  place.set(next);
}

/** The address of a place, for a link; a plain click stays in the page. */
export function linkTo(change: Partial<Place>): {href: string; onClick: (event: MouseEvent) => void} {
  return {
    href: formatPlace({...place.value, item: null, ...change}),
    onClick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
      event.preventDefault();
      go(change);
    },
  };
}
