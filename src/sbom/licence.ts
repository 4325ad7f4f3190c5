import parseExpression from 'spdx-expression-parse';

/** A declared licence: a valid SPDX expression, or text that is none. */
export type Licence = { readonly kind: 'expression'; readonly expression: string } | { readonly kind: 'text'; readonly text: string };

/** Reads a declared licence. `expression` is a valid SPDX 2.3 licence expression without outer parentheses where it was a single id. */
export function parseLicence(declared: string): Licence {
  const text = declared.trim();
  try {
    parseExpression(text);
    return { kind: 'expression', expression: text };
  } catch {
    return { kind: 'text', text };
  }
}

/** Whether the expression is one licence identifier, without operators. */
export function isSingleIdentifier(expression: string): boolean {
  const parsed = parseExpression(expression);
  return 'license' in parsed && parsed.exception === undefined && parsed.plus === undefined && parsed.license === expression;
}
