import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonBuildpack } from '../../../buildpacks/python/src/buildpack.ts';
import { createBuildKit, type BuildKitOptions } from '../../../src/sdk/testing/index.ts';
import { startFakeAptRepository, type FakeAptRepository } from '../../support/fake-apt-repository.ts';
import { FAKE_CLOCK } from '../../support/fake-builder.ts';
import { createFakePython, writeFakePythonBuildpack } from '../../support/fake-python.ts';

let repository: FakeAptRepository;
let home: string;
let buildpackDirectory: string;
beforeAll(async () => {
  repository = await startFakeAptRepository({ trixie: [] });
  home = mkdtempSync(join(tmpdir(), 'tspack-python-'));
  buildpackDirectory = await writeFakePythonBuildpack(repository, home);
});
afterAll(async () => {
  await repository.close();
  rmSync(home, { recursive: true });
});
const sourceDirectory = join(import.meta.dirname, '../../../buildpacks/python');

function kitFor(
  application: Readonly<Record<string, string>>,
  { python = createFakePython(), env, ...options }: { readonly python?: ReturnType<typeof createFakePython> } & Partial<BuildKitOptions> = {},
) {
  const kit = createBuildKit({
    buildpack: pythonBuildpack,
    buildpackDirectory,
    application,
    run: python.run,
    clock: FAKE_CLOCK,
    ...options,
    env: { TSPACK_DEBIAN_MIRROR: repository.mirrors.addresses.debian, ...env },
  });
  return { kit, python, requests: repository.requests, [Symbol.dispose]: () => kit[Symbol.dispose]() };
}

const pinned = { 'requirements.txt': 'flask==1.0\ngunicorn==1.0\n', 'app.py': 'from flask import Flask\napp = Flask(__name__)\n' };
const project = {
  'pyproject.toml':
    '[project]\nname = "shop"\ndependencies = ["flask", "colorama ; sys_platform == \'win32\'"]\n[project.optional-dependencies]\nweb = ["gunicorn"]\n[build-system]\nrequires = ["flit"]\n',
  'shop/__init__.py': 'from flask import Flask\n\ndef create_app(settings=None):\n    return Flask(__name__)\n',
};

describe('detect', () => {
  it.each(['requirements.txt', 'Pipfile', 'poetry.lock', 'setup.py', 'main.py', 'manage.py'])('passes with %s', async (file) => {
    using it = kitFor({ [file]: '' });
    expect(await it.kit.detect()).toMatchObject({ exitCode: 0, plan: { alternatives: [{ provides: ['python'], requires: [{ name: 'python' }] }] } });
  });

  it('takes pyproject.toml and setup.cfg only when they are more than settings of tools', async () => {
    for (const [file, settings, manifest] of [
      ['pyproject.toml', '[tool.ruff]\n', '[project]\nname = "x"\n'],
      ['setup.cfg', '[flake8]\n', '[metadata]\nname = x\n'],
    ] as const) {
      using it = kitFor({ [file]: settings });
      expect((await it.kit.detect()).exitCode).toBe(100);
      it.kit.change(file, manifest);
      expect((await it.kit.detect()).exitCode).toBe(0);
    }
  });

  it('asks for a front end where there may be one, and leaves applications of Node.js alone', async () => {
    using front = kitFor({ 'requirements.txt': '', 'app.py': '', 'package.json': '{"scripts":{"build":"vite build"}}' });
    expect((await front.kit.detect()).plan?.alternatives).toMatchObject([
      { requires: [{ name: 'python' }, { name: 'frontend' }] },
      { requires: [{ name: 'python' }] },
    ]);
    using node = kitFor({ 'requirements.txt': '', 'package.json': '{"scripts":{"start":"node server.js"}}' });
    expect(await node.kit.detect()).toMatchObject({ exitCode: 100, stdout: expect.stringContaining('the "start" script of package.json starts it') as string });
    node.kit.change('Procfile', 'web: gunicorn shop.web');
    expect((await node.kit.detect()).exitCode).toBe(0);
  });

  it('explains what is missing, and bin/detect says the same without Node.js', async () => {
    using it = kitFor({ 'backend/requirements.txt': '', 'main.go': '' });
    const { exitCode, stdout } = await it.kit.detect();
    expect({ exitCode, stdout }).toEqual({
      exitCode: 100,
      stdout:
        'tspack Python buildpack: no requirements.txt, pyproject.toml, Pipfile, setup.py, main.py or app.py here (nearest: backend/requirements.txt); the folder holds backend, main.go\n',
    });
    const env = { PATH: '/usr/bin:/bin', CNB_BUILDPACK_DIR: '/nowhere', TSPACK_NODE: '/nowhere' };
    let said = '';
    try {
      execFileSync(join(sourceDirectory, 'bin/detect'), { cwd: it.kit.applicationDirectory, env, encoding: 'utf8' });
    } catch (error) {
      said = (error as { stdout: string }).stdout;
    }
    expect(said).toBe(stdout);
  });
});

