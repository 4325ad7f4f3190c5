import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/platform/index.ts';
import type { ExecutorProbe } from '../../src/executor/index.ts';

const works = (name: ExecutorProbe['name']): ExecutorProbe => ({ name, usable: true, limits: [], detail: `${name} 1.0` });
const refuses = (name: ExecutorProbe['name']): ExecutorProbe => ({ name, usable: false, reason: `no ${name}`, nextStep: `Get ${name}` });

function executorFindings(...executors: readonly ExecutorProbe[]) {
  const findings = diagnose({
    nodeVersion: 'v20.18.1',
    platform: 'linux/amd64',
    home: { directory: '/home', freeBytes: undefined },
    executors,
    overlays: undefined,
    daemons: [],
    npmRegistry: { address: 'https://npm.example.com/' },
    debianMirror: { address: 'https://debian.example.com/' },
    proxy: {},
    certificates: { hasOwnCa: false, sources: [] },
    credentialFiles: [],
  });
  return findings.filter(({ topic }) => topic.startsWith('executor '));
}

describe('diagnose()', () => {
  it('says which executor builds use, and how to get the other', () => {
    const [sandbox, container] = executorFindings(works('sandbox'), works('container'));
    expect(sandbox).toMatchObject({ status: 'ok', message: expect.stringMatching(/^works \(sandbox 1\.0\); builds use it;/) });
    expect(container).toMatchObject({ status: 'ok', message: expect.stringContaining('builds use it with --executor container') });
  });

  it('has no problem with a sandbox that does not work where containers do', () => {
    const [sandbox, container] = executorFindings(refuses('sandbox'), works('container'));
    expect(sandbox).toEqual({ topic: 'executor sandbox', status: 'info', message: 'does not work here: no sandbox', nextStep: 'Get sandbox' });
    expect(container?.message).toContain('; builds use it;');
  });

  it('has a problem where none works', () => {
    expect(executorFindings(refuses('sandbox'), refuses('container')).map(({ status }) => status)).toEqual(['problem', 'info']);
  });
});
