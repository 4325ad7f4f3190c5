import { MAIN_FILES } from './main-files.ts';
import { readModule, type ModuleFacts } from './python-source.ts';

/** How a web framework is called by its server. */
export type ServerInterface = 'asgi' | 'wsgi';

/** An application object, or a function that makes one. */
export interface WebApplication {
  /** As servers write it: `flaskr.web`. */
  readonly module: string;
  /** The file that it was found in. */
  readonly file: string;
  /** Name of the object or the function. */
  readonly name: string;
  readonly isFactory: boolean;
  readonly interface: ServerInterface;
  /** For messages: `FastAPI`. */
  readonly framework: string;
  /** Folder that the module is looked up in, when that is not the application's. */
  readonly folder: string | undefined;
}

/** What of the application's files is looked at. Paths are relative to it. */
export interface SourceTree {
  isFile(path: string): boolean;
  isDirectory(path: string): boolean;
  /** Names in a folder; empty for none. */
  list(folder: string): readonly string[];
  /** The text of a file that is there. */
  read(path: string): string;
}

/** Frameworks by the class that applications are made of. */
const FRAMEWORKS: readonly { readonly callee: RegExp; readonly title: string; readonly imported: string; readonly interface: ServerInterface }[] = [
  { callee: /(?:^|\.)FastAPI$/, title: 'FastAPI', imported: 'fastapi', interface: 'asgi' },
  { callee: /(?:^|\.)Starlette$/, title: 'Starlette', imported: 'starlette', interface: 'asgi' },
  { callee: /(?:^|\.)Litestar$/, title: 'Litestar', imported: 'litestar', interface: 'asgi' },
  { callee: /(?:^|\.)Quart$/, title: 'Quart', imported: 'quart', interface: 'asgi' },
  { callee: /(?:^|\.)BlackSheep$/i, title: 'BlackSheep', imported: 'blacksheep', interface: 'asgi' },
  { callee: /^falcon\.asgi\.App$/, title: 'Falcon', imported: 'falcon', interface: 'asgi' },
  { callee: /(?:^|\.)(?:Flask|APIFlask)$/, title: 'Flask', imported: 'flask', interface: 'wsgi' },
  { callee: /(?:^|\.)Bottle$/, title: 'Bottle', imported: 'bottle', interface: 'wsgi' },
  { callee: /^falcon\.(?:App|API)$/, title: 'Falcon', imported: 'falcon', interface: 'wsgi' },
  { callee: /(?:^|\.)make_wsgi_app$/, title: 'Pyramid', imported: 'pyramid', interface: 'wsgi' },
  { callee: /(?:^|\.)get_asgi_application$/, title: 'Django', imported: 'django', interface: 'asgi' },
  { callee: /(?:^|\.)get_wsgi_application$/, title: 'Django', imported: 'django', interface: 'wsgi' },
];
const FACTORY = /^(?:create|make|build|get)_(?:app|application|wsgi_app|asgi_app|api)$/;
const PREFERRED = ['app', 'application', 'api', 'server'];
const MODULES = [...MAIN_FILES, 'api.py', 'web.py', '__init__.py', 'factory.py'];
const NOT_PACKAGES = new Set(['tests', 'test', 'docs', 'examples', 'scripts', 'migrations', 'venv', 'node_modules']);

/** Finds the application object in the files where it usually is: at the top, then in packages, then below `src`. */
export function findWebApplication(tree: SourceTree): WebApplication | undefined {
  const found = candidates(tree).map(({ file, folder }) => inspect(file, folder, readModule(tree.read(file))));
  return found.find((one) => one?.isFactory === false) ?? found.find((one) => one !== undefined);
}

function candidates(tree: SourceTree): readonly { readonly file: string; readonly folder: string | undefined }[] {
  const packages = (folder: string) =>
    tree
      .list(folder)
      .filter((name) => /^[A-Za-z_]\w*$/.test(name) && !NOT_PACKAGES.has(name) && tree.isDirectory(join(folder, name)))
      .map((name) => join(folder, name));
  const inFolder = (path: string, folder: string | undefined) =>
    MODULES.map((name) => ({ file: join(path, name), folder })).filter(({ file }) => tree.isFile(file));
  const sourceIsFolder = tree.isDirectory('src') && !tree.isFile('src/__init__.py');
  return [
    ...inFolder('.', undefined),
    ...packages('.')
      .filter((path) => path !== 'src' || !sourceIsFolder)
      .flatMap((path) => inFolder(path, undefined)),
    ...(sourceIsFolder ? [...inFolder('src', 'src'), ...packages('src').flatMap((path) => inFolder(path, 'src'))] : []),
  ];
}

function inspect(file: string, folder: string | undefined, facts: ModuleFacts): WebApplication | undefined {
  const place = { module: moduleName(file, folder), file, folder };
  const objects = facts.calls.flatMap(({ name, callee }) => {
    const framework = FRAMEWORKS.find((one) => one.callee.test(callee) && (facts.imports.has(one.imported) || callee.includes('.')));
    return framework === undefined ? [] : [{ ...place, name, isFactory: false, interface: framework.interface, framework: framework.title }];
  });
  const object = PREFERRED.flatMap((name) => objects.filter((one) => one.name === name))[0] ?? objects[0];
  if (object !== undefined) return object;
  const framework = FRAMEWORKS.find(({ imported }) => facts.imports.has(imported));
  // A factory's result: `app = create_app()`, in a module that may import the framework only by way of others.
  const made = facts.calls.find(({ name, callee }) => PREFERRED.includes(name) && FACTORY.test(callee.split('.').at(-1)!));
  if (made !== undefined) {
    const kind = framework ?? (file.endsWith('asgi.py') ? { interface: 'asgi' as const, title: 'ASGI' } : { interface: 'wsgi' as const, title: 'WSGI' });
    return { ...place, name: made.name, isFactory: false, interface: kind.interface, framework: kind.title };
  }
  const factory = framework === undefined ? undefined : facts.functions.find((name) => FACTORY.test(name));
  if (factory === undefined || framework === undefined) return undefined;
  return { ...place, name: factory, isFactory: true, interface: framework.interface, framework: framework.title };
}

function moduleName(file: string, folder: string | undefined): string {
  const relative = folder === undefined ? file : file.slice(folder.length + 1);
  return relative
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');
}

function join(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}
