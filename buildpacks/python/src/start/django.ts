import { readModule } from './python-source.ts';
import type { SourceTree } from './web-application.ts';

/** A Django project, as its files tell. */
export interface DjangoProject {
  /** Module of the settings, when manage.py names it: `mysite.settings`. */
  readonly settings: string | undefined;
  /** Module with the WSGI application: `mysite.wsgi`. */
  readonly wsgi: string | undefined;
  /** Module with the ASGI application. */
  readonly asgi: string | undefined;
  /** Whether some settings say where static files are to be collected. */
  readonly hasStaticRoot: boolean;
}

/** Reads the Django project with a manage.py at the top; undefined without one. */
export function findDjangoProject(tree: SourceTree): DjangoProject | undefined {
  if (!tree.isFile('manage.py')) return undefined;
  const manage = tree.read('manage.py');
  if (!/\bdjango\b/.test(manage)) return undefined;
  const settings = /DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']/.exec(manage)?.[1];
  const packages = projectPackages(tree, settings);
  const module = (name: string) => packages.map((path) => `${path}/${name}.py`).find((file) => tree.isFile(file));
  const dotted = (file: string | undefined) => file?.replace(/\.py$/, '').replaceAll('/', '.');
  return {
    settings,
    wsgi: dotted(module('wsgi')),
    asgi: dotted(module('asgi')),
    hasStaticRoot: settingsFiles(tree, settings, packages).some((file) => readModule(tree.read(file)).assigned.has('STATIC_ROOT')),
  };
}

/** The package of the settings and its parents first, then all others. */
function projectPackages(tree: SourceTree, settings: string | undefined): readonly string[] {
  const parts = settings?.split('.').slice(0, -1) ?? [];
  const own = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  const others = tree.list('.').filter((name) => tree.isFile(`${name}/wsgi.py`) || tree.isFile(`${name}/asgi.py`));
  return [...new Set([...own, ...others])];
}

/** The settings module, and those beside it that it may build on. */
function settingsFiles(tree: SourceTree, settings: string | undefined, packages: readonly string[]): readonly string[] {
  const path = settings?.replaceAll('.', '/');
  const folders = [...(path === undefined ? [] : [path, path.split('/').slice(0, -1).join('/')]), ...packages.map((name) => `${name}/settings`)];
  const files = [...(path === undefined ? [] : [`${path}.py`]), ...packages.map((name) => `${name}/settings.py`)];
  const beside = folders.filter((folder) => /(?:^|\/)(?:settings|config|conf)$/.test(folder));
  return [...new Set([...files, ...beside.flatMap((folder) => tree.list(folder).map((name) => `${folder}/${name}`))])].filter(
    (file) => file.endsWith('.py') && tree.isFile(file),
  );
}
