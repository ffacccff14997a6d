// What Lezer's own tokens cannot say: which line ends separate, and what stands between quotes.
import { ContextTracker, ExternalTokenizer } from "@lezer/lr";
import {
  blankLine, newline,
  Escape, longEnd, longQuotes, longText, plainEnd, plainQuote, plainText,
  BraceClose, BraceOpen, BracketClose, BracketOpen, ParenthesisClose, ParenthesisOpen,
} from "./parser.terms.js";
import { ESCAPED } from "./highlight.js";

const [LINE_FEED, RETURN, BAR, BRACE, HASH, QUOTE, BACKSLASH] = ["\n", "\r", "|", "}", "#", '"', "\\"].map(
  (each) => each.charCodeAt(0),
);
const BLANKS = new Set([9, 11, 12, 32, 0xfeff]);
const END = -1;

/** The open brackets: line ends count inside braces only. */
class Open {
  constructor(around, hidesLines) {
    this.around = around;
    this.hidesLines = hidesLines;
    this.hash = ((around ? around.hash : 7) * 31 + (hidesLines ? 2 : 1)) | 0;
  }
}

const outside = new Open(null, false);

export const brackets = new ContextTracker({
  start: outside,
  shift(open, term) {
    if (term === ParenthesisOpen || term === BracketOpen) return new Open(open, true);
    if (term === BraceOpen) return new Open(open, false);
    if (term === ParenthesisClose || term === BracketClose || term === BraceClose) return open.around ?? outside;
    return open;
  },
  hash: (open) => open.hash,
});

function isLineEnd(letter) {
  return letter === LINE_FEED || letter === RETURN;
}

/** Whether the next word, comments and empty lines left aside, is a step. */
function stepFollows(input) {
  let ahead = 0;
  for (;;) {
    const letter = input.peek(ahead);
    if (letter === HASH) {
      while (input.peek(ahead) !== END && !isLineEnd(input.peek(ahead))) ahead++;
    } else if (isLineEnd(letter) || BLANKS.has(letter)) {
      ahead++;
    } else {
      return letter === BAR;
    }
  }
}

export const lineEnds = new ExternalTokenizer(
  (input, stack) => {
    if (input.next === END || input.next === BRACE) {
      // The last thing of a file or of braces may do without a line end.
      if (stack.canShift(newline)) input.acceptToken(newline);
      return;
    }
    if (!isLineEnd(input.next)) return;
    const separates = !stack.context.hidesLines && !stepFollows(input) && stack.canShift(newline);
    const first = input.next;
    input.advance();
    if (first === RETURN && input.next === LINE_FEED) input.advance();
    input.acceptToken(separates ? newline : blankLine);
  },
  { contextual: true },
);

/** The length of the escape that begins here, 0 for none. */
function escapeHere(input) {
  if (input.next !== BACKSLASH) return 0;
  const letter = String.fromCharCode(input.peek(1));
  if (ESCAPED.includes(letter)) return 2;
  if (letter !== "u" || input.peek(2) !== "{".charCodeAt(0)) return 0;
  let ahead = 3;
  while (ahead < 9 && /[0-9A-Fa-f]/.test(String.fromCharCode(input.peek(ahead)))) ahead++;
  return ahead > 3 && input.peek(ahead) === BRACE ? ahead + 1 : 0;
}

function atLongQuotes(input) {
  return input.next === QUOTE && input.peek(1) === QUOTE && input.peek(2) === QUOTE;
}

/** Inside of quotes: the end of the text, an escape, or what stands before the next of them. */
function readText(input, isOver, text) {
  const escape = escapeHere(input);
  if (escape) return input.acceptToken(Escape, escape);
  while (input.next !== END && !isOver() && !escapeHere(input)) input.advance();
  input.acceptToken(text);
}

export const texts = new ExternalTokenizer((input, stack) => {
  if (stack.canShift(longText)) {
    if (atLongQuotes(input)) input.acceptToken(longEnd, 3);
    else if (input.next !== END) readText(input, () => atLongQuotes(input), longText);
  } else if (stack.canShift(plainText)) {
    // A text that is not closed ends with its line.
    if (isLineEnd(input.next) || input.next === END) input.acceptToken(plainEnd);
    else if (input.next === QUOTE) input.acceptToken(plainEnd, 1);
    else readText(input, () => input.next === QUOTE || isLineEnd(input.next), plainText);
  } else if (atLongQuotes(input)) {
    input.acceptToken(longQuotes, 3);
  } else if (input.next === QUOTE) {
    input.acceptToken(plainQuote, 1);
  }
}, { contextual: true });
