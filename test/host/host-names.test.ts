import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeHostNames } from '../../src/host/host-names.ts';

let place: string;
beforeEach(() => (place = mkdtempSync(join(tmpdir(), 'host-names-'))));
afterEach(() => rmSync(place, { recursive: true, force: true }));

describe('writeHostNames()', () => {
  it("adds the sandbox's own name to the host's names", () => {
    writeFileSync(join(place, 'hosts'), '127.0.0.1 localhost\n10.0.0.7 registry.internal');
    const file = writeHostNames(place, join(place, 'hosts'))!;
    expect(readFileSync(file, 'utf8')).toBe('127.0.0.1 localhost\n10.0.0.7 registry.internal\n127.0.1.1\ttspack\n');
    // A sandbox that has it mounted never sees it change.
    expect(writeHostNames(place, join(place, 'hosts'))).toBe(file);
    writeFileSync(join(place, 'hosts'), '127.0.0.1 localhost\n');
    expect(writeHostNames(place, join(place, 'hosts'))).not.toBe(file);
  });

  it('knows of none where the host has no file', () => expect(writeHostNames(place, join(place, 'none'))).toBeUndefined());
});
