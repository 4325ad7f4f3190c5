import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBuildpackId } from '../../src/cnb/index.ts';
import { BuildpackError, TspackError } from '../../src/index.ts';
import type { BuildEvent } from '../../src/index.ts';
import { buildingLibrary, digest, runFake } from '../support/fake-library.ts';
import type { FakeLibrary } from '../support/fake-library.ts';

const BUILD = ['build', 'example.com/team/myapp:1.2', '--builder', 'base', '--log-format', 'json'];
const output = (text: string): BuildEvent => ({ kind: 'output', buildpack: 'acme/a', stream: 'stdout', bytes: new TextEncoder().encode(text) });
const transfer = (doneBytes: number, finished = false): BuildEvent => ({
  kind: 'transfer',
  id: 'libc6',
  label: 'libc6 2.41',
  direction: 'download',
  doneBytes,
  totalBytes: 4_000_000,
  finished,
});

/** One of each kind, with text that tries to break lines. */
const EVENTS: readonly BuildEvent[] = [
  { kind: 'step', id: 'unpack', label: 'Unpacking', finished: false },
  { kind: 'step', id: 'unpack', label: 'Unpacking', finished: false },
  transfer(1_000_000),
  transfer(2_000_000),
  transfer(4_000_000, true),
  { kind: 'step', id: 'unpack', label: 'Unpacking', finished: true },
  { kind: 'phase-started', phase: 'building' },
  { kind: 'consumed', what: 'download', name: 'https://example.com/a.tgz', from: 'network', sizeBytes: 3 },
  { kind: 'verdict', buildpack: 'acme/a', version: '1', verdict: 'pass', evidence: 'found a\nand b' },
  { kind: 'group', considered: 2, buildpacks: [{ id: 'acme/a', version: '1' }] },
  { kind: 'buildpack-started', buildpack: 'acme/a', version: '1' },
  output('one\ntw'),
  output('o\r\n\u001b[31mred\u001b[0m \u009b2J\u202e\u0000'),
  { kind: 'buildpack-finished', buildpack: 'acme/a', version: '1', milliseconds: 12.7 },
  { kind: 'choice', buildpack: 'acme/a', version: '1', name: 'A', chosen: '2', reason: 'newest' },
  { kind: 'decision', buildpack: 'acme/a', version: '1', layer: 'x', decision: 'made', reason: 'b changed', change: { input: 'b' }, inputs: { b: '1' } },
  { kind: 'message', level: 'debug', message: 'detail' },
  { kind: 'message', level: 'warning', message: 'evil\n\u2028name\u009b' },
  { kind: 'layer', action: 'adding', name: 'acme/a:x', sizeBytes: 5, reason: 'b changed' },
  { kind: 'delivered', place: 'local store', name: 'myapp', digest: digest('a') },
  { kind: 'phase-finished', phase: 'building', milliseconds: 20 },
];

/** The lines as objects, without their times, which must be there. */
async function log(argv: readonly string[], library: FakeLibrary = {}) {
  const { code, stdout, stderr } = await runFake(argv, { library, terminal: true });
  const lines = stderr.split('\n');
  expect(lines.pop()).toBe('');
  const events = lines.map((line) => {
    const { time, ...event } = JSON.parse(line) as Record<string, unknown>;
    expect(time).toBe('2024-01-02T03:04:05.678Z');
    return event;
  });
  return { code, stdout, stderr, events, types: events.map(({ type }) => type) };
}

