import type {ComponentChildren} from "preact";
import {useEffect, useRef} from "preact/hooks";

/** A modal dialog while it is drawn; Escape and the backdrop close it. */
export function Dialog({label, onClose, children}: {label: string; onClose: () => void; children: ComponentChildren}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={dialog} aria-label={label} onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClick={(event) => { if (event.target === dialog.current) onClose(); }}>
      <div>{children}</div>
    </dialog>
  );
}

const KEYS: [string[], string][] = [
  [["1", "…", "6"], "the pages: Now, Transactions, Waits, Findings, Shapes, Audit"],
  [["j", "k"], "next and previous in a list"],
  [["Enter"], "opens what is marked"],
  [["Esc"], "closes what is open, leaves the filter"],
  [["/"], "filters the list"],
  [["t"], "dark, light, or as the system has it"],
  [["?"], "these keys"],
];

export function Help({onClose}: {onClose: () => void}) {
  return (
    <Dialog label="Keys" onClose={onClose}>
      <h1>Keys</h1>
      <dl class="keys">
        {KEYS.map(([keys, what]) => [
          <dt key={what}>{keys.map((key) => (key === "…" ? " … " : <><kbd key={key}>{key}</kbd>{" "}</>))}</dt>,
          <dd key={`${what}.`}>{what}</dd>,
        ])}
      </dl>
      <footer><button type="button" class="button" onClick={onClose}>Close</button></footer>
    </Dialog>
  );
}
