/** Light, dark, or as the system has it. */

import { s, the } from "./dom";

const CHOICES = ["system", "light", "dark"] as const;
const SIGNS = {
  system: "M12 4a8 8 0 1 0 .01 0",
  light: "M12 7a5 5 0 1 0 0 10a5 5 0 0 0 0-10M12 1v2M12 21v2M1 12h2M21 12h2M4 4l1.5 1.5M18.5 18.5L20 20M4 20l1.5-1.5M18.5 5.5L20 4",
  dark: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
};

/** Lets the button choose; the choice lasts as long as the page. */
export function offerThemes(): void {
  let chosen = 0;
  const button = the("theme");
  const show = () => {
    const theme = CHOICES[chosen];
    document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-label", theme === "system" ? "Colours: as the system" : `Colours: ${theme}`);
    button.title = button.getAttribute("aria-label") ?? "";
    const half = theme === "system" ? s("path", { d: "M12 4a8 8 0 0 0 0 16z", class: "half" }) : null;
    const drawing = { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" };
    button.replaceChildren(s("svg", drawing, s("path", { d: SIGNS[theme] }), half));
  };
  button.addEventListener("click", () => {
    chosen = (chosen + 1) % CHOICES.length;
    show();
  });
  show();
}
