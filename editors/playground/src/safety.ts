/** Markup made from texts of the server is cleaned, wherever it enters the page.
 *
 * The pages of words and the values of columns reach the editor as Markdown. Its renderer makes HTML of it; the
 * page's policy lets no HTML in that did not pass here.
 */

import DOMPurify from "dompurify";

const KEPT = {
  ALLOWED_TAGS: [
    "p", "br", "hr", "code", "pre", "ul", "ol", "li", "strong", "em", "del", "blockquote", "span",
    "h1", "h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td",
  ],
  ALLOWED_ATTR: ["class"],
};

/** HTML of which only the form of a text is left: no address, no style, no script. */
export function cleaned(html: string): string {
  return DOMPurify.sanitize(html, KEPT);
}

interface Policies {
  createPolicy(name: string, rules: { createHTML(html: string): string }): unknown;
}

/** From here on the browser itself asks `cleaned` about every markup, where it can (Trusted Types). */
export function guardMarkup(): void {
  const policies = (window as { trustedTypes?: Policies }).trustedTypes;
  policies?.createPolicy("default", { createHTML: cleaned });
}
