import { describe, expect, it } from 'vitest';
import { parseXmlFile, xmlAt } from '../../src/sdk/index.ts';

describe('parseXmlFile()', () => {
  it('reads elements, attributes, text and lines', async () => {
    const root = await parseXmlFile(
      '\uFEFF<?xml version="1.0"?>\n<!-- note -->\n<project a="1&amp;2">\n  <name> a <![CDATA[<b>]]>\n </name>\n  <empty/><x:y>&#233;</x:y>\n</project>\n',
      'pom.xml',
    );
    expect(root).toMatchObject({ name: 'project', attributes: { a: '1&2' }, line: 3, text: '' });
    expect(root.children.map(({ name, text, line }) => [name, text, line])).toEqual([
      ['name', 'a <b>', 4],
      ['empty', '', 6],
      ['x:y', 'é', 6],
    ]);
    expect(xmlAt(root, 'name')?.text).toBe('a <b>');
    expect(xmlAt(root, 'name', 'none')).toBeUndefined();
  });

  it.each([
    ['<a>\n  <b>\n</a>', 'pom.xml:3:'],
    ['<a', 'pom.xml:1:'],
    ['', 'pom.xml:1:'],
    ['<a/>\n<b/>', 'pom.xml:2:'],
    ['<a>\n<b c=1/></a>', 'pom.xml:2:'],
  ])('tells where %j stops being XML', async (text, place) => {
    await expect(parseXmlFile(text, 'pom.xml')).rejects.toMatchObject({ code: 'XML_INVALID', message: expect.stringContaining(place) as string });
  });

  it('neither expands entities of a document type nor follows them', async () => {
    const text = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c SYSTEM "file:///etc/passwd">]>\n<a>&b;&c;</a>';
    expect((await parseXmlFile(text, 'pom.xml')).text).toBe('&b;&c;');
  });

  it('refuses elements without end', async () => {
    await expect(parseXmlFile('<a>'.repeat(100_000), 'pom.xml')).rejects.toMatchObject({ message: expect.stringContaining('nested deeper') as string });
  });
});
