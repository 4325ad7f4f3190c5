import { TspackError } from '../foundation/index.ts';

/** An element of an XML file. Names are as written, prefix included. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children, trimmed. */
  readonly text: string;
  /** Of its start tag, counting from 1. */
  readonly line: number;
}

const MAXIMUM_DEPTH = 200;

/**
 * Parses the XML text of `file` (XML 1.0) to its root element. Document types are passed over and entities of their own left unresolved: nothing
 * else is read, and nothing grows. Throws `XML_INVALID` with file, line and column.
 */
export async function parseXmlFile(text: string, file: string, nextStep = `Correct ${file}.`): Promise<XmlElement> {
  // CommonJS: only its default export survives bundling.
  const { SaxesParser } = (await import('saxes')).default;
  const parser = new SaxesParser();
  const open: { name: string; attributes: Readonly<Record<string, string>>; children: XmlElement[]; text: string; line: number }[] = [];
  let root: XmlElement | undefined;
  const fail = (message: string, cause?: unknown): never => {
    throw new TspackError({
      code: 'XML_INVALID',
      message: `Cannot read ${file}:${parser.line}:${Math.max(parser.columnIndex, 1)}: ${message}`,
      nextStep,
      cause,
    });
  };
  parser.on('error', (error) => {
    // The parser puts its own place before the message; a foreign document type may well have declared the entity.
    const message = error.message.replace(/^[\d:\s]*/, '').replace(/\.$/, '');
    if (message !== 'undefined entity') fail(message, error);
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length >= MAXIMUM_DEPTH) fail(`elements are nested deeper than ${MAXIMUM_DEPTH}`);
    open.push({ name, attributes, children: [], text: '', line: parser.line });
  });
  const addText = (content: string) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += content;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = open.pop()!;
    const element = { ...closed, text: closed.text.trim() };
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  parser.write(text).close();
  return root ?? fail('there is no element');
}

/** The first child of that name. */
export function xmlChild(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The element at the end of the path of names below `element`. */
export function xmlAt(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((found, name) => xmlChild(found, name), element);
}
