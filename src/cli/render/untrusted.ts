/* eslint-disable no-control-regex -- control characters are what this file is about */

/** Controls (C0, DEL, C1), bidirectional overrides and separators that terminals or logs take for more than text. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** A name or a one-line text from outside, with everything that is no plain text written as an escape. */
export function visible(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** The same for a text of several lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** What a terminal may be told, or shows otherwise than as text; tab is neither. Sequences before the characters that begin them. */
const SPECIAL = new RegExp(
  [
    // Sequences are taken whole: SGR and other CSI, then OSC, DCS, SOS, PM and APC with their text, then other escapes of two bytes.
    /\u001b\[[0-?]*[ -/]*[@-~]/,
    /\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?/,
    /\u001b[ -/]*[0-~]/,
    /\u009b[0-?]*[ -/]*[@-~]/,
    /[\u001b\u009b]/,
    // A run of one character at once: programs print zeros by the megabyte.
    /([\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069])\1*/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);
const SGR = /^\u001b\[[0-9;:]*m$/;

/**
 * A line of a program's output: colours (SGR) stay when `color` is set, every other escape sequence goes, other control
 * characters but tab are escaped. A line that sets a colour ends with a reset.
 */
export function outputLine(line: string, color: boolean): string {
  let colored = false;
  const shown = line.replace(SPECIAL, (found, repeated: string | undefined) => {
    if (repeated !== undefined) return escaped(repeated).repeat(found.length);
    if (found.length === 1) return escaped(found);
    if (!color || !SGR.test(found)) return '';
    colored = true;
    return found;
  });
  return colored ? `${shown}\u001b[0m` : shown;
}
