import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { knownUserMounts } from '../../../src/executor/container/known-user.ts';
import { hostPath } from '../../support/sandbox-root.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tspack-users-'));
  mkdirSync(join(directory, 'root/etc'), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const mountsFor = () => knownUserMounts(hostPath(join(directory, 'root')), { uid: 1001, gid: 1000 }, { uid: 33, gid: 44 }, join(directory, 'made'));

describe('knownUserMounts()', () => {
  it('puts the user of the image first, under the new number, because the first of a number counts', () => {
    writeFileSync(join(directory, 'root/etc/passwd'), 'root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\ncnb:x:1001:1000:a:/home/cnb:/bin/sh\n');
    writeFileSync(join(directory, 'root/etc/group'), 'root:x:0:\ncnb:x:1000:\n');
    expect(mountsFor().map(({ target }) => target)).toEqual(['/etc/passwd', '/etc/group']);
    expect(readFileSync(join(directory, 'made/passwd'), 'utf8')).toBe(
      'cnb:x:33:44:a:/home/cnb:/bin/sh\nroot:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n',
    );
    expect(readFileSync(join(directory, 'made/group'), 'utf8')).toBe('cnb:x:44:\nroot:x:0:\n');
  });

  it('does nothing for an image that does not know the user', () => {
    writeFileSync(join(directory, 'root/etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
    expect(mountsFor()).toEqual([]);
  });
});
