/** Opening and saving: each in a dialog of its own, so that nothing is written that nobody asked for. */

import { h, the } from "./dom";
import type { Answer, Opened } from "./server";

/** Buttons that close their dialog and do nothing else; Enter means the other one. */
export function offerToClose(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-closes]")) {
    button.addEventListener("click", () => the<HTMLDialogElement>(button.dataset.closes ?? "").close());
  }
}

/** Asks the server to save under a path; tells why it did not. */
export type Save = (path: string) => Promise<Answer>;

/** Asks where to save; gives what was saved, or null where it was thought better of. */
export function askToSave(path: string, save: Save): Promise<Opened | null> {
  const dialog = the<HTMLDialogElement>("save-dialog");
  const field = the<HTMLInputElement>("save-path");
  field.value = path;
  the("save-words").textContent = "";
  return new Promise((resolve) => {
    const form = dialog.querySelector("form") as HTMLFormElement;
    const done = (saved: Opened | null) => {
      form.onsubmit = dialog.onclose = null;
      dialog.close();
      resolve(saved);
    };
    // The event comes later than what it tells of: the dialog may have been opened again by then.
    dialog.onclose = () => dialog.open || done(null);
    form.onsubmit = (event) => {
      event.preventDefault();
      void save(field.value.trim()).then(({ opened, refused }) => {
        if (opened) done(opened);
        else the("save-words").textContent = refused ?? "it was not saved";
      });
    };
    dialog.showModal();
    field.focus();
    field.setSelectionRange(0, Math.max(0, field.value.length - ".ftr".length));
  });
}

/** Shows the recipes of the project; `open` is told the one that is chosen, `opened` once it stands in the editor. */
export function askToOpen(
  paths: string[], unsaved: boolean, open: (path: string) => Promise<string>, opened: () => void,
): void {
  const dialog = the<HTMLDialogElement>("open-dialog");
  const words = the("open-words");
  words.textContent = unsaved ? "What was written here and not saved is lost when another recipe is opened." : "";
  const choose = async (path: string) => {
    const refused = await open(path);
    if (refused) {
      words.textContent = refused;
      return;
    }
    dialog.close();
    opened();
  };
  const items = paths.map((path) =>
    h("li", {}, h("button", { type: "button", click: () => void choose(path) }, path)),
  );
  the("open-list").replaceChildren(...(items.length ? items : [h("li", {}, "There is no recipe in this project yet.")]));
  dialog.showModal();
}
