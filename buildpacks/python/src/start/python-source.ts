/** What a module says at its top level, found without running it. */
export interface ModuleFacts {
  /** First names of what it imports: `flask` of `from flask.views import View`. */
  readonly imports: ReadonlySet<string>;
  /** Names that a call is assigned to, with what is called: `app` and `FastAPI`. */
  readonly calls: readonly { readonly name: string; readonly callee: string }[];
  /** Functions that can be called without arguments. */
  readonly functions: readonly string[];
  /** Every name that something is assigned to, at any level. */
  readonly assigned: ReadonlySet<string>;
}

/** Reads the source of a module. Nothing of it is run, and what it does in functions counts only as an import. */
export function readModule(source: string): ModuleFacts {
  const code = withoutTexts(source);
  const imports = new Set<string>();
  for (const [, from, names] of code.matchAll(/^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import\b|import[ \t]+([\w., \t]+))/gm)) {
    if (from !== undefined) imports.add(firstName(from));
    for (const name of (names ?? '').split(',')) if (name.trim() !== '') imports.add(firstName(name.trim()));
  }
  const calls = [...code.matchAll(/^([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=[ \t]*([A-Za-z_][\w.]*)[ \t]*\(/gm)].map(([, name, callee]) => ({
    name: name!,
    callee: callee!,
  }));
  const functions = [...code.matchAll(/^(?:async[ \t]+)?def[ \t]+([A-Za-z_]\w*)[ \t]*\(([^)]*)\)/gm)]
    .filter(([, , parameters]) => parameters!.split(',').every((parameter) => parameter.trim() === '' || /=|^\s*\*/.test(parameter)))
    .map(([, name]) => name!);
  const assigned = new Set([...code.matchAll(/^[ \t]*([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=)/gm)].map(([, name]) => name!));
  return { imports, calls, functions, assigned };
}

function firstName(dotted: string): string {
  return /^\w*/.exec(dotted)![0];
}

/** The source with the content of strings and comments blanked; lines stay where they are. */
function withoutTexts(source: string): string {
  const pattern = /#[^\n]*|("""|''')(?:\\[\s\S]|(?!\1)[\s\S])*(?:\1|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?/g;
  return source.replace(pattern, (text) => (text.startsWith('#') ? '' : `''${text.replace(/[^\n]/g, '')}`));
}
