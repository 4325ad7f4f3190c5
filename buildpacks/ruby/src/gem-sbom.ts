import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../../../src/sdk/index.ts';

/** The gems in a folder, by the specifications that RubyGems has written for them: plain assignments, one a line. */
export function describeGems(gemHome: string): readonly Component[] {
  const folder = join(gemHome, 'specifications');
  if (!existsSync(folder)) return [];
  const specifications = readdirSync(folder)
    .filter((name) => name.endsWith('.gemspec'))
    .sort()
    .map((file) => ({ file: join(folder, file), text: readFileSync(join(folder, file), 'utf8') }));
  const gems = specifications.map(({ file, text }) => ({ file, text, name: field(text, 'name') ?? '', version: field(text, 'version') ?? '' }));
  const purls = new Map(gems.map(({ name, version }) => [name, `pkg:gem/${encodeURIComponent(name)}@${encodeURIComponent(version)}`]));
  return gems.map(({ file, text, name, version }) => {
    const homepage = field(text, 'homepage');
    const description = field(text, 'summary');
    return {
      type: 'library',
      name,
      version,
      purl: purls.get(name)!,
      ...(homepage === undefined ? {} : { homepage }),
      ...(description === undefined ? {} : { description }),
      licences: [...(/s\.licenses = \[([^\]]*)\]/.exec(text)?.[1]?.matchAll(/"([^"]+)"/g) ?? [])].map(([, licence]) => licence!),
      locations: [file],
      dependsOn: [...text.matchAll(/add_(?:runtime_)?dependency\(%q<([^>]+)>/g)].flatMap(([, other]) => purls.get(other!) ?? []),
    };
  });
}

/** `s.name = "rack".freeze`, `s.version = "3.1.8".freeze`. */
function field(text: string, name: string): string | undefined {
  return new RegExp(`^\\s*s\\.${name} = "((?:[^"\\\\]|\\\\.)*)"`, 'm').exec(text)?.[1];
}