describe('build', () => {
  it('installs Python and the packages in layers of their own, and starts the application that it finds', async () => {
    using it = kitFor(pinned);
    const result = await it.kit.build();
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.launch?.processes).toMatchObject([
      { type: 'web', default: true, command: ['sh', '-c', expect.stringMatching(/^exec gunicorn app:app --bind 0\.0\.0\.0:"\$\{PORT:-8080\}"/) as string] },
    ]);
    expect(it.python.pip).toEqual([`install {-r ${it.kit.applicationDirectory}/requirements.txt}`]);
    const launched = [...result.layers].filter(([, { types }]) => types.launch).map(([name]) => name);
    expect(launched).toEqual(['dependencies', 'python']);
    const layers = it.kit.layersDirectory;
    expect(readdirSync(join(layers, 'python/usr/lib/python3.13'))).toEqual(['os.py']);
    expect(readlinkSync(join(layers, 'python/usr/include'))).toBe('../../python-headers/usr/include');
    expect(existsSync(join(layers, 'python-headers/usr/include/python3.13/Python.h'))).toBe(true);
    expect(existsSync(join(layers, 'python-headers/usr/lib'))).toBe(false);
    expect(readlinkSync(join(layers, 'dependencies/bin/python'))).toBe(join(layers, 'python/usr/bin/python3.13'));
    expect(readFileSync(join(layers, 'dependencies/pyvenv.cfg'), 'utf8')).toContain(`home = ${join(layers, 'python/usr/bin')}\n`);
    expect(readFileSync(join(layers, 'python/env.launch/PYTHONDONTWRITEBYTECODE.default'), 'utf8')).toBe('1');
    expect(it.python.calls.every((call) => /^-m compileall -q --invalidation-mode unchecked-hash -i/.test(call))).toBe(true);
    const sbom = JSON.parse(readFileSync(join(layers, 'dependencies.sbom.cdx.json'), 'utf8')) as { components: unknown[] };
    expect(sbom.components).toMatchObject([
      {
        name: 'flask',
        version: '1.0',
        purl: 'pkg:pypi/flask@1.0',
        licenses: [{ license: { id: 'MIT' } }],
        hashes: [{ alg: 'SHA-256', content: 'c'.repeat(64) }],
      },
      { name: 'gunicorn' },
    ]);
  });

  it('does nothing twice, and says why it does something again', async () => {
    using it = kitFor(pinned);
    await it.kit.build();
    const asked = it.requests.length;
    const second = await it.kit.build();
    expect(second.stdout).toContain('Reusing packages: requirements.txt, settings of pip, Python version and 3 more unchanged');
    expect([it.python.pip.length, it.requests.length - asked]).toEqual([1, 0]);
    it.kit.change('app.py', `${pinned['app.py']}# words\n`);
    it.kit.change('requirements.txt', `# words\n${pinned['requirements.txt']}`);
    expect((await it.kit.build()).stdout).toContain('Reusing packages');
    it.kit.change('requirements.txt', 'flask==1.1\ngunicorn==1.0\n');
    expect((await it.kit.build()).stdout).toContain('Rebuilding packages: requirements.txt changed');
    it.kit.change('.python-version', '3.11');
    const other = await it.kit.build();
    expect(other.stdout).toContain('Python 3.11.2 from debian: the newest for "3.11" in .python-version');
    expect(other.stdout).toContain('Rebuilding Python 3.11.2: Python version changed from 3.13.5 to 3.11.2');
    expect(readdirSync(join(it.kit.layersDirectory, 'dependencies/lib'))).toEqual(['python3.11']);
  });

  it('builds the application as a package, installs what it asks for apart, and leaves its source clean', async () => {
    using it = kitFor({ ...project, 'requirements.txt': '.[web]\n' });
    const result = await it.kit.build();
    expect(result.exitCode).toBe(0);
    const wheels = join(it.kit.layersDirectory, 'project-wheels/0');
    expect(it.python.pip).toEqual([
      `wheel --no-deps --wheel-dir ${wheels} .`,
      'install {flask, gunicorn}',
      `install --no-index --no-deps --ignore-installed --prefix ${join(it.kit.layersDirectory, 'project')} ${join(wheels, 'shop-1.0-py3-none-any.whl')}`,
    ]);
    expect(readdirSync(it.kit.applicationDirectory).sort()).toEqual(['pyproject.toml', 'requirements.txt', 'shop']);
    expect(readFileSync(join(it.kit.layersDirectory, 'dependencies/lib/python3.13/site-packages/application.pth'), 'utf8')).toBe(
      `import site; site.addsitedir('${join(it.kit.layersDirectory, 'project/lib/python3.13/site-packages')}')\n`,
    );
    expect(result.launch?.processes[0]?.command[2]).toMatch(/^exec gunicorn 'shop:create_app\(\)' /);
    it.kit.change('shop/__init__.py', `${project['shop/__init__.py']}# words\n`);
    const second = await it.kit.build();
    expect(second.stdout).toContain('Rebuilding the application as a package: the source changed');
    expect(second.stdout).toContain('Reusing packages: requirements.txt, what the project asks for');
  });

  it('uses the application from where it lies when it is editable', async () => {
    using it = kitFor({ ...project, 'requirements.txt': 'gunicorn\n-e .\n' });
    expect((await it.kit.build()).exitCode).toBe(0);
    expect(it.python.pip.slice(1)).toEqual([
      'install {gunicorn, flask}',
      `install --no-deps --ignore-installed --prefix ${join(it.kit.layersDirectory, 'project')} --editable .`,
    ]);
  });

  it('gives pip the exact packages of a lockfile, and keeps what it says', async () => {
    const files = `[{file = "x.whl", hash = "sha256:${'a'.repeat(64)}"}]`;
    using it = kitFor({
      'pyproject.toml': '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = "^3.11"\nflask = "*"\n',
      'poetry.lock': `[[package]]\nname = "flask"\nversion = "3.0"\nfiles = ${files}\n`,
      'main.py': '',
    });
    const first = await it.kit.build();
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(it.python.pip).toEqual([`install --no-deps --require-hashes {flask==3.0 --hash=sha256:${'a'.repeat(64)}}`]);
    expect((await it.kit.build()).stdout).toContain('Reusing what poetry.lock says');
    it.kit.change('pyproject.toml', '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = "^3.11"\nflask = "*"\n[tool.ruff]\n');
    expect((await it.kit.build()).stdout).toContain('Reusing packages');
    expect(it.python.pip).toHaveLength(1);
  });

  it('collects static files once, and puts them in place again', async () => {
    const python = createFakePython();
    python.manage = (cwd) => {
      mkdirSync(join(cwd, 'public'));
      writeFileSync(join(cwd, 'public/site.css'), 'p {}');
      return `\n1 static file copied to '${join(cwd, 'public')}'.\n`;
    };
    const manage =
      "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\nfrom django.core.management import execute_from_command_line\n";
    using it = kitFor(
      { 'requirements.txt': 'django==5\ngunicorn==1\n', 'manage.py': manage, 'site1/settings.py': "STATIC_ROOT = 'public'\n", 'site1/wsgi.py': '' },
      { python },
    );
    const first = await it.kit.build();
    expect(first.launch).toMatchObject({
      slices: [{ paths: ['public', 'public/**'] }],
      processes: [{ command: ['sh', '-c', expect.stringContaining('gunicorn site1.wsgi:application') as string] }],
    });
    const second = await it.kit.build();
    expect(second.stdout).toContain('Reusing collected static files');
    expect(second.launch?.slices).toEqual(first.launch?.slices);
    expect(readFileSync(join(it.kit.applicationDirectory, 'public/site.css'), 'utf8')).toBe('p {}');
    expect(python.calls.filter((call) => call.startsWith('manage.py'))).toEqual(['manage.py collectstatic --noinput --traceback']);

    it.kit.change('site1/settings.py', "STATIC_ROOT = 'public' # words\n");
    python.manage = () => {
      throw new Error('SECRET_KEY is missing');
    };
    const failed = await it.kit.build();
    expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('[PYTHON_COLLECTSTATIC_FAILED]') as string });
    it.kit.setEnv('BP_DJANGO_COLLECTSTATIC', 'false');
    expect((await it.kit.build()).stdout).toContain('Static files are not collected: BP_DJANGO_COLLECTSTATIC is false');
  });

  it('needs no pip for an application without packages, and no start command where a Procfile has one', async () => {
    using it = kitFor({ 'main.py': 'print(1)\n' });
    const first = await it.kit.build();
    expect(first.launch?.processes).toMatchObject([{ type: 'web', command: ['python', 'main.py'] }]);
    expect(first.stdout).toContain('No file names any packages');
    expect([...first.layers.keys()]).toEqual(['dependencies', 'python', 'python-headers']);
    it.kit.change('Procfile', 'web: python main.py --verbose\n');
    expect((await it.kit.build()).launch?.processes).toEqual([]);
    expect(it.python.pip).toEqual([]);
  });

  it('installs shared libraries that extension modules want, and warns of those that it does not know', async () => {
    const python = createFakePython({
      db: { files: { 'db/plain.so': 'no ELF file', 'db/_db.cpython-313.so': elfThatNeeds(['libpq.so.5', 'libc.so.6', 'libodd.so.7']) } },
    });
    using it = kitFor({ 'requirements.txt': 'db==1.0\n', 'main.py': '' }, { python });
    const result = await it.kit.build();
    expect(result.stdout).toContain('Installing libpq5 from Debian, because db/_db.cpython-313.so is linked to it');
    expect(result.stderr).toContain('db/_db.cpython-313.so is linked to libodd.so.7, which the image will not have');
    expect(existsSync(join(it.kit.layersDirectory, 'dependencies/usr/lib/x86_64-linux-gnu/libpq5.so'))).toBe(true);
    expect(readFileSync(join(it.kit.layersDirectory, 'dependencies/env.launch/LD_LIBRARY_PATH.prepend'), 'utf8')).toBe(
      join(it.kit.layersDirectory, 'dependencies/usr/lib/x86_64-linux-gnu'),
    );
  });

  it('keeps credentials out of layers and messages', async () => {
    const python = createFakePython();
    using it = kitFor(pinned, {
      python,
      bindings: {
        index: { type: 'pip', 'pip.conf': '[global]\nindex-url = https://me:s3cr3t-word@index.test/simple\n' },
        net: { type: 'netrc', '.netrc': 'machine index.test login me password an0ther-word\n' },
      },
    });
    const result = await it.kit.build();
    expect(python.environments[0]).toMatchObject({
      PIP_CONFIG_FILE: expect.stringMatching(/bindings\/index\/pip\.conf$/) as string,
      NETRC: expect.stringMatching(/bindings\/net\/\.netrc$/) as string,
    });
    const files = readdirSync(it.kit.layersDirectory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = [result.stdout, result.stderr, ...files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))];
    for (const text of texts) expect(text).not.toMatch(/s3cr3t-word|an0ther-word/);
  });

  it.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, string]>([
    [
      'a version that nobody offers',
      { '.python-version': '3.99' },
      { TSPACK_PYTHON_SOURCES: 'debian' },
      'Cannot find a Python for "3.99" in .python-version: debian offers 3.11.2, 3.13.5',
    ],
    ['a broken pyproject.toml', { 'pyproject.toml': '[project\nname = 1\n' }, {}, 'Cannot parse pyproject.toml:1:'],
    [
      'a requirement that is none',
      { 'pyproject.toml': '[project]\nname = "x"\ndependencies = [\n  "flask=3",\n]\n' },
      {},
      'Cannot use pyproject.toml:4: "flask=3" in "dependencies" is not a requirement',
    ],
    ['a folder in place of a file', { 'requirements.txt/x': '', 'main.py': '', 'pyproject.toml/y': '' }, {}, 'Cannot read pyproject.toml: it is not a file'],
    ['no start command', { 'requirements.txt': 'flask==1\n' }, {}, 'Cannot tell how to start the application: found none of a Procfile, manage.py'],
    [
      'no server',
      { 'requirements.txt': 'fastapi==1\n', 'main.py': 'from fastapi import FastAPI\napp = FastAPI()\n' },
      {},
      'Cannot start main:app: it is a FastAPI application, and no server',
    ],
    [
      'an unknown tool',
      { 'requirements.txt': '' },
      { BP_PYTHON_PACKAGE_MANAGER: 'conda' },
      'which BP_PYTHON_PACKAGE_MANAGER names: want uv, poetry, pipenv and pip',
    ],
    ['a project elsewhere', { 'requirements.txt': '-e ../..\n' }, {}, 'Cannot install "../..", which requirements.txt:1 names: it is not in the application'],
  ])('explains %s', async (_, application, env, message) => {
    using it = kitFor(application, { env });
    const { exitCode, stderr } = await it.kit.build();
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(message) as string });
  });
});

/** The least of an ELF file that wants libraries: a header, two segments, a dynamic section and its names. */
function elfThatNeeds(names: readonly string[]): Buffer {
  const strings = Buffer.from(`\0${names.join('\0')}\0`);
  const entries = [...names.map((_, index) => [1, 1 + names.slice(0, index).join('\0').length + (index === 0 ? 0 : 1)]), [5, 0x1000 + 400], [0, 0]];
  const file = Buffer.alloc(400 + strings.length);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  const segment = (at: number, type: number, offset: number, address: number, size: number) => {
    file.writeUInt32LE(type, at);
    for (const [index, value] of [offset, address, 0, size].entries()) file.writeBigUInt64LE(BigInt(value), at + 8 + 8 * index);
  };
  segment(64, 1, 0, 0x1000, file.length);
  segment(120, 2, 200, 0x1000 + 200, entries.length * 16);
  for (const [index, [tag, value]] of entries.entries()) {
    file.writeBigUInt64LE(BigInt(tag!), 200 + index * 16);
    file.writeBigUInt64LE(BigInt(value!), 208 + index * 16);
  }
  strings.copy(file, 400);
  return file;
}