describe('--log-format json', () => {
  it('tells everything about a build, a line each', async () => {
    const { code, stdout, stderr, events } = await log(BUILD, buildingLibrary(EVENTS).library);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `example.com/team/myapp:1.2 ${digest('a')}\n` });
    // eslint-disable-next-line no-control-regex -- none may get through
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
    expect(events).toEqual([
      { type: 'started', schema: 1, version: '1.2.3', command: 'build' },
      { type: 'step-started', id: 'unpack', label: 'Unpacking' },
      { type: 'transfer', id: 'libc6', label: 'libc6 2.41', direction: 'download', doneBytes: 1_000_000, totalBytes: 4_000_000, finished: false },
      { type: 'transfer', id: 'libc6', label: 'libc6 2.41', direction: 'download', doneBytes: 4_000_000, totalBytes: 4_000_000, finished: true },
      { type: 'step-finished', id: 'unpack', label: 'Unpacking' },
      { type: 'phase-started', phase: 'building' },
      { type: 'consumed', what: 'download', name: 'https://example.com/a.tgz', from: 'network', sizeBytes: 3 },
      { type: 'verdict', buildpack: 'acme/a', version: '1', verdict: 'pass', evidence: 'found a\nand b' },
      { type: 'group', considered: 2, buildpacks: [{ id: 'acme/a', version: '1' }] },
      { type: 'buildpack-started', buildpack: 'acme/a', version: '1' },
      { type: 'output', buildpack: 'acme/a', stream: 'stdout', text: 'one' },
      { type: 'output', buildpack: 'acme/a', stream: 'stdout', text: 'two' },
      { type: 'output', buildpack: 'acme/a', stream: 'stdout', text: '\u001b[31mred\u001b[0m \\u{202e}\\x00\u001b[0m' },
      { type: 'buildpack-finished', buildpack: 'acme/a', version: '1', milliseconds: 13 },
      { type: 'choice', buildpack: 'acme/a', version: '1', name: 'A', chosen: '2', reason: 'newest' },
      { type: 'decision', buildpack: 'acme/a', version: '1', layer: 'x', decision: 'made', reason: 'b changed', change: { input: 'b' }, inputs: { b: '1' } },
      { type: 'message', level: 'warning', message: 'evil\n\u2028name\u009b' },
      { type: 'layer', action: 'adding', name: 'acme/a:x', sizeBytes: 5, reason: 'b changed' },
      { type: 'delivered', place: 'local store', name: 'myapp', digest: digest('a') },
      { type: 'phase-finished', phase: 'building', milliseconds: 20 },
      expect.objectContaining({ type: 'result', name: 'example.com/team/myapp:1.2', imageId: digest('a'), milliseconds: 4321 }),
      { type: 'finished', exitCode: 0 },
    ]);
    expect(events.at(-2)).not.toHaveProperty('record');
  });

  it('has every type on its page', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/log-format.md'), 'utf8');
    const { types } = await log(BUILD, buildingLibrary(EVENTS).library);
    for (const type of types) expect(page).toContain(`\`${String(type)}\``);
  });

  it('says details with --verbose', async () => {
    expect((await log([...BUILD, '-v'], buildingLibrary(EVENTS).library)).events).toContainEqual({ type: 'message', level: 'debug', message: 'detail' });
  });

  it('leaves warnings and the result with --quiet, and the output of what failed', async () => {
    expect((await log([...BUILD, '-q'], buildingLibrary(EVENTS).library)).types).toEqual(['started', 'message', 'result', 'finished']);
    const failure = new BuildpackError({ id: parseBuildpackId('acme/a'), version: '1' }, { code: 7, signal: undefined });
    const build: FakeLibrary['build'] = (_options, task) => {
      for (const event of EVENTS.slice(0, 13)) task.events(event);
      return Promise.reject(failure);
    };
    const { code, events, types } = await log([...BUILD, '-q'], { build });
    expect(types).toEqual(['started', 'output', 'output', 'output', 'error']);
    expect(code).toBe(51);
    expect(events.at(-1)).toMatchObject({ code: 'BUILDPACK_FAILED', exitCode: 51 });
  });

  it('ends with the error: of the command, of its line, and of a bug', async () => {
    const error = new TspackError({
      code: 'BUILDER_UNKNOWN',
      message: 'no "x"',
      nextStep: 'Use base',
      cause: new TspackError({ code: 'USAGE', message: 'deep' }),
    });
    const { code, stdout, events } = await log(BUILD, { build: () => Promise.reject(error) });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(events.at(-1)).toEqual({ type: 'error', code: 'BUILDER_UNKNOWN', message: 'no "x"', nextStep: 'Use base', causes: ['deep [USAGE]'], exitCode: 3 });
    expect((await log(['bild', '--log-format=json'])).events).toEqual([expect.objectContaining({ type: 'error', code: 'USAGE', exitCode: 3 })]);
    const { events: bug } = await log(BUILD, { build: () => Promise.reject(new TypeError('x is undefined')) });
    expect(bug.at(-1)).toMatchObject({ type: 'error', message: 'TypeError: x is undefined', exitCode: 1 });
    expect(bug.at(-1)).not.toHaveProperty('code');
  });

  it('is for every command, in their full names', async () => {
    const { events, stdout } = await log(['builder', 'suggest', '--log-format', 'json'], { builders: () => [] });
    expect(stdout).toContain('Suggested builders');
    expect(events).toEqual([
      { type: 'started', schema: 1, version: '1.2.3', command: 'builder suggest' },
      { type: 'result', builders: [] },
      { type: 'finished', exitCode: 0 },
    ]);
  });

  it('is text or json', async () => {
    const { code, stderr } = await runFake(['ls', '--log-format', 'xml']);
    expect(code).toBe(3);
    expect(stderr).toContain('Allowed choices are text, json');
  });
});
