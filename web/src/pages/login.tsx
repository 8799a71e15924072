import {useState} from "preact/hooks";
import {Failed, logIn} from "../api/client";

export function Login() {
  const [token, setToken] = useState("");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    try {
      await logIn(token.trim());
    } catch (error) {
      setTrouble(error instanceof Failed ? `${error.problem.message} ${error.problem.advice}` : String(error));
    }
    setBusy(false);
  };
  return (
    <main class="login">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <span class="brand">
          <svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
            <path d="M3.5 3v18M20.5 3v18M3.5 6l8.5 5.5L20.5 6M3.5 13l8.5 5.5 8.5-5.5" />
          </svg>
          Lockkeeper
        </span>
        <p class="soft">This daemon listens beyond its own machine, so it asks for a token. It is in the file that <code>[http] token_file</code> names.</p>
        <label>Token<input class="field" type="password" autocomplete="current-password" autofocus value={token} onInput={(event) => setToken(event.currentTarget.value)} /></label>
        {trouble && <p class="note critical" role="alert">{trouble}</p>}
        <button type="submit" class="button primary" disabled={busy || token.trim() === ""}>{busy ? "Asking …" : "Log in"}</button>
      </form>
    </main>
  );
}
