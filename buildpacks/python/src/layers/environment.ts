import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { minorOf } from '../python-version.ts';
import { sitePackages, type Python } from '../python.ts';

/**
 * Makes a virtual environment as `python -m venv` does (PEP 405), without activation scripts and pip. `more` are prefixes whose
 * packages are seen too, `.pth` files among them.
 */
export function createVirtualEnvironment(directory: string, python: Python, more: readonly string[]): void {
  const programs = join(directory, 'bin');
  const modules = sitePackages(directory, python.version);
  mkdirSync(programs, { recursive: true });
  mkdirSync(modules, { recursive: true });
  symlinkSync(python.executable, join(programs, 'python'));
  for (const name of ['python3', `python${minorOf(python.version)}`]) symlinkSync('python', join(programs, name));
  const settings = { home: dirname(python.executable), 'include-system-site-packages': 'false', version: python.version, executable: python.executable };
  writeFileSync(
    join(directory, 'pyvenv.cfg'),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  if (more.length > 0)
    writeFileSync(join(modules, 'application.pth'), more.map((prefix) => `import site; site.addsitedir('${sitePackages(prefix, python.version)}')\n`).join(''));
}
