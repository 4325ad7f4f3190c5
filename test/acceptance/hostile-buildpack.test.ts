import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installShellPackage } from '../support/shell-package.ts';
import { lastLine, startTspack, testHome } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-hostile-'));
const root = join(place, 'package');
let made = 0;

beforeAll(() => void installShellPackage(root));
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** Starts a build with these scripts as bin/build and bin/detect. */
function start(build: string, detect?: string) {
  const path = join(place, `app-${(made += 1)}`);
  mkdirSync(path);
  writeFileSync(join(path, 'build.sh'), build);
  if (detect !== undefined) writeFileSync(join(path, 'detect.sh'), detect);
  return startTspack(['build', 'hostile', '--builder', 'base', '--path', path], { root });
}

const run = (build: string, detect?: string) => start(build, detect).ended;
const running = (mark: string) => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(`sleep ${mark}`);
const mark = () => String(100_000 + randomBytes(4).readUInt32LE());

describe('a buildpack that misbehaves', () => {
  it('cannot write outside of its folders, nor change the machine, whoever runs it', async () => {
    const before = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
    const ended = await run(`
      for file in /etc/passwd /usr/bin/x /cnb/x /cnb/buildpacks/x /platform/env/X /x /root/x /home/x /run/x "$CNB_BUILDPACK_DIR/bin/build" /proc/sys/kernel/core_pattern; do
        (echo bad > "$file") 2>/dev/null && echo "WROTE $file"
      done
      find /proc/sys -type f 2>/dev/null | while read -r file; do [ -w "$file" ] && echo "WRITABLE $file"; done
      grep CapEff /proc/self/status`);
    lastLine(ended);
    expect(ended.stderr).toMatch(/^CapEff:\s+0+$/m);
    expect(ended.stderr).not.toMatch(/WROTE|WRITABLE/);
    expect(readFileSync('/proc/sys/kernel/core_pattern', 'utf8')).toBe(before);
  });

  it('cannot put anything among the downloads of all builds that is not what its name says', async () => {
    const right = createHash('sha256').update('right').digest('hex');
    const wanted = createHash('sha256').update('a runtime that others want').digest('hex');
    const ended = await run(`
      cd "$TSPACK_DOWNLOADS"
      (echo evil > store/sha256-${wanted}) 2>/dev/null && echo WROTE
      (mkdir store/x || rm -rf store/* || mv store other || ln -s /tmp store/y) 2>/dev/null && [ -e store/x ] && echo WROTE
      printf right > inbox/sha256-${right}
      echo evil > inbox/sha256-${wanted}
      ln -s /etc/hostname inbox/link
      mkfifo inbox/sha256-${'0'.repeat(64)}`);
    lastLine(ended);
    expect(ended.stderr).not.toContain('WROTE');
    expect(ended.stderr).toMatch(/Warning: A buildpack handed in "\S+" and 2 more as a download; it is not kept/);
    const shared = readdirSync(join(testHome(), 'cache/verified'));
    expect(shared).toContain(`sha256-${right}`);
    expect(shared.filter((name) => [wanted, '0'.repeat(64)].some((hex) => name.endsWith(hex)) || name === 'link')).toEqual([]);
  });

  it('leaves no process behind, however it detaches them', async () => {
    const [one, two] = [mark(), mark()];
    const began = performance.now();
    lastLine(await run(`(sleep ${one} &); setsid nohup sleep ${two} </dev/null >/dev/null 2>&1 & echo forked`));
    expect(performance.now() - began).toBeLessThan(60_000);
    expect([running(one), running(two)]).toEqual([false, false]);
  });

  it.each([
    ['build', (script: string) => start(script)],
    ['detect', (script: string) => start(':', script)],
  ])('is stopped by Ctrl-C in bin/%s although it ignores every signal', async (_, begin) => {
    const sleeping = mark();
    const { child, ended } = begin(`trap "" INT TERM HUP; sleep ${sleeping}`);
    for (let tries = 0; !running(sleeping) && tries < 300; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
    expect(performance.now() - began).toBeLessThan(8000);
    expect(running(sleeping)).toBe(false);
  });

  it('cannot drive the terminal', async () => {
    const ended = await run(String.raw`printf '\033]0;title\007 \033[2J cleared \033[?1049h \x9b31m over\rwritten \xe2\x80\xae turned \0zero\n'`);
    lastLine(ended);
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(ended.stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(ended.stderr).toContain(' cleared ');
    expect(ended.stderr).toContain('\\u{202e} turned \\x00zero');
  });

  it('may print 100 MB, also of zeros without an end of line', async () => {
    const ended = await run(`yes 'a line of text' | head -c 50000000; head -c 50000000 /dev/zero; echo; echo the end`);
    lastLine(ended);
    expect(ended.stderr).toContain('\nthe end\n');
    expect(ended.stderr.length).toBeGreaterThan(200_000_000);
  });

  it('prints 50 MB while it detects: the beginning and the end are shown', async () => {
    const { code, stderr } = await run(':', `echo begin; head -c 50000000 /dev/zero | tr '\\0' y; echo end; exit 100`);
    expect(code).toBe(20);
    expect(stderr.length).toBeLessThan(2_000_000);
    expect(stderr).toMatch(/begin\n[^]*bytes left out[^]*end\n/);
  });

  it.each([
    ['files that are not TOML', 'echo "a = = b" > "$CNB_LAYERS_DIR/launch.toml"', 52, /launch\.toml:1:5: "=" is not expected here/],
    [
      'a wrong member',
      'mkdir "$CNB_LAYERS_DIR/a"; printf "[types]\\nlaunch = 5\\n" > "$CNB_LAYERS_DIR/a.toml"',
      52,
      /a\.toml: types\.launch: want true or false, not a number/,
    ],
    ['a file of 300 MB', 'truncate -s 300M "$CNB_LAYERS_DIR/launch.toml"', undefined, /launch\.toml.* larger than/],
    ['a failure', 'exit 3', 51, /tests\/shell@1 exited with 3/],
    ['its own death', 'kill -9 $$', 51, /tests\/shell@1 exited with 137/],
  ])('fails for %s', async (_, script, code, message) => {
    const ended = await run(script);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).toContain('Next step:');
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
    if (code === undefined) expect(ended.code).not.toBe(0);
    else expect(ended.code).toBe(code);
  });

  it.each(['ln -s /etc/shadow "$CNB_LAYERS_DIR/launch.toml"', 'mkfifo "$CNB_LAYERS_DIR/launch.toml"', 'mkdir "$CNB_LAYERS_DIR/launch.toml"'])(
    'cannot have the host read what is no file of it: %s',
    async (script) => {
      const ended = await run(script);
      expect(lastLine(ended)).toMatch(/^hostile sha256:/);
      if (existsSync('/etc/shadow')) expect(ended.stderr).not.toContain('root:');
    },
  );
});
