import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { execLast } from '../../../buildpacks/procfile/src/exec-last.ts';

describe('execLast()', () => {
  it.each([
    ['gunicorn app:app --bind 0.0.0.0:$PORT', 'exec gunicorn app:app --bind 0.0.0.0:$PORT'],
    ['rake db:migrate && puma -p ${PORT:-3000}', 'rake db:migrate && exec puma -p ${PORT:-3000}'],
    ['cd web; FOO="a b" node server.js', 'cd web; FOO="a b" exec node server.js'],
    ['a || b', 'a || exec b'],
    ['warm & serve', 'warm & exec serve'],
    ['node server.js 2>&1', 'exec node server.js 2>&1'],
    ['node "$(pwd)/x;y" > /dev/stderr', 'exec node "$(pwd)/x;y" > /dev/stderr'],
    [
      "sed 's/a|b/c/' x && $JAVA_HOME/bin/java -jar app.jar # the server && more",
      "sed 's/a|b/c/' x && exec $JAVA_HOME/bin/java -jar app.jar # the server && more",
    ],
    ['a && exec b $X', 'a && exec b $X'],
  ])('puts exec before the last program of %j', (text, expected) => {
    expect(execLast(text)).toBe(expected);
  });

  it.each([
    'a | b $X',
    'a && wait',
    'serve $X &',
    'a; b;',
    'if true; then serve $X; fi',
    'while true; do serve; done',
    '(cd web && serve)',
    'trap "stop" TERM; serve $X',
    'stop() { kill 1; }; serve',
    'serve <<EOF',
    'X=$Y',
    'serve "$X',
    '>log serve $X',
  ])('leaves %j to the shell', (text) => {
    expect(execLast(text)).toBeUndefined();
  });

  it('means the same to a shell as before, the program in the place of the shell', () => {
    const run = (text: string) => execFileSync('sh', ['-c', text], { encoding: 'utf8', env: { PATH: process.env['PATH'], X: 'x y' } });
    for (const text of ['A=1 printenv A', 'true && printf "%s-" $X "$X"', 'false || echo two words 2>&1', 'cd / ; pwd']) {
      expect(run(execLast(text) ?? text)).toBe(run(text));
    }
    const [shell, program] = run(execLast("echo $$; true && A=$X sh -c 'echo $$'") ?? '').split('\n');
    expect(program).toBe(shell);
  });
});
