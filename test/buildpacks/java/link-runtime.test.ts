import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseModules, parseModulePackages } from '../../../buildpacks/java/src/runtime/link-runtime.ts';
import { namedPackages } from '../../../buildpacks/java/src/runnable/named-packages.ts';
import { javaClass } from '../../support/java-class.ts';
import { zipFile } from '../../support/zip-file.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'java-link-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const LISTING = `jimage: /jdk/lib/modules

Module: java.base
    META-INF/services/java.nio.file.spi.FileSystemProvider
    java/lang/Object.class
    module-info.class

Module: java.sql
    java/sql/Connection.class

Module: java.naming
    javax/naming/Context.class

Module: java.desktop
    java/beans/Introspector$Cache.class
`;

describe('namedPackages()', () => {
  it('reads names, signatures and strings of classes in folders and jars', () => {
    mkdirSync(join(root, 'a'));
    writeFileSync(
      join(root, 'a/A.class'),
      javaClass('a.A', { mentions: ['([Ljava/sql/Connection;IJLjavax/naming/Context;)V', 'java.beans.Introspector', 'plain text'] }),
    );
    writeFileSync(join(root, 'b.jar'), zipFile({ 'b/B.class': javaClass('b.B', { mentions: ['java/util/logging/Logger'] }), 'c.txt': 'java/rmi/Remote' }));
    writeFileSync(join(root, 'broken.jar'), 'none');
    const found = namedPackages([root]);
    for (const name of ['java/sql', 'javax/naming', 'java/beans', 'java/util/logging', 'java/lang', 'a', 'b']) expect(found).toContain(name);
    expect(found).not.toContain('java/rmi');
  });
});

describe('chooseModules()', () => {
  it('takes the modules of packages, and those that this Java has of what all programs need', () => {
    const modules = parseModulePackages(LISTING);
    expect(modules.get('java/beans')).toBe('java.desktop');
    expect(chooseModules(modules, new Set(['java/sql', 'com/example']))).toEqual(['java.base', 'java.naming', 'java.sql']);
  });
});
