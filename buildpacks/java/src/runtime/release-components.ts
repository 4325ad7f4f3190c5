import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../../../../src/sdk/index.ts';

/**
 * What the file `release` of a Java (JEP 223) says that it is, whoever packaged it: OpenJDK in its own version, by which
 * vulnerabilities are known, and the one library in a file of its own.
 */
export function releaseComponents(home: string): readonly Component[] {
  const file = join(home, 'release');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const value = (name: string) => new RegExp(`^${name}="?([^"\\n]+)"?$`, 'mu').exec(text)?.[1];
  const [runtime, version] = [value('JAVA_RUNTIME_VERSION') ?? value('JAVA_VERSION'), value('JAVA_VERSION')];
  if (runtime === undefined || version === undefined) return [];
  const licences = ['GPL-2.0-only WITH Classpath-exception-2.0'];
  const library = join(home, 'lib/jrt-fs.jar');
  return [
    {
      type: 'platform',
      name: 'openjdk',
      version: runtime,
      purl: `pkg:generic/oracle/openjdk@${encodeURIComponent(runtime)}`,
      description: 'OpenJDK, a Java runtime',
      licences,
      locations: [file],
    },
    ...(existsSync(library)
      ? [{ type: 'library' as const, name: 'jrt-fs', version, purl: `pkg:maven/jrt-fs/jrt-fs@${version}`, licences, locations: [library] }]
      : []),
  ];
}
