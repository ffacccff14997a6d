declare module "codemirror-lang-ftr" {
  import type { LanguageSupport } from "@codemirror/language";
  export function ftr(): LanguageSupport;
}
