import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRequirements, splitRequirements } from '../../../buildpacks/python/src/manifests/requirements-file.ts';
import { folderWith } from './folder.ts';

describe('splitRequirements()', () => {
  it('joins continued lines, drops comments, and counts lines', () => {
    const text = '\uFEFF# first\nflask==3.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb  # two\r\n\nx # y\nz#not-a-comment\nlast \\';
    expect(splitRequirements(text, 'r.txt')).toEqual([
      { text: 'flask==3.0     --hash=sha256:aa     --hash=sha256:bb', file: 'r.txt', line: 2 },
      { text: 'x', file: 'r.txt', line: 6 },
      { text: 'z#not-a-comment', file: 'r.txt', line: 7 },
      { text: 'last', file: 'r.txt', line: 8 },
    ]);
  });
});

describe('readRequirements()', () => {
  it('hands the file itself to pip when there is nothing to treat apart', () => {
    using app = folderWith({
      'requirements.txt': 'flask==3.0\n-r more/base.txt\n--extra-index-url https://example.test/simple\n',
      'more/base.txt': 'a==1\n-c ../c.txt',
      'c.txt': 'b<2',
    });
    const wanted = readRequirements(app.path, 'requirements.txt');
    expect(wanted).toMatchObject({
      steps: [{ lines: [`-r ${join(app.path, 'requirements.txt')}`], options: [] }],
      projects: [],
      pinned: true,
    });
  });

  it.each([
    ['.[web,docs]', { directory: '.', extras: ['web', 'docs'], editable: false }],
    ['-e .', { directory: '.', extras: [], editable: true }],
    ['--editable=./lib[x]', { directory: 'lib', extras: ['x'], editable: true }],
    ['./lib ; python_version > "3"', { directory: 'lib', extras: [], editable: false }],
    ['lib/', { directory: 'lib', extras: [], editable: false }],
    ['file:lib', { directory: 'lib', extras: [], editable: false }],
    ['mine[a] @ file:lib', { directory: 'lib', extras: ['a'], editable: false }],
  ])('takes %s for a project of the application', (line, project) => {
    using app = folderWith({ 'requirements.txt': `flask\n${line}\n`, 'lib/pyproject.toml': '' });
    const wanted = readRequirements(app.path, 'requirements.txt');
    expect(wanted.projects).toEqual([{ ...project, source: 'requirements.txt:2' }]);
    expect(wanted.steps).toEqual([{ lines: ['flask'], options: [] }]);
  });

  it('changes its content with what is installed, and with nothing else', () => {
    const contentOf = (text: string, archive = 'one') => {
      using app = folderWith({ 'requirements.txt': text, 'wheels/a-1-py3-none-any.whl': archive });
      return readRequirements(app.path, 'requirements.txt').content;
    };
    const text = 'flask\n./wheels/a-1-py3-none-any.whl\n';
    expect(contentOf(`# new words\n${text}`)).toBe(contentOf(text));
    expect(contentOf(`${text}django`)).not.toBe(contentOf(text));
    expect(contentOf(text, 'two')).not.toBe(contentOf(text));
  });

  it('knows what leaves versions open', () => {
    const pinned = (text: string) => {
      using app = folderWith({ 'requirements.txt': text });
      return readRequirements(app.path, 'requirements.txt').pinned;
    };
    expect(['a==1\nb===2', 'a>=1', 'a', 'a==1\nb', 'x @ https://example.test/x.whl'].map(pinned)).toEqual([true, false, false, false, true]);
  });

  it.each([
    ['flask==1\nflask=3\n', 'Cannot read requirements.txt:2: "flask=3" is neither a requirement nor an option nor a folder or archive of the application'],
    ['\n\n./gone\n', 'Cannot read requirements.txt:3: "./gone" is neither'],
    ['-e ./gone\n', 'Cannot read requirements.txt:1: "-e ./gone" is neither'],
    ['a\n-r gone.txt\n', 'Cannot read gone.txt, which requirements.txt:2 names: it does not exist'],
    ['-c gone.txt\n', 'Cannot read gone.txt, which requirements.txt:1 names: it does not exist'],
  ])('refuses %j', (text, message) => {
    using app = folderWith({ 'requirements.txt': text });
    expect(() => readRequirements(app.path, 'requirements.txt')).toThrow(message);
  });

  it('survives files that include each other', () => {
    using app = folderWith({ 'requirements.txt': '-r b.txt\na', 'b.txt': '-r requirements.txt\nb' });
    expect(JSON.parse(readRequirements(app.path, 'requirements.txt').content)).toEqual([['b', 'a'], []]);
  });
});
