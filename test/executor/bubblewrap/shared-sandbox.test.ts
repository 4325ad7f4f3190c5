import { duplexPair } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBubblewrapExecutor } from '../../../src/executor/bubblewrap/index.ts';
import { createFrameReader } from '../../../src/executor/bubblewrap/frames.ts';
import { serveProcesses } from '../../../src/executor/bubblewrap/serve-processes.ts';
import { TspackError } from '../../../src/foundation/index.ts';
import { ROOT_TOOL } from '../../contract/executor-contract.ts';
import { createTestRoot, readText, sandboxObstacle, sandboxPath, testBubblewrap } from '../../support/sandbox-root.ts';
import type { ProcessSpec } from '../../../src/executor/index.ts';
import type { TestRoot } from '../../support/sandbox-root.ts';

const required = process.env['TSPACK_TEST_REQUIRE'] === '1';
const obstacle = sandboxObstacle();
if (obstacle !== undefined) console.warn(`SKIPPED: shared sandboxes: ${obstacle}`);

const spec = (more: Partial<ProcessSpec> = {}): ProcessSpec => ({ command: ['true'], cwd: sandboxPath('/'), env: { PATH: '/usr/bin:/bin' }, ...more });

describe.skipIf(obstacle !== undefined && !required)('a shared sandbox', () => {
  let root: TestRoot;
  beforeAll(() => void (root = createTestRoot()));
  afterAll(() => root[Symbol.dispose]());

  async function output(tool: string, script: string): Promise<string> {
    const { scratchDirectory } = root;
    const executor = createBubblewrapExecutor({ bubblewrap: testBubblewrap() ?? [], tool, scratchDirectory, readFile: readText });
    await using sandbox = await executor.open(root.environment());
    let text = '';
    const sink = (chunk: Uint8Array): void => void (text += Buffer.from(chunk).toString());
    const { code } = await sandbox.run(spec({ command: ['sh', '-c', script], stdout: sink, stderr: sink }));
    return `${text}${code}`;
  }

  it('shows nobody what serves him, nor lets him into it', async () => {
    const script =
      'tr "\\0" " " < /proc/1/cmdline; ls /tmp; for file in environ mem maps; do cat /proc/1/$file 2>/dev/null && echo $file; done; readlink /proc/1/fd/3 /proc/1/root; (echo x > /proc/1/fd/3) 2>/dev/null && echo written';
    expect(await output(ROOT_TOOL, `${script}; true`)).toMatch(/^\/tmp\/root-tool serve [^\n]*-- 0$/u);
  });

  it('cannot be left by mounting or by another user namespace', async () => {
    const attempts = ['mount -t tmpfs none /mnt', 'umount /proc', 'umount /tmp', 'mount -o remount,rw /'];
    const script = attempts.flatMap((attempt) => [attempt, `unshare -Urm ${attempt}`]).map((attempt) => `${attempt} 2>/dev/null && echo "${attempt}"`);
    // Over an own copy of what he sees, anybody may mount.
    expect(await output(ROOT_TOOL, `${script.join('; ')}; true`)).toMatch(/^(?:unshare -Urm mount -t tmpfs none \/mnt\n)?0$/u);
  });

  it.each(['/bin/false', '/no/such/tool'])('is no condition for running: %s', async (tool) => {
    expect(await output(tool, 'echo ran; exit 3')).toBe('ran\n3');
  });
});

describe('serveProcesses()', () => {
  const answer = (kind: string, id: number, content = ''): Buffer => {
    const header = Buffer.alloc(9);
    header.writeUInt32LE(content.length, 0);
    header.write(kind, 4);
    header.writeUInt32LE(id, 5);
    return Buffer.concat([header, Buffer.from(content, 'latin1')]);
  };
  function start() {
    const [ours, theirs] = duplexPair();
    const asked: string[] = [];
    const read = createFrameReader();
    theirs.on('data', (chunk: Buffer) => void asked.push(...read(chunk).map(({ kind, id }) => `${kind}${id}`)));
    return { run: serveProcesses(ours, (message) => new TspackError({ code: 'SANDBOX_FAILED', message })), theirs, ours, asked };
  }

  it('puts together what comes in pieces', async () => {
    const { run, theirs } = start();
    let text = '';
    const exit = run(spec({ stdout: (chunk) => (text += Buffer.from(chunk).toString()) }));
    const all = Buffer.concat([answer('s', 0), answer('o', 0, 'one'), answer('o', 0, ' two'), answer('x', 0, '\x07\0\0\0')]);
    for (const byte of all) theirs.write(Buffer.of(byte));
    expect([await exit, text]).toEqual([{ code: 7, signal: undefined }, 'one two']);
  });

  it('leaves a process that could not be confined, and those after it, to others', async () => {
    const { run, theirs, asked } = start();
    const first = run(spec());
    theirs.write(answer('c', 0, 'Operation not permitted'));
    expect([await first, await run(spec())]).toEqual([undefined, undefined]);
    expect(asked).toEqual(['r0']);
  });

  it('tells those that run from those that wait when the sandbox is gone', async () => {
    const { run, theirs, ours } = start();
    const exits = Promise.all([run(spec()), run(spec())]);
    theirs.write(answer('s', 0), () => ours.destroy());
    expect(await exits).toEqual([{ code: undefined, signal: 'SIGKILL' }, undefined]);
  });

  it('still ends a process when another could not be confined', async () => {
    const { run, theirs, asked } = start();
    const stop = new AbortController();
    const first = run(spec({ signal: stop.signal }));
    const second = run(spec());
    theirs.write(Buffer.concat([answer('s', 0), answer('c', 1, 'No space left on device')]));
    expect(await second).toBeUndefined();
    stop.abort(new Error('enough'));
    theirs.write(answer('x', 0, '\xff\xff\xff\xff'));
    await expect(first).rejects.toThrow('enough');
    expect(asked).toEqual(['r0', 'r1', 'k0']);
  });
});
