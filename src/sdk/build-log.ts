/** Where a buildpack's words go; the lifecycle shows them to the user as they come. */
export interface OutputPort {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** What a buildpack says while it works: sections with lines below them. */
export interface BuildLog {
  /** Opens a section: `Node.js runtime`. */
  section(title: string): void;
  /** One fact of the open section. */
  line(text: string): void;
  /** Something that the user should change, and how; goes to standard error. */
  warning(message: string, nextStep?: string): void;
  /** Output of a program, indented below the section, as it arrives. */
  output(text: string): void;
}

/** A log that writes to `port`; control characters of foreign text cannot reach the terminal. */
export function createBuildLog(port: OutputPort): BuildLog {
  let atLineStart = true;
  const endLine = () => {
    if (!atLineStart) port.stdout('\n');
    atLineStart = true;
  };
  return {
    section(title) {
      endLine();
      port.stdout(`  ${printable(title)}\n`);
    },
    line(text) {
      endLine();
      port.stdout(`    ${printable(text)}\n`);
    },
    warning(message, nextStep) {
      endLine();
      port.stderr(`    Warning: ${printable(message)}\n`);
      if (nextStep !== undefined) port.stderr(`             ${printable(nextStep)}\n`);
    },
    output(text) {
      let shown = '';
      for (const part of text.split(/(\n)/)) {
        if (part === '') continue;
        if (part === '\n') {
          shown += '\n';
          atLineStart = true;
        } else {
          shown += `${atLineStart ? '      ' : ''}${part}`;
          atLineStart = false;
        }
      }
      port.stdout(shown);
    },
  };
}

/** The text with control characters shown as escapes: names come from files that anybody may have written. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
